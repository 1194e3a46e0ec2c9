// A link that is cut, half-open, and cut again, by a TCP proxy between the real agent and the real collector.

import { test } from 'node:test';
import { systemClock } from '../../shared/clock.ts';
import { startAgent, startCollector, until } from '../support/programs.ts';
import { startProxy } from '../support/proxy.ts';
import { atEnd } from '../support/scope.ts';
import { seriesOf } from '../support/story.ts';

const pause = (ms: number): Promise<void> => new Promise((done) => systemClock().after(ms, done));

test('a link cut, stalled and cut again for minutes leaves no hole in the chart', async (t) => {
  const collector = await startCollector(t, { log: { level: 'warn' } });
  const proxy = await startProxy(collector.port);
  atEnd(t, () => proxy.close());
  const agent = await startAgent(t, collector, {
    url: `http://127.0.0.1:${proxy.port}`,
    config: { interval: '1s' },
  });
  const host = agent.hostId();
  const firstAt = await until('a first sample', 30_000, async () => {
    const { at, values } = await collector.api<{ at: number; values: Record<string, number> }>(
      `/api/v1/hosts/${host}/latest`,
    );
    return values.mem_used === undefined ? undefined : at;
  });
  proxy.cut();
  await pause(60_000);
  proxy.heal();
  await pause(5_000);
  proxy.stall();
  await pause(60_000);
  proxy.cut();
  proxy.heal();
  const healedAt = Date.now();
  const step = 5_000;
  const from = Math.ceil(firstAt / step) * step;
  await until(
    'every bucket to be filled',
    90_000,
    async () => {
      const reply = await seriesOf(collector, host, 'mem_used', { from, to: healedAt, step: `${step}ms` });
      const have = new Set(reply.series[0]?.points.map(([at]) => at));
      const wanted = Array.from({ length: Math.floor((healedAt - from) / step) }, (_, i) => from + i * step);
      const holes = wanted.filter((at) => !have.has(at));
      if (holes.length > 0) throw new Error(`${holes.length} of ${wanted.length} buckets are empty`);
      return wanted.length > 20;
    },
    1000,
  );
});
