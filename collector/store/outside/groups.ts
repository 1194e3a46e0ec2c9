// What is in groups of the queue, without changing anything.

import { type GroupGap, readGroup } from '../group.ts';
import type { LastValues } from '../last.ts';
import type { SampleColumns } from '../store.ts';
import { toColumns } from './engine.ts';

/** The body of one group. */
export interface GroupBytes {
  group: number;
  buffer: ArrayBuffer;
  from: number;
  to: number;
}

/** One column list of one host. */
export interface SeriesRecord {
  host: number;
  columns: readonly string[];
  last: LastValues;
  isDirty: boolean;
}

const noGap = (): void => undefined;

/** Samples of one host by key, times as they go out. */
export function samplesIn(
  bodies: readonly ArrayBuffer[],
  seriesById: ReadonlyMap<number, SeriesRecord>,
  wanted: { host: number; keys: ReadonlySet<string>; from: number; to: number },
): Map<string, SampleColumns> {
  const found = new Map<string, [number, number][]>();
  const row = (series: number, time: number, values: Float64Array): void => {
    const record = seriesById.get(series);
    const at = Math.round(time);
    if (record?.host !== wanted.host || at < wanted.from || at >= wanted.to) return;
    record.columns.forEach((key, c) => {
      const value = values[c] as number;
      if (Number.isNaN(value) || !wanted.keys.has(key)) return;
      const list = found.get(key);
      if (list) list.push([at, value]);
      else found.set(key, [[at, value]]);
    });
  };
  for (const body of bodies)
    readGroup(body, 0, body.byteLength, {
      row: (_stream, series, _seq, at, _arrivedAt, values) => row(series, at, values),
      gap: noGap,
    });
  return new Map([...found].map(([key, list]) => [key, toColumns(list)]));
}

/** What is gone when these groups are given up: one gap of each stream. */
export function lossOf(groups: readonly GroupBytes[]): { rows: number; gaps: GroupGap[] } {
  const gaps = new Map<number, GroupGap>();
  let rows = 0;
  for (const { buffer, from, to } of groups)
    readGroup(buffer, from, to, {
      row: (stream, _series, seq, at, arrivedAt) => {
        rows++;
        const gap = gaps.get(stream);
        if (!gap)
          gaps.set(stream, {
            stream,
            from: seq,
            to: seq,
            reason: 'dropped',
            fromAt: at,
            toAt: at,
            arrivedAt,
          });
        else
          Object.assign(gap, {
            to: seq,
            fromAt: Math.min(gap.fromAt ?? at, at),
            toAt: Math.max(gap.toAt ?? at, at),
          });
      },
      gap: noGap,
    });
  return { rows, gaps: [...gaps.values()] };
}
