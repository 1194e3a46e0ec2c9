// For tests: one spool on a simulated disk, a collector that keeps watermarks as the real one does, and a memory of everything
// that was collected. It fails at once when a promise is broken.

import assert from 'node:assert/strict';
import { manualClock } from '../../shared/clock.ts';
import { readConfig } from '../../shared/config/schema.ts';
import type { AgentEvent, CheckResult, Gap } from '../../shared/frame.ts';
import { spoolConfig, type SpoolLimits } from './config.ts';
import { openSpool } from './disk-spool.ts';
import { type Fault, simulatedDisk } from './simulated-disk.ts';
import type { Outgoing, Spool } from './spool.ts';

/** The machine stops at this disk call. */
class PowerCut extends Error {}

export interface AppendOptions {
  series?: number;
  stepMs?: number;
  events?: AgentEvent[];
  checks?: CheckResult[];
}

export function limitsOf(input: Record<string, unknown>): SpoolLimits {
  return readConfig(spoolConfig, { freeFloor: 0, freeFloorPercent: 0, ...input });
}

export const COLUMNS = [
  ['cpu_usage_active', 'mem_used_percent'],
  ['service_up{name="数据库"}', 'service_restarts{name="数据库"}', 'service_memory_rss{name="数据库"}'],
];

export class SpoolWorld {
  spool: Spool;
  readonly disk = simulatedDisk();
  readonly clock = manualClock();
  readonly gaps: Gap[] = [];
  /** stream → number → value, as the collector stored it. */
  readonly received = new Map<string, Map<number, number>>();
  readonly #limits: SpoolLimits;
  readonly #random: () => number;
  readonly #collected = new Map<string, number[]>();
  readonly #durable = new Map<string, number>();
  readonly #refused = new Set<string>();
  readonly #declared = new Map<string, string>();
  readonly #watermarks = new Map<string, number>();
  /** Streams of this life: older ones keep what was durable when their machine stopped. */
  #own = new Set<string>();
  #value = 0;
  #fault: Fault = () => undefined;
  #callsLeft = Infinity;

  constructor(limits: SpoolLimits, seed = 1) {
    this.#limits = limits;
    this.#random = seeded(seed);
    this.disk.fault = (call, path) => {
      if (--this.#callsLeft < 0) throw new PowerCut();
      return this.#fault(call, path);
    };
    this.spool = this.#open();
    this.#own.add(this.spool.liveStream);
  }

  watermark(stream: string): number {
    return this.#watermarks.get(stream) ?? -1;
  }

  append({ series = 0, stepMs = 15_000, events, checks }: AppendOptions = {}): number {
    this.clock.advance(stepMs);
    const columns = COLUMNS[series] ?? [];
    const value = ++this.#value;
    const report = {
      series: `000000000000000${series}`,
      at: this.clock.now(),
      off: null,
      boot: 'boot',
      v: columns.map((_, i) => (i === 0 ? value : this.#random())),
      ...(events && { events }),
      ...(checks && { checks }),
    };
    const { stream, seq } = this.spool.append(report, columns);
    const values = this.#collected.get(stream) ?? [];
    this.#collected.set(stream, values);
    assert.equal(seq, values.length, 'numbers rise by one');
    values.push(value);
    return seq;
  }

  sync(): void {
    this.#survive(() => {
      this.spool.sync();
      this.#noteDurable();
    });
  }

  /** Takes what comes next of this stream, as the collector would; the acknowledgement is not given yet. */
  drain(stream: string, maxBytes: number): number {
    const items = this.#survive(() => this.spool.next(stream, this.watermark(stream), maxBytes)) ?? [];
    for (const item of items) {
      if (item.kind === 'gap') this.#storeGap(stream, item.gap);
      else this.#storeReport(stream, item);
    }
    return items.length;
  }

  acknowledge(stream: string): void {
    this.spool.acknowledge(stream, this.watermark(stream));
  }

  /** The collector refuses what comes next of this stream for good. */
  reject(stream: string): void {
    const [item] = this.#survive(() => this.spool.next(stream, this.watermark(stream), 1)) ?? [];
    if (item?.kind !== 'report' || !this.spool.streams().includes(stream)) return;
    this.spool.reject(stream, item.report.seq);
    this.#refused.add(`${stream} ${item.report.seq}`);
  }

  rotate(): void {
    this.#survive(() => {
      this.spool.rotate();
      this.#own.add(this.spool.liveStream);
      this.#noteDurable();
    });
  }

  crash(): void {
    this.#callsLeft = Infinity;
    this.disk.crash(this.#random);
    this.#restart();
  }

  /** Stops the machine at the nth disk call from now. */
  crashAt(calls: number): void {
    this.#callsLeft = calls;
  }

  reopen(): void {
    const isClosed = this.#survive(() => {
      this.spool.close();
      this.#noteDurable();
      return true;
    });
    if (isClosed) this.#restart();
  }

  fail(fault: Fault): void {
    this.#fault = fault;
  }

  /** Heals all, gives everything to the collector and checks that the spool is empty then. */
  drainAll(): void {
    this.#fault = () => undefined;
    this.#callsLeft = Infinity;
    this.clock.advance(120_000);
    this.sync();
    assert.equal(this.spool.stats().failing, undefined, 'a healed disk is used again');
    for (const stream of this.spool.streams()) {
      while (this.drain(stream, 10_000) > 0);
      this.acknowledge(stream);
    }
    this.sync();
    assert.deepEqual(this.spool.streams(), [this.spool.liveStream]);
    assert.equal(this.spool.stats().reports, 0);
  }

  /** Reports that were durable once and are neither received nor refused. */
  missing(): { stream: string; seq: number; declared: string }[] {
    return [...this.#durable].flatMap(([stream, last]) =>
      Array.from({ length: last + 1 }, (_, seq) => seq)
        .filter((seq) => !this.received.get(stream)?.has(seq) && !this.#refused.has(`${stream} ${seq}`))
        .map((seq) => ({ stream, seq, declared: this.#declared.get(`${stream} ${seq}`) ?? 'silently' })),
    );
  }

  #open(): Spool {
    return openSpool({
      folder: '/spool',
      disk: this.disk,
      clock: this.clock,
      limits: this.#limits,
      random: () => Uint8Array.from({ length: 16 }, () => Math.floor(this.#random() * 256)),
      log: () => undefined,
    });
  }

  #restart(): void {
    for (;;) {
      try {
        this.spool = this.#open();
        break;
      } catch (error) {
        this.#cutPower(error);
      }
    }
    this.#own = new Set([this.spool.liveStream]);
  }

  #cutPower(error: unknown): void {
    if (!(error instanceof PowerCut)) throw error;
    this.#callsLeft = Infinity;
    this.disk.crash(this.#random);
  }

  /** Undefined when the machine stopped in it; it is running again then. */
  #survive<T>(step: () => T): T | undefined {
    try {
      return step();
    } catch (error) {
      this.#cutPower(error);
      this.#restart();
      return undefined;
    }
  }

  #noteDurable(): void {
    if (this.spool.stats().failing !== undefined) return;
    for (const [stream, values] of this.#collected)
      if (this.#own.has(stream)) this.#durable.set(stream, values.length - 1);
  }

  #storeGap(stream: string, gap: Gap): void {
    assert.equal(gap.stream, stream);
    assert.equal(gap.from, this.watermark(stream) + 1, 'a gap begins at the next number');
    assert.ok(gap.to >= gap.from, 'a gap is not empty');
    assert.ok(gap.to < (this.#collected.get(stream)?.length ?? 0), 'only collected numbers are declared');
    for (let seq = gap.from; seq <= gap.to; seq++) this.#declared.set(`${stream} ${seq}`, gap.reason);
    this.gaps.push(gap);
    this.#watermarks.set(stream, gap.to);
  }

  #storeReport(stream: string, { report, series }: Exclude<Outgoing, { kind: 'gap' }>): void {
    const expected = this.watermark(stream) + 1;
    assert.equal(report.seq, expected, 'a report bears the next number');
    assert.equal(report.stream, stream);
    assert.equal(report.v[0], this.#collected.get(stream)?.[expected], 'the report is the one collected');
    assert.equal(series.id, report.series);
    assert.deepEqual(series.columns, COLUMNS[Number(series.id.at(-1))]);
    const values = this.received.get(stream) ?? new Map<number, number>();
    this.received.set(stream, values.set(expected, report.v[0] ?? -1));
    this.#watermarks.set(stream, expected);
  }
}

/** A small generator of numbers in [0, 1), the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
