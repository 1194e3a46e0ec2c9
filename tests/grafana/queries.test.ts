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
  data: { resultType: string; result: { value?: [number, string]; values?: [number, string][] }[] };
}

/** What a fleet in order gives no answer to, and must not. */
const EMPTY = new Set<string>();

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
        if ((await answered(query)) === 0 && !EMPTY.has(query.where))
          empty.push(`${query.where}: ${query.text}`);
      }
      assert.deepEqual(empty, []);
      assert.ok(asked > 3);
    });
});
