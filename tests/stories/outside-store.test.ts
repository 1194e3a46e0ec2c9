// The collector with its history in VictoriaMetrics, as real processes: while the engine is away everything live goes on, and
// what was reported meanwhile is in the engine afterwards, once, though the collector was killed in between.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type EngineServer, startVictoria } from '../support/engines.ts';
import { openNginx } from '../support/nginx.ts';
import {
  type CollectorProgram,
  startAgent,
  startCollector,
  temporaryFolder,
  until,
} from '../support/programs.ts';
import { firing, resolved } from '../support/story.ts';

const WITHIN_MS = 120_000;

async function gauge(collector: CollectorProgram, name: string): Promise<number> {
  const text = await (
    await fetch(`${collector.url}/metrics`, { headers: { authorization: `Bearer ${collector.token()}` } })
  ).text();
  const line = text.split('\n').find((each) => each.startsWith(`${name} `) || each.startsWith(`${name}{`));
  return Number(line?.slice(line.lastIndexOf(' ') + 1));
}

async function ask(
  server: EngineServer,
  query: string,
): Promise<{ metric: Record<string, string>; value: number }[]> {
  const answer = await fetch(`${server.url}/api/v1/query`, {
    method: 'POST',
    body: new URLSearchParams({ query }),
  });
  const { data } = (await answer.json()) as {
    data: { result: { metric: Record<string, string>; value: [number, string] }[] };
  };
  return data.result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }));
}

test('alerts fire and resolve while the engine is away, and afterwards it has every sample once', async (t) => {
  const engine = await startVictoria(t, temporaryFolder(t));
  const collector = await startCollector(t, {
    store: { kind: 'victoriametrics', victoriametrics: { url: engine.url } },
  });
  const service = await openNginx(t);
  await service.start();
  const agent = await startAgent(t, collector, {
    hospital: '市第一人民医院',
    config: {
      probes: { service: { interval: '2s', services: [{ name: 'nginx', pidFile: service.pidFile }] } },
    },
  });
  await until(
    'samples in the engine',
    WITHIN_MS,
    async () => (await ask(engine, 'service_up{name="nginx"}')).length > 0,
  );

  await engine.stop('SIGKILL');
  service.kill();
  const alert = await firing(collector, 'service-down', 'nginx', WITHIN_MS);
  await collector.stop('SIGKILL');
  await collector.start();
  await service.start();
  await resolved(collector, alert.id, WITHIN_MS);
  await until(
    'the trouble to be seen',
    WITHIN_MS,
    async () => (await gauge(collector, 'niswatch_queue_engine_up')) === 0,
  );
  const series = `/api/v1/series?host=${agent.hostId()}&metric=service_up`;
  await assert.rejects(collector.api(series), /5\d\d .*victoriametrics/);

  await engine.start();
  await agent.stop();
  await until(
    'the queue to be empty',
    WITHIN_MS,
    async () => (await gauge(collector, 'niswatch_queue_pending_rows')) === 0,
  );
  const stored = await gauge(collector, 'niswatch_store_samples');
  const host = `host_id="${agent.hostId()}",hospital="市第一人民医院"`;
  await until('all of it to be shown', WITHIN_MS, async () => {
    const [sum] = await ask(engine, `sum(count_over_time({${host}}[1d]))`);
    return sum !== undefined && sum.value >= stored;
  });
  assert.equal((await ask(engine, `sum(count_over_time({${host}}[1d]))`))[0]?.value, stored);
  await collector.api(series);
});
