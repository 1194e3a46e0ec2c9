// What must be true, whatever happened. The checkers know the truth of the simulated world and nothing of the modules under test.
// Promise: a broken promise of the product is noted once, with its time, and ends the seed as failed.

import type { Entry } from '../../collector/store/store.ts';
import type { VerdictWord } from '../../collector/liveness/verdict.ts';

export interface Violation {
  at: number;
  what: string;
}

/** One stream as it really was. */
interface Truth {
  values: number[];
  /** Reports up to here were durable on the agent's disk. */
  durable: number;
  /** A restored snapshot took away what lies behind. */
  kept: number;
  /** 0 nothing, 1 stored, 2 declared as lost. */
  fate: number[];
  last: number;
}

export interface DeliveryCounts {
  collected: number;
  owed: number;
  stored: number;
  declared: number;
}

const MOST_VIOLATIONS = 5;

export class Checkers {
  readonly violations: Violation[] = [];
  readonly #now: () => number;
  /** By host, then by stream. */
  readonly #truths = new Map<string, Map<string, Truth>>();
  /** The collector's clock was set forward: to an agent that looks as if its own machine had been set back (decisions/0009). */
  mayDoubtTime = false;
  /** Hosts for which something happened that may cost reports. */
  readonly #mayLose = new Set<string>();

  constructor(now: () => number) {
    this.#now = now;
  }

  fail(what: string): void {
    if (this.violations.length < MOST_VIOLATIONS) this.violations.push({ at: this.#now(), what });
  }

  mayLose(host: string): void {
    this.#mayLose.add(host);
  }

  collected(host: string, stream: string, seq: number, value: number): void {
    const truth = this.#truths.get(host)?.get(stream) ?? this.#begin(host, stream, seq);
    if (seq !== truth.values.length)
      this.fail(`${host}/${stream}: number ${seq} given where ${truth.values.length} is next`);
    truth.values.push(value);
    truth.fate.push(0);
  }

  /** A stream whose first `doubtful` numbers stand for reports that may be stored under another stream. */
  #begin(host: string, stream: string, doubtful: number): Truth {
    if (doubtful > 0 && !this.mayDoubtTime)
      this.fail(`${host}/${stream} begins at number ${doubtful} although no clock was set`);
    const truth: Truth = { values: [], durable: -1, kept: Infinity, fate: [], last: -1 };
    for (let seq = 0; seq < doubtful; seq++) {
      truth.values.push(Number.NaN);
      truth.fate.push(0);
    }
    const ofHost = this.#truths.get(host) ?? new Map<string, Truth>();
    this.#truths.set(host, ofHost.set(stream, truth));
    return truth;
  }

  /** All that was collected of these streams is durable at the agent. */
  durable(host: string, streams: Iterable<string>): void {
    const ofHost = this.#truths.get(host);
    for (const stream of streams) {
      const truth = ofHost?.get(stream);
      if (truth) truth.durable = truth.values.length - 1;
    }
  }

  /** How far each stream of the host was durable. */
  snapshot(host: string): ReadonlyMap<string, number> {
    return new Map([...(this.#truths.get(host) ?? [])].map(([stream, truth]) => [stream, truth.durable]));
  }

  restored(host: string, snapshot: ReadonlyMap<string, number>): void {
    for (const [stream, truth] of this.#truths.get(host) ?? [])
      truth.kept = Math.min(truth.kept, snapshot.get(stream) ?? -1);
  }

  stored(entry: Entry): void {
    const { host, stream } = entry;
    const from = entry.kind === 'row' ? entry.seq : entry.from;
    const to = entry.kind === 'row' ? entry.seq : entry.to;
    const isDoubt = entry.kind === 'gap' && entry.reason === 'restored' && from === 0;
    const truth =
      this.#truths.get(host)?.get(stream) ?? (isDoubt ? this.#begin(host, stream, to + 1) : undefined);
    if (!truth || to >= truth.values.length)
      return this.fail(`${host}/${stream}: ${from}-${to} was never collected`);
    if (from !== truth.last + 1) this.fail(`${host}/${stream}: ${from} stored after ${truth.last}`);
    truth.last = to;
    for (let seq = from; seq <= to; seq++) {
      if (truth.fate[seq]) this.fail(`${host}/${stream}: number ${seq} counts twice`);
      truth.fate[seq] = entry.kind === 'row' ? 1 : 2;
    }
    if (entry.kind === 'gap') this.#declared(entry, truth);
    else if (entry.values[0] !== truth.values[from])
      this.fail(`${host}/${stream}: number ${from} is stored with the values of another report`);
  }

  #declared(gap: Extract<Entry, { kind: 'gap' }>, truth: Truth): void {
    const { host, stream, from, to, reason } = gap;
    const what = `${host}/${stream}: ${from}-${to} declared`;
    if (reason === 'corrupt' && from <= Math.min(truth.durable, truth.kept))
      this.fail(`${what} corrupt although it was durable`);
    if (!this.#mayLose.has(host)) this.fail(`${what} lost (${reason}) although nothing went wrong`);
  }

  acknowledged(host: string, stream: string, seq: number, durable: number): void {
    if (seq > durable) this.fail(`${host}/${stream}: ${seq} acknowledged, ${durable} durable`);
  }

  /** After healing and draining: collected = stored + declared. */
  settle(): DeliveryCounts {
    const counts = { collected: 0, owed: 0, stored: 0, declared: 0 };
    for (const [host, streams] of this.#truths)
      for (const [stream, truth] of streams) {
        counts.collected += truth.values.length;
        const owedTo = Math.min(truth.durable, truth.kept);
        counts.owed += owedTo + 1;
        for (let seq = 0; seq < truth.values.length; seq++) {
          if (truth.fate[seq] === 1) counts.stored++;
          else if (truth.fate[seq] === 2) counts.declared++;
          else if (seq <= owedTo)
            this.fail(`${host}/${stream}: number ${seq} of ${owedTo} is lost without a word`);
        }
      }
    return counts;
  }
}

export type Word = VerdictWord;
const DOWN: ReadonlySet<Word> = new Set(['silent', 'site-silent']);
/** Longest way of a healthy agent back to the collector: a dial under way (20 s), a full backoff (60 s), the handshake. */
const BACK_MS = 90_000;
/** A connected agent says something at least so often. */
const BEAT_MS = 15_000;
/** By then a silence must have its word: the limit, the grace after a start, and the way back. */
const LATEST_MS = 330_000;
/** A verdict that stood for so long has become an alert. */
const TOLD_MS = 60_000;
const SUSPECT_MS = 30_000;
const SPANS_KEPT = 100;

export interface Detection {
  kind: string;
  afterMs: number;
}

/** `good`: it could be heard; `host`: it could not, by its own or its network's doing; `collector`: by the collector's. */
interface Span {
  kind: 'good' | 'host' | 'collector';
  from: number;
  to: number;
}

interface HostTruth {
  kind: Span['kind'];
  since: number;
  /** Why it cannot be heard. */
  why: string;
  /** Before `since`, newest last. */
  spans: Span[];
  word: Word;
  downSince: number;
  episodes: number;
  noted: boolean;
}

/** Verdicts against what really happened. */
export class Silences {
  readonly detections: Detection[] = [];
  readonly #checkers: Checkers;
  readonly #now: () => number;
  readonly #silentAfterMs: number;
  readonly #hosts = new Map<string, HostTruth>();
  /** Hosts that were down for so long that somebody must have been told. */
  readonly owed = new Set<string>();
  /** Since when the collector has listened without trouble of its own. */
  #calmSince: number | undefined;

  constructor(checkers: Checkers, now: () => number, hosts: readonly string[], silentAfterMs: number) {
    this.#checkers = checkers;
    this.#now = now;
    this.#silentAfterMs = silentAfterMs;
    for (const host of hosts) {
      const word: Word = 'never-seen';
      this.#hosts.set(host, {
        kind: 'host',
        since: 0,
        why: 'off',
        spans: [],
        word,
        downSince: 0,
        episodes: 0,
        noted: false,
      });
    }
  }

  calm(isCalm: boolean): void {
    if (isCalm) this.#calmSince ??= this.#now();
    else this.#calmSince = undefined;
  }

  /** The collector's wall clock leapt: ahead, to itself it was away for so long; back, what was heard lies in the future. Silences are counted anew. */
  leapt(): void {
    if (this.#calmSince !== undefined) this.#calmSince = this.#now();
  }

  reachable(host: string, why: string | undefined): void {
    const truth = this.#of(host);
    const kind = why === undefined ? 'good' : why === 'collector' ? 'collector' : 'host';
    const now = this.#now();
    if (kind === truth.kind) return;
    if (now > truth.since) truth.spans.push({ kind: truth.kind, from: truth.since, to: now });
    if (truth.spans.length > SPANS_KEPT) truth.spans.shift();
    truth.kind = kind;
    truth.since = now;
    truth.why = why ?? '';
    truth.noted = false;
  }

  verdict(host: string, word: Word): void {
    const truth = this.#of(host);
    const before = truth.word;
    truth.word = word;
    if (!DOWN.has(word) || before === word) return;
    truth.downSince = this.#now();
    truth.episodes++;
    const now = this.#now();
    const outMs = this.#outSinceHeard(truth);
    // Of a silent site one host was quiet for the limit, and the others for most of it.
    const leastMs = this.#silentAfterMs - BEAT_MS - (word === 'site-silent' ? SUSPECT_MS : 0);
    if (outMs < leastMs) {
      const seconds = Math.round(outMs / 1000);
      this.#checkers.fail(
        `${host} is called ${word} after ${seconds} s without a connection by its own doing`,
      );
    }
    if (truth.kind !== 'host' || truth.noted) return;
    truth.noted = true;
    if ((this.#calmSince ?? now) <= truth.since)
      this.detections.push({ kind: truth.why, afterMs: now - truth.since });
  }

  episodes(host: string): number {
    return this.#of(host).episodes;
  }

  /** How long the host has been out of reach while the collector listened. */
  outMs(host: string): number {
    const truth = this.#of(host);
    return truth.kind === 'host' ? this.#now() - Math.max(truth.since, this.#calmSince ?? this.#now()) : 0;
  }

  /** Now and then: a long outage must have its word by now. */
  look(): void {
    const calm = this.#calmSince;
    if (calm === undefined) return;
    for (const [host, truth] of this.#hosts) {
      const told = this.#now() - Math.max(truth.downSince, calm) > TOLD_MS;
      if (truth.word === 'silent' && told) this.owed.add(host);
      if (truth.kind !== 'host') continue;
      if (truth.word === 'never-seen' || this.#hasSaidSo(truth)) continue;
      const lastedMs = this.#now() - Math.max(truth.since, calm);
      if (lastedMs <= LATEST_MS || DOWN.has(truth.word)) continue;
      const seconds = Math.round(lastedMs / 1000);
      this.#checkers.fail(`${host} is out (${truth.why}) for ${seconds} s and called ${truth.word}`);
    }
  }

  /** At the end: everybody is back. */
  settle(): void {
    for (const [host, truth] of this.#hosts)
      if (truth.word !== 'up') this.#checkers.fail(`${host} is back and called ${truth.word}`);
  }

  /**
   * Time since the host was surely connected, without that in which the collector could not hear, and without the way back after
   * that. Any other good span is too short for the way back and counts.
   */
  #outSinceHeard(truth: HostTruth): number {
    const spans = [...truth.spans, { kind: truth.kind, from: truth.since, to: this.#now() }];
    let outMs = 0;
    for (let i = spans.length - 1; i >= 0; i--) {
      const span = spans[i];
      if (!span) break;
      const lastedMs = span.to - span.from;
      if (span.kind === 'good' && lastedMs >= BACK_MS) break;
      const isWayBack = span.kind === 'good' && i === spans.length - 1 && spans[i - 1]?.kind === 'collector';
      if (span.kind !== 'collector' && !isWayBack) outMs += lastedMs;
    }
    return outMs;
  }

  /** Its agent ended in order, or was not back for long enough to be heard since. */
  #hasSaidSo(truth: HostTruth): boolean {
    if (truth.word !== 'stopped' && truth.word !== 'shutdown') return false;
    const last = truth.spans.at(-1);
    return truth.why === 'agent stopping' || last?.kind !== 'good' || last.to - last.from < BACK_MS;
  }

  #of(host: string): HostTruth {
    const truth = this.#hosts.get(host);
    if (!truth) throw new Error(`no host ${host}`);
    return truth;
  }
}
