// From accepted to durable: entries are gathered for some milliseconds, written together, and acknowledged once per stream.
// Promise: nothing is acknowledged before the store and the state database have committed it; when either fails, every entry of
// the batch, and whatever of the same streams is queued behind it, is refused and the stream falls back to what is durable.
//
//   add ─▶ queue ─(commitEvery, or a full batch)─▶ facts ─▶ store ─▶ durable: acknowledge, pass on
//                                                  └──────┴─ failed ─▶ refuse, accepted = durable
//
// One write is under way at a time: that is what makes falling back simple, and the queue is the next group commit.

import type { Clock, Timer } from '../../shared/clock.ts';
import { describeError } from '../../shared/errors.ts';
import type { Log, ReportSink } from '../services.ts';
import type { State } from '../state/state.ts';
import type { Store } from '../store/store.ts';
import { type Learned, writeFacts } from './facts.ts';
import type { GapEntry, Mark, Row } from './model.ts';
import { countAck, type IngestStats } from './stats.ts';
import type { ValuePool } from './value-pool.ts';

/** Who is told what became of a stream: the connection that used it last. */
export interface Owner {
  acknowledge(mark: HostMark): void;
  refuse(mark: HostMark): void;
}

export interface HostMark extends Mark {
  readonly host: string;
  owner: Owner | undefined;
  /** Set while the mark is in the list of those to acknowledge. */
  touched: boolean;
}

export interface CommitOptions {
  store: Store;
  state: State;
  clock: Clock;
  reports: ReportSink;
  stats: IngestStats;
  /** Where the values of a report go when it has been passed on. */
  values: ValuePool;
  log: Log;
  commitMs: number;
}

const FULL_BATCH = 8_000;
/** How often a store that fails is tried. */
const FAILING_MS = 1_000;

interface Batch {
  entries: (Row | GapEntry)[];
  marks: HostMark[];
  /** Rows that carry checks or events. */
  telling: Row[];
  /** Undefined in most batches: handshakes are rare. */
  learned: Map<string, Learned> | undefined;
  /** Who waits for the end of this batch. */
  waiting: (() => void)[];
}

const NOTHING: ReadonlyMap<string, Learned> = new Map();
const isEmpty = (batch: Batch): boolean => batch.entries.length === 0 && batch.learned === undefined;
const emptyBatch = (): Batch => ({ entries: [], marks: [], telling: [], learned: undefined, waiting: [] });

function push(batch: Batch, entry: Row | GapEntry, mark: HostMark): void {
  batch.entries.push(entry);
  batch.marks.push(mark);
  if (entry.kind === 'row' && (entry.checks !== undefined || entry.events !== undefined)) {
    batch.telling.push(entry);
  }
}

export class Committer {
  readonly #options: CommitOptions;
  #queue = emptyBatch();
  #writing: Batch | undefined;
  #timer: Timer | undefined;
  #failing = false;
  #settled = (): void => {};

  constructor(options: CommitOptions) {
    this.#options = options;
  }

  add(entry: Row | GapEntry, mark: HostMark): void {
    push(this.#queue, entry, mark);
    if (this.#queue.entries.length >= FULL_BATCH || this.#isOverdue(entry.arrivedAt)) this.#start();
    else if (this.#timer === undefined) this.#schedule();
  }

  /** While more than 1,024 sockets have something to read at once, no timer runs, for many seconds. */
  #isOverdue(now: number): boolean {
    const first = this.#queue.entries[0];
    return !this.#failing && first !== undefined && now - first.arrivedAt > 2 * this.#options.commitMs;
  }

  /** What a handshake taught about a host: written with the next batch. */
  learn(host: string, facts: Learned): void {
    const learned = (this.#queue.learned ??= new Map<string, Learned>());
    learned.set(host, { ...learned.get(host), ...facts });
    this.#schedule();
  }

  /** Resolves when everything added so far is durable or refused. */
  drain(): Promise<void> {
    const last = isEmpty(this.#queue) ? this.#writing : this.#queue;
    if (!last) return Promise.resolve();
    return new Promise((resolve) => {
      last.waiting.push(resolve);
      this.#start();
    });
  }

  /** Entries waiting or being written. */
  pending(): number {
    return this.#queue.entries.length + (this.#writing?.entries.length ?? 0);
  }

  /** `run` is called after each commit and each failure. */
  onSettled(run: () => void): void {
    this.#settled = run;
  }

  #schedule(): void {
    if (this.#writing || this.#timer || isEmpty(this.#queue)) return;
    const delayMs = this.#failing ? FAILING_MS : this.#options.commitMs;
    this.#timer = this.#options.clock.after(delayMs, () => this.#start());
  }

  #start(): void {
    if (this.#writing) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    const batch = this.#queue;
    this.#writing = batch;
    this.#queue = emptyBatch();
    write(this.#options, batch).then(
      () => this.#committed(batch),
      (error: unknown) => this.#failed(batch, error),
    );
  }

  #committed(batch: Batch): void {
    const { stats, clock, log, reports, values } = this.#options;
    if (this.#failing) log.info({}, 'reports can be stored again');
    this.#failing = false;
    stats.commits++;
    acknowledge(batch, clock.now(), stats);
    this.#finish(batch);
    for (const entry of batch.entries) {
      if (entry.kind !== 'row') continue;
      reports.stored(entry);
      values.give(entry.values);
    }
  }

  #failed(batch: Batch, error: unknown): void {
    const { stats, log } = this.#options;
    stats.storeFailures++;
    if (!this.#failing) {
      log.error({ error: describeError(error) }, 'reports cannot be stored; agents keep them');
    }
    this.#failing = true;
    this.#queue = fallBack(batch, this.#queue);
    this.#finish(batch);
  }

  #finish(batch: Batch): void {
    this.#writing = undefined;
    this.#settled();
    for (const resolve of batch.waiting) resolve();
    if (this.#queue.entries.length >= FULL_BATCH || this.#queue.waiting.length > 0) this.#start();
    else this.#schedule();
  }
}

/** Facts first: if the process dies in between, the reports come again and the facts are written again, to no effect. */
async function write({ state, store }: CommitOptions, batch: Batch): Promise<void> {
  if (batch.telling.length > 0 || batch.learned !== undefined) {
    await writeFacts(state, batch.telling, batch.learned ?? NOTHING);
  }
  if (batch.entries.length > 0) await store.write(batch.entries);
}

function acknowledge(batch: Batch, now: number, stats: IngestStats): void {
  const touched: HostMark[] = [];
  for (let i = 0; i < batch.entries.length; i++) {
    const entry = batch.entries[i];
    const mark = batch.marks[i];
    if (!entry || !mark) continue;
    if (entry.kind === 'row') {
      mark.durable = entry.seq;
      stats.reports++;
      stats.samples += entry.values.length;
    } else {
      mark.durable = entry.to;
      stats.gaps++;
      stats.gapReports += entry.to - entry.from + 1;
    }
    countAck(stats, now - entry.arrivedAt);
    if (mark.touched) continue;
    mark.touched = true;
    touched.push(mark);
  }
  for (const mark of touched) {
    mark.touched = false;
    mark.owner?.acknowledge(mark);
  }
}

/** What was learned last of each host counts. */
function laterOf(before: Batch['learned'], after: Batch['learned']): Batch['learned'] {
  return before === undefined || after === undefined ? (before ?? after) : new Map([...before, ...after]);
}

/** The queue without the streams that failed. */
function fallBack(batch: Batch, queue: Batch): Batch {
  const lost = new Set(batch.marks);
  for (const mark of lost) {
    mark.accepted = mark.durable;
    mark.owner?.refuse(mark);
  }
  const kept: Batch = {
    ...emptyBatch(),
    waiting: queue.waiting,
    learned: laterOf(batch.learned, queue.learned),
  };
  for (const [i, entry] of queue.entries.entries()) {
    const mark = queue.marks[i];
    if (mark && !lost.has(mark)) push(kept, entry, mark);
  }
  return kept;
}
