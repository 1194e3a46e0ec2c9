// Every InfluxQL query of the dashboards on a real InfluxDB, which holds the generated fleet under the names that an outlet gives.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { BOARDS } from '../../dashboards/boards/index.ts';
import { expandInfluxql } from '../../dashboards/check/expand.ts';
import { type EngineServer, makeDatabase, startInflux } from '../support/engines.ts';
import type { Scope } from '../support/scope.ts';
import { ALL, queries } from './ask.ts';
import { RECENT, writeFleet } from './lines.ts';
import { FROM } from './stage.ts';

const DATABASE = 'niswatch';

interface Answer {
  results: { error?: string; series?: { columns: string[]; values: (string | number | null)[][] }[] }[];
}

describe('InfluxQL of the dashboards', () => {
  // Ends with the suite, not with the hook that starts it.
  const ends: (() => unknown)[] = [];
  const scope: Scope = { after: (run) => void ends.push(run) };
  const folder = mkdtempSync(join(tmpdir(), 'niswatch-influxql-'));
  let server: EngineServer;
  before(async () => {
    server = await startInflux(scope, join(folder, 'influx'));
    await makeDatabase(server, DATABASE);
    await writeFleet(`${server.url}/write?db=${DATABASE}&precision=ms`);
  });
  after(async () => {
    for (const end of ends) await end();
    rmSync(folder, { recursive: true, force: true });
  });

  async function ask(query: string): Promise<NonNullable<Answer['results'][0]['series']>> {
    const answer = await fetch(`${server.url}/query?db=${DATABASE}&epoch=ms`, {
      method: 'POST',
      body: new URLSearchParams({ q: query }),
    });
    const { results } = (await answer.json()) as Answer;
    assert.equal(results?.[0]?.error, undefined, query);
    return results[0]?.series ?? [];
  }

  const asked = { ...RECENT, stepMs: 60_000, variables: ALL };

  for (const board of BOARDS)
    it(`answers every query of ${board.name} with values`, async () => {
      const empty: string[] = [];
      for (const { where, text, use } of queries(board, 'influxql')) {
        const time = use === 'annotation' ? { ...asked, from: FROM } : asked;
        const values = (await ask(expandInfluxql(text, time))).flatMap((series) => series.values);
        if (!values.some((row) => row.slice(1).some((value) => value !== null)))
          empty.push(`${where}: ${text}`);
      }
      assert.deepEqual(empty, []);
    });

  it('counts what the fleet has, as PromQL does', async () => {
    const fleet = BOARDS.find(({ name }) => name === 'fleet') ?? assert.fail();
    const counts: unknown[] = [];
    for (const title of ['在线主机', '不在线主机', '严重事件', '警告事件', '超过 26 小时的备份集']) {
      const found = queries(fleet, 'influxql').find(({ where }) => where.includes(`/ ${title} /`));
      counts.push((await ask(expandInfluxql(found?.text ?? '', asked)))[0]?.values[0]?.[1]);
    }
    assert.deepEqual(counts, [11, 1, 4, 1, 1]);
  });
});
