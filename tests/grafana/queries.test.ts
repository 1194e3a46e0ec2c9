import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { BOARDS } from '../../dashboards/boards/index.ts';
import { expandPromql } from '../../dashboards/check/expand.ts';
import { type Answer, ask, asked, askNow, askRange, queries, type Server, unanswered } from './ask.ts';
import { FROM, type GrafanaStage, NOW, openGrafanaStage } from './stage.ts';

describe('queries of the dashboards over /prom', () => {
  let stage: GrafanaStage;
  let server: Server;
  before(async () => {
    stage = await openGrafanaStage();
    server = { url: `${stage.stage.url}/prom`, headers: stage.all, from: FROM, to: NOW };
  });
  after(() => stage.close());

  for (const board of BOARDS)
    it(`answers every query of ${board.name} with finite values`, async () => {
      assert.ok(queries(board, 'promql').length > 3);
      assert.deepEqual(await unanswered(server, board), []);
    });

  it('counts what the fleet has: hosts, the dead one, open incidents', async () => {
    const open = stage.fleet.incidents.filter(({ resolvedAt }) => resolvedAt === null);
    const dead = stage.fleet.hosts.filter(({ down }) => down);
    assert.ok(open.length > 3 && dead.length === 1);
    const counts = [
      ['count(host_verdict <= 1)', stage.fleet.hosts.length - dead.length],
      ['count(host_verdict == 5)', dead.length],
      ['count(incident_open == 1)', open.length],
      ['count(ALERTS{alertstate="firing"})', open.length],
      ['min(incident_began_seconds)', Math.min(...open.map(({ firingAt }) => firingAt)) / 1000],
    ] as const;
    for (const [query, want] of counts) {
      const { result } = (await askNow(server, query)).data;
      assert.deepEqual([result.length, result[0]?.value?.[1]], [1, String(want)], query);
    }
  });

  it('sorts the checks by their first failure', async () => {
    const outage = BOARDS.find(({ name }) => name === 'outage') ?? assert.fail();
    const found = queries(outage, 'promql').find(({ where }) => where.includes('逐项检查')) ?? assert.fail();
    const { result } = (await askRange(server, expandPromql(found.text, asked(server)))).data;
    const checks = result.map(({ metric }) => metric?.check);
    assert.equal(checks[0], 'service nis-web');
    assert.deepEqual(checks.slice(1).sort(), ['http 127.0.0.1:8443', 'port 127.0.0.1:8443']);
    const began = result.map(({ metric }) => Number(metric?.began));
    assert.deepEqual(
      began,
      began.toSorted((a, b) => a - b),
    );
    assert.ok((began[0] ?? 0) < (began[1] ?? 0));
  });

  it('shows a reader of one hospital that hospital alone', async () => {
    const mine = stage.fleet.hospitals[0]?.name;
    const his = { ...server, headers: stage.confined };
    const time = String(NOW / 1000);
    for (const query of ['incident_open', 'host_verdict', 'event_time_seconds', 'ALERTS', 'niswatch_hosts']) {
      const answer: Answer = await ask(his, 'query', { query, time });
      const seen = new Set(answer.data.result.map(({ metric }) => metric?.hospital));
      assert.deepEqual([...seen], query === 'niswatch_hosts' ? [] : [mine], query);
    }
  });
});
