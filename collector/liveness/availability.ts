// How long a host was up, down, without its agent, or nobody knows: from the trail of verdicts with its corrections. Pure. Promise: the
// spans follow each other without holes from the first instant to the last; a correction counts for the time that it speaks of, and of
// two the later one; what is not known is said as unknown and enters no share.

import type { VerdictWord } from './verdict.ts';

/** stopped: the agent did not run, of the host itself nothing bad is known. */
export type Standing = 'up' | 'down' | 'stopped' | 'unknown';

export interface TrailRow {
  id: number;
  word: VerdictWord;
  since: number;
  until: number | null;
  revises: number | null;
}

export interface AvailabilitySpan {
  from: number;
  to: number;
  word: VerdictWord;
  standing: Standing;
  /** The row of the trail that it rests on; null before the first. */
  verdict: number | null;
  corrected: boolean;
}

export interface Availability {
  spans: AvailabilitySpan[];
  ms: Record<Standing, number>;
  /** Up, of the time of which it is known whether it was up or down; null when that is none. */
  share: number | null;
  /** That time, of the whole. */
  known: number;
}

/** A suspicion is what it turned out to be. */
const STANDING: Record<VerdictWord, Standing | 'as what follows'> = {
  'never-seen': 'unknown',
  up: 'up',
  suspect: 'as what follows',
  stopped: 'stopped',
  'agent-lost': 'stopped',
  shutdown: 'down',
  down: 'down',
  crashed: 'down',
  silent: 'unknown',
  'site-silent': 'unknown',
  'mass-silent': 'unknown',
  'collector-away': 'unknown',
};

/** Beyond the end it is looked so far for what became of a suspicion. */
const AFTER_MS = 3_600_000;

/** `rows`: all that touch the time from `from` to `to` and the hour behind it. */
export function judgeAvailability(
  rows: readonly TrailRow[],
  { from, to }: { from: number; to: number },
  now: number,
): Availability {
  const pieces = paint(rows, from, Math.max(from, Math.min(now, to + AFTER_MS)), now);
  const spans: AvailabilitySpan[] = [];
  let following: Standing = 'unknown';
  for (const piece of pieces.toReversed()) {
    const own = STANDING[piece.word];
    following = own === 'as what follows' ? following : own;
    if (piece.from >= to) continue;
    spans.unshift({ ...piece, to: Math.min(piece.to, to), standing: following });
  }
  return { spans, ...measure(spans) };
}

function measure(spans: readonly AvailabilitySpan[]): Pick<Availability, 'ms' | 'share' | 'known'> {
  const ms: Record<Standing, number> = { up: 0, down: 0, stopped: 0, unknown: 0 };
  for (const span of spans) ms[span.standing] += span.to - span.from;
  const known = ms.up + ms.down;
  const whole = known + ms.stopped + ms.unknown;
  return { ms, share: known === 0 ? null : ms.up / known, known: whole === 0 ? 0 : known / whole };
}

type Piece = Omit<AvailabilitySpan, 'standing'>;

/** Lays the rows over each other, the newest on top. */
function paint(rows: readonly TrailRow[], from: number, to: number, now: number): Piece[] {
  const clip = (at: number): number => Math.max(from, Math.min(to, at));
  const cuts = [...new Set([from, to, ...rows.flatMap((row) => [clip(row.since), clip(row.until ?? now)])])];
  cuts.sort((a, b) => a - b);
  const place = new Map(cuts.map((cut, index) => [cut, index]));
  const top: (TrailRow | undefined)[] = Array.from({ length: cuts.length - 1 });
  // The next piece at or behind each that nothing lies on yet.
  const free = cuts.map((_, index) => index);
  const nextFree = (index: number): number => {
    let at = index;
    while (free[at] !== at) {
      free[at] = free[free[at] ?? at] ?? at;
      at = free[at] ?? at;
    }
    return at;
  };
  for (const row of rows.toSorted((a, b) => b.id - a.id)) {
    const end = place.get(clip(row.until ?? now)) ?? 0;
    for (let i = nextFree(place.get(clip(row.since)) ?? 0); i < end; i = nextFree(i)) {
      top[i] = row;
      free[i] = i + 1;
    }
  }
  return join(top, cuts);
}

function join(top: readonly (TrailRow | undefined)[], cuts: readonly number[]): Piece[] {
  const pieces: Piece[] = [];
  for (const [index, row] of top.entries()) {
    const to = cuts[index + 1] ?? 0;
    const last = pieces.at(-1);
    const verdict = row?.id ?? null;
    if (last && last.verdict === verdict) last.to = to;
    else {
      const word = row?.word ?? 'never-seen';
      pieces.push({
        from: cuts[index] ?? 0,
        to,
        word,
        verdict,
        corrected: row !== undefined && row.revises !== null,
      });
    }
  }
  return pieces;
}
