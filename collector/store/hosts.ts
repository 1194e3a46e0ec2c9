// What the writer keeps in memory of each host: its streams' watermarks and, per column list, the rows that are not packed yet.

import { Tail } from './tail.ts';

export interface HostState {
  id: number;
  /** Every row of the host in a group up to this one is in the archive. */
  packedGroup: number;
  /** Group of the oldest gap whose watermark is in the journal alone. */
  gapGroup: number;
  series: SeriesState[];
  streams: StreamState[];
}

export interface StreamState {
  id: number;
  host: HostState;
  seq: number;
  touchedAt: number;
  /** Differs from the archive. */
  dirty: boolean;
}

export interface SeriesState {
  id: number;
  host: HostState;
  columns: readonly string[];
  tail: Tail;
  packedOnce: boolean;
}

export function newSeries(id: number, host: HostState, columns: readonly string[]): SeriesState {
  return { id, host, columns, tail: new Tail(columns.length), packedOnce: false };
}
