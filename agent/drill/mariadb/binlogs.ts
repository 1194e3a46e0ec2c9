// The binary logs behind a backup: which of them follow it without a hole, and their replay on the scratch server. Promise: a missing
// or damaged log among them is a failure that names it; only the last may end early, as a log does that is still written.

import { basename, dirname, join } from 'node:path';
import { NamedError } from '../../../shared/errors.ts';
import type { DrillConfig } from '../config.ts';
import type { Scratch } from '../driver.ts';
import { type Candidate, headOf, type Judged, judgeFile } from '../files.ts';
import { type Done, lastLines } from '../programs.ts';
import type { MariaServer } from './server.ts';
import { program } from './server.ts';

const MAGIC = Buffer.from([0xfe, 0x62, 0x69, 0x6e]);

export interface Position {
  file: string;
  position: number;
}

export interface Logs {
  files: readonly Judged[];
  start: number;
  /** The last log is cut or still written: where its last whole event ends. */
  stop?: number;
  /** Of the last commit, ISO. */
  lastCommitAt?: string;
}

/** From `from` on, without a hole; undefined: there are no logs. */
export async function logsBehind(files: readonly Candidate[], from: Position): Promise<Logs | undefined> {
  const stem = from.file.replace(/\d+$/, '');
  const named = files
    .filter((f) => basename(f.path).startsWith(stem) && /^\d{6,}$/.test(basename(f.path).slice(stem.length)))
    .filter((f) => numberOf(f.path) >= numberOf(from.file))
    .sort((a, b) => numberOf(a.path) - numberOf(b.path));
  if (named.length === 0) return undefined;
  for (const [i, file] of named.entries())
    refuseHole(file, numberOf(from.file) + i, join(dirname(file.path), stem));
  const judged: Judged[] = [];
  for (const file of named) {
    if (!(await headOf(file.path, 4)).equals(MAGIC)) {
      throw new NamedError('DRILL_FAILED', `${file.path} is no binary log (its first bytes are others)`);
    }
    judged.push(await judgeFile(file));
  }
  for (const [i, log] of judged.entries()) refuseBad(log, i === judged.length - 1);
  const last = judged.at(-1)?.facts.chain;
  const end = last?.of === 'binlog' ? last : undefined;
  return {
    files: judged,
    start: from.position,
    ...(end && /live|cut/.test(end.end) && { stop: end.endPosition }),
    ...(lastCommit(judged) && { lastCommitAt: lastCommit(judged) as string }),
  };
}

function numberOf(path: string): number {
  return Number(/(\d+)$/.exec(path)?.[1] ?? 0);
}

function refuseHole(file: Candidate, wanted: number, stem: string): void {
  if (numberOf(file.path) === wanted) return;
  const digits = /(\d+)$/.exec(file.path)?.[1]?.length ?? 6;
  const missing = `${stem}${String(wanted).padStart(digits, '0')}`;
  throw new NamedError(
    'DRILL_FAILED',
    `binary log ${missing} is missing although ${basename(file.path)} is there`,
  );
}

function refuseBad(log: Judged, isLast: boolean): void {
  const chain = log.facts.chain;
  const cut = chain?.of === 'binlog' && /live|cut/.test(chain.end);
  const bad = log.content === 'CORRUPT' || log.content === 'EMPTY' || (cut && !isLast);
  if (bad) throw new NamedError('DRILL_FAILED', `${log.path} is ${log.content}: ${log.reason}`);
}

function lastCommit(logs: readonly Judged[]): string | undefined {
  for (const { facts } of logs.toReversed())
    if (facts.chain?.of === 'binlog' && facts.chain.lastCommitAt !== undefined)
      return facts.chain.lastCommitAt;
  return undefined;
}

export interface Replay {
  config: DrillConfig;
  logs: Logs;
  server: MariaServer;
  /** The only database that was restored, where the logs may hold others. */
  database?: string;
}

/** Logs of a whole server are replayed unfiltered: a filter by database would drop the statements that ran without a default one. */
export async function replay(at: Scratch, { config, logs, server, database }: Replay): Promise<void> {
  at.step(`mariadb-binlog ${logs.files.map((f) => basename(f.path)).join(' ')}`);
  const reader = [
    program('mariadb-binlog', config),
    '--no-defaults',
    '--verify-binlog-checksum',
    '--disable-log-bin',
    `--start-position=${logs.start}`,
    ...(logs.stop === undefined ? [] : [`--stop-position=${logs.stop}`]),
    ...logs.files.map((f) => f.path),
  ];
  const goOn = database === undefined ? [] : ['--force'];
  const client = [program('mariadb', config), ...server.connect, '--binary-mode', ...goOn];
  // The logs may be readable by us alone; what the client is fed comes by the pipe.
  const script = `"\${@:1:${reader.length}}" | "\${@:${reader.length + 1}}"; s=("\${PIPESTATUS[@]}"); exit $((s[0] > 0 ? 1 : s[1] > 0 ? 2 : 0))`;
  const done = await at.programs.run('bash', ['-c', script, 'drill', ...reader, ...client], {
    as: 'self',
    env: { ...server.env },
    anyExit: true,
  });
  const fault = faultOf(done, database);
  if (fault !== undefined) throw new NamedError('DRILL_FAILED', `replaying the binary logs: ${fault}`);
}

/** Errors in databases that were not restored are none of the backup. Exported for its test. */
export function faultOf({ code, stderr }: Done, database: string | undefined): string | undefined {
  const errors = stderr.split('\n').filter((line) => line.startsWith('ERROR'));
  const faults = errors.filter((line) => database === undefined || !isOfAnother(line, database));
  if (faults.length > 0) return faults[0]?.slice(0, 400);
  return code === 1 || (code === 2 && errors.length === 0) ? lastLines(stderr) : undefined;
}

function isOfAnother(line: string, database: string): boolean {
  const [, schema] =
    /^ERROR (?:1049|1008) .*database '([^']+)'/i.exec(line) ??
    /^ERROR (?:1146|1051) .*[Tt]able '([^'.]+)\./.exec(line) ??
    [];
  return schema !== undefined && schema !== database;
}
