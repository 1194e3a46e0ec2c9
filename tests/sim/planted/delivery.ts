// Planted bugs of spool, link, ingest and store.

import type { AgentFrame, CollectorFrame } from '../../../shared/frame.ts';
import type { Spool, SpoolDisk } from '../../../agent/spool/spool.ts';
import type { HostMark } from '../../../collector/ingest/commit.ts';
import type { Session } from '../../../collector/ingest/model.ts';
import type { Sabotage } from '../sabotage.ts';

/** The same spool but for some of its methods; getters stay live. */
function changed(spool: Spool, change: (inner: Spool) => Partial<Spool>): Spool {
  const own = change(spool);
  return new Proxy(spool, {
    get(target, name) {
      if (Object.hasOwn(own, name)) return Reflect.get(own, name) as unknown;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

function changedDisk(disk: SpoolDisk, own: Partial<SpoolDisk>): SpoolDisk {
  return { ...disk, ...own };
}

const topOf = (frame: AgentFrame): { stream: string; from: number; to: number } | undefined =>
  frame.t === 'report'
    ? { stream: frame.stream, from: frame.seq, to: frame.seq }
    : frame.t === 'gap'
      ? { stream: frame.stream, from: frame.from, to: frame.to }
      : undefined;

/** Moves the collector's idea of a stream before it looks at a frame. */
function moving(
  move: (mark: HostMark, at: { from: number; to: number }, frame: AgentFrame) => void,
): NonNullable<Sabotage['beforeTake']> {
  return (session: Session<HostMark>, frame) => {
    const at = topOf(frame);
    if (at && session.desk) move(session.desk.openMark(at.stream), at, frame);
  };
}

const swallow =
  (step: (path: string) => void) =>
  (path: string): void => {
    try {
      step(path);
    } catch (error) {
      if ((error as { code?: string }).code !== 'EIO') throw error;
    }
  };

function sizeOr(disk: SpoolDisk, path: string, otherwise: number): number {
  try {
    return disk.size(path);
  } catch {
    return otherwise;
  }
}

export const DELIVERY_BUGS: Readonly<Record<string, () => Sabotage>> = {
  'the collector acknowledges before its commit is durable': () => ({
    store: { early: true, lenient: true },
  }),
  'the agent deletes a report when it is sent': () => ({
    agentSends(frame, spool) {
      if (frame.t === 'report') spool.acknowledge(frame.stream, frame.seq);
      return frame;
    },
  }),
  'the collector stores repeats again': () => ({
    beforeTake: moving((mark, { from }) => {
      if (from <= mark.accepted) mark.accepted = from - 1;
    }),
    store: { lenient: true },
  }),
  'the collector accepts a jump': () => ({
    beforeTake: moving((mark, { from }) => {
      if (from > mark.accepted + 1) mark.accepted = from - 1;
    }),
    store: { lenient: true },
  }),
  'the first number of a stream is free': () => ({
    beforeTake: moving((mark, { from }) => {
      if (mark.accepted < 0 && mark.durable < 0) mark.accepted = from - 1;
    }),
    store: { lenient: true },
  }),
  'one stream id for all lives of an agent': () => ({
    streamId: (host) => new Uint8Array(16).fill(host + 1),
  }),
  'a stream id from the clock of one start in eight': () => {
    let starts = 0;
    return { streamId: (host, drawn) => (++starts % 8 === 0 ? new Uint8Array(16).fill(host + 1) : drawn) };
  },
  'an acknowledgement lets the agent forget one number too many': () => ({
    spool: (spool) =>
      changed(spool, (inner) => ({ acknowledge: (stream, seq) => inner.acknowledge(stream, seq + 1) })),
  }),
  'an acknowledgement lets the agent forget the whole stream': () => ({
    spool: (spool) =>
      changed(spool, (inner) => ({
        acknowledge: (stream) => inner.acknowledge(stream, Number.MAX_SAFE_INTEGER),
      })),
  }),
  'an acknowledgement of one stream counts for the live one': () => ({
    spool: (spool) =>
      changed(spool, (inner) => ({
        acknowledge(stream, seq) {
          inner.acknowledge(stream, seq);
          inner.acknowledge(inner.liveStream, seq);
        },
      })),
  }),
  'the agent offers reports before they are synced': () => ({
    disk: (disk) => changedDisk(disk, { sync: () => undefined }),
  }),
  'a failed sync counts as done': () => ({
    disk: (disk) => changedDisk(disk, { sync: swallow((path) => disk.sync(path)) }),
  }),
  'a failed write counts as done': () => ({
    disk: (disk) =>
      changedDisk(disk, {
        append(path, data) {
          const before = sizeOr(disk, path, 0);
          try {
            return disk.append(path, data);
          } catch (error) {
            if (!(error as { code?: string }).code) throw error;
            return before + data.length;
          }
        },
      }),
  }),
  'a refusal by a full store counts as an acknowledgement': () => ({
    agentHears: (frame): CollectorFrame =>
      frame.t === 'refuse' && frame.code === 'STORE_UNAVAILABLE' && frame.stream !== undefined
        ? { t: 'ack', stream: frame.stream, seq: frame.seq ?? 0 }
        : frame,
  }),
  'the agent does not hear refusals': () => ({
    agentHears: (frame) => (frame.t === 'refuse' ? undefined : frame),
  }),
  'the agent rejects what was only refused for now': () => ({
    agentHears(frame, spool) {
      if (frame.t === 'refuse' && frame.stream !== undefined && frame.seq !== undefined)
        spool.reject(frame.stream, frame.seq);
      return frame;
    },
  }),
  'a gap is not declared': () => ({
    agentSends: (frame) => (frame.t === 'gap' ? undefined : frame),
  }),
  'the collector forgets the record of a gap': () => ({
    store: { lenient: true, entries: (entries) => entries.filter((entry) => entry.kind !== 'gap') },
  }),
  'a gap may swallow what follows it': () => ({
    agentSends: (frame) => (frame.t === 'gap' ? { ...frame, to: frame.to + 1 } : frame),
  }),
  'watermarks are committed before the data': () => ({ store: { torn: true } }),
  'the welcome tells the highest watermark of all streams': () => ({
    store: {
      watermark: (durable, ofHost) => Math.max(durable, ...(ofHost?.values() ?? [])),
    },
  }),
  'the last entry of a large batch is lost': () => ({
    store: { lenient: true, entries: (entries) => (entries.length > 3 ? entries.slice(0, -1) : entries) },
  }),
  'old streams are not named any more after a restart': () => ({
    spool: (spool) => changed(spool, (inner) => ({ streams: () => [inner.liveStream] })),
  }),
  'history is never sent while live data flows': () => ({
    spool: (spool) =>
      changed(spool, (inner) => ({
        next: (stream, after, maxBytes) =>
          stream === inner.liveStream ? inner.next(stream, after, maxBytes) : [],
      })),
  }),
  'the values of two reports are swapped when they are read back': () => {
    let last: readonly (number | null)[] | undefined;
    return {
      agentSends(frame) {
        if (frame.t !== 'report') return frame;
        const v = frame.seq % 50 === 49 && last ? [...last] : frame.v;
        last = frame.v;
        return v.length === frame.v.length ? { ...frame, v } : frame;
      },
    };
  },
};
