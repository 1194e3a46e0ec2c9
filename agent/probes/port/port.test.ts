import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { test, type TestContext } from 'node:test';
import { type Clock, manualClock, systemClock } from '../../../shared/clock.ts';
import { readConfig } from '../../../shared/config/schema.ts';
import { openHost } from '../../host/host.ts';
import type { Probe } from '../probe.ts';
import { PORT } from './port.ts';

const signal = new AbortController().signal;
/** Set aside for documentation (RFC 5737): nobody answers there. */
const NOBODY = '192.0.2.1';

function openProbe(targets: Record<string, unknown>[], clock: Clock = systemClock()): Probe {
  return PORT.open(readConfig(PORT.config, { targets }), openHost({ clock }));
}

async function listen(t: TestContext): Promise<{ port: number; close(): Promise<void> }> {
  const server = createServer((socket) => socket.end());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async (): Promise<void> => {
    if (!server.listening) return;
    server.close();
    await once(server, 'close');
  };
  t.after(close);
  return { port: (server.address() as AddressInfo).port, close };
}

test('reports a port that accepts, and the same port after it closed', async (t) => {
  const server = await listen(t);
  const probe = openProbe([{ name: 'db', port: server.port }]);
  const open = await probe.read(signal);
  assert.deepEqual(open.samples[0], { metric: 'port_up', labels: { target: 'db' }, value: 1 });
  assert.ok((open.samples[1]?.value ?? -1) >= 0);
  assert.deepEqual(open.checks, [
    { id: 'port:db', status: 'ok', text: `端口 127.0.0.1:${server.port} 可连接` },
  ]);
  await server.close();
  const closed = await probe.read(signal);
  assert.deepEqual(closed.samples, [{ metric: 'port_up', labels: { target: 'db' }, value: 0 }]);
  assert.match(closed.checks?.[0]?.text ?? '', /无法连接：连接被拒绝/);
});

test('a target that never answers runs into its timeout and hides no other', async (t) => {
  const server = await listen(t);
  const reading = await openProbe([
    { name: 'nobody', host: NOBODY, port: 9, timeout: '100ms' },
    { name: 'db', port: server.port },
  ]).read(signal);
  assert.deepEqual(
    reading.checks?.map((check) => check.status),
    ['critical', 'ok'],
  );
});

test('stops at once when the scheduler gives up', async () => {
  const controller = new AbortController();
  const reading = openProbe([{ name: 'nobody', host: NOBODY, port: 9 }], manualClock()).read(
    controller.signal,
  );
  controller.abort();
  await assert.rejects(Promise.resolve(reading), { name: 'AbortError' });
});
