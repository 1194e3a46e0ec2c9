// When probes are read, and how their readings become reports. Probes of one interval form a group; what falls due together leaves
// as one report, so that its columns stay the same. A slow probe holds up nobody: its reading follows in a report of its own. A
// check whose status changed is reported at once.

import { seriesKey } from '../../shared/catalogue.ts';
import type { Clock, Timer } from '../../shared/clock.ts';
import { type AgentEvent, LIMITS } from '../../shared/frame.ts';
import type { Log } from '../log.ts';
import type { ProbeEvent, Sample } from '../probes/probe.ts';
import type { Position, Spool } from '../spool/spool.ts';
import { type CheckBook, EMPTY_BOOK, hasNews, judged, takeChecks, unjudged } from './checks.ts';
import { type Columns, fitColumns, NO_COLUMNS, rounded, valuesOf } from './columns.ts';
import { type Outcome, type ProbeState, Runner, type ScheduledProbe } from './runner.ts';

/** How long a round waits for its slowest probe before it reports without it. */
const GRACE_MS = 2000;
const LATE_AT_MOST_MS = 60_000;
/** Rates need two readings: the second comes this soon after the start, so that a page shows them within seconds. */
export const SECOND_READING_MS = 2000;
/** News waits this long for the probes that answer at once, so that it does not split their report. */
const NEWS_MS = 200;
const PENDING_EVENTS = 1000;

export interface ScheduleOptions {
  probes: readonly ScheduledProbe[];
  clock: Clock;
  log: Log;
  /** Shifts the regular rounds, so that a fleet that was switched on together does not report together. */
  jitterMs: number;
  boot: string;
  offsetMs: () => number | null;
  spool: Pick<Spool, 'append' | 'liveStream'>;
  /** A report was appended. */
  appended: (at: Position) => void;
}

export interface Schedule {
  start(): void;
  /** Joins the next report. */
  event(event: AgentEvent): void;
  /** Ends the rounds and appends a last report with what is left to say. */
  stop(last?: AgentEvent): void;
  states(): ProbeState[];
}

interface Group {
  intervalMs: number;
  runners: Runner[];
  columns: Columns;
}

interface Round {
  startedMono: number;
  waitingFor: number;
  closed: boolean;
  /** No report of this round has left yet: its first one ages the absent columns. */
  whole: boolean;
  samples: Sample[];
}

export function openSchedule(options: ScheduleOptions): Schedule {
  return new Rounds(options);
}

class Rounds implements Schedule {
  readonly #options: ScheduleOptions;
  readonly #groups: Group[];
  readonly #timers = new Set<Timer>();
  #events: AgentEvent[] = [];
  #book: CheckBook = EMPTY_BOOK;
  #checksAt = -Infinity;
  #stopped = false;

  constructor(options: ScheduleOptions) {
    this.#options = options;
    const byInterval = Map.groupBy(options.probes, (probe) => probe.intervalMs);
    this.#groups = [...byInterval].map(([intervalMs, probes]) => ({
      intervalMs,
      runners: probes.map((probe) => new Runner(probe, options.clock, options.log)),
      columns: NO_COLUMNS,
    }));
  }

  start(): void {
    const base = this.#options.clock.monotonic();
    for (const group of this.#groups) {
      this.#round(group);
      if (group.intervalMs <= 60_000) this.#after(SECOND_READING_MS, () => this.#round(group));
      this.#arm(group, base + (this.#options.jitterMs % group.intervalMs));
    }
  }

  event(event: AgentEvent): void {
    this.#events.push(event);
    if (this.#events.length > PENDING_EVENTS) this.#events.shift();
  }

  stop(last?: AgentEvent): void {
    this.#stopped = true;
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
    if (last) this.event(last);
    const group = this.#groups[0];
    if (group && last) this.#report(group, this.#options.clock.now(), [], false);
    for (const { runners } of this.#groups) for (const runner of runners) runner.close();
  }

  states(): ProbeState[] {
    return this.#groups.flatMap((group) => group.runners.map((runner) => runner.state()));
  }

  #arm(group: Group, start: number): void {
    const now = this.#options.clock.monotonic();
    const turn = Math.floor((now - start) / group.intervalMs) + 1;
    this.#after(start + turn * group.intervalMs - now, () => {
      this.#arm(group, start);
      this.#round(group);
    });
  }

  #after(delayMs: number, run: () => void): void {
    const timer = this.#options.clock.after(delayMs, () => {
      this.#timers.delete(timer);
      run();
    });
    this.#timers.add(timer);
  }

  #round(group: Group): void {
    const round: Round = {
      startedMono: this.#options.clock.monotonic(),
      waitingFor: group.runners.length,
      closed: false,
      whole: true,
      samples: [],
    };
    this.#after(GRACE_MS, () => this.#close(group, round));
    for (const runner of group.runners) {
      void runner.read().then((outcome) => this.#take(group, round, runner, outcome));
    }
  }

  #take(group: Group, round: Round, runner: Runner, outcome: Outcome): void {
    if (this.#stopped) return;
    const { reading, own, events } = outcome;
    if (!outcome.skipped) {
      this.#book = reading
        ? judged(this.#book, runner.name, reading.checks ?? [])
        : unjudged(this.#book, runner.name);
    }
    if (own.length > 0) this.#book = judged(this.#book, `probe:${runner.name}`, own);
    this.#takeEvents([...(reading?.events ?? []), ...events]);
    round.waitingFor -= 1;
    const samples = reading?.samples ?? [];
    if (round.closed) return this.#report(group, this.#options.clock.now(), samples, false);
    round.samples.push(...samples);
    if (round.waitingFor === 0) this.#close(group, round);
    else if (hasNews(this.#book)) this.#after(NEWS_MS, () => this.#flush(group, round));
  }

  #takeEvents(events: readonly ProbeEvent[]): void {
    const at = this.#options.clock.now();
    for (const event of events) this.event({ at, ...event });
  }

  #close(group: Group, round: Round): void {
    if (round.closed) return;
    round.closed = true;
    this.#flush(group, round);
  }

  #flush(group: Group, round: Round): void {
    if (this.#stopped) return;
    const samples = round.samples.splice(0);
    // By the clock as it is now: it may have been set since the round began, and the offset that goes with it is today's.
    const { clock } = this.#options;
    const at = clock.now() - (clock.monotonic() - round.startedMono);
    this.#report(group, Math.round(at), samples, round.closed && round.whole);
    round.whole = false;
  }

  /** Checks are as new as their report: one that ends late must not look older than what was told meanwhile. */
  #stampChecks(at: number): number {
    const behindMs = this.#checksAt - at;
    // Further behind than a round can be late, the clock was set back: then the new time counts.
    if (behindMs <= 0 || behindMs > LATE_AT_MOST_MS) this.#checksAt = at;
    else this.#checksAt += 1;
    return this.#checksAt;
  }

  #report(group: Group, at: number, samples: readonly Sample[], wholeRound: boolean): void {
    const { boot, clock, offsetMs, spool } = this.#options;
    const values = new Map<string, number>();
    for (const { metric, labels, value } of samples)
      if (Number.isFinite(value)) values.set(seriesKey(metric, labels), rounded(metric, value));
    group.columns = fitColumns(group.columns, values, wholeRound);
    const { checks, book } = takeChecks(this.#book, spool.liveStream, clock.monotonic());
    const events = this.#events.slice(0, LIMITS.events);
    if (values.size === 0 && checks.length === 0 && events.length === 0) return;
    this.#book = book;
    const stamp = checks.length > 0 ? this.#stampChecks(at) : at;
    this.#events = this.#events.slice(events.length);
    const report = {
      series: group.columns.id,
      at: stamp,
      off: offsetMs(),
      boot,
      v: valuesOf(group.columns, values),
    };
    const rest = { ...(checks.length > 0 ? { checks } : {}), ...(events.length > 0 ? { events } : {}) };
    this.#options.appended(spool.append({ ...report, ...rest }, group.columns.keys));
  }
}
