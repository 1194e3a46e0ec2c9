// What remains of old history when room is short: one report per series in each five minutes, every report with events, and
// every report in which a check differs from what was last said of it in this segment. All others become exact gaps.

import { type CheckResult, LIMITS, type Report } from '../../shared/frame.ts';
import { mergeRanges } from './ledger.ts';
import { type Decoded, frameIn, type Item } from './segment.ts';

const THIN_STEP_MS = 5 * 60_000;

export interface Thinned {
  items: Item[];
  /** Reports given up. */
  removed: number;
}

/** Numbers up to `acked` are with the collector: they go without being counted. */
export function thinSegment(decoded: Decoded, acked: number): Thinned {
  const keep = keeper();
  const items: Item[] = [];
  let removed = 0;
  for (const item of decoded.items) {
    if (item.kind === 'gap') {
      items.push(item);
      continue;
    }
    const report = reportOf(decoded, item);
    if (typeof report === 'string') {
      items.push({ kind: 'gap', from: item.from, to: item.to, reason: report });
      continue;
    }
    if (keep(item.series, item.at, report)) {
      items.push(item);
      continue;
    }
    if (item.from > acked) removed++;
    const gap: Item = {
      kind: 'gap',
      from: item.from,
      to: item.to,
      reason: 'thinned',
      fromAt: item.at,
      toAt: item.at,
    };
    const before = items.at(-1);
    if (before?.kind === 'gap' && before.reason === 'thinned')
      items[items.length - 1] = { kind: 'gap', ...mergeRanges(before, gap) };
    else items.push(gap);
  }
  return { items, removed };
}

/** Why it cannot go out instead, when an intact record holds something else than its head says, or more than one frame may. */
export function reportOf(
  decoded: Decoded,
  item: { from: number; start: number; end: number },
): Report | 'corrupt' | 'refused' {
  if (item.end - item.start > LIMITS.frameBytes) return 'refused';
  const frame = frameIn(decoded.text, item.start, item.end);
  return frame?.t === 'report' && frame.seq === item.from ? frame : 'corrupt';
}

type Keep = (series: string, at: number, report: Report) => boolean;

function keeper(): Keep {
  const steps = new Map<string, number>();
  const statuses = new Map<string, string>();
  return (series, at, report) => {
    const { checks, events } = report;
    const isChanged = noteChecks(statuses, checks ?? []);
    const step = Math.floor(at / THIN_STEP_MS);
    const isFirst = steps.get(series) !== step;
    if (isFirst) steps.set(series, step);
    return isFirst || isChanged || (events?.length ?? 0) > 0;
  };
}

/** Whether any of them says something new. */
function noteChecks(statuses: Map<string, string>, checks: readonly CheckResult[]): boolean {
  let changed = false;
  for (const { id, status } of checks) {
    if (statuses.get(id) !== status) changed = true;
    statuses.set(id, status);
  }
  return changed;
}
