import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { test, type TestContext } from 'node:test';
import { type Clock, manualClock, systemClock } from '../../../shared/clock.ts';
import { readConfig } from '../../../shared/config/schema.ts';
import { openHost } from '../../host/host.ts';
import type { Probe } from '../probe.ts';
import { WITNESS } from './witness.ts';

const signal = new AbortController().signal;
/** Set aside for documentation (RFC 5737): nobody answers there. */
const NOBODY = '192.0.2.1';

/** The pauses between tries take no time; timeouts take theirs. */
const hasty: Clock = {
  ...systemClock(),
  after: (delayMs, run) => systemClock().after(delayMs === 1_500 ? 1 : delayMs, run),
};

function openProbe(target: Record<string, unknown>, clock: Clock = hasty): Probe {
  const targets = [{ host: 'nis-db', address: '127.0.0.1', timeout: '100ms', ...target }];
  return WITNESS.open(readConfig(WITNESS.config, { targets }), openHost({ clock }));
}

async function listen(
  t: TestContext,
  port = 0,
): Promise<{ port: number; server: Server; close(): Promise<void> }> {
  const server = createServer((socket) => socket.end());
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const close = async (): Promise<void> => {
    if (!server.listening) return;
    server.close();
    await once(server, 'close');
  };
  t.after(close);
  return { port: (server.address() as AddressInfo).port, server, close };
}

const sample = (value: number) => [{ metric: 'witness_answer', labels: { target: 'nis-db' }, value }];

test('tells a port that accepts from one that refuses', async (t) => {
  const neighbour = await listen(t);
  const probe = openProbe({ port: neighbour.port });
  const open = await probe.read(signal);
  assert.deepEqual(open.samples, sample(2));
  assert.deepEqual(
    open.checks?.map(({ id, status }) => [id, status]),
    [['witness:nis-db', 'ok']],
  );
  await neighbour.close();
  const closed = await probe.read(signal);
  assert.deepEqual(closed.samples, sample(1));
  assert.deepEqual(closed.checks?.[0]?.status, 'critical');
  assert.match(closed.checks?.[0]?.text ?? '', /nis-db（127\.0\.0\.1:\d+）：连接被拒绝/);
});

test('says no only after three tries; one that gets through ends them', async (t) => {
  const neighbour = await listen(t);
  await neighbour.close();
  let pauses = 0;
  const clock: Clock = {
    ...hasty,
    after(delayMs, run) {
      if (delayMs === 1_500 && ++pauses === 2) {
        neighbour.server.listen(neighbour.port, '127.0.0.1', run);
        t.after(() => neighbour.server.close());
        return { cancel() {} };
      }
      return hasty.after(delayMs, run);
    },
  };
  const reading = await openProbe({ port: neighbour.port }, clock).read(signal);
  assert.deepEqual([pauses, reading.samples], [2, sample(2)]);
});

test('a name that does not resolve says nothing of the host', async () => {
  const reading = await openProbe({ address: 'no-such-host.invalid', port: 9 }).read(signal);
  assert.deepEqual([reading.samples, reading.checks?.[0]?.status], [[], 'unknown']);
});

test('a pause between tries ends when the scheduler gives up', async (t) => {
  const neighbour = await listen(t);
  await neighbour.close();
  const controller = new AbortController();
  const waiting = Promise.withResolvers<void>();
  const clock: Clock = {
    ...manualClock(),
    after(delayMs) {
      if (delayMs === 1_500) waiting.resolve();
      return { cancel() {} };
    },
  };
  const reading = openProbe({ port: neighbour.port }, clock).read(controller.signal);
  await waiting.promise;
  controller.abort();
  await assert.rejects(Promise.resolve(reading), { name: 'AbortError' });
});

test('three tries that nobody answers, with the pauses between them, fit into the interval', () => {
  const { interval, targets } = WITNESS.config.fields;
  const timeoutMs = targets.of.fields.timeout.max ?? Infinity;
  assert.ok(3 * timeoutMs + 2 * 1_500 < (interval.min ?? 0));
});

test('the same host twice is refused', () => {
  const one = { host: 'nis-db', address: NOBODY, port: 9 };
  const config = readConfig(WITNESS.config, { targets: [one, one] });
  assert.throws(() => WITNESS.open(config, openHost({ clock: systemClock() })), { code: 'CONFIG_BAD_VALUE' });
});
