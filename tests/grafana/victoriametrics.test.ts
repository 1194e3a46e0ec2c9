// Every PromQL query of the dashboards on a real VictoriaMetrics, as Grafana asks it where it is the store or an outlet.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { until } from '../../tools/processes.ts';
import { BOARDS } from '../../dashboards/boards/index.ts';
import { type EngineServer, startVictoria } from '../support/engines.ts';
import type { Scope } from '../support/scope.ts';
import { askNow, type Server, unanswered } from './ask.ts';
import { writeFleet } from './lines.ts';
import { FROM, NOW } from './stage.ts';

describe('PromQL of the dashboards on VictoriaMetrics', () => {
  const ends: (() => unknown)[] = [];
  const scope: Scope = { after: (run) => void ends.push(run) };
  const folder = mkdtempSync(join(tmpdir(), 'niswatch-victoria-'));
  let server: Server;
  before(async () => {
    // By default it hides the newest 30 s.
    const flags = ['-search.latencyOffset=0s'];
    const engine: EngineServer = await startVictoria(scope, join(folder, 'data'), flags);
    await writeFleet(`${engine.url}/write?precision=ms`);
    await fetch(`${engine.url}/internal/force_flush`);
    server = { url: engine.url, headers: {}, from: FROM, to: NOW };
    await until('the readings to be seen', 30_000, async () => {
      const { result } = (await askNow(server, 'count(system_uptime)')).data;
      return result[0]?.value?.[1] === '11';
    });
  });
  after(async () => {
    for (const end of ends) await end();
    rmSync(folder, { recursive: true, force: true });
  });

  for (const board of BOARDS)
    it(`answers every query of ${board.name} with finite values`, async () => {
      assert.deepEqual(await unanswered(server, board), []);
    });

  it('counts what the fleet has, as the collector does', async () => {
    for (const [query, want] of [
      ['count(host_verdict <= 1)', '11'],
      ['count(host_verdict == 5)', '1'],
      ['count(incident_open == 1)', '5'],
    ] as const)
      assert.equal((await askNow(server, query)).data.result[0]?.value?.[1], want, query);
  });
});
