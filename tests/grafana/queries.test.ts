import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { BOARDS } from '../../dashboards/boards/index.ts';
import { expandPromql, labelValues } from '../../dashboards/check/expand.ts';
import { type DashboardJson, type Found, queriesOf } from '../../dashboards/check/json.ts';
import { renderDashboard } from '../../dashboards/render/dashboard.ts';
import { FROM, type GrafanaStage, NOW, openGrafanaStage } from './stage.ts';

interface Answer {
  status: string;
  error?: string;
  data: {
    resultType: string;
    result: { metric?: Record<string, string>; value?: [number, string]; values?: [number, string][] }[];
  };
}

describe('queries of the dashboards over /prom', () => {
  let stage: GrafanaStage;
  before(async () => {
    stage = await openGrafanaStage();
  });
  after(() => stage.close());

  async function ask(path: string, form: Record<string, string>): Promise<Answer> {
    const answer = await fetch(`${stage.stage.url}/prom/api/v1/${path}`, {
      method: 'POST',
      headers: { ...stage.all, 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(form).toString(),
    });
    return (await answer.json()) as Answer;
  }

  const variables = { hospital: '.*', host: '.*' };
  const asked = { from: FROM, to: NOW, stepMs: 60_000, variables };

  async function answered({ text, use }: Found): Promise<number> {
    const query = expandPromql(text, asked);
    if (use === 'variable') {
      const { metric, label } = labelValues(query) ?? { metric: '', label: '' };
      const at = `start=${FROM / 1000}&end=${NOW / 1000}&match[]=${encodeURIComponent(metric)}`;
      const url = `${stage.stage.url}/prom/api/v1/label/${label}/values?${at}`;
      return ((await (await fetch(url, { headers: stage.all })).json()) as { data: string[] }).data.length;
    }
    const range = { start: String(FROM / 1000), end: String(NOW / 1000), step: '60' };
    const answer =
      use === 'now'
        ? await ask('query', { query, time: String(NOW / 1000) })
        : await ask('query_range', { query, ...range });
    assert.equal(answer.status, 'success', `${text}: ${answer.error}`);
    const values = answer.data.result.flatMap((s) => s.values ?? (s.value ? [s.value] : []));
    return values.filter(([, value]) => Number.isFinite(Number(value))).length;
  }

  for (const board of BOARDS)
    it(`answers every query of ${board.name} with finite values`, async () => {
      const json = renderDashboard(board, { variant: 'promql', language: 'zh' }) as unknown as DashboardJson;
      const empty: string[] = [];
      let asked = 0;
      for (const query of queriesOf(json)) {
        asked++;
        if ((await answered(query)) === 0) empty.push(`${query.where}: ${query.text}`);
      }
      assert.deepEqual(empty, []);
      assert.ok(asked > 3);
    });

  const now = async (query: string): Promise<[Record<string, string>, string][]> => {
    const answer = await ask('query', { query, time: String(NOW / 1000) });
    return answer.data.result.map(({ metric = {}, value }) => [metric, value?.[1] ?? '']);
  };

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
    for (const [query, want] of counts) assert.deepEqual(await now(query), [[{}, String(want)]], query);
  });

  it('sorts the checks by their first failure', async () => {
    const json = renderDashboard(BOARDS.find(({ name }) => name === 'outage') ?? assert.fail(), {
      variant: 'promql',
      language: 'zh',
    }) as unknown as DashboardJson;
    const found = [...queriesOf(json)].find(({ where }) => where.includes('逐项检查')) ?? assert.fail();
    const query = expandPromql(found.text, asked);
    const range = { start: String(FROM / 1000), end: String(NOW / 1000), step: '60' };
    const { data } = await ask('query_range', { query, ...range });
    const checks = data.result.map(({ metric }) => metric?.check);
    assert.equal(checks[0], 'service nis-web');
    assert.deepEqual(checks.slice(1).sort(), ['http 127.0.0.1:8443', 'port 127.0.0.1:8443']);
    const began = data.result.map(({ metric }) => Number(metric?.began));
    assert.deepEqual(
      began,
      began.toSorted((a, b) => a - b),
    );
    assert.ok((began[0] ?? 0) < (began[1] ?? 0));
  });

  it('shows a reader of one hospital that hospital alone', async () => {
    const mine = stage.fleet.hospitals[0]?.name;
    for (const query of ['incident_open', 'host_verdict', 'event_time_seconds', 'ALERTS', 'niswatch_hosts']) {
      const url = `${stage.stage.url}/prom/api/v1/query?time=${NOW / 1000}&query=${query}`;
      const answer = (await (await fetch(url, { headers: stage.confined })).json()) as Answer;
      const seen = new Set(answer.data.result.map(({ metric }) => metric?.hospital));
      assert.deepEqual([...seen], query === 'niswatch_hosts' ? [] : [mine], query);
    }
  });
});
