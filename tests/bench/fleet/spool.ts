// A spool whose reports are drawn when they are asked for, so that five thousand agents with an hour of backlog each fit into one
// process. Promise: the same as the spool on disk but for the disk: contiguous numbers, nothing forgotten before it is
// acknowledged, a report handed out twice is the same both times.

import { randomBytes } from 'node:crypto';
import type { Outgoing, Position, Spool, SpoolStats } from '../../../agent/spool/spool.ts';
import type { Report, Series } from '../../../shared/frame.ts';
import { host as fleetHost } from '../../data/fleet.mjs';
import { COLUMNS, SERIES_ID } from '../ingest/plan.ts';

const SERIES: Series = { t: 'series', id: SERIES_ID, columns: COLUMNS };

/** One report that waits: when it was read (the agent's clock), and when it joined the spool (monotonic). */
interface Due {
  at: number;
  addedAt: number;
  isMissed: boolean;
}

interface Stream {
  id: string;
  /** The lowest number that is held. */
  first: number;
  due: Due[];
  /** What was handed out and is not acknowledged, from `first` on. */
  made: { report: Report; bytes: number }[];
  values: { next(): number[] };
}

export interface DrawnSpool extends Spool {
  /** A report read at `at`; its values are drawn later. */
  add(at: number, now: number, isMissed?: boolean): void;
  held(): number;
  missedHeld(): number;
}

/** `told` hears of each acknowledged report. */
export function openDrawnSpool(seed: number, told: (due: Due) => void): DrawnSpool {
  const openStream = (): Stream => ({
    id: randomBytes(16).toString('hex'),
    first: 0,
    due: [],
    made: [],
    values: fleetHost(seed),
  });
  let live = openStream();
  let streams = [live];
  let missed = 0;

  const make = (stream: Stream, i: number): Stream['made'][number] => {
    const known = stream.made[i];
    if (known) return known;
    const { at } = stream.due[i] as Due;
    const v = stream.values.next();
    const place = { stream: stream.id, seq: stream.first + i };
    const report: Report = { t: 'report', ...place, series: SERIES_ID, at, off: 0, boot: 'bench', v };
    const made = { report, bytes: JSON.stringify(report).length };
    stream.made.push(made);
    return made;
  };

  return {
    get liveStream() {
      return live.id;
    },
    get nextSeq() {
      return live.first + live.due.length;
    },
    streams: () => streams.map((stream) => stream.id),
    add(at, now, isMissed = false) {
      live.due.push({ at, addedAt: now, isMissed });
      if (isMissed) missed++;
    },
    append(): Position {
      throw new Error('reports of this spool are drawn: use add');
    },
    sync() {},
    next(id, after, maxBytes) {
      const stream = streams.find((each) => each.id === id);
      const out: Outgoing[] = [];
      let bytes = 0;
      if (!stream) return out;
      for (let i = Math.max(0, after + 1 - stream.first); i < stream.due.length; i++) {
        const made = make(stream, i);
        if (out.length > 0 && bytes + made.bytes > maxBytes) break;
        bytes += made.bytes;
        out.push({ kind: 'report', report: made.report, series: SERIES, bytes: made.bytes });
      }
      return out;
    },
    acknowledge(id, seq) {
      const stream = streams.find((each) => each.id === id);
      if (!stream) return;
      const count = Math.max(0, seq + 1 - stream.first);
      stream.first += count;
      stream.made.splice(0, count);
      for (const due of stream.due.splice(0, count)) {
        if (due.isMissed) missed--;
        told(due);
      }
      streams = streams.filter((each) => each.due.length > 0 || each === live);
    },
    reject(id, seq) {
      throw new Error(`report ${seq} of ${id} was refused for good`);
    },
    rotate() {
      const before = live;
      live = openStream();
      streams = [...streams.filter((each) => each !== before || each.due.length > 0), live];
    },
    restored(seq) {
      throw new Error(`the collector has ${seq} of a stream that never gave it out`);
    },
    failing: undefined,
    stats: (): SpoolStats => ({
      bytes: 0,
      reports: streams.reduce((sum, stream) => sum + stream.due.length, 0),
      lost: { dropped: 0, thinned: 0, corrupt: 0, refused: 0, restored: 0 },
    }),
    held: () => streams.reduce((sum, stream) => sum + stream.due.length, 0),
    missedHeld: () => missed,
    close() {},
  };
}
