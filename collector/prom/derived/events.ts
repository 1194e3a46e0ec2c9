// Events as series whose value is the instant of the event: Grafana draws a mark there (`useValueForTime`). An agent that starts with
// another version than before is an event of its own, `agent.update`.

import { EVENT_KINDS } from '../../../shared/catalogue.ts';
import type { State } from '../../state/state.ts';
import type { RawSeries, Window } from '../source.ts';
import type { Place } from '../store-source.ts';
import { keyOf, type Labels, labelsOf } from '../labels.ts';

interface Row {
  hostId: string;
  at: number;
  kind: string;
  subject: string | null;
  data: string | null;
}

const TITLES: Readonly<Record<string, { zh: string; en: string }>> = {
  ...EVENT_KINDS,
  'agent.update': { zh: '探针程序升级', en: 'Agent updated' },
};
/** So far behind, a mark still shows: longer than the steps with which Grafana asks for a year. */
const LASTS_MS = 3_600_000;
/** So far back it is known which version ran before. */
const VERSION_MS = 400 * 86_400_000;
const AT_ONCE = 500;
const MOST = 20_000;

export async function readEvents(state: State, places: readonly Place[], window: Window): Promise<Row[]> {
  const found: Row[] = [];
  for (let i = 0; i < places.length; i += AT_ONCE) {
    const hosts = places.slice(i, i + AT_ONCE).map(({ id }) => id);
    const events = state
      .selectFrom('events')
      .select(['hostId', 'at', 'kind', 'subject', 'data'])
      .where('hostId', 'in', hosts)
      .where('at', '<=', window.to)
      .orderBy('at', 'desc');
    found.push(
      ...(await events
        .where('at', '>=', window.from - LASTS_MS)
        .limit(MOST)
        .execute()),
    );
    const starts = events.where('kind', '=', 'agent.start').where('at', '<', window.from - LASTS_MS);
    found.push(
      ...(await starts
        .where('at', '>=', window.from - VERSION_MS)
        .limit(MOST)
        .execute()),
    );
  }
  return found.sort((a, b) => a.at - b.at);
}

/** `rows`: oldest first. */
export function eventSeries(
  rows: readonly Row[],
  places: ReadonlyMap<string, Place>,
  window: Window,
): RawSeries[] {
  const groups = new Map<string, { labels: Labels; at: number[] }>();
  const versions = new Map<string, string>();
  const add = (place: Place, row: Row, kind: string, version: string): void => {
    if (row.at < window.from - LASTS_MS || row.at > window.to) return;
    const labels = labelsOf({
      __name__: 'event_time_seconds',
      hospital: place.hospital,
      host: place.host,
      event: kind,
      subject: row.subject ?? '',
      version,
      title: TITLES[kind]?.zh ?? kind,
      title_en: TITLES[kind]?.en ?? kind,
    });
    const group = groups.get(keyOf(labels));
    if (group) group.at.push(row.at);
    else groups.set(keyOf(labels), { labels, at: [row.at] });
  };
  for (const row of rows) {
    const place = places.get(row.hostId);
    if (!place) continue;
    const version = row.kind === 'agent.start' ? versionOf(row.data) : '';
    add(place, row, row.kind, version);
    const before = versions.get(row.hostId);
    if (version === '') continue;
    if (before !== undefined && before !== version) add(place, row, 'agent.update', version);
    versions.set(row.hostId, version);
  }
  return [...groups.values()].map(({ labels, at }) => ({
    labels,
    at: Float64Array.from(at),
    value: Float64Array.from(at, (t) => t / 1000),
    lookbackMs: LASTS_MS,
  }));
}

function versionOf(data: string | null): string {
  const version = data === null ? undefined : (JSON.parse(data) as { version?: unknown }).version;
  return typeof version === 'string' ? version : '';
}
