// Over real sockets: what ws and fastify add to the machine.

import assert from 'node:assert/strict';
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { once } from 'node:events';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import fastify from 'fastify';
import { WebSocket } from 'ws';
import { systemClock } from '../../shared/clock.ts';
import { readConfig } from '../../shared/config/schema.ts';
import {
  CHALLENGE_PATH,
  type CollectorFrame,
  ENROL_PATH,
  FRAMES_PATH,
  LINK_PATH,
  signedText,
} from '../../shared/frame.ts';
import { enrolText, openEnrolment } from '../enrolment/enrolment.ts';
import { openState } from '../state/state.ts';
import { ingestConfig } from './config.ts';
import { agentRoutes } from './http.ts';
import { openIngest } from './ingest.ts';
import { attachLink } from './link.ts';
import { memoryStore } from './testing/memory-store.ts';
import { COLUMNS, SERIES, streamId } from './testing/world.ts';

const log = { info: () => {}, warn: () => {}, error: () => {} };

/** A collector's agent side on a free port, with one hospital and what enrols an agent over HTTP. */
async function serve(t: TestContext) {
  const state = await openState(':memory:');
  const clock = systemClock({ unref: true });
  const store = memoryStore();
  const presence: string[] = [];
  await state
    .insertInto('hospitals')
    .values({ id: 'h1', name: '第一医院', timeZone: 'Asia/Shanghai', createdAt: 0 })
    .execute();
  const ingest = openIngest({
    state,
    store,
    clock,
    random: randomBytes,
    presence: {
      hello: (host) => presence.push(`hello ${host}`),
      heard: () => {},
      goodbye: (host, reason) => presence.push(`goodbye ${host} ${reason}`),
      closed: (host, kind) => presence.push(`closed ${host} ${kind}`),
    },
    reports: { stored: () => {}, clockOffset: () => {} },
    config: readConfig(ingestConfig, { commitEvery: '2ms' }),
    collectorName: 'centre',
    log,
  });
  const enrolment = openEnrolment({ state, clock, random: randomBytes, collectorName: 'centre' });
  const server = fastify();
  await server.register(agentRoutes({ ingest, enrolment, clock, log }));
  attachLink(server.server as Server, ingest);
  await server.listen({ host: '127.0.0.1', port: 0 });
  const { port } = server.server.address() as AddressInfo;
  t.after(async () => {
    await ingest.stop();
    await server.close();
    await state.destroy();
  });
  const post = async (path: string, body: string, type = 'application/json') => {
    const headers = { 'content-type': type };
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', headers, body });
    return { status: answer.status, text: await answer.text() };
  };
  const newCode = () => enrolment.createCode({ hospitalId: 'h1', who: 'test', now: clock.now() });
  return { ingest, store, state, presence, port, post, newCode };
}

type Served = Awaited<ReturnType<typeof serve>>;

function enrolRequest(code: string) {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const key = publicKey.export({ format: 'jwk' }).x ?? '';
  const proof = sign(null, Buffer.from(enrolText(code, key)), privateKey).toString('base64url');
  const facts = { hostname: 'nis-01', os: 'linux', arch: 'x64', version: '0.1.0' };
  return { privateKey, body: { code, publicKey: key, fingerprint: 'f1', proof, facts } };
}

async function enrolled({ post, newCode }: Served) {
  const { privateKey, body } = enrolRequest(await newCode());
  const answer = await post(ENROL_PATH, JSON.stringify(body));
  assert.equal(answer.status, 200, answer.text);
  const { host } = JSON.parse(answer.text) as { host: { id: string } };
  const hello = (nonce: string, streams: string[]): string => {
    const sig = sign(null, Buffer.from(signedText(host.id, 'centre', nonce)), privateKey).toString(
      'base64url',
    );
    const at = Date.now();
    const machine = { version: '0.1.0', boot: 'b1', at, bootAt: at, fingerprint: 'f1' };
    const journal = { startedAt: at };
    return JSON.stringify({ t: 'hello', protocol: 1, agent: host.id, sig, ...machine, journal, streams });
  };
  return { id: host.id, hello };
}

const series = JSON.stringify({ t: 'series', id: SERIES, columns: COLUMNS });
const report = (stream: string, seq: number): string =>
  JSON.stringify({ t: 'report', stream, seq, series: SERIES, at: Date.now(), off: 0, boot: 'b1', v: [1, 2] });

/** A WebSocket whose frames can be waited for one by one. */
function dial(port: number) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${LINK_PATH}`, { perMessageDeflate: false });
  const heard: CollectorFrame[] = [];
  let wake = (): void => {};
  socket.on('message', (data: Buffer) => {
    heard.push(JSON.parse(data.toString()) as CollectorFrame);
    wake();
  });
  socket.on('close', () => wake());
  const next = async <T extends CollectorFrame['t']>(type: T): Promise<Extract<CollectorFrame, { t: T }>> => {
    for (;;) {
      const i = heard.findIndex((frame) => frame.t === type);
      if (i >= 0) return heard.splice(i, 1)[0] as Extract<CollectorFrame, { t: T }>;
      assert.ok(socket.readyState <= WebSocket.OPEN, `closed while waiting for ${type}`);
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  return { socket, next };
}

async function linked(served: Served, stream: string) {
  const agent = await enrolled(served);
  const link = dial(served.port);
  link.socket.send(agent.hello((await link.next('challenge')).nonce, [stream]));
  await link.next('welcome');
  link.socket.send(series);
  return { ...agent, ...link };
}

test('an agent enrols, links, and gets its reports acknowledged over a WebSocket', async (t) => {
  const served = await serve(t);
  const stream = streamId();
  const { socket, next, id } = await linked(served, stream);
  for (let seq = 0; seq < 3; seq++) socket.send(report(stream, seq));
  let seq = -1;
  while (seq < 2) ({ seq } = await next('ack'));
  assert.equal(served.store.entries.length, 3);
  socket.send(JSON.stringify({ t: 'goodbye', reason: 'stop' }));
  socket.close();
  await once(socket, 'close');
  assert.deepEqual(served.presence.slice(0, 2), [`hello ${id}`, `goodbye ${id} stop`]);
});

test('acknowledgements and longer answers keep their order and their frames on one socket', async (t) => {
  const served = await serve(t);
  const stream = streamId();
  const { socket, next } = await linked(served, stream);
  for (let seq = 0; seq < 50; seq++) {
    socket.send(report(stream, seq));
    socket.send(JSON.stringify({ t: 'time', n: seq, a: 1 }));
    socket.send(report(stream, seq + 100));
  }
  for (let n = 0; n < 50; n++) {
    assert.equal((await next('time')).n, n);
    assert.equal((await next('refuse')).code, 'SEQUENCE_JUMP');
  }
  let seq = -1;
  while (seq < 49) ({ seq } = await next('ack'));
});

test('reports whole, with checks, in fragments and between pings are stored in order with their values', async (t) => {
  const served = await serve(t);
  const stream = streamId();
  const { socket, next } = await linked(served, stream);
  const send = (seq: number, v: (number | null)[], more: object = {}): string =>
    JSON.stringify({ ...(JSON.parse(report(stream, seq)) as object), v, ...more });
  socket.send(send(0, [1.5, null]));
  socket.send(send(1, [-2.5, 1e-7], { checks: [{ id: 'service:nginx', status: 'ok' }] }));
  socket.ping('x');
  socket.send(send(2, [3, 12345678901.5]));
  await once(socket, 'pong');
  const text = send(3, [4, 0.1]);
  socket.send(text.slice(0, 40), { fin: false });
  socket.send(text.slice(40), { fin: true });
  socket.send(send(4, [5, 6]));
  let seq = -1;
  while (seq < 4) ({ seq } = await next('ack'));
  const rows = served.store.entries.map((entry) => entry.kind === 'row' && [entry.seq, ...entry.values]);
  assert.deepEqual(rows, [
    [0, 1.5, Number.NaN],
    [1, -2.5, 1e-7],
    [2, 3, 12345678901.5],
    [3, 4, 0.1],
    [4, 5, 6],
  ]);
});

test('a frame beyond the limit ends the connection with 1009 and leaves the collector alive', async (t) => {
  const served = await serve(t);
  const { socket } = await linked(served, streamId());
  socket.send('x'.repeat(300 * 1024));
  const [code] = (await once(socket, 'close')) as [number];
  assert.equal(code, 1009);
  await linked(served, streamId());
});

test('pings are answered, and count as frames when they come as a flood', async (t) => {
  const served = await serve(t);
  const stream = streamId();
  const { socket, next } = await linked(served, stream);
  socket.ping('x');
  const [answered] = (await once(socket, 'pong')) as [Buffer];
  assert.equal(answered.toString(), 'x');
  for (let n = 0; n < 10_000; n++) socket.ping();
  const { code } = await next('refuse');
  assert.equal(code, 'RATE_LIMITED');
  assert.ok(served.ingest.stats.pauses > 0);
  socket.send(report(stream, 0));
  // Dropped or not, the word about the pause comes first, and the report is taken when it is sent after it.
  while ((served.store.watermark(served.presence[0]?.slice(6) ?? '', stream) ?? -1) < 0) {
    await Promise.race([next('refuse'), next('ack')]);
    socket.send(report(stream, 0));
  }
  assert.ok(served.ingest.stats.dropped > 0);
  socket.close();
});

test('who was refused for good is told why and then not read from, however much it sends', async (t) => {
  const served = await serve(t);
  const { socket } = await linked(served, streamId());
  const pouring = setInterval(() => {
    for (let n = 0; n < 50 && socket.readyState === WebSocket.OPEN; n++) socket.send('{'.repeat(1000));
  }, 1);
  t.after(() => clearInterval(pouring));
  const [closeCode, reason] = (await once(socket, 'close')) as [number, Buffer];
  assert.deepEqual([closeCode, reason.toString()], [1008, 'FRAME_MALFORMED']);
  assert.equal(served.ingest.stats.refused.FRAME_MALFORMED, 10);
});

test('a connection that is cut is told as reset or closed, never as goodbye', async (t) => {
  const served = await serve(t);
  const { socket, id } = await linked(served, streamId());
  socket.terminate();
  while (served.presence.length < 2) await new Promise((resolve) => setImmediate(resolve));
  assert.match(served.presence[1] ?? '', new RegExp(`^closed ${id} (closed|reset)$`));
});

test('upgrades on another path, or from a browser, are turned away', async (t) => {
  const { port } = await serve(t);
  const ask = async (path: string, more = ''): Promise<string> => {
    const socket = connect(port, '127.0.0.1');
    const key = randomBytes(16).toString('base64');
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        `Sec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n${more}\r\n`,
    );
    const [head] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    return head.toString().split('\r\n')[0] ?? '';
  };
  assert.equal(await ask('/elsewhere'), 'HTTP/1.1 404 Not Found');
  assert.equal(await ask(LINK_PATH, 'Origin: https://evil.example\r\n'), 'HTTP/1.1 403 Forbidden');
  assert.equal(await ask(LINK_PATH), 'HTTP/1.1 101 Switching Protocols');
});

const framesOf = (text: string): CollectorFrame[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as CollectorFrame);

test('over HTTP a post is answered when what it brought is durable, with the challenge for the next', async (t) => {
  const served = await serve(t);
  const { id, hello } = await enrolled(served);
  const stream = streamId();
  const first = await served.post(CHALLENGE_PATH, JSON.stringify({ agent: id }));
  let { nonce } = JSON.parse(first.text) as { nonce: string };
  for (const seqs of [[0, 1], [2]]) {
    const lines = [hello(nonce, [stream]), series, ...seqs.map((seq) => report(stream, seq))];
    const answer = await served.post(FRAMES_PATH, `${lines.join('\n')}\n`, 'application/x-ndjson');
    const frames = framesOf(answer.text);
    assert.deepEqual(
      frames.map((f) => f.t),
      ['welcome', 'ack', 'challenge'],
    );
    const ack = frames.findLast((f) => f.t === 'ack');
    assert.ok(ack?.t === 'ack' && ack.seq === seqs.at(-1));
    const last = frames.at(-1);
    nonce = last?.t === 'challenge' ? last.nonce : '';
  }
  assert.equal(served.store.entries.length, 3);
});

test('a recorded post is worth nothing: its nonce was used', async (t) => {
  const served = await serve(t);
  const { id, hello } = await enrolled(served);
  const { nonce } = JSON.parse((await served.post(CHALLENGE_PATH, JSON.stringify({ agent: id }))).text) as {
    nonce: string;
  };
  const stream = streamId();
  const body = [hello(nonce, [stream]), series, report(stream, 0)].join('\n');
  const answers = await Promise.all(
    [1, 2, 3].map(() => served.post(FRAMES_PATH, body, 'application/x-ndjson')),
  );
  const welcomed = answers.filter(({ text }) => framesOf(text)[0]?.t === 'welcome');
  assert.equal(welcomed.length, 1);
  assert.equal(served.store.entries.length, 1);
});

test('asking for challenges in the name of an agent does not take away the one that it earned', async (t) => {
  const served = await serve(t);
  const { id, hello } = await enrolled(served);
  const ask = async () => (await served.post(CHALLENGE_PATH, JSON.stringify({ agent: id }))).text;
  const { nonce } = JSON.parse(await ask()) as { nonce: string };
  const first = await served.post(FRAMES_PATH, hello(nonce, []), 'application/x-ndjson');
  const earned = framesOf(first.text).at(-1);
  for (let i = 0; i < 10; i++) await ask();
  const second = await served.post(
    FRAMES_PATH,
    hello(earned?.t === 'challenge' ? earned.nonce : '', []),
    'application/x-ndjson',
  );
  assert.equal(framesOf(second.text)[0]?.t, 'welcome');
});

test('enrolment errors have a code, a mend and a fitting status, and tries are limited per address', async (t) => {
  const { post, newCode } = await serve(t);
  const { body } = enrolRequest(await newCode());
  const statusOf = async (sent: object): Promise<[number, string]> => {
    const { status, text } = await post(ENROL_PATH, JSON.stringify(sent));
    return [status, (JSON.parse(text) as { error?: { code: string; mend: string } }).error?.code ?? ''];
  };
  assert.deepEqual(await statusOf({ ...body, proof: body.publicKey }), [403, 'BAD_SIGNATURE']);
  assert.deepEqual(await statusOf({}), [400, 'BAD_REQUEST']);
  assert.deepEqual(await statusOf(body), [200, '']);
  assert.deepEqual(await statusOf(body), [409, 'CODE_USED']);
  let last: [number, string] = [0, ''];
  // A hundred at once and one a second more, however slow this machine is.
  for (let i = 0; i < 1000 && last[0] !== 429; i++) last = await statusOf(body);
  assert.deepEqual(last, [429, 'RATE_LIMITED']);
});
