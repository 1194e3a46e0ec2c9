// What the collector itself knows, told to real engines that are killed meanwhile: what they have afterwards is what `/prom` has, by
// count and sum of every series.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openKnowledge, type KnowledgeEngine } from '../../collector/knowledge/knowledge.ts';
import { DERIVED } from '../../collector/prom/derived/catalogue.ts';
import { derivedSource } from '../../collector/prom/derived/derived.ts';
import { METRIC_NAME, toRecord } from '../../collector/prom/labels.ts';
import { readPlaces } from '../../collector/prom/places.ts';
import type { SeriesSource } from '../../collector/prom/source.ts';
import { engineOf } from '../../collector/store/outside/engines.ts';
import { outsideName } from '../../collector/store/outside/names.ts';
import { manualClock, type Timer } from '../../shared/clock.ts';
import { type GrafanaStage, NOW, openGrafanaStage } from '../grafana/stage.ts';
import { type EngineServer, makeDatabase, startInflux, startVictoria } from '../support/engines.ts';
import { startCollector, temporaryFolder, until } from '../support/programs.ts';
import type { Scope } from '../support/scope.ts';
import { influx, victoria } from './outside.ts';

const MINUTE = 60_000;
/** What happened so short a time ago may not be in the state yet (knowledge.ts). */
const SETTLE_MS = 15_000;
const NAMES = Object.keys(DERIVED);

type Counts = Record<string, string>;

const never = (): Timer => ({ cancel: () => undefined });

const named = (name: string, tags: Record<string, string>): string =>
  `${name} ${JSON.stringify(Object.entries(tags).sort(([a], [b]) => (a < b ? -1 : 1)))}`;

const eventOf = ({ hospital = '', host = '' }: { hospital?: string; host?: string }, at: number): string =>
  `${hospital} ${host} ${at}`;

const counted = (values: readonly number[]): string =>
  `${values.length} ${values.reduce((sum, value) => sum + value, 0)}`;

async function expected(
  source: SeriesSource,
  { from, to }: { from: number; to: number },
  events: ReadonlySet<string>,
): Promise<Counts> {
  const counts: Counts = {};
  for (const { labels, at, value } of await source.select([], { from: from - 3 * 3_600_000, to })) {
    const { [METRIC_NAME]: name = '', ...tags } = toRecord(labels);
    if (!NAMES.includes(name)) continue;
    const isTold = (t: number): boolean =>
      name === 'event_time_seconds' ? events.has(eventOf(tags, t)) : t > from && t <= to;
    const told = Array.from(value).filter((_, i) => isTold(at[i] ?? NaN));
    if (told.length > 0) counts[named(name, tags)] = counted(told);
  }
  return counts;
}

async function inVictoria({ url }: EngineServer): Promise<Counts> {
  await fetch(`${url}/internal/force_flush`);
  const match = `{__name__=~"${NAMES.join('|')}"}`;
  const answer = await fetch(`${url}/api/v1/export`, {
    method: 'POST',
    body: new URLSearchParams({ 'match[]': match, start: '0' }),
  });
  const lines = (await answer.text()).split('\n').filter((line) => line !== '');
  return Object.fromEntries(
    lines.map((line) => {
      const { metric, values } = JSON.parse(line) as { metric: Record<string, string>; values: number[] };
      const { __name__: name = '', ...tags } = metric;
      return [named(name, tags), counted(values)];
    }),
  );
}

async function inInflux({ url }: EngineServer): Promise<Counts> {
  const counts: Counts = {};
  for (const name of NAMES) {
    const { measurement, field } = outsideName(name);
    const q = `SELECT count("${field}"), sum("${field}") FROM "${measurement}" GROUP BY *`;
    const answer = await fetch(`${url}/query`, {
      method: 'POST',
      body: new URLSearchParams({ db: 'db', q }),
    });
    const { results } = (await answer.json()) as {
      results: { series?: { tags: Record<string, string>; values: number[][] }[] }[];
    };
    for (const { tags, values } of results[0]?.series ?? []) {
      const own = Object.fromEntries(Object.entries(tags).filter(([, value]) => value !== ''));
      const [, count, sum] = values[0] ?? [];
      if (count) counts[named(name, own)] = `${count} ${sum}`;
    }
  }
  return counts;
}

interface Case {
  name: string;
  start(t: Scope): Promise<EngineServer>;
  engine(server: EngineServer): Omit<KnowledgeEngine, 'name'>;
  count(server: EngineServer): Promise<Counts>;
}

const cases: Case[] = [
  {
    name: 'victoria-metrics',
    start: (t) => startVictoria(t, temporaryFolder(t)),
    engine: ({ url }) => engineOf(victoria(url)),
    count: inVictoria,
  },
  {
    name: 'influxdb',
    async start(t) {
      const server = await startInflux(t, temporaryFolder(t));
      await makeDatabase(server, 'db');
      return server;
    },
    engine: ({ url }) => engineOf(influx(url, 'db')),
    count: inInflux,
  },
];

const sourceOf = ({ stage }: GrafanaStage, now: number, hosts?: ReadonlySet<string>): SeriesSource =>
  derivedSource({
    state: stage.state,
    confinement: undefined,
    places: async () => (await readPlaces(stage.state, undefined)).filter(({ id }) => hosts?.has(id) ?? true),
    now,
    build: { version: 'test', url: '' },
  });

for (const { name, start, engine, count } of cases) {
  test(`${name}, killed meanwhile, has incidents, verdicts and events once, as /prom has them`, async (t) => {
    const stage = await openGrafanaStage();
    t.after(() => stage.close());
    const server = await start(t);
    const clock = manualClock(NOW);
    const said: string[] = [];
    const quiet = { info: () => undefined, error: (_: unknown, text: string) => void said.push(text) };
    const knowledge = openKnowledge({
      state: stage.stage.state,
      derived: (now, hosts) => sourceOf(stage, now, hosts),
      own: stage.stage.context.own ?? assert.fail(),
      engines: [{ name: 'store', ...engine(server) }],
      // Turns are made by hand.
      clock: { ...clock, after: never, every: never },
      log: { ...quiet, warn: (_: unknown, text: string) => void said.push(text) },
    });
    await knowledge.tell();
    // What it took a moment ago may die with it.
    await server.stop('SIGKILL');
    clock.advance(30 * MINUTE);
    await knowledge.tell();
    await knowledge.tell();
    assert.deepEqual(said, ['incidents and verdicts wait for the engine']);

    // An agent comes back and brings what happened two hours ago.
    const late = NOW - 120 * MINUTE;
    const host = stage.fleet.hosts[0]?.id ?? '';
    await stage.stage.state
      .insertInto('events')
      .values({
        hostId: host,
        at: late,
        arrivedAt: NOW + 20 * MINUTE,
        kind: 'host.boot',
        subject: null,
        data: null,
      })
      .execute();
    await server.start();
    await knowledge.tell();
    await knowledge.stop();

    const [from, to] = [NOW - SETTLE_MS - 60 * MINUTE, NOW + 30 * MINUTE - SETTLE_MS];
    const rows = await stage.stage.state
      .selectFrom('events')
      .innerJoin('hosts', 'hosts.id', 'events.hostId')
      .innerJoin('hospitals', 'hospitals.id', 'hosts.hospitalId')
      .select(['at', 'hosts.name as host', 'hospitals.name as hospital'])
      .where('arrivedAt', '>', from)
      .where('arrivedAt', '<=', to)
      .execute();
    assert.ok(rows.some(({ at }) => at === late));
    const events = new Set(rows.map((row) => eventOf(row, row.at)));
    const want = await expected(sourceOf(stage, to), { from, to }, events);
    assert.ok(Object.keys(want).length > 20, `${Object.keys(want).length} series`);
    assert.deepEqual(await count(server), want);
  });
}

test('a collector with an outlet tells it who it is and what it knows of itself', async (t) => {
  const server = await startVictoria(t, temporaryFolder(t));
  const outlets = [{ name: 'vm', kind: 'victoriametrics', victoriametrics: { url: server.url } }];
  const collector = await startCollector(t, { outlets });
  await until('its version to be there', 30_000, async () =>
    Object.keys(await inVictoria(server)).some((series) => series.startsWith('niswatch_build_info ')),
  );
  await collector.stop('SIGTERM');
});
