import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { seriesKey } from '../../../shared/catalogue.ts';
import { readConfig } from '../../../shared/config/schema.ts';
import { openStage, seedAlert, type Stage, START_AT, tokenFor } from '../../api/testing/stage.ts';
import { storeConfig } from '../../store/config.ts';
import { openEmbeddedStore } from '../../store/embedded.ts';
import type { Store } from '../../store/store.ts';

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
const HOUR = 3_600_000;
const RECEIVED = seriesKey('net_bytes_recv', { interface: 'eth0' });
const FOREIGN = /市第一人民医院|院感主服务器/;
const COLUMNS = ['cpu_usage_active', RECEIVED];

interface Answer {
  status: string;
  errorType?: string;
  error?: string;
  data: {
    resultType: string;
    result: { metric: Record<string, string>; value: [number, string]; values: [number, string][] }[];
  };
}

describe('/prom/api/v1 over the embedded store', () => {
  let folder: string;
  let stage: Stage;
  let store: Store;
  let all: { authorization: string };
  let onlyB: { authorization: string };

  /** One hour of samples every 15 s: the counter rises by 100 a second. */
  async function fill(host: string): Promise<void> {
    store.declare(host, 's', COLUMNS);
    const entries = Array.from({ length: 240 }, (_, seq) => {
      const at = START_AT - HOUR + seq * 15_000;
      const values = [seq % 50, seq * 1500];
      return {
        kind: 'row' as const,
        host,
        stream: `${host}-stream`,
        seq,
        at,
        arrivedAt: at,
        series: 's',
        values,
      };
    });
    await store.write(entries);
  }

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'niswatch-prom-'));
    stage = await openStage();
    const config = readConfig(storeConfig, {});
    store = await openEmbeddedStore({ folder, clock: stage.clock, config, log: quiet });
    stage.context.store = store;
    for (const host of ['a1', 'a2', 'b1']) await fill(host);
    all = await tokenFor(stage, 'engineer');
    onlyB = await tokenFor(stage, 'viewer', 'b');
  });

  after(async () => {
    await stage.close();
    await store.close();
    rmSync(folder, { recursive: true });
  });

  async function get(path: string, headers = all): Promise<{ code: number; body: Answer }> {
    const answer = await fetch(`${stage.url}/prom/api/v1/${path}`, { headers });
    return { code: answer.status, body: (await answer.json()) as Answer };
  }
  const instant = (query: string, headers = all, at = START_AT) =>
    get(`query?query=${encodeURIComponent(query)}&time=${at / 1000}`, headers);

  it('sums rates by hospital over a range', async () => {
    const query = encodeURIComponent('sum by (hospital) (rate(net_bytes_recv[5m]))');
    const [start, end] = [(START_AT - HOUR / 2) / 1000, (START_AT - 60_000) / 1000];
    const { code, body } = await get(`query_range?query=${query}&start=${start}&end=${end}&step=30`);
    assert.equal(code, 200);
    assert.equal(body.data.resultType, 'matrix');
    assert.deepEqual(
      body.data.result.map((s) => [s.metric, s.values.length, Number(s.values[0]?.[1])]),
      [
        [{ hospital: '市第一人民医院' }, 59, 200],
        [{ hospital: '青山县人民医院' }, 59, 100],
      ],
    );
  });

  it('takes a form by POST and answers what Grafana asks to test the source', async () => {
    const answer = await fetch(`${stage.url}/prom/api/v1/query`, {
      method: 'POST',
      headers: { ...all, 'content-type': 'application/x-www-form-urlencoded' },
      body: 'query=1%2B1&time=4',
    });
    const text = await answer.text();
    assert.equal(text, '{"status":"success","data":{"resultType":"scalar","result":[4,"2"]}}');
  });

  it('confines a viewer to his hospital in queries, labels, series, rules and alerts', async () => {
    await seedAlert(stage.state, { id: 'al-a', host: 'a1', at: START_AT });
    const paths = [
      `query?query=cpu_usage_active&time=${START_AT / 1000}`,
      `query?query=${encodeURIComponent('{hospital="市第一人民医院"}')}&time=${START_AT / 1000}`,
      'label/hospital/values',
      'label/host/values',
      `series?match[]=cpu_usage_active`,
      'rules',
      'alerts',
    ];
    for (const path of paths) {
      const [his, theirs] = await Promise.all([get(path, onlyB), get(path)]);
      assert.equal(his.code, 200, path);
      assert.doesNotMatch(JSON.stringify(his.body), FOREIGN, path);
      assert.match(JSON.stringify(theirs.body), FOREIGN, path);
    }
  });

  it('refuses without a token, in the form of Prometheus', async () => {
    const { code, body } = await get('query?query=up', {} as never);
    assert.deepEqual([code, body.status, body.errorType], [401, 'error', 'unauthorized']);
  });

  it('says where a query is wrong', async () => {
    const { code, body } = await instant('sum(rate(cpu_usage_active))');
    assert.deepEqual([code, body.status, body.errorType], [400, 'error', 'bad_data']);
    assert.match(
      body.error ?? '',
      /1:10: parse error: expected type range vector in call to function "rate"/,
    );
  });

  it('drops the last value when the host is judged down, before five minutes are over', async () => {
    const last = START_AT - 15_000;
    const word = { hostId: 'a2', word: 'down', since: last + 20_000, until: null, evidence: '[]' } as const;
    await stage.state
      .insertInto('verdicts')
      .values({ ...word, recordedAt: START_AT, revises: null })
      .execute();
    const hosts = async (at: number): Promise<(string | undefined)[]> =>
      (await instant('cpu_usage_active{hospital="市第一人民医院"}', all, at)).body.data.result.map(
        (s) => s.metric.host,
      );
    assert.deepEqual(await hosts(last + 15_000), ['院感主服务器', '院感备机']);
    assert.deepEqual(await hosts(last + 30_000), ['院感主服务器']);
    assert.deepEqual(await hosts(last + 310_000), []);
  });
});
