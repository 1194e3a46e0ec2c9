// The generated fleet as line protocol, under the names that an outlet gives: measurement and field of Telegraf, labels as tags.

import assert from 'node:assert/strict';
import { DERIVED } from '../../collector/prom/derived/catalogue.ts';
import { derivedSource } from '../../collector/prom/derived/derived.ts';
import { METRIC_NAME, toRecord } from '../../collector/prom/labels.ts';
import { readPlaces } from '../../collector/prom/places.ts';
import type { RawSeries } from '../../collector/prom/source.ts';
import { influxNames } from '../../dashboards/define/query.ts';
import { parseSeriesKey } from '../../shared/catalogue.ts';
import { FROM, type GrafanaStage, NOW, openGrafanaStage } from './stage.ts';

/** So much of the readings is enough for every panel. */
export const RECENT = { from: NOW - 3_600_000, to: NOW };
const STEP_MS = 60_000;
const LINES_AT_ONCE = 5000;

const escape = (text: string): string => text.replaceAll(/[ ,=]/g, String.raw`\$&`);

function lineOf(labels: Readonly<Record<string, string>>, value: number, at: number): string {
  const { [METRIC_NAME]: name = '', ...tags } = labels;
  const { measurement, field } = influxNames(name);
  const text = Object.keys(tags)
    .sort()
    .map((tag) => `,${tag}=${escape(tags[tag] ?? '')}`);
  return `${measurement}${text.join('')} ${field}=${value} ${Math.round(at)}`;
}

const linesOf = (series: readonly RawSeries[]): string[] =>
  series.flatMap(({ labels, at, value }) =>
    Array.from(at, (t, i) => lineOf(toRecord(labels), value[i] ?? NaN, t)).filter((l) => !l.includes('NaN')),
  );

function readingsOf({ fleet }: GrafanaStage): string[] {
  const names = new Map(fleet.hospitals.map(({ id, name }) => [id, name]));
  return fleet.hosts.flatMap((host) => {
    const place = { hospital: names.get(host.hospitalId) ?? '', host: host.name };
    const keys = host.columns.map((key) => parseSeriesKey(key) ?? assert.fail(key));
    const lines: string[] = [];
    for (let at = RECENT.from; at <= RECENT.to; at += STEP_MS)
      for (const [i, value] of (host.values(at) ?? []).entries())
        lines.push(lineOf({ ...keys[i]?.labels, ...place, [METRIC_NAME]: keys[i]?.name ?? '' }, value, at));
    return lines;
  });
}

/** What the collector adds of its own, and what it tells of itself. */
async function knowledgeOf({ stage }: GrafanaStage): Promise<string[]> {
  const source = derivedSource({
    state: stage.state,
    confinement: undefined,
    places: () => readPlaces(stage.state, undefined),
    now: NOW,
    build: { version: '0.1.0', url: 'http://127.0.0.1:8080' },
  });
  const derived = (await source.select([], { from: FROM, to: NOW })).filter(
    ({ labels }) => (toRecord(labels)[METRIC_NAME] ?? '') in DERIVED,
  );
  const own = (await stage.context.own?.select([], RECENT)) ?? [];
  return linesOf([...derived, ...own]);
}

/** Writes everything; `url` is that of a `/write`, in milliseconds. */
export async function writeFleet(url: string): Promise<void> {
  const stage = await openGrafanaStage();
  const lines = [...readingsOf(stage), ...(await knowledgeOf(stage))];
  await stage.close();
  for (let i = 0; i < lines.length; i += LINES_AT_ONCE) {
    const body = lines.slice(i, i + LINES_AT_ONCE).join('\n');
    const answer = await fetch(url, { method: 'POST', body });
    assert.equal(answer.status, 204, await answer.text());
  }
}
