// The body of one group commit: entries of many hosts, little-endian, every item at a multiple of 8 so that values are
// read in place. The same bytes go from the main thread to the writer and into the journal.
//
//   row   u32 kind=1 · u32 values · u32 stream · u32 series · f64 seq · f64 at · f64 arrivedAt · f64 × values
//   gap   u32 kind=2 · u32 reason · u32 stream · u32 0      · f64 from · f64 to · f64 arrivedAt · f64 fromAt · f64 toAt (NaN: none)
//
// Streams and series are numbers given by the dictionary (archive.ts), which is committed before the first group that uses them.

import type { GapReason } from '../../shared/frame.ts';

const ROW = 1;
const GAP = 2;
const HEAD_WORDS = 5;
const REASONS: readonly GapReason[] = ['dropped', 'thinned', 'corrupt', 'refused', 'restored'];

export interface GroupGap {
  stream: number;
  from: number;
  to: number;
  reason: GapReason;
  fromAt?: number;
  toAt?: number;
  arrivedAt: number;
}

export interface GroupSink {
  /** `values` is a view that is only valid during the call. */
  row(stream: number, series: number, seq: number, at: number, arrivedAt: number, values: Float64Array): void;
  gap(gap: GroupGap): void;
}

/** Collects entries into one growing buffer that starts with `headBytes` left free (a multiple of 8) for the journal's record head. */
export class GroupWriter {
  private f64: Float64Array;
  private u32: Uint32Array;
  private readonly head: number;
  private at: number;
  entries = 0;

  constructor(buffer: ArrayBuffer, headBytes: number) {
    this.f64 = new Float64Array(buffer);
    this.u32 = new Uint32Array(buffer);
    this.head = headBytes / 8;
    this.at = this.head;
  }

  /** Bytes used, with the head. */
  get size(): number {
    return this.at * 8;
  }

  addRow(row: {
    stream: number;
    series: number;
    seq: number;
    at: number;
    arrivedAt: number;
    values: ArrayLike<number>;
  }): void {
    const n = row.values.length;
    const w = this.begin(ROW, n, row.stream, HEAD_WORDS + n);
    this.u32[w * 2 + 3] = row.series;
    const f64 = this.f64;
    f64[w + 2] = row.seq;
    f64[w + 3] = row.at;
    f64[w + 4] = row.arrivedAt;
    f64.set(row.values, w + HEAD_WORDS);
  }

  addGap(gap: GroupGap): void {
    const w = this.begin(GAP, REASONS.indexOf(gap.reason), gap.stream, HEAD_WORDS + 2);
    const f64 = this.f64;
    this.u32[w * 2 + 3] = 0;
    f64[w + 2] = gap.from;
    f64[w + 3] = gap.to;
    f64[w + 4] = gap.arrivedAt;
    f64[w + 5] = gap.fromAt ?? Number.NaN;
    f64[w + 6] = gap.toAt ?? Number.NaN;
  }

  /** Forgets what was added after `size` was read; a call whose entries cannot all be taken leaves nothing behind. */
  rewind(size: number, entries: number): void {
    this.at = size / 8;
    this.entries = entries;
  }

  take(): ArrayBuffer {
    return this.f64.buffer as ArrayBuffer;
  }

  private begin(kind: number, count: number, stream: number, words: number): number {
    if (this.at + words > this.f64.length) this.grow(this.at + words);
    const w = this.at;
    this.at += words;
    this.entries++;
    this.u32[w * 2] = kind;
    this.u32[w * 2 + 1] = count;
    this.u32[w * 2 + 2] = stream;
    return w;
  }

  private grow(words: number): void {
    const next = new Float64Array(Math.max(words, this.f64.length * 2));
    next.set(this.f64.subarray(0, this.at));
    this.f64 = next;
    this.u32 = new Uint32Array(next.buffer);
  }
}

/** Hands every entry to the sink. The bytes were checked by CRC; returns false when their inner lengths do not add up all the same. */
export function readGroup(buffer: ArrayBuffer, from: number, to: number, sink: GroupSink): boolean {
  const f64 = new Float64Array(buffer, from, (to - from) / 8);
  const u32 = new Uint32Array(buffer, from, (to - from) / 4);
  let w = 0;
  while (w + HEAD_WORDS <= f64.length) {
    const kind = u32[w * 2];
    const count = u32[w * 2 + 1] ?? 0;
    const stream = u32[w * 2 + 2] ?? 0;
    const series = u32[w * 2 + 3] ?? 0;
    const words = HEAD_WORDS + (kind === ROW ? count : 2);
    if ((kind !== ROW && kind !== GAP) || w + words > f64.length) return false;
    const first = f64[w + 2] ?? 0;
    const second = f64[w + 3] ?? 0;
    const third = f64[w + 4] ?? 0;
    if (kind === ROW) sink.row(stream, series, first, second, third, f64.subarray(w + HEAD_WORDS, w + words));
    else sink.gap(readGap(stream, count, [first, second, third, f64[w + 5] ?? 0, f64[w + 6] ?? 0]));
    w += words;
  }
  return w === f64.length;
}

function readGap(stream: number, reason: number, f: [number, number, number, number, number]): GroupGap {
  const [from, to, arrivedAt, fromAt, toAt] = f;
  return {
    stream,
    from,
    to,
    arrivedAt,
    reason: REASONS[reason] ?? 'corrupt',
    ...(Number.isNaN(fromAt) ? {} : { fromAt }),
    ...(Number.isNaN(toAt) ? {} : { toAt }),
  };
}
