// The collector's own knowledge as a source of series. Promise: what a query cannot mean is not read; a confined reader gets
// what concerns his hospital.

import type { Confinement } from '../../access/principal.ts';
import type { State } from '../../state/state.ts';
import { type Labels, labelsOf, METRIC_NAME } from '../labels.ts';
import type { Matcher } from '../language/ast.ts';
import { labelsTest, valueTest } from '../matching.ts';
import type { RawSeries, SeriesSource, Window } from '../source.ts';
import type { Place } from '../store-source.ts';
import { eventSeries, readEvents } from './events.ts';
import { incidentSpans, readIncidents } from './incidents.ts';
import { seriesOf } from './spans.ts';
import { readVerdicts, verdictSpans } from './verdicts.ts';

export interface DerivedOptions {
  state: State;
  confinement: Confinement;
  places(): Promise<readonly Place[]>;
  now: number;
  build: { version: string; url: string };
}

/** Without a window, label sets are those of so long. */
const RECENT_MS = 30 * 86_400_000;

type Reader = (places: readonly Place[], window: Window) => Promise<RawSeries[]> | RawSeries[];

export function derivedSource(options: DerivedOptions): SeriesSource {
  const { state, confinement, now } = options;
  const families: { names: readonly string[]; read: Reader }[] = [
    {
      names: ['incident_open', 'incident_began_seconds', 'ALERTS', 'ALERTS_FOR_STATE'],
      async read(places, window) {
        const names = new Map(places.map((place) => [place.id, place.host]));
        const rows = await readIncidents(state, confinement, window);
        return seriesOf(
          incidentSpans(rows, (id) => names.get(id)),
          window,
          now,
        );
      },
    },
    {
      names: ['host_verdict', 'host_available'],
      async read(places, window) {
        const trails = await readVerdicts(state, places, window);
        const spans = places.flatMap((p) => verdictSpans(p, trails.get(p.id) ?? [], window, now));
        return seriesOf(spans, window, now);
      },
    },
    {
      names: ['event_time_seconds'],
      async read(places, window) {
        const byId = new Map(places.map((place) => [place.id, place]));
        return eventSeries(await readEvents(state, places, window), byId, window);
      },
    },
    {
      names: ['niswatch_build_info'],
      read: (_places, window) => seriesOf([buildSpan(options)], window, now),
    },
  ];
  const select = async (matchers: readonly Matcher[], window: Window): Promise<RawSeries[]> => {
    const tests = matchers.filter((m) => m.name === METRIC_NAME).map(valueTest);
    const wanted = families.filter(({ names }) => names.some((name) => tests.every((test) => test(name))));
    if (wanted.length === 0) return [];
    const places = (await options.places()).filter(placeTest(matchers));
    const isWanted = labelsTest(matchers);
    const lists = await Promise.all(wanted.map(({ read }) => read(places, window)));
    return lists.flat().filter(({ labels }) => isWanted(labels));
  };
  return {
    select,
    async labels(matchers, window): Promise<Labels[]> {
      const to = Math.min(window.to, now);
      const recent = { from: Math.max(window.from, to - RECENT_MS), to };
      return (await select(matchers, recent)).map(({ labels }) => labels);
    },
  };
}

const placeTest = (matchers: readonly Matcher[]) => {
  const place = labelsTest(matchers.filter(({ name }) => name === 'host' || name === 'hospital'));
  return ({ host, hospital }: Place): boolean => place(labelsOf({ host, hospital }));
};

const buildSpan = ({ build }: DerivedOptions) => ({
  labels: { ...build, [METRIC_NAME]: 'niswatch_build_info' },
  from: 0,
  to: Infinity,
  value: 1,
});
