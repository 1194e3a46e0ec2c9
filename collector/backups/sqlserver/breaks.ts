// Where a chain of SQL Server logs ends although later backups show that it went on: the LSNs that are missing, and the damaged
// file that would have held them, where one is there.

import { later, type Moment } from '../moment.ts';
import { type Break, endOf, type Missing } from '../set.ts';
import type { SqlPart, SqlSpan } from './parts.ts';

interface Material {
  spans: readonly SqlSpan[];
  parts: readonly SqlPart[];
  damaged: readonly SqlPart[];
}

export function breaksOf(material: Material): Break[] {
  const known = [...material.parts, ...material.damaged];
  if (known.length === 0) return [];
  const until = known.map((p) => p.startedAt).reduce(later);
  const breaks = material.spans.flatMap((span) => breakAfter(span, material, until) ?? []);
  const leading = beforeFirst(material, known, until);
  return leading ? [leading, ...breaks] : breaks;
}

/** The chain of this span stopped at an LSN; the next log there is starts behind it. */
function breakAfter(span: SqlSpan, material: Material, until: Moment): Break | undefined {
  const logs = material.parts.filter((p) => p.chain.type === 'L');
  const [next] = logs.filter((l) => l.first > span.lsn).sort((a, b) => (a.first < b.first ? -1 : 1));
  const broken = material.damaged.find(
    (d) => d.chain.type === 'L' && d.first <= span.lsn && span.lsn < d.last,
  );
  const after = endOf(span);
  if (!next && !broken) return undefined;
  return {
    after,
    until,
    missing: [missingLog(span.lsn, next, broken)],
    cause: broken
      ? { zh: '日志备份不可用', en: 'a log backup cannot be used' }
      : { zh: '缺少日志备份', en: 'a log backup is missing' },
  };
}

function missingLog(lsn: bigint, next: SqlPart | undefined, broken: SqlPart | undefined): Missing {
  const file = broken?.files[0]?.path;
  const from = String(lsn);
  const to = broken ? broken.chain.lastLsn : next?.chain.firstLsn;
  return {
    ...(file ? { file } : {}),
    firstLsn: from,
    ...(to ? { lastLsn: to } : {}),
    words: file
      ? { zh: `${file}(LSN ${from} 到 ${to})不可用`, en: `${file} (LSN ${from} to ${to}) cannot be used` }
      : {
          zh: `LSN ${from} 到 ${to} 的日志备份`,
          en: `log backup from LSN ${from} to LSN ${to}`,
        },
  };
}

/** Logs and differentials older than anything that can be restored: their full is not there. */
function beforeFirst(material: Material, known: readonly SqlPart[], until: Moment): Break | undefined {
  const earliest = known.map((p) => p.startedAt).reduce((a, b) => (b.us < a.us ? b : a));
  const first = material.spans
    .map((s) => s.from)
    .reduce((a, b) => (!a || b.us < a.us ? b : a), undefined as Moment | undefined);
  const base = known
    .filter((p) => p.chain.type === 'I' || p.chain.type === 'L')
    .find((p) => !first || p.startedAt.us < first.us);
  const brokenFull = material.damaged.find(
    (p) => p.chain.type === 'D' && (!first || p.startedAt.us < first.us),
  );
  if (!base && !brokenFull) return undefined;
  const file = brokenFull?.files[0]?.path;
  const lsn = brokenFull?.chain.checkpointLsn ?? base?.chain.databaseBackupLsn ?? '';
  const words = file
    ? { zh: `全备 ${file} 不可用`, en: `full backup ${file} cannot be used` }
    : { zh: `检查点 LSN 为 ${lsn} 的全备`, en: `the full backup with checkpoint LSN ${lsn}` };
  return {
    after: earliest,
    until: first ?? until,
    missing: [{ ...(file ? { file } : {}), firstLsn: lsn, words }],
    cause: { zh: '没有可用的全备作为起点', en: 'there is no usable full backup to start from' },
  };
}
