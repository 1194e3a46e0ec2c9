// pgBackRest: backups of a repository that build on each other, and the WAL of its archive. Promise: a backup counts when it and all that
// it builds on are whole and the WAL of its own time is there; moments behind it reach as far as the WAL is contiguous.

import type { FileVerdict, RepositoryChain } from '../../../shared/backup/facts.ts';
import { type Check, type Choice, filesOf, type Runbook, type Target } from '../engine.ts';
import { later, localText, type Moment, offsetOf, parseMoment } from '../moment.ts';
import {
  type Break,
  type ChainSet,
  endOf,
  type Excluded,
  type LogPart,
  type Part,
  type PartFile,
  type Span,
} from '../set.ts';
import { quote } from '../shell.ts';
import { exclude, fileOf, stands } from '../usable.ts';
import { folderOf } from './bases.ts';
import { missingSegments } from './missing.ts';
import { type Exception, exceptionsAlong, fetchCommand } from './pgbackrest-fetch.ts';
import {
  type Archive,
  firstOwnCommit,
  type Line,
  linesFrom,
  lsnOf,
  readArchives,
  type Segment,
  segmentAt,
  segmentsAlong,
} from './wal.ts';

type Backup = RepositoryChain['backups'][number];

interface Stanza {
  root: string;
  name: string;
  chain: RepositoryChain;
  verdict: FileVerdict;
}

interface RepoSpan extends Span {
  logs: (LogPart & { segment: Segment })[];
  label: string;
  stanza: Stanza;
  wal: Line;
  /** Without them pgBackRest finds neither the backup nor the WAL. */
  lists: PartFile[];
  exceptions: Exception[];
}

const INFO = /^(.*)[\\/]backup[\\/]([^\\/]+)[\\/]backup\.info(\.copy)?$/;

export function isRepositoryFile({ format, facts, path }: FileVerdict): boolean {
  const chain = facts.chain;
  const tool = chain?.of === 'repository' && chain.tool === 'pgbackrest';
  return tool || format === 'pgbackrest-file' || (chain?.of === 'wal' && ARCHIVED.test(path));
}

/** Segments, and the histories of timelines. */
const ARCHIVED =
  /[\\/]([0-9A-F]{24}-[0-9a-f]{40}(\.\w+)?|archive[\\/][^\\/]+[\\/]\d[\d.]*-\d+[\\/][0-9A-F]{8}\.history)$/;

export function repositorySets(
  verdicts: readonly FileVerdict[],
  zone: string,
): { sets: ChainSet[]; unassigned: Excluded[] } {
  const stanzas = readStanzas(verdicts);
  const sets = stanzas.map((stanza) => setOf(stanza, verdicts, zone));
  const wal = verdicts.filter(
    (v) => v.facts.chain?.of === 'wal' && !v.facts.chain.forks && !stanzas.some((s) => archivedIn(s, v)),
  );
  return { sets, unassigned: wal.map((v) => exclude(v.path, 'NO_BASE', NO_REPOSITORY)) };
}

const NO_REPOSITORY = {
  zh: '归档段所属的 pgBackRest 仓库没有可用的 backup.info',
  en: 'the pgBackRest repository of this archived segment has no usable backup.info',
};

/** `backup.info` of each stanza, or its copy when it is damaged. */
function readStanzas(verdicts: readonly FileVerdict[]): Stanza[] {
  const found = verdicts.flatMap((verdict): Stanza[] => {
    const [, root, name] = INFO.exec(verdict.path) ?? [];
    const chain = verdict.facts.chain;
    if (root === undefined || !name || chain?.of !== 'repository' || !stands(verdict.content)) return [];
    return [{ root, name, chain, verdict }];
  });
  const groups = Map.groupBy(found, (s) => `${s.root} ${s.name}`);
  return [...groups.values()].flatMap(
    (g) => g.find((s) => s.verdict.path.endsWith('backup.info')) ?? g[0] ?? [],
  );
}

function archivedIn(stanza: Pick<Stanza, 'root' | 'name'>, { path }: FileVerdict): boolean {
  return ['/', '\\'].some((s) => path.startsWith(`${stanza.root}${s}archive${s}${stanza.name}${s}`));
}

function setOf(stanza: Stanza, verdicts: readonly FileVerdict[], zone: string): ChainSet {
  const archived = verdicts.filter((v) => v.facts.chain?.of === 'wal' && archivedIn(stanza, v));
  const { systemId } = stanza.chain;
  const archives = readArchives(archived, zone);
  const archive = archives.find((a) => a.systemId === systemId) ?? (systemId ? undefined : archives[0]);
  const excluded: Excluded[] = [];
  const spans = stanza.chain.backups.flatMap((backup) =>
    spansOf({ backup, stanza, archive, zone, excluded, files: verdicts }),
  );
  return {
    engine: 'postgresql',
    method: 'pgbackrest',
    ...(systemId ? { family: systemId } : {}),
    server: stanza.name,
    spans,
    breaks: archive ? spans.flatMap((s) => breakBehind(s, archive)) : [],
    excluded: [...excluded, ...(archive?.excluded ?? [])],
  };
}

interface Material {
  backup: Backup;
  stanza: Stanza;
  archive: Archive | undefined;
  zone: string;
  excluded: Excluded[];
  files: readonly FileVerdict[];
}

function spansOf({ backup, stanza, archive, zone, excluded, files }: Material): RepoSpan[] {
  const folder = `${folderOf(stanza.verdict.path)}/${backup.label}`;
  const at = parseMoment(backup.finishedAt, zone);
  const range = rangeOf(backup, archive);
  if (backup.defects.length > 0) excluded.push(exclude(folder, 'DEFECTS', defectWords(backup)));
  else if (!at)
    excluded.push(exclude(folder, 'NO_MOMENT', { zh: '不知道何时完成', en: 'nothing says when it ended' }));
  else if (!archiveInfo(stanza, files)) excluded.push(exclude(folder, 'NO_CHAIN', NO_ARCHIVE_INFO));
  else if (!archive || !range) excluded.push(exclude(folder, 'NO_CHAIN', NO_WAL));
  else {
    const base = partsOf(backup, stanza, files);
    const lists = [stanza.verdict, archiveInfo(stanza, files)].flatMap((v) => (v ? [fileOf(v)] : []));
    const lines = linesFrom(archive, { timeline: range.timeline, stopLsn: range.stopLsn });
    const spans = lines.flatMap((line) => {
      const segments = segmentsAlong(archive, line, range.start);
      const whole = segments.some((s) => s.number === range.stop);
      const own = line.target === range.timeline;
      const from = own ? at : firstOwnCommit(line, segments, archive);
      if (!whole || !from) return [];
      const logs = logsAlong({ from, own, segments, stop: range.stop });
      const exceptions = exceptionsAlong({ archive, line, segments });
      return [
        {
          base,
          from,
          logs,
          label: backup.label,
          stanza,
          line: String(line.target),
          wal: line,
          lists,
          exceptions,
        },
      ];
    });
    if (spans.length === 0) excluded.push(exclude(folder, 'NO_CHAIN', NO_WAL));
    return spans;
  }
  return [];
}

const NO_ARCHIVE_INFO = {
  zh: 'archive.info 及其副本都不可用:pgBackRest 取不出任何 WAL',
  en: 'neither archive.info nor its copy can be used: pgBackRest hands out no WAL without it',
};

/** Or its copy. */
function archiveInfo({ root, name }: Stanza, files: readonly FileVerdict[]): FileVerdict | undefined {
  const usable = files.filter((f) => stands(f.content) && archivedIn({ root, name }, f));
  return ['archive.info', 'archive.info.copy']
    .map((info) => usable.find((f) => f.path.slice(folderOf(f.path).length + 1) === info))
    .find((f) => f !== undefined);
}

const NO_WAL = {
  zh: '备份期间的 WAL 不全：还原后数据库无法启动',
  en: 'WAL written during the backup is missing: a restore of it does not start',
};

function defectWords({ defects }: Backup): { zh: string; en: string } {
  return { zh: `备份有损坏：${defects.join(';')}`, en: `the backup is damaged: ${defects.join('; ')}` };
}

function rangeOf(backup: Backup, archive: Archive | undefined) {
  const { startLsn, stopLsn, timeline } = backup;
  if (!archive || !startLsn || !stopLsn || timeline === undefined) return undefined;
  const [start, stop] = [
    segmentAt(lsnOf(startLsn), archive.segmentBytes),
    segmentAt(lsnOf(stopLsn), archive.segmentBytes),
  ];
  return { start, stop, timeline, stopLsn: lsnOf(stopLsn) };
}

/** The backup and everything that it builds on, oldest first. */
function partsOf(backup: Backup, stanza: Stanza, files: readonly FileVerdict[]): Part[] {
  const labels = new Set([backup.label, ...(backup.references ?? [])]);
  for (let prior = backup.prior; prior && !labels.has(prior);) {
    labels.add(prior);
    prior = stanza.chain.backups.find((b) => b.label === prior)?.prior;
  }
  const stanzaFolder = folderOf(stanza.verdict.path);
  return [...labels].sort().map((label): Part => {
    const known = stanza.chain.backups.find((b) => b.label === label);
    const inside = files.filter((f) => f.path.startsWith(`${stanzaFolder}/${label}/`));
    const bytes = known?.bytes ?? inside.reduce((sum, f) => sum + (f.facts.bytes ?? 0), 0);
    return {
      files: [{ path: `${stanzaFolder}/${label}`, format: 'pgbackrest', bytes }],
      kind: known?.kind ?? 'full',
      content: 'VERIFIED',
      facts: stanza.verdict.facts,
    };
  });
}

/** Of a segment with which no moment of its span can be had yet. */
const NOT_YET: Moment = { us: Number.NEGATIVE_INFINITY, text: '' };

interface Along {
  from: Moment;
  /** On the timeline of the backup itself. */
  own: boolean;
  segments: readonly Segment[];
  /** The last segment that the backup cannot start without. */
  stop: number;
}

function logsAlong({ from, own, segments, stop }: Along): RepoSpan['logs'] {
  // At the end of the backup nothing more is needed; on a fork the commit that `from` is must have come.
  let seen = own ? from : NOT_YET;
  return segments.map((segment) => {
    if (segment.lastCommit) seen = later(seen, segment.lastCommit);
    const { verdict, file } = segment;
    const reaches = segment.number >= stop && seen.us >= from.us ? seen : NOT_YET;
    return { files: [file], kind: 'log', content: verdict.content, facts: verdict.facts, segment, reaches };
  });
}

function breakBehind(span: RepoSpan, archive: Archive): Break[] {
  const last = span.logs.at(-1);
  if (!last) return [];
  return missingSegments({ archive, line: span.wal, next: last.segment.number + 1, after: endOf(span) });
}

/** Where recovery stops at a moment, PostgreSQL must meet a commit behind it, or it says that it did not reach it. */
function neededOf({ span, at, whole }: Choice): PartFile[] {
  const { base, lists, logs, wal } = span as RepoSpan;
  const met = whole ? logs : logs.slice(0, logs.findIndex((l) => l.reaches.us > at.us) + 1);
  const history = wal.history ? [wal.history.file] : [];
  return [...filesOf([...base].reverse()), ...lists, ...history, ...filesOf(met)];
}

export function repositoryRunbook(choice: Choice, target: Target): Runbook {
  const { at, whole } = choice;
  const span = choice.span as RepoSpan;
  const { stanza, label, exceptions } = span;
  const folder = target.targetDir ?? `/var/tmp/${target.as ?? `${stanza.name}_check`}`;
  const offset = offsetOf(at);
  const time = `${localText(at, offset, at.us % 1_000_000 === 0 ? 0 : 6).replace('T', ' ')}${offset}`;
  const files = neededOf(choice);
  const sizes = files.map((f) => f.bytes ?? 0);
  // Nothing of this machine's configuration may lead elsewhere.
  const tool = `pgbackrest --no-config --stanza=${quote(stanza.name)} --repo1-path=${quote(stanza.root)} --pg1-path=${quote(folder)} --lock-path=/tmp --log-level-file=off`;
  const restore = [
    tool,
    `--set=${label}`,
    ...(whole ? ['--type=default'] : ['--type=time', `--target="${time}"`, '--target-action=promote']),
    `--target-timeline=${span.line ?? 'current'}`,
    '--archive-mode=off --log-level-console=info',
    `--spool-path=${quote(`${folder}.spool`)}`,
    `--recovery-option=${quote(`restore_command=${fetchCommand(tool, exceptions)}`)} restore`,
  ].join(' ');
  return {
    before: before(folder),
    steps: [
      {
        file: `${folderOf(stanza.verdict.path)}/${label}`,
        files,
        bytes: sizes.reduce((a, b) => a + b, 0),
        kind: 'base',
        command: restore,
        words: {
          zh: `从 ${label} 还原${whole ? ',重放全部 WAL' : `,重放到 ${time}`}`,
          en: `restore ${label} ${whole ? 'and replay all WAL' : `and replay to ${time}`}`,
        },
        expect: {
          zh: 'restore command end: completed successfully',
          en: 'restore command end: completed successfully',
        },
        stopIf: { zh: '返回码不为 0 就停下来', en: 'stop when the exit code is not 0' },
      },
    ],
    after: after(folder, target),
    cautions: [
      {
        zh: 'pgBackRest 不报告缺失的 WAL:还原成功不等于能启动，以启动后的日志为准',
        en: 'pgBackRest does not report missing WAL: a restore that succeeded may still not start; the log after the start decides',
      },
    ],
  };
}

function before(folder: string): Check[] {
  return [
    {
      words: {
        zh: '空目录，由运行 PostgreSQL 的用户建立；主版本与备份相同',
        en: 'an empty folder, made by the user that runs PostgreSQL; same major version as the backup',
      },
      command: `mkdir -p -m 700 ${quote(folder)}`,
    },
  ];
}

function after(folder: string, target: Target): Check[] {
  const port = target.port ?? 54329;
  const socket = target.socket ?? folder;
  const options = `-p ${port} -k ${quote(socket)} -c listen_addresses=`;
  return [
    {
      words: { zh: '启动；日志里不能有 FATAL', en: 'start; there must be no FATAL in the log' },
      command: [
        `cd ${quote(folder)} && touch postgresql.conf pg_ident.conf`,
        `test -e pg_hba.conf || echo 'local all all trust' > pg_hba.conf`,
        `cd - > /dev/null && pg_ctl -D ${quote(folder)} -l ${quote(`${folder}.log`)} -w -t 3600 -o ${quote(options)} start || { tail -n 20 ${quote(`${folder}.log`)}; false; }`,
      ].join('\n'),
    },
    {
      words: {
        zh: '核对核心表的行数与各病区最新业务时间',
        en: 'count the rows of core tables and compare the newest business time of each ward',
      },
      command: `psql -h ${quote(socket)} -p ${port} -d postgres -c 'SELECT pg_is_in_recovery(), pg_last_xact_replay_timestamp()'`,
    },
    {
      words: {
        zh: '恢复业务后立即做一次新的全备：时间线已经改变',
        en: 'take a new full backup as soon as service is back: the timeline has changed',
      },
    },
  ];
}
