import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { test, type TestContext } from 'node:test';
import { isNamedError } from '../../../shared/errors.ts';
import { type Behaviour, type Bench, notifierContract, sampleNotice } from '../contract.ts';
import { sign, webhook } from './webhook.ts';

interface Receiver extends Bench {
  calls: { headers: IncomingHttpHeaders; body: string }[];
  status: number;
}

async function start(t: TestContext): Promise<Receiver> {
  const calls: Receiver['calls'] = [];
  let status = 200;
  const server = createServer(async (request, response) => {
    const body = await text(request);
    if (status < 300) calls.push({ headers: request.headers, body });
    response.writeHead(status, { Location: '/elsewhere' }).end('answer');
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    server.closeAllConnections();
    return (stopped ??= new Promise<void>((done) => server.close(() => done())));
  };
  t.after(stop);
  const { port } = server.address() as AddressInfo;
  return {
    notifier: webhook.open({
      url: `http://127.0.0.1:${port}/hook?key=s3cret`,
      secret: 'shared',
      timeout: 5_000,
    }),
    calls,
    get status() {
      return status;
    },
    set status(next) {
      status = next;
    },
    behave(behaviour: Behaviour) {
      status = { accept: 200, busy: 503, refuse: 400, hang: 503 }[behaviour];
    },
    accepted: () => calls.map((call) => String(call.headers['idempotency-key'])),
    texts: () => calls.map((call) => call.body),
    stop,
  };
}

notifierContract('webhook', start);

test('signs time and body so that the receiver can check both', async (t) => {
  const receiver = await start(t);
  await receiver.notifier.send(sampleNotice(), new AbortController().signal);
  const [call] = receiver.calls;
  const [, time, mac] =
    /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(call?.headers['x-niswatch-signature'])) ?? [];
  assert.equal(Number(time), Math.floor(sampleNotice().at / 1000));
  assert.equal(mac, createHmac('sha256', 'shared').update(`${time}.${call?.body}`).digest('hex'));
});

test('agrees with a signature computed elsewhere', () => {
  // printf '1700000000.{"a":1}' | openssl dgst -sha256 -hmac key
  assert.equal(
    sign('key', '{"a":1}', 1_700_000_000_000),
    't=1700000000,v1=a438e398bfafc57e4396bb7fc2304422f0f768e965d073ca313cb52e22e6ad03',
  );
});

for (const [status, code] of [
  [302, 'CHANNEL_REJECTED'],
  [401, 'CHANNEL_REJECTED'],
  [404, 'CHANNEL_REJECTED'],
  [429, 'CHANNEL_UNREACHABLE'],
  [500, 'CHANNEL_UNREACHABLE'],
] as const) {
  test(`HTTP ${status} is ${code}, and the key in the address stays out of the message`, async (t) => {
    const receiver = await start(t);
    receiver.status = status;
    await assert.rejects(
      receiver.notifier.send(sampleNotice(), new AbortController().signal),
      (error) => isNamedError(error, code) && !error.message.includes('s3cret'),
    );
    assert.equal(receiver.calls.length, 0);
  });
}
