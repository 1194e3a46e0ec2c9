// A spool in memory for tests of the link and the scheduler: the same promises as on disk, but for the disk.

import type { Gap, Report, Series } from '../../../shared/frame.ts';
import type { Collected, Outgoing, Position, Spool, SpoolStats } from '../../spool/spool.ts';

type Item = { report: Report; series: Series } | { gap: Gap };

/** `ids` gives each new stream its 32 hex digits. */
export function memorySpool(ids: () => string): Spool & { held(): Report[]; rotations(): number } {
  const streams = new Map<string, Map<number, Item>>();
  const next = new Map<string, number>();
  let live = '';
  let rotations = -1;
  const rotate = (): void => {
    live = ids();
    streams.set(live, new Map());
    next.set(live, 0);
    rotations += 1;
  };
  rotate();
  const forgetEmpty = (): void => {
    for (const [stream, items] of streams) if (items.size === 0 && stream !== live) streams.delete(stream);
  };
  return {
    get liveStream() {
      return live;
    },
    get nextSeq() {
      return next.get(live) ?? 0;
    },
    failing: undefined,
    streams: () => [...streams.keys()],
    append(report: Collected, columns: readonly string[]): Position {
      const seq = next.get(live) ?? 0;
      next.set(live, seq + 1);
      const series: Series = { t: 'series', id: report.series, columns: [...columns] };
      streams.get(live)?.set(seq, { report: { t: 'report', stream: live, seq, ...report }, series });
      return { stream: live, seq };
    },
    sync() {},
    next(stream, after, maxBytes) {
      const out: Outgoing[] = [];
      let bytes = 0;
      for (const [seq, item] of streams.get(stream) ?? []) {
        if (seq <= after) continue;
        const size = JSON.stringify('gap' in item ? item.gap : item.report).length;
        if (out.length > 0 && bytes + size > maxBytes) break;
        bytes += size;
        out.push(
          'gap' in item ? { kind: 'gap', ...item, bytes: size } : { kind: 'report', ...item, bytes: size },
        );
      }
      return out;
    },
    acknowledge(stream, seq) {
      const items = streams.get(stream);
      for (const key of items?.keys() ?? []) if (key <= seq) items?.delete(key);
      forgetEmpty();
    },
    reject(stream, seq) {
      const items = streams.get(stream);
      if (items?.has(seq))
        items.set(seq, { gap: { t: 'gap', stream, from: seq, to: seq, reason: 'refused' } });
    },
    rotate,
    restored(seq) {
      const items = [...(streams.get(live) ?? [])].filter(([key]) => key <= seq);
      for (const [key] of items) streams.get(live)?.delete(key);
      rotate();
      const [to, stream] = [items.length - 1, live];
      if (to < 0) return;
      next.set(live, items.length);
      streams.get(live)?.set(0, { gap: { t: 'gap', stream, from: 0, to, reason: 'restored' } });
    },
    stats(): SpoolStats {
      const lost = { dropped: 0, thinned: 0, corrupt: 0, refused: 0, restored: 0 };
      return { bytes: 0, reports: [...streams.values()].reduce((sum, items) => sum + items.size, 0), lost };
    },
    close() {},
    held: () =>
      [...streams.values()].flatMap((items) =>
        [...items.values()].flatMap((i) => ('report' in i ? [i.report] : [])),
      ),
    rotations: () => rotations,
  };
}
