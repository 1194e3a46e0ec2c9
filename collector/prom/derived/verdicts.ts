// Verdicts as series, as the corrected trail has them.

import { type AvailabilitySpan, judgeAvailability, type TrailRow } from '../../liveness/availability.ts';
import type { VerdictWord } from '../../liveness/verdict.ts';
import type { State } from '../../state/state.ts';
import type { Window } from '../source.ts';
import type { Place } from '../store-source.ts';
import type { Span } from './spans.ts';

/** Never changes: dashboards and outlets know the numbers. */
export const VERDICT_CODES: Record<Exclude<VerdictWord, 'never-seen'>, number> = {
  up: 0,
  suspect: 1,
  stopped: 2,
  'agent-lost': 3,
  shutdown: 4,
  down: 5,
  crashed: 6,
  silent: 7,
  'site-silent': 8,
  'mass-silent': 9,
  'collector-away': 10,
};

/** What became of a suspicion is looked up so far behind the end. */
const AFTER_MS = 3_600_000;
const AT_ONCE = 500;

export async function readVerdicts(
  state: State,
  places: readonly Place[],
  { from, to }: Window,
): Promise<Map<string, TrailRow[]>> {
  const found = new Map<string, TrailRow[]>();
  for (let i = 0; i < places.length; i += AT_ONCE) {
    const rows = await state
      .selectFrom('verdicts')
      .select(['id', 'hostId', 'word', 'since', 'until', 'revises'])
      .where(
        'hostId',
        'in',
        places.slice(i, i + AT_ONCE).map(({ id }) => id),
      )
      .where('since', '<', to + AFTER_MS)
      .where((e) => e.or([e('until', 'is', null), e('until', '>', from)]))
      .orderBy('id')
      .execute();
    for (const [host, list] of Map.groupBy(rows, (row) => row.hostId)) found.set(host, list);
  }
  return found;
}

export function verdictSpans(place: Place, rows: readonly TrailRow[], window: Window, now: number): Span[] {
  if (rows.length === 0) return [];
  const to = Math.min(window.to, now);
  // Nothing was known before the first row; a window of one instant looks a moment back.
  const from = Math.max(Math.min(window.from, to - 1), Math.min(...rows.map((row) => row.since)));
  if (from >= to) return [];
  const labels = { host: place.host, hospital: place.hospital };
  return judgeAvailability(rows, { from, to }, now).spans.flatMap((span) => spansOf(span, labels, to));
}

function spansOf(span: AvailabilitySpan, labels: Record<string, string>, end: number): Span[] {
  if (span.word === 'never-seen') return [];
  const during = { from: span.from, to: span.to >= end ? Infinity : span.to };
  const verdict = { labels: { ...labels, __name__: 'host_verdict' }, value: VERDICT_CODES[span.word] };
  const isKnown = span.standing === 'up' || span.standing === 'down';
  const available = {
    labels: { ...labels, __name__: 'host_available' },
    value: span.standing === 'up' ? 1 : 0,
  };
  return isKnown
    ? [
        { ...verdict, ...during },
        { ...available, ...during },
      ]
    : [{ ...verdict, ...during }];
}
