// The commands that bring a PostgreSQL cluster to a moment: unpack the base into an empty folder, give recovery its WAL, its target
// and its timeline, start. Promise: nothing is archived from the restored cluster into the archive of the original.

import type { Text } from '../../../shared/text.ts';
import {
  bytesOf,
  type Check,
  type Choice,
  filesOf,
  type Runbook,
  type Step,
  type Target,
} from '../engine.ts';
import { localText, offsetOf } from '../moment.ts';
import type { PartFile } from '../set.ts';
import { decoder, quote } from '../shell.ts';
import { type Base, fileName, folderOf } from './bases.ts';
import type { WalPart, WalSpan } from './chains.ts';

export function clusterRunbook(choice: Choice, target: Target): Runbook {
  const span = choice.span as WalSpan;
  const folder = target.targetDir ?? `/var/tmp/${target.as ?? 'postgresql_check'}`;
  const psql = psqlOf(target, folder);
  return {
    before: before(span, folder),
    steps: [baseStep(span, folder), recoverStep(choice, { folder, target })],
    after: after(psql, choice.whole),
    cautions: cautions(choice),
    ...space(span),
  };
}

function psqlOf(target: Target, folder: string): string {
  const user = target.user ? ` -U ${quote(target.user)}` : '';
  return `psql -h ${quote(target.socket ?? folder)} -p ${target.port ?? DEFAULT_PORT}${user} -d postgres`;
}

/** Not 5432: the restored cluster often starts beside the original. */
const DEFAULT_PORT = 54329;

function before(span: WalSpan, folder: string): Check[] {
  const version = /\d+/.exec(span.base[0].facts.version ?? '')?.[0];
  return [
    {
      words: {
        zh: `主版本相同的 PostgreSQL${version ? `(${version})` : ''}，以非 root 用户执行，程序在 PATH 里`,
        en: `PostgreSQL of the same major version${version ? ` (${version})` : ''}, as a user that is not root, with its programs in PATH`,
      },
      command: 'pg_ctl --version',
    },
    { words: { zh: '空目录', en: 'an empty folder' }, command: `mkdir -p -m 700 ${quote(folder)}` },
    {
      words: {
        zh: '先备份现状（即使已损坏）；空间足够',
        en: 'back up the present state first, even a damaged one; enough space',
      },
    },
  ];
}

function baseStep(span: WalSpan, folder: string): Step {
  const [base] = span.base;
  const bytes = bytesOf([base]);
  const into = quote(folder);
  const lines =
    base.folder === undefined ? unpackLines(base, folder) : [`cp -a ${quote(base.folder)}/. ${into}`];
  // -n: the WAL lies in the archive.
  const elsewhere = base.tablespaces.length > 0 ? ' -i tablespace_map -i pg_tblspc' : '';
  if (base.manifest) lines.push(`pg_verifybackup -n${elsewhere} ${into}`);
  return {
    file: base.files[0]?.path ?? '',
    files: base.files,
    ...(bytes === undefined ? {} : { bytes }),
    kind: 'base',
    command: ['set -o pipefail', lines.join(' &&\n')].join('\n'),
    words: { zh: '展开基础备份并核对清单', en: 'unpack the base backup and check it against its manifest' },
    expect: { zh: 'backup successfully verified', en: 'backup successfully verified' },
    stopIf: {
      zh: '校验失败就停下来，换更早的基础备份',
      en: 'stop when the check fails; take an earlier base',
    },
  };
}

function unpackLines(base: Base, folder: string): string[] {
  const tablespaces = new Set(base.tablespaces.map((t) => t.file.path));
  const tars = base.files.filter((f) => /\.tar(\.\w+)?$/.test(f.path) && !tablespaces.has(f.path));
  const lines = tars.map((f) =>
    untar(f, fileName(f.path).startsWith('pg_wal') ? `${folder}/pg_wal` : folder),
  );
  for (const { oid, file } of base.tablespaces) {
    const place = `${folder}.tablespaces/${oid}`;
    // Without this the server would use the tablespace of the original.
    lines.push(
      `mkdir -p ${quote(place)}`,
      untar(file, place),
      `sed -i ${quote(`s#^${oid} .*#${oid} ${place}#`)} ${quote(`${folder}/tablespace_map`)}`,
    );
  }
  if (base.manifest) lines.push(`cp ${quote(base.manifest.path)} ${quote(folder)}`);
  return lines;
}

function untar(file: PartFile, into: string): string {
  const decode = decoder({ format: file.format.replace('+tar', '') });
  if (!decode) return `tar -xf ${quote(file.path)} -C ${quote(into)}`;
  return `${decode} ${quote(file.path)} | tar -xf - -C ${quote(into)}`;
}

function recoverStep(choice: Choice, { folder, target }: { folder: string; target: Target }): Step {
  const span = choice.span as WalSpan;
  const logs = logsOf(choice);
  const files = filesOf(logs);
  const bytes = bytesOf(logs);
  const fetch = walSource(span, logs, folder);
  const settings = [
    `restore_command = ${setting(fetch.command)}`,
    ...(span.immediate ? [`recovery_target = 'immediate'`, `recovery_target_action = 'promote'`] : []),
    ...(choice.whole ? [] : [`recovery_target_time = ${setting(targetTime(choice))}`]),
    `recovery_target_timeline = ${setting(span.line ?? 'current')}`,
    ...(choice.whole ? [] : [`recovery_target_action = 'pause'`]),
    `archive_mode = 'off'`,
  ];
  return {
    file: files[0]?.path ?? span.base[0].files[0]?.path ?? '',
    files,
    ...(bytes === undefined ? {} : { bytes }),
    kind: 'log',
    command: [...fetch.lines, ...startLines(settings, folder, target)].join('\n'),
    words: choice.whole
      ? { zh: '重放全部 WAL 并打开', en: 'replay all WAL and open' }
      : {
          zh: `重放 WAL 到 ${targetTime(choice)} 并暂停`,
          en: `replay WAL to ${targetTime(choice)} and pause`,
        },
    expect: { zh: 'server started', en: 'server started' },
    stopIf: {
      zh: '日志里出现 FATAL 就停下来：recovery ended before configured recovery target was reached 表示缺 WAL',
      en: 'stop at FATAL in the log: "recovery ended before configured recovery target was reached" means missing WAL',
    },
  };
}

/** The server must meet a commit behind the target, or it says that it did not reach it. */
function logsOf({ span, logs, at, whole }: Choice): WalPart[] {
  if (whole) return logs as WalPart[];
  const all = (span as WalSpan).logs;
  return all.slice(0, all.findIndex((l) => l.reaches.us > at.us) + 1);
}

/** With its zone, and with microseconds where the moment has them. */
function targetTime({ at }: Choice): string {
  const offset = offsetOf(at);
  return `${localText(at, offset, at.us % 1_000_000 === 0 ? 0 : 6).replace('T', ' ')}${offset}`;
}

function setting(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

interface WalSource {
  /** To run before. */
  lines: string[];
  command: string;
}

/** Straight from the archive where one rule names all files; else from a folder that they are put into under their right names. */
function walSource(span: WalSpan, logs: readonly WalPart[], folder: string): WalSource {
  const rules = new Set(logs.map((l) => ruleOf(l)));
  const [rule] = rules;
  const own = span.line === String(span.base[0].chain.timeline);
  if (logs.length === 0) return { lines: [], command: 'false' };
  // The server would go on into a damaged segment, or end for its wrong size.
  if (rules.size === 1 && rule && own && !span.wal?.spoilt) return { lines: [], command: rule };
  const staging = `${folder}.wal`;
  const history = span.wal?.line.history;
  return {
    lines: [
      `mkdir -p ${quote(staging)}`,
      ...logs.map((l) => place(l.segment.file, `${staging}/${l.segment.chain.segment}`)),
      ...(history ? [place(history.file, `${staging}/${historyName(history.timeline)}`)] : []),
    ],
    command: `cp ${quote(staging)}/%f %p`,
  };
}

function historyName(timeline: number): string {
  return `${timeline.toString(16).toUpperCase().padStart(8, '0')}.history`;
}

function place(file: PartFile, to: string): string {
  const decode = decoder(file);
  return decode ? `${decode} ${quote(file.path)} > ${quote(to)}` : `cp ${quote(file.path)} ${quote(to)}`;
}

/** Undefined: the file is not called as its content says. */
function ruleOf({ segment }: WalPart): string | undefined {
  const { path } = segment.file;
  const name = path.slice(folderOf(path).length + 1);
  if (!name.startsWith(segment.chain.segment) || /[%]/.test(path)) return undefined;
  const ending = name.slice(segment.chain.segment.length);
  if (!/^(\.[a-z0-9]+)?$/.test(ending)) return undefined;
  const from = `${quote(folderOf(path))}/%f${ending}`;
  const decode = decoder(segment.file);
  return decode ? `${decode} ${from} > %p` : `cp ${from} %p`;
}

function startLines(settings: readonly string[], folder: string, target: Target): string[] {
  const into = quote(folder);
  const options = `-p ${target.port ?? DEFAULT_PORT} -k ${quote(target.socket ?? folder)} -c listen_addresses=`;
  return [
    `cd ${into} && touch recovery.signal postgresql.conf pg_ident.conf`,
    // Debian keeps the configuration outside of the data folder.
    `test -e pg_hba.conf || echo 'local all all trust' > pg_hba.conf`,
    `cat >> postgresql.auto.conf <<'END'`,
    ...settings,
    'END',
    `cd - > /dev/null && pg_ctl -D ${into} -l ${quote(`${folder}.log`)} -w -t 3600 -o ${quote(options)} start || { tail -n 20 ${quote(`${folder}.log`)}; false; }`,
  ];
}

function after(psql: string, whole: boolean): Check[] {
  return [
    {
      words: whole
        ? { zh: '已打开（f）', en: 'it is open (f)' }
        : {
            zh: '在恢复中（t），最后重放的事务不晚于目标',
            en: 'in recovery (t), the last replayed transaction not behind the target',
          },
      command: `${psql} -c 'SELECT pg_is_in_recovery(), pg_last_xact_replay_timestamp()'`,
    },
    {
      words: {
        zh: '核对核心表的行数与各病区最新业务时间',
        en: 'count the rows of core tables and compare the newest business time of each ward',
      },
    },
    ...(whole
      ? []
      : [
          {
            words: { zh: '核对无误后打开读写', en: 'open for writing when all is right' },
            command: `${psql} -c 'SELECT pg_wal_replay_resume()'`,
          },
        ]),
    {
      words: {
        zh: '恢复业务后立即做一次新的基础备份：时间线已经改变',
        en: 'take a new base backup as soon as service is back: the timeline has changed',
      },
    },
  ];
}

function cautions({ span, whole }: Choice): Text[] {
  return [
    {
      zh: '原服务器的 max_connections、max_worker_processes 等若大于默认值，须在恢复的实例里同样设置',
      en: 'where max_connections, max_worker_processes and the like were above their defaults, set them on the restored cluster too',
    },
    ...(whole
      ? [
          {
            zh: '这是 WAL 能到的最后一次提交：不设目标时间，重放到连续 WAL 的末尾',
            en: 'this is the last commit of the WAL: no target time is set, recovery ends where contiguous WAL ends',
          },
        ]
      : []),
    ...(span.line && span.line !== '1'
      ? [{ zh: `沿时间线 ${span.line} 恢复`, en: `recovery follows timeline ${span.line}` }]
      : []),
  ];
}

function space(span: WalSpan): { spaceBytes?: number } {
  const bytes = span.base[0].facts.contentBytes ?? bytesOf(span.base);
  return bytes === undefined ? {} : { spaceBytes: bytes };
}
