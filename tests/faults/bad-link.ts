// A bad link, by a TCP proxy between the real agent and the real collector: cut, half-open, slow, losing (which TCP shows as stalls),
// and flipping bits. Against flipped bits the agent speaks TLS, as it does over every network that is not its own machine.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { caughtUp } from '../support/conservation.ts';
import { startAgent, startCollector, until } from '../support/programs.ts';
import { type Proxy, startProxy } from '../support/proxy.ts';
import { atEnd, type Scope } from '../support/scope.ts';
import { seriesOf } from '../support/story.ts';
import { type Fault, type How, seeded } from './fault.ts';
import { BUSY, last, settle, wait } from './pair.ts';

/** Certificates for 127.0.0.1, made for the tests of the link. */
const CERTIFICATES = join(import.meta.dirname, '..', '..', 'agent', 'link', 'fixtures');

async function noHole(t: Scope, how: How): Promise<void> {
  const [cutMs, stallMs] = how.long ? [60_000, 60_000] : [8_000, 12_000];
  const collector = await startCollector(t, { log: { level: 'warn' } });
  const proxy = await openProxy(t, collector.port);
  const agent = await startAgent(t, collector, { url: `http://127.0.0.1:${proxy.port}`, config: BUSY });
  const host = agent.hostId();
  const firstAt = await until('a first sample', 30_000, async () => {
    const { at, values } = await collector.api<{ at: number; values: Record<string, number> }>(
      `/api/v1/hosts/${host}/latest`,
    );
    return values.mem_used === undefined ? undefined : at;
  });
  proxy.cut();
  await last(cutMs);
  proxy.heal();
  await last(5_000);
  proxy.stall();
  await last(stallMs);
  proxy.cut();
  proxy.heal();
  const healedAt = Date.now();
  await caughtUp(agent, collector);
  const step = 5_000;
  const from = Math.ceil(firstAt / step) * step;
  const reply = await seriesOf(collector, host, 'mem_used', { from, to: healedAt, step: `${step}ms` });
  const have = new Set(reply.series[0]?.points.map(([at]) => at));
  const wanted = Array.from({ length: Math.floor((healedAt - from) / step) }, (_, i) => from + i * step);
  assert.ok(wanted.length > 3);
  assert.deepEqual(
    wanted.filter((at) => !have.has(at)),
    [],
    'no bucket is empty',
  );
  await settle({ agent, collector }, how);
}

async function openProxy(t: Scope, port: number): Promise<Proxy> {
  const proxy = await startProxy(port);
  atEnd(t, () => proxy.close());
  return proxy;
}

/** What a reverse proxy does in front of a collector: ends TLS and passes the bytes on. */
async function openTls(t: Scope, port: number): Promise<number> {
  const pem = (name: string): string => readFileSync(join(CERTIFICATES, name), 'utf8');
  const server = createServer({ key: pem('server.key'), cert: pem('server.pem') }, (secure) => {
    const plain = connect(port, '127.0.0.1');
    secure.pipe(plain).pipe(secure);
    for (const [one, other] of [
      [secure, plain],
      [plain, secure],
    ] as const) {
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
  });
  // A flipped bit shows here.
  server.on('tlsClientError', () => {});
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  atEnd(t, () => server.close());
  return (server.address() as AddressInfo).port;
}

/** One bad moment after another, each drawn; the proxy is left as it was found. */
async function spoil(proxy: Proxy, how: How, ms: number): Promise<Record<string, number>> {
  const random = seeded(how.seed);
  const moments: Record<string, () => void> = {
    cut: () => proxy.cut(),
    stall: () => proxy.stall(),
    delay: () => {
      proxy.delayMs = 20 + random() * 400;
    },
    corrupt: () => proxy.corruptNext(),
    good: () => {},
  };
  const seen: Record<string, number> = {};
  for (const end = performance.now() + ms; performance.now() < end;) {
    const [word, inflict] = Object.entries(moments)[Math.floor(random() * 5)] ?? ['good', () => {}];
    seen[word] = (seen[word] ?? 0) + 1;
    inflict();
    await last(200 + random() * (word === 'good' ? 3_000 : 1_500));
    proxy.delayMs = 0;
    proxy.heal();
  }
  return seen;
}

async function spoiled(t: Scope, how: How): Promise<void> {
  const collector = await startCollector(t, { log: { level: 'warn' } });
  const proxy = await openProxy(t, await openTls(t, collector.port));
  const agent = await startAgent(t, collector, {
    config: {
      ...BUSY,
      collector: {
        urls: [`https://127.0.0.1:${proxy.port}`],
        caFile: join(CERTIFICATES, 'ca.pem'),
      },
    },
  });
  await wait({ agent, collector }, 'the link', 60_000, () => agent.output().includes('link open'));
  const seen = await spoil(proxy, how, how.long ? 600_000 : 20_000);
  how.say(
    Object.entries(seen)
      .map(([word, count]) => `${count} ${word}`)
      .join(', '),
  );
  const account = await settle({ agent, collector }, how);
  assert.equal(account.declared, 0);
  assert.ok((agent.output().match(/link open/g)?.length ?? 0) > 1, 'the link broke and was opened again');
}

export const badLink: Fault = {
  name: 'bad-link',
  about: 'a TCP proxy that cuts, stalls, delays and flips bits',
  needs: [],
  cases: {
    'cut, stalled and cut again, it leaves no hole in the chart': noHole,
    'spoiled at random, bits flipped under TLS among it, it loses no report': spoiled,
  },
};
