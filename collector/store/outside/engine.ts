// What an engine outside must be able to do: take line protocol, and answer for the series of one host. Promise: `send` resolves
// only when the engine has taken every line; sending the same lines again changes nothing that is read afterwards.

import type { Bucket, SampleColumns } from '../store.ts';
import type { OutsideSeries } from './names.ts';

export interface Sender {
  /** Resolves with the number of points that the engine said it will never take (too old for it). Throws EngineError. */
  send(lines: readonly string[]): Promise<number>;
  /** Which process answers, where that can be told: another answer means that it was started anew. */
  generation?(): Promise<string>;
  /** What was sent can be read when it resolves. */
  flush?(): Promise<void>;
  /** What a person should change at the engine, as sentences. */
  advise?(): Promise<string[]>;
}

export interface ReadQuery {
  host: string;
  series: readonly OutsideSeries[];
  /** [from, to), whole UTC ms within what engines can name. */
  from: number;
  to: number;
}

export interface Reader {
  /** By key, oldest first, one sample a time. */
  samples(query: ReadQuery): Promise<Map<string, SampleColumns>>;
  /** By key. A key of which the host has more than one series (it was renamed) is left out, and listed in `mixed`. */
  buckets(query: ReadQuery & { stepMs: number }): Promise<{ found: Map<string, Bucket[]>; mixed: string[] }>;
}

export interface Dialect {
  /** A measurement, tag or field name or tag value as it stands in a line. */
  escape(text: string): string;
}

/** `retry`: the same lines may be taken later. `split`: some of them never will, others perhaps. */
export class EngineError extends Error {
  readonly kind: 'retry' | 'split';

  constructor(kind: 'retry' | 'split', message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/** Samples as rising columns, the later of two with one time. */
export function toColumns(samples: Iterable<readonly [at: number, value: number]>): SampleColumns {
  const byTime = new Map(samples);
  const at = Float64Array.from(byTime.keys()).sort();
  return { at, value: at.map((t) => byTime.get(t) as number) };
}
