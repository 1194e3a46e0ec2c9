// Two answers to one query: the same series, steps and values within 1e-9, or an error from both.

import type { Reply } from './reference.ts';

interface Series {
  metric: Record<string, string>;
  values?: [number, string][];
  value?: [number, string];
}

const TOLERANCE = 1e-9;

/** What differs, for a person; undefined: nothing. `ordered`: the order of series counts. */
export function difference(ours: Reply, theirs: Reply, ordered = false): string | undefined {
  if (ours.status !== theirs.status || ours.status === 'error') {
    if (ours.status === theirs.status && ours.errorType === theirs.errorType) return undefined;
    return `ours ${describe(ours)}, theirs ${describe(theirs)}`;
  }
  const [a, b] = [ours.data, theirs.data];
  if (a?.resultType !== b?.resultType) return `ours is a ${a?.resultType}, theirs a ${b?.resultType}`;
  if (a?.resultType === 'scalar' || a?.resultType === 'string')
    return pointsDiffer([a.result as [number, string]], [b?.result as [number, string]]);
  return seriesDiffer(a?.result as Series[], b?.result as Series[], ordered);
}

const describe = (reply: Reply): string =>
  reply.status === 'error'
    ? `${reply.errorType}: ${reply.error}`
    : `${Object.keys(reply.data?.result ?? []).length} series`;

const keyOf = ({ metric }: Series): string =>
  JSON.stringify(Object.entries(metric).sort(([a], [b]) => (a < b ? -1 : 1)));

function seriesDiffer(ours: Series[], theirs: Series[], ordered: boolean): string | undefined {
  const byKey = new Map(theirs.map((s) => [keyOf(s), s]));
  const missing = ours.filter((s) => !byKey.has(keyOf(s)));
  if (missing.length > 0 || ours.length !== theirs.length)
    return `ours has ${ours.length} series, theirs ${theirs.length}; only ours: ${missing.map(keyOf).slice(0, 3).join(' ')}`;
  if (ordered && ours.some((s, i) => keyOf(s) !== keyOf(theirs[i] as Series)))
    return 'the series come in another order';
  for (const s of ours) {
    const other = byKey.get(keyOf(s)) as Series;
    const problem = pointsDiffer(
      s.values ?? (s.value ? [s.value] : []),
      other.values ?? (other.value ? [other.value] : []),
    );
    if (problem) return `${keyOf(s)}: ${problem}`;
  }
  return undefined;
}

function pointsDiffer(ours: [number, string][], theirs: [number, string][]): string | undefined {
  if (ours.length !== theirs.length) return `${ours.length} points, theirs ${theirs.length}`;
  for (const [i, [at, value]] of ours.entries()) {
    const [otherAt, other] = theirs[i] as [number, string];
    if (at !== otherAt) return `a point at ${at}, theirs at ${otherAt}`;
    if (value !== other && !isClose(toNumber(value), toNumber(other)))
      return `at ${at}: ${value}, theirs ${other}`;
  }
  return undefined;
}

const toNumber = (text: string): number =>
  text.endsWith('Inf') ? (text.startsWith('-') ? -Infinity : Infinity) : Number(text);

function isClose(a: number, b: number): boolean {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) && Number.isNaN(b);
  if (!Number.isFinite(a) || !Number.isFinite(b)) return a === b;
  return Math.abs(a - b) <= TOLERANCE * Math.max(1, Math.abs(a), Math.abs(b));
}
