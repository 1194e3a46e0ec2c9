// Runbooks for MySQL and MariaDB: a dump or a physical backup into a scratch place, then the binary logs up to the moment.

import type { DumpChain } from '../../../shared/backup/facts.ts';
import type { Text } from '../../../shared/text.ts';
import { bytesOf, type Check, type Choice, type Runbook, type Step, type Target } from '../engine.ts';
import type { Part, PartFile } from '../set.ts';
import { feed, quote } from '../shell.ts';
import type { Binlog } from './binlogs.ts';
import type { BinlogSpan } from './chains.ts';
import { clientOf, type Replay, replayStep, type Tools, toolsOf, verifyLogs } from './replay.ts';

export function mariadbRunbook(choice: Choice, target: Target): Runbook {
  const tools = toolsOf(choice.span as BinlogSpan);
  const replay: Replay = { choice, target, tools };
  return choice.set.method === 'mariabackup' ? physicalRunbook(replay) : dumpRunbook(replay);
}

function dumpRunbook(given: Replay): Runbook {
  const { choice, target, tools } = given;
  const [dump] = choice.span.base;
  const chain = dump?.facts.chain?.of === 'dump' ? dump.facts.chain : undefined;
  const client = clientOf(tools, target);
  const { from, to, ownNames } = namesOf(choice, chain, target);
  const replay: Replay = from !== undefined && to !== from ? { ...given, rename: { from, to } } : given;
  const scratch = ownNames || (to === from && choice.logs.length > 0);
  return {
    before: [
      ...(scratch ? [emptyServer(client)] : []),
      ...(ownNames ? [] : [createDatabase(client, to, { ...chain, ...target })]),
      ...(choice.logs.length > 0 ? [{ words: LOGS_READABLE, command: verifyLogs(replay) }] : []),
      { words: SPACE },
    ],
    steps: [
      ...(dump ? [dumpStep(dump, ownNames ? client : `${client} ${quote(to)}`)] : []),
      ...(choice.logs.length > 0 ? [replayStep(replay)] : []),
    ],
    after: afterChecks(client, ownNames ? from : to),
    cautions: [
      ...logCautions(choice),
      ...(choice.logs.length > 0 ? [replay.rename ? RENAMED : UNFILTERED] : []),
      ...dumpCautions(chain, ownNames || target.characterSet !== undefined),
    ],
    ...spaceOf(choice.span.base),
  };
}

interface Names {
  from: string | undefined;
  to: string;
  /** The dump creates its databases itself: no other name can be given. */
  ownNames: boolean;
}

/**
 * Logs are replayed under the original name, on a server of their own: a statement that names its database, or that ran without a
 * default one, is neither renamed nor kept by the filters of the tool.
 */
function namesOf({ set, logs }: Choice, chain: DumpChain | undefined, target: Target): Names {
  const from = set.database;
  const ownNames =
    chain?.createsDatabase === true || (chain?.databases?.length ?? 0) > 1 || from === undefined;
  const given = ownNames ? undefined : target.as;
  return { from, to: given ?? (logs.length > 0 && from ? from : `${from}_check`), ownNames };
}

const UNFILTERED: Text = {
  zh: '日志里若还有别的库，先在临时实例里恢复它们，或加 --database=库名（没有默认库的语句会被它漏掉）',
  en: 'where the logs hold other databases too, restore those on the scratch server first, or add --database=NAME (which drops statements that ran without a default database)',
};
const RENAMED: Text = {
  zh: '改名重放不完全：直接写明库名的语句（如 CREATE TABLE 库.表）会被漏掉。要完全一致，不加 --as，在临时实例里按原名恢复',
  en: 'replaying under another name is not complete: statements that name the database themselves (CREATE TABLE db.t) are dropped. For an exact copy leave out --as and use a scratch server',
};

const LOGS_READABLE: Text = { zh: '二进制日志的校验和', en: 'checksums of the binary logs' };
const SPACE: Text = {
  zh: '目标机有足够空间；先备份现状（即使已损坏）',
  en: 'the target has enough space; back up the present state first, even a damaged one',
};

/** Fails on a server that holds anything: a guard, not only a question. */
function emptyServer(client: string): Check {
  const system = "'mysql','information_schema','performance_schema','sys'";
  const query = `SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name NOT IN (${system})`;
  return {
    words: {
      zh: '恢复按原名进行：目标必须是没有任何业务库的临时实例，绝不能是生产库（不空则返回码 1）',
      en: 'databases keep their names: the target must be a scratch server without any database of its own, never production (exit code 1 when it is not empty)',
    },
    command: `test "$(${client} -N -e ${quote(query)})" = 0`,
  };
}

interface Charset {
  characterSet?: string;
  collation?: string;
}

function createDatabase(client: string, to: string, { characterSet, collation }: Charset): Check {
  const set = characterSet ? ` CHARACTER SET ${characterSet}` : '';
  const order = collation ? ` COLLATE ${collation}` : '';
  return {
    words: {
      zh: `建空库 ${to}(字符集与原库一致)`,
      en: `create the empty database ${to}, with the character set of the original`,
    },
    command: `${client} -e ${quote(`CREATE DATABASE \`${to.replaceAll('`', '``')}\`${set}${order}`)}`,
  };
}

function dumpStep(dump: Part, into: string): Step {
  const file = dump.files[0] as PartFile;
  return {
    file: file.path,
    files: dump.files,
    ...(file.bytes === undefined ? {} : { bytes: file.bytes }),
    kind: 'dump',
    command: feed(file, into),
    words: { zh: '导入导出文件', en: 'load the dump' },
    expect: { zh: '无输出，返回码 0', en: 'no output, exit code 0' },
    stopIf: { zh: '出现任何 ERROR 就停下来', en: 'stop at any ERROR' },
  };
}

function afterChecks(client: string, database: string | undefined): Check[] {
  const where = database ? ` WHERE table_schema = '${database.replaceAll("'", "''")}'` : '';
  const query = `SELECT table_schema, table_name, table_rows FROM information_schema.tables${where}`;
  return [
    {
      words: { zh: '列出各表（行数为估计）', en: 'list the tables (row counts are estimates)' },
      command: `${client} -e ${quote(query)}`,
    },
    {
      words: {
        zh: '用 SELECT COUNT(*) 核对核心表，并核对各病区最新业务时间；账号与授权另行恢复',
        en: 'count the rows of core tables and compare the newest business time of each ward; accounts and grants come separately',
      },
    },
  ];
}

function logCautions(choice: Choice): Text[] {
  if (choice.logs.length === 0) return [];
  const last = (choice.logs as Binlog[]).at(-1);
  return [
    choice.whole
      ? {
          zh: '这是日志能到的最后时刻：重放到最后一个完整事件',
          en: 'this is the last moment of the logs: they are replayed to their last whole event',
        }
      : {
          zh: '--stop-datetime 只精确到秒：这一秒内的事件不重放。要精确到某个事务，用 --stop-position 或 GTID(先用 -v --base64-output=DECODE-ROWS 找到它)',
          en: '--stop-datetime is exact to the second: nothing of that second is replayed. For one transaction use --stop-position or a GTID (find it with -v --base64-output=DECODE-ROWS)',
        },
    ...(last?.chain.end === 'cut' && choice.whole
      ? [
          {
            zh: `最后一个日志在字节 ${last.chain.endPosition} 之后被截断`,
            en: `the last log is cut short behind byte ${last.chain.endPosition}`,
          },
        ]
      : []),
  ];
}

function dumpCautions(chain: DumpChain | undefined, charsetKnown: boolean): Text[] {
  const found: Text[] = [];
  if (!charsetKnown && !chain?.characterSet) {
    found.push({
      zh: '导出里没有记录数据库的字符集（没有用 --databases）：用 --character-set 与 --collation 补上，否则重放可能报 1105',
      en: 'the dump does not record the character set of the database (no --databases): give it with --character-set and --collation, else replaying may end with error 1105',
    });
  }
  if (chain?.snapshot === 'unknown') {
    found.push({
      zh: '看不出导出时用了 --single-transaction:各表可能不是同一时刻',
      en: 'nothing shows that the dump was made with --single-transaction: tables may be of different moments',
    });
  }
  return found;
}

function spaceOf(base: readonly Part[]): { spaceBytes?: number } {
  const sizes = base.map((p) => p.facts.contentBytes ?? bytesOf([p]));
  if (sizes.some((s) => s === undefined)) return {};
  return { spaceBytes: sizes.reduce<number>((sum, s) => sum + (s ?? 0), 0) };
}

function physicalRunbook(replay: Replay): Runbook {
  const { choice, target, tools } = replay;
  const folder = target.targetDir ?? `/var/tmp/${target.as ?? 'mariadb_check'}`;
  const socket = target.socket ?? `${folder}/mysqld.sock`;
  const client = clientOf(tools, { ...target, socket });
  return {
    before: [
      { words: { zh: '空目录', en: 'an empty folder' }, command: `mkdir -p ${quote(folder)}` },
      ...(choice.logs.length > 0 ? [{ words: LOGS_READABLE, command: verifyLogs(replay) }] : []),
      { words: SPACE },
    ],
    steps: [
      ...choice.span.base.map((part, i) =>
        unpackStep(part, { folder, number: i, tools, last: i === choice.span.base.length - 1, socket }),
      ),
      ...(choice.logs.length > 0 ? [replayStep({ ...replay, target: { ...target, socket } })] : []),
    ],
    after: afterChecks(client, undefined),
    cautions: [
      ...logCautions(choice),
      {
        zh: '服务器版本须与备份时相同；备份本身不会被改动（先复制再 prepare）',
        en: 'the server must be of the version of the backup; the backup itself is not changed (it is copied, then prepared)',
      },
    ],
    ...spaceOf(choice.span.base),
  };
}

interface Unpack {
  folder: string;
  number: number;
  tools: Tools;
  last: boolean;
  socket: string;
}

/** Unpacks one backup and merges it; the last one also copies the result to its place and starts a server on it. */
function unpackStep(part: Part, { folder, number, tools, last, socket }: Unpack): Step {
  const file = part.files[0] as PartFile;
  const into = quote(`${folder}/${number === 0 ? 'full' : `inc${number}`}`);
  const full = quote(`${folder}/full`);
  const stream = /xbstream|mbstream/.test(file.format);
  const lines = [
    `mkdir ${into}`,
    stream ? feed(file, `${tools.stream} -x -C ${into}`) : `cp -a ${quote(file.path)}/. ${into}`,
    `${tools.backup} --prepare --target-dir=${full}${number > 0 ? ` --incremental-dir=${into}` : ''}`,
  ];
  if (last) lines.push(...startLines({ folder, tools, full, socket }));
  return {
    file: file.path,
    files: part.files,
    ...(file.bytes === undefined ? {} : { bytes: file.bytes }),
    kind: number === 0 ? 'base' : 'incremental',
    command: lines.join(' &&\n'),
    words:
      number === 0
        ? { zh: '展开并准备全备', en: 'unpack and prepare the full backup' }
        : { zh: `并入第 ${number} 个增量`, en: `merge increment ${number}` },
    expect: { zh: '最后一行是 completed OK!', en: 'the last line says completed OK!' },
    stopIf: { zh: '没有 completed OK! 就停下来', en: 'stop when completed OK! does not appear' },
  };
}

function startLines({
  folder,
  tools,
  full,
  socket,
}: {
  folder: string;
  tools: Tools;
  full: string;
  socket: string;
}): string[] {
  const data = quote(`${folder}/data`);
  return [
    `mkdir ${data}`,
    `${tools.backup} --copy-back --target-dir=${full} --datadir=${data}`,
    `(${tools.server} --no-defaults --datadir=${data} --socket=${quote(socket)} --pid-file=${quote(`${folder}/mysqld.pid`)} --skip-networking --skip-log-bin > ${quote(`${folder}/server.log`)} 2>&1 &)`,
    `${tools.admin} --socket=${quote(socket)} --wait=60 ping`,
  ];
}
