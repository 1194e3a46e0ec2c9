// The generated fleet as line protocol, under the names that an outlet gives: measurement and field of Telegraf, labels as tags.

import assert from 'node:assert/strict';
import { linesOf } from '../../collector/knowledge/lines.ts';
import { DERIVED } from '../../collector/prom/derived/catalogue.ts';
import { derivedSource } from '../../collector/prom/derived/derived.ts';
import { METRIC_NAME, toRecord } from '../../collector/prom/labels.ts';
import { readPlaces } from '../../collector/prom/places.ts';
import { INFLUXDB_DIALECT } from '../../collector/store/influxdb/influxdb.ts';
import { LineRenderer } from '../../collector/store/outside/lines.ts';
import { FROM, type GrafanaStage, NOW, openGrafanaStage } from './stage.ts';

/** So much of the readings is enough for every panel. */
export const RECENT = { from: NOW - 3_600_000, to: NOW };
const STEP_MS = 60_000;
const LINES_AT_ONCE = 5000;

function readingsOf({ fleet }: GrafanaStage): string[] {
  const names = new Map(fleet.hospitals.map(({ id, name }) => [id, name]));
  return fleet.hosts.flatMap((host) => {
    const place = { hospital: names.get(host.hospitalId) ?? '', host: host.name };
    const renderer = new LineRenderer(INFLUXDB_DIALECT);
    const tags = renderer.hostTags(host.id, place);
    const lines: string[] = [];
    for (let at = RECENT.from; at <= RECENT.to; at += STEP_MS) {
      const values = host.values(at);
      if (values) renderer.addRow(lines, host.columns, tags, at, Float64Array.from(values));
    }
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
  return linesOf([...derived, ...own], INFLUXDB_DIALECT);
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
