// The T-SQL that brings a SQL Server database to a moment, under a new name. Promise: every RESTORE but the last leaves the
// database waiting, every log carries STOPAT, files never land on those of the original.

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
import { localText, type Moment, offsetOf } from '../moment.ts';
import { fewestLogs } from './chains.ts';
import type { SqlLog, SqlPart, SqlSpan } from './parts.ts';

interface Script {
  as: string;
  stopAt: string;
  target: Target;
  /** Nothing follows the last log: it ends the restore itself. */
  lastRecovers: boolean;
}

export function sqlServerRunbook(choice: Choice, target: Target): Runbook {
  const span = choice.span as SqlSpan;
  const cover = choice.logs.at(-1) as SqlLog | undefined;
  const logs = cover ? fewestLogs(span, cover) : [];
  const as = target.as ?? `${choice.set.database ?? 'database'}_check`;
  const script: Script = { as, stopAt: stopAt(choice.at, span), target, lastRecovers: !cover?.empty };
  const parts: SqlPart[] = [...span.base, ...logs];
  const steps = parts.map((part, i) => stepOf(part, script, i === parts.length - 1));
  return {
    before: before(choice, span, script),
    steps,
    after: after(script),
    cautions: cautions(span, logs),
    ...space(span),
  };
}

/** The server's own local time: STOPAT takes no zone. */
function stopAt(at: Moment, span: SqlSpan): string {
  const zone = offsetOf((span.base.at(-1) as SqlPart).startedAt);
  return localText(at, zone, at.us % 1_000_000 === 0 ? 0 : 3);
}

function stepOf(part: SqlPart, script: Script, last: boolean): Step {
  const [file] = part.files;
  const bytes = bytesOf([part]);
  const recover = last && script.lastRecovers;
  const isLog = part.chain.type === 'L';
  return {
    file: file?.path ?? '',
    files: part.files,
    ...(bytes === undefined ? {} : { bytes }),
    kind: isLog ? 'log' : part.chain.type === 'I' ? 'differential' : 'base',
    command: isLog ? restoreLog(part, script, recover) : restoreDatabase(part, script, recover),
    words: stepWords(part, script, recover),
    expect: {
      zh: `${isLog ? 'RESTORE LOG' : 'RESTORE DATABASE'} 成功处理了 … 页`,
      en: `${isLog ? 'RESTORE LOG' : 'RESTORE DATABASE'} successfully processed … pages`,
    },
    stopIf: isLog ? LOG_STOP : DATABASE_STOP,
  };
}

const LOG_STOP: Text = {
  zh: '出现 4305(中间缺日志)、4326(日志过早)、4335(时间点过早)就停下来，不要跳过',
  en: 'stop at 4305 (a log between is missing), 4326 (log too early) or 4335 (moment too early); skip nothing',
};
const DATABASE_STOP: Text = {
  zh: '出现 3154(是别的库)、3136(差异备份的基准不对)、3169(版本太新)、33111(缺证书)就停下来',
  en: 'stop at 3154 (another database), 3136 (differential of another base), 3169 (made by a newer version) or 33111 (certificate missing)',
};

function stepWords(part: SqlPart, { as, stopAt: at }: Script, recover: boolean): Text {
  const kind = part.chain.type;
  if (kind === 'L') {
    return recover
      ? {
          zh: `应用最后一个日志，停在 ${at}，并打开 ${as}`,
          en: `apply the last log, stop at ${at} and open ${as}`,
        }
      : { zh: '应用日志', en: 'apply the log' };
  }
  return kind === 'I'
    ? { zh: '还原差异备份', en: 'restore the differential' }
    : { zh: `把全备还原成 ${as}`, en: `restore the full as ${as}` };
}

function restoreDatabase(part: SqlPart, script: Script, recover: boolean): string {
  const moves = part.chain.type === 'D' ? moveClauses(part, script) : [];
  const options = [
    ...fileNumber(part),
    ...moves,
    recover ? 'RECOVERY' : 'NORECOVERY',
    ...(part.facts.checksums ? ['CHECKSUM'] : []),
    'STATS=5',
  ];
  return `RESTORE DATABASE ${name(script.as)} FROM ${disks(part)} WITH ${options.join(', ')};`;
}

function restoreLog(part: SqlPart, script: Script, recover: boolean): string {
  const options = [
    ...fileNumber(part),
    recover ? 'RECOVERY' : 'NORECOVERY',
    ...(part.facts.checksums ? ['CHECKSUM'] : []),
    `STOPAT=${text(script.stopAt)}`,
  ];
  return `RESTORE LOG ${name(script.as)} FROM ${disks(part)} WITH ${options.join(', ')};`;
}

function fileNumber(part: SqlPart): string[] {
  return part.chain.position > 1 ? [`FILE=${part.chain.position}`] : [];
}

function moveClauses(part: SqlPart, { as, target }: Script): string[] {
  return (part.chain.files ?? []).map(({ logicalName, physicalName, isLog }) => {
    const cut = Math.max(physicalName.lastIndexOf('\\'), physicalName.lastIndexOf('/'));
    const folder = (isLog ? (target.logDir ?? target.dataDir) : target.dataDir) ?? physicalName.slice(0, cut);
    const separator = folder.includes('/') ? '/' : '\\';
    const ending = /\.[A-Za-z0-9]+$/.exec(physicalName)?.[0] ?? (isLog ? '.ldf' : '.ndf');
    const path = `${folder.replace(/[\\/]$/, '')}${separator}${as}_${logicalName}${ending}`;
    return `MOVE ${text(logicalName)} TO ${text(path)}`;
  });
}

function disks(part: SqlPart): string {
  return part.files.map((f) => `DISK=${text(f.path)}`).join(', ');
}

function text(value: string): string {
  return `N'${value.replaceAll("'", "''")}'`;
}

function name(value: string): string {
  return `[${value.replaceAll(']', ']]')}]`;
}

function before(choice: Choice, span: SqlSpan, { as }: Script): Check[] {
  const source = choice.set.database ?? '';
  const all = filesOf([...span.base, ...choice.logs]);
  return [
    {
      words: {
        zh: '如果原库还能响应，先备份尾日志（之后的数据只在这里；这条命令不改变原库）',
        en: 'if the source still answers, back up the tail of its log first: later data is nowhere else (this does not change the source)',
      },
      command: `BACKUP LOG ${name(source)} TO DISK=${text(`${folderOf(all[0]?.path ?? '')}${source}_tail.trn`)} WITH COPY_ONLY, NO_TRUNCATE, CHECKSUM;`,
    },
    {
      words: { zh: '列出备份内的数据文件', en: 'list the data files of the backup' },
      command: `RESTORE FILELISTONLY FROM ${disks(span.base[0] as SqlPart)};`,
    },
    ...[...span.base, ...(choice.logs as SqlLog[])].map((part) => ({
      words: { zh: '由 SQL Server 校验', en: 'let SQL Server verify it' },
      command: `RESTORE VERIFYONLY FROM ${disks(part)}${verifyOptions(part)};`,
    })),
    {
      words: {
        zh: `目标实例版本不低于 ${span.base[0]?.facts.version ?? '源实例'}，且没有名为 ${as} 的库`,
        en: `the target's version is at least ${span.base[0]?.facts.version ?? "the source's"}, and it has no database ${as}`,
      },
    },
  ];
}

function verifyOptions(part: SqlPart): string {
  const options = [...fileNumber(part), ...(part.facts.checksums ? ['CHECKSUM'] : [])];
  return options.length > 0 ? ` WITH ${options.join(', ')}` : '';
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('\\'), path.lastIndexOf('/')) + 1);
}

function after({ as, lastRecovers }: Script): Check[] {
  return [
    ...(lastRecovers
      ? []
      : [
          {
            words: { zh: `打开 ${as}:之后的日志是空的`, en: `open ${as}: the log behind is empty` },
            command: `RESTORE DATABASE ${name(as)} WITH RECOVERY;`,
          },
        ]),
    {
      words: { zh: '一致性检查，应无输出', en: 'consistency check; no output is good' },
      command: `DBCC CHECKDB(${name(as)}) WITH NO_INFOMSGS, ALL_ERRORMSGS;`,
    },
    {
      words: {
        zh: '核对核心表的行数与各病区最新业务时间；核对登录名、SID、作业、链接服务器',
        en: 'compare row counts of core tables and the newest business time of each ward; then logins, SIDs, jobs, linked servers',
      },
    },
    {
      words: {
        zh: '恢复业务后立即做一次全备，日志链从那里重新开始',
        en: 'take a full backup as soon as service is back: the log chain starts again there',
      },
    },
  ];
}

function cautions(span: SqlSpan, logs: readonly SqlLog[]): Text[] {
  const parts = [...span.base, ...logs];
  const found: Text[] = [];
  if (logs.length > 0) {
    found.push({
      zh: '如果某个日志含大容量日志操作（HasBulkLoggedData=1），不能停在它的中间',
      en: 'if a log holds bulk-logged operations (HasBulkLoggedData=1), no moment inside it can be had',
    });
  }
  if (parts.some((p) => p.facts.encrypted)) {
    found.push({
      zh: '备份已加密：目标实例上要先有证书和私钥',
      en: 'a backup is encrypted: the target needs its certificate and private key first',
    });
  }
  if (parts.some((p) => !p.facts.checksums)) {
    found.push({
      zh: '部分备份没有用 WITH CHECKSUM:页内损坏要到还原后 CHECKDB 才看得出',
      en: 'some backups were made without CHECKSUM: damage inside pages shows only in CHECKDB after the restore',
    });
  }
  if (span.base.some((p) => !p.chain.files?.length)) {
    found.push({
      zh: '备份头里读不出文件列表：按 FILELISTONLY 的结果补上 MOVE',
      en: 'the file list could not be read: add MOVE clauses from the result of FILELISTONLY',
    });
  }
  return found;
}

function space(span: SqlSpan): { spaceBytes?: number } {
  const files = span.base[0]?.chain.files;
  return files?.length ? { spaceBytes: files.reduce((sum, f) => sum + f.bytes, 0) } : {};
}
