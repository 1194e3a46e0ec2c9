// What a host that comes back tells about the time in which it was not heard: its agent's journal of run intervals and the boots of
// the machine, laid over the silence. Pure. Promise: the spans follow each other without holes from the first instant to the last;
// where clocks contradict each other the agent is believed to have run as little as the journal allows.

import type { RunJournal } from '../../shared/frame.ts';
import type { HelloFacts, HostLife } from './model.ts';
import type { Past, VerdictWord } from './verdict.ts';

export interface PastSpan {
  past: Past;
  since: number;
  until: number;
}

export const PAST_WORD = {
  'host-crashed': 'crashed',
  'host-shut-down': 'shutdown',
  'agent-crashed': 'agent-lost',
  'agent-stopped': 'stopped',
  'agent-paused': 'agent-lost',
  'agent-late': 'agent-lost',
  'link-cut': 'up',
} as const satisfies Record<Past, VerdictWord>;

/** A start so long after the boot is a matter of the agent, not of booting. */
const LATE_START_MS = 5 * 60_000;
/** An agent that was stopped so long before the next boot was stopped by itself, not by a shutdown. */
const SHUTDOWN_MS = 10 * 60_000;
const LEAST_MS = 1_000;

/** A life of the agent's process, in the collector's time. */
interface Run {
  boot: string | undefined;
  bootAt: number;
  from: number;
  to: number;
  end: 'orderly' | 'unknown';
  reason?: string | undefined;
}

/** `from`: when it was last heard. */
export function tellPast(
  life: Pick<HostLife, 'boot' | 'processAt'>,
  hello: HelloFacts,
  from: number,
  now: number,
): PastSpan[] {
  const shiftMs = now - hello.at;
  const current: Run = {
    boot: hello.boot,
    bootAt: hello.bootAt + shiftMs,
    from: hello.journal.startedAt + shiftMs,
    to: now,
    end: 'unknown',
  };
  const spans: PastSpan[] = [];
  const ranOn = life.processAt === hello.journal.startedAt && life.boot === hello.boot;
  let cursor = from;
  if (!ranOn) {
    for (const gap of gapsBetween(life, runsBefore(hello.journal, shiftMs), current, from)) {
      add(spans, 'link-cut', cursor, gap.since);
      add(spans, gap.past, Math.max(cursor, gap.since), gap.until);
      cursor = Math.max(cursor, gap.until);
    }
  }
  for (const pause of hello.journal.pauses ?? []) {
    const since = clamp(pause.from + shiftMs, cursor, now);
    const until = clamp(pause.to + shiftMs, since, now);
    add(spans, 'link-cut', cursor, since);
    add(spans, 'agent-paused', since, until);
    cursor = until;
  }
  add(spans, 'link-cut', cursor, now);
  return spans;
}

const clamp = (value: number, low: number, high: number): number => Math.max(low, Math.min(high, value));

function add(spans: PastSpan[], past: Past, since: number, until: number): void {
  if (until - since < LEAST_MS) return;
  const last = spans.at(-1);
  if (last?.past === past) last.until = until;
  else spans.push({ past, since, until });
}

/** An agent of an older version tells of its last life only, and not when that began. */
function runsBefore(journal: RunJournal, shiftMs: number): Run[] {
  if (journal.runs) {
    return journal.runs.map((run) => ({
      ...run,
      bootAt: run.bootAt + shiftMs,
      from: run.from + shiftMs,
      to: run.to + shiftMs,
    }));
  }
  const { previousBoot, previousAliveAt, previousEnd, previousReason } = journal;
  if (previousEnd === undefined) return [];
  const to = previousAliveAt === undefined ? -Infinity : previousAliveAt + shiftMs;
  const run = { boot: previousBoot, bootAt: -Infinity, from: -Infinity, to };
  return [{ ...run, end: previousEnd, reason: previousReason }];
}

/** The times since `from` in which no process of the agent ran. */
function gapsBetween(
  life: Pick<HostLife, 'boot'>,
  runs: readonly Run[],
  current: Run,
  from: number,
): PastSpan[] {
  const gaps: PastSpan[] = [];
  // What ended before is told by the last of those, and of what the collector knew itself.
  let before: Run = { boot: life.boot, bootAt: 0, from: 0, to: from, end: 'unknown' };
  for (const run of [...runs, current]) {
    if (run !== current && run.to <= from) {
      before = { ...run, boot: run.boot ?? life.boot, to: from };
      continue;
    }
    // Another process than the one that was heard cannot have begun before: the clock is wrong.
    const isWrong = run === current && run.from <= from;
    const start = isWrong ? current.to : clamp(run.from, from, current.to);
    // A clock that was wrong in an earlier life: that life may have ended as early as it was last heard.
    const end = before.to > start ? from : clamp(before.to, from, start);
    gaps.push(...explainGap({ ...before, to: end }, { ...run, from: start }));
    before = run;
  }
  return gaps;
}

function explainGap(before: Run, next: Run): PastSpan[] {
  const [since, until] = [before.to, next.from];
  const isOrderly = before.end === 'orderly';
  const sameBoot = before.boot === undefined || next.boot === undefined || before.boot === next.boot;
  if (sameBoot) {
    return [{ past: isOrderly ? 'agent-stopped' : 'agent-crashed', since, until }];
  }
  const bootAt = clamp(next.bootAt, since, until);
  if (isOrderly && before.reason === 'stop' && bootAt - since > SHUTDOWN_MS) {
    return [{ past: 'agent-stopped', since, until }];
  }
  const past = isOrderly ? 'host-shut-down' : 'host-crashed';
  if (until - bootAt <= LATE_START_MS) return [{ past, since, until }];
  return [
    { past, since, until: bootAt },
    { past: 'agent-late', since: bootAt, until },
  ];
}
