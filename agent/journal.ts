// The intervals in which this agent ran: noted every 10 s (journal-file.ts), so that after a silence the collector hears when the
// agent last lived and whether it ended on purpose. Pure. Also keeps two agents from sharing one data folder.

import {
  type GoodbyeReason,
  isJournal,
  JOURNAL_MAX,
  type RunInterval,
  type RunJournal,
} from '../shared/frame.ts';
import { NamedError } from '../shared/errors.ts';
import type { Boot } from './identity/machine.ts';

export const JOURNAL_EVERY_MS = 10_000;

export interface RunRecord {
  pid: number;
  startedAt: number;
  aliveAt: number;
  boot: string;
  bootAt: number;
  /** Set when it ended on purpose. */
  end?: { reason: GoodbyeReason; at: number };
  /** The lives before this one, oldest first. */
  runs?: RunInterval[];
  /** Times in which this process was held up, oldest first. */
  pauses?: { from: number; to: number }[];
}

/** Throws CONFLICT when the last run seems to be running still. */
export function refuseSecondAgent(
  previous: RunRecord | undefined,
  now: { pid: number; at: number; boot: string; isAlive: (pid: number) => boolean },
): void {
  if (!previous || previous.end || previous.boot !== now.boot || previous.pid === now.pid) return;
  // A number that another program took over is told by the age of the last sign of life.
  if (Math.abs(now.at - previous.aliveAt) > 3 * JOURNAL_EVERY_MS || !now.isAlive(previous.pid)) return;
  throw new NamedError('CONFLICT', `another agent (process ${previous.pid}) uses this data folder`, {
    mend: 'Stop it first, or give this one its own folder: --data DIR.',
  });
}

/** The lives before the next one, when `previous` was the last. */
export function runsBefore(previous: RunRecord | undefined): RunInterval[] {
  if (!previous) return [];
  const { boot, bootAt, startedAt: from, end } = previous;
  const last: RunInterval = { boot, bootAt, from, to: end?.at ?? previous.aliveAt, end: 'unknown' };
  if (end) Object.assign(last, { end: 'orderly', reason: end.reason });
  return [...(previous.runs ?? []), last].slice(-JOURNAL_MAX);
}

/** A sign of life that comes so late shows that this process was suspended or starved: that time does not count as run. */
export function noticePause(run: RunRecord, sinceLastMs: number, now: number): void {
  if (sinceLastMs < 3 * JOURNAL_EVERY_MS) return;
  run.pauses = [...(run.pauses ?? []), { from: now - sinceLastMs, to: now }].slice(-JOURNAL_MAX);
}

/** What hello tells of this life and those before. */
export function tellJournal(
  previous: RunRecord | undefined,
  startedAt: number,
  { runs = [], pauses = [] }: Pick<RunRecord, 'runs' | 'pauses'> = {},
): RunJournal {
  const own = { startedAt, ...(pauses.length > 0 ? { pauses } : {}) };
  if (!previous) return own;
  return {
    ...own,
    previousAliveAt: previous.end?.at ?? previous.aliveAt,
    previousEnd: previous.end ? 'orderly' : 'unknown',
    ...(previous.end ? { previousReason: previous.end.reason } : {}),
    previousBoot: previous.boot,
    ...(runs.length > 0 ? { runs } : {}),
  };
}

/** Whether a hello can tell it: the collector would refuse the whole hello for one field, at every try. */
export function isTellable(run: RunRecord): boolean {
  const { pid, boot, bootAt, startedAt, aliveAt } = run;
  if (![pid, bootAt, startedAt, aliveAt].every((n) => Number.isSafeInteger(Math.trunc(n)))) return false;
  const journal = tellJournal(run, startedAt, { runs: runsBefore(run), pauses: run.pauses ?? [] });
  return typeof boot === 'string' && isJournal(journal);
}

export function bootOf(previous: RunRecord | undefined): Boot | undefined {
  return previous && { id: previous.boot, at: previous.bootAt };
}
