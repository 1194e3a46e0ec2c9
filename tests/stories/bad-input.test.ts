// Bad input against real processes: whatever an agent, a stranger or a configuration file sends, the answer is an error with a name,
// the process lives, its other agents are served, and nothing that was stored is lost.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test, type TestContext } from 'node:test';
import { WebSocket } from 'ws';
import type { ErrorCode } from '../../shared/errors.ts';
import {
  type AgentFrame,
  type Challenge,
  CHALLENGE_PATH,
  type CollectorFrame,
  FRAMES_PATH,
  LIMITS,
  LINK_PATH,
} from '../../shared/frame.ts';
import { agentCommand, collectorCommand, runToEnd } from '../support/ends.ts';
import {
  type AgentProgram,
  type CollectorProgram,
  startAgent,
  startCollector,
  temporaryFolder,
  until,
} from '../support/programs.ts';
import { atEnd } from '../support/scope.ts';
import { readStored } from '../support/stored.ts';
import { alertsOf, seriesOf as chartOf } from '../support/story.ts';
import { openVolume } from '../support/volume.ts';
import {
  COLUMNS,
  enrolMachine,
  helloOf,
  metricOf,
  newCode,
  newMachine,
  newStream,
  openSession,
  openWire,
  type OpenWire,
  postEnrolment,
  reportOf,
  seriesOf,
} from '../support/wire.ts';

/** A collector with an honest agent beside whatever else happens to it. */
interface Scene {
  collector: CollectorProgram;
  agent: AgentProgram;
  /** Same process, the agent heard without a break, every row and chart of before still there. */
  allIsWell(): Promise<void>;
}

const rowsOf = (collector: CollectorProgram) => metricOf(collector, 'niswatch_store_rows');

async function openScene(t: TestContext): Promise<Scene> {
  const collector = await startCollector(t);
  const agent = await startAgent(t, collector, { config: { interval: '1s' } });
  const startedAt = Date.now();
  await until('five rows of the honest agent', 30_000, async () => (await rowsOf(collector)) >= 5);
  const { pid } = collector;
  const to = Date.now() - 2000;
  const chart = (until: number) =>
    chartOf(collector, agent.hostId(), 'mem_used_percent', {
      from: startedAt - 60_000,
      to: until,
      step: '1s',
    });
  const before = { rows: await rowsOf(collector), chart: (await chart(to)).series };
  return {
    collector,
    agent,
    async allIsWell() {
      const rows = await rowsOf(collector);
      await until('more rows', 15_000, async () => (await rowsOf(collector)) > rows);
      assert.ok(rows >= before.rows, `${rows} rows after ${before.rows}`);
      assert.deepEqual((await chart(to)).series, before.chart);
      const points = (await chart(Date.now())).series[0]?.points ?? [];
      const widest = Math.max(...points.slice(1).map(([at], i) => at - (points[i]?.[0] ?? 0)));
      assert.ok(widest <= 6000, `a hole of ${widest} ms in the honest agent's chart`);
      assert.equal(agent.output().includes('"level":"error"'), false, agent.output());
      assert.equal(collector.pid, pid);
      assert.ok(collector.running());
    },
  };
}

const LONG = 'x'.repeat(LIMITS.textLength + 1);
/** A well-formed report one byte above the limit. */
function oversized(wire: OpenWire): string {
  const empty = JSON.stringify(reportOf(wire.stream, wire.next, { boot: '' }));
  return `${' '.repeat(LIMITS.frameBytes + 1 - empty.length)}${empty}`;
}
const many = seriesOf(Array.from({ length: 2001 }, (_, i) => `service_up{name="s${i}"}`));

type Spoiled = [
  what: string,
  code: ErrorCode,
  frame: (wire: OpenWire) => AgentFrame | string | Buffer | object,
];
const report = (w: OpenWire, change: object) => ({ ...reportOf(w.stream, w.next), ...change });

/** Frames that are refused while the conversation goes on. */
const SPOILED: Spoiled[] = [
  ['half a frame', 'FRAME_MALFORMED', (w) => JSON.stringify(report(w, {})).slice(0, 120)],
  ['empty text', 'FRAME_MALFORMED', () => ''],
  ['a list', 'FRAME_MALFORMED', () => '[]'],
  ['null', 'FRAME_MALFORMED', () => 'null'],
  ['no type', 'FRAME_MALFORMED', () => '{}'],
  ['an unknown type', 'FRAME_MALFORMED', () => '{"t":"execute","command":"reboot"}'],
  ["a type of the language's own", 'FRAME_MALFORMED', () => '{"t":"constructor"}'],
  ["the collector's own frame", 'FRAME_MALFORMED', (w) => ({ t: 'ack', stream: w.stream, seq: 9 })],
  ['nesting 100,000 deep', 'FRAME_MALFORMED', () => `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
  ['bytes', 'FRAME_MALFORMED', (w) => Buffer.from(JSON.stringify(report(w, {})))],
  ['a text value', 'FRAME_MALFORMED', (w) => report(w, { v: ['1', 2] })],
  ['too few values', 'FRAME_MALFORMED', (w) => report(w, { v: [1] })],
  ['too many values', 'FRAME_MALFORMED', (w) => report(w, { v: [1, 2, 3] })],
  ['a negative number', 'FRAME_MALFORMED', (w) => report(w, { seq: -1 })],
  ['a broken number', 'FRAME_MALFORMED', (w) => report(w, { seq: 0.5 })],
  ['a number past 2^53', 'FRAME_MALFORMED', (w) => report(w, { seq: 2 ** 60 })],
  ['a stream that is none', 'FRAME_MALFORMED', (w) => report(w, { stream: '../../etc/passwd' })],
  ['no time', 'FRAME_MALFORMED', (w) => report(w, { at: null })],
  [
    'a check of no status',
    'FRAME_MALFORMED',
    (w) => report(w, { checks: [{ id: 'disk:/', status: 'fine' }] }),
  ],
  ['an event of no time', 'FRAME_MALFORMED', (w) => report(w, { events: [{ kind: 'host.boot' }] })],
  [
    'a column that names another hospital',
    'FRAME_MALFORMED',
    () => seriesOf(['mem_used_percent{hospital="another"}']),
  ],
  ['a column that is no series', 'FRAME_MALFORMED', () => seriesOf(['"; DROP TABLE hosts; --'])],
  ['a frame above the limit', 'FRAME_TOO_LARGE', oversized],
  ['a jump', 'SEQUENCE_JUMP', (w) => report(w, { seq: w.next + 5 })],
  ['a first number that is not 0', 'SEQUENCE_JUMP', (w) => report(w, { stream: newStream(), seq: 1 })],
  [
    'a gap that does not start at the watermark',
    'SEQUENCE_JUMP',
    (w) => ({ t: 'gap', stream: w.stream, from: w.next + 1, to: w.next + 9, reason: 'dropped' }),
  ],
  [
    'a gap that ends before it starts',
    'FRAME_MALFORMED',
    (w) => ({ t: 'gap', stream: w.stream, from: w.next, to: w.next - 1, reason: 'dropped' }),
  ],
  ['columns never declared', 'SERIES_UNKNOWN', (w) => report(w, { series: '0123456789abcdef' })],
  ['columns under a false name', 'SERIES_CHANGED', () => ({ ...COLUMNS, id: '0123456789abcdef' })],
  ['too many columns', 'SERIES_LIMIT', () => many],
  ['a report of tomorrow', 'FUTURE_DATED', (w) => report(w, { at: Date.now() + 86_400_000 })],
  [
    'a report put into the future by its offset',
    'FUTURE_DATED',
    (w) => report(w, { at: Date.now() + 86_400_000, off: 86_400_000 }),
  ],
  ['a report of 1970', 'PAST_DATED', (w) => report(w, { at: 0 })],
  [
    'an endless check text',
    'EVENT_TOO_LONG',
    (w) => report(w, { checks: [{ id: 'disk:/', status: 'ok', text: LONG }] }),
  ],
  [
    'an endless event',
    'EVENT_TOO_LONG',
    (w) => report(w, { events: [{ at: Date.now(), kind: 'host.boot', data: { a: LONG } }] }),
  ],
];

test('every kind of bad frame is refused by its name, and the conversation goes on where it was', async (t) => {
  const { collector, allIsWell } = await openScene(t);
  const machine = await enrolMachine(collector);
  const stream = newStream();
  const sent: number[] = [];
  for (const [what, code, spoil] of SPOILED) {
    const wire = await openSession(t, collector.url, machine, stream);
    sent.push((await wire.report()).v[0] ?? -1);
    const frame = spoil(wire);
    if (Buffer.isBuffer(frame)) wire.sendRaw(frame, { binary: true });
    else wire.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
    const refuse = await wire.answer('refuse');
    assert.equal(refuse.code, code, `${what}: ${refuse.message}`);
    assert.ok(refuse.message.length > 0 && refuse.message.length <= 300, what);
    if (code === 'SEQUENCE_JUMP') assert.equal(refuse.expected, what.startsWith('a first') ? 0 : wire.next);
    sent.push((await wire.report()).v[0] ?? -1);
    assert.deepEqual(
      wire.inbox.filter((f) => f.t === 'refuse'),
      [],
      what,
    );
    wire.close();
    await wire.closed();
  }
  assert.deepEqual(
    sent,
    sent.map((_, i) => i),
  );
  await allIsWell();
  await storedOnce(collector, machine.host, sent.length);
});

/** Kills the collector; exactly the reports whose first value is 0…count-1 are on its disk, each once. */
async function storedOnce(collector: CollectorProgram, host: string, count: number): Promise<void> {
  await collector.stop('SIGKILL');
  const { points, damagedBlocks } = await readStored(collector, host, 'mem_used_percent');
  assert.deepEqual(
    points.map((p) => p.value).sort((a, b) => a - b),
    Array.from({ length: count }, (_, i) => i),
  );
  assert.equal(damagedBlocks, 0);
}

test('a replayed report is acknowledged and not stored twice, also when its content was changed', async (t) => {
  const { collector, allIsWell } = await openScene(t);
  const machine = await enrolMachine(collector);
  const wire = await openSession(t, collector.url, machine);
  const first = await wire.report();
  for (let i = 0; i < 4; i++) await wire.report();
  const duplicates = await metricOf(collector, 'niswatch_ingest_duplicates_total');
  for (const again of [first, { ...first, v: [999, 999] }, { ...first, seq: 4, v: [777, 777] }]) {
    wire.send(again);
    assert.equal((await wire.answer('ack')).seq, 4);
  }
  const gap = { t: 'gap', stream: wire.stream, from: 0, to: 3, reason: 'dropped' } as const;
  wire.send(gap);
  assert.equal((await wire.answer('ack')).seq, 4);
  assert.equal((await metricOf(collector, 'niswatch_ingest_duplicates_total')) - duplicates, 4);
  // The whole conversation of before, replayed on a new connection.
  const again = await openSession(t, collector.url, machine, wire.stream);
  assert.equal(again.next, 5);
  for (let seq = 0; seq < 5; seq++) again.send(reportOf(wire.stream, seq, { v: [1000 + seq, 0] }));
  for (let i = 0; i < 5; i++) assert.equal((await again.answer('ack')).seq, 4);
  await again.report();
  await allIsWell();
  await storedOnce(collector, machine.host, 6);
});

test('ten malformed frames end the connection, a frame too large for the wire at once', async (t) => {
  const { collector, allIsWell } = await openScene(t);
  const machine = await enrolMachine(collector);
  const wire = await openSession(t, collector.url, machine);
  await wire.report();
  for (let i = 0; i < 10; i++) wire.send('{');
  assert.equal(await wire.closed(), 1008);
  assert.equal(wire.ended()?.reason, 'FRAME_MALFORMED');
  const huge = await openSession(t, collector.url, machine, wire.stream);
  await huge.report();
  huge.send(`{"t":"beat","n":1,"at":1,"x":"${'x'.repeat(2 * 1024 ** 2)}"}`);
  assert.equal(await huge.closed(), 1009);
  const twice = await openSession(t, collector.url, machine, wire.stream);
  twice.send(helloOf(machine, twice.challenge, [wire.stream]));
  assert.equal((await twice.answer('refuse')).code, 'FRAME_UNEXPECTED');
  assert.equal(await twice.closed(), 1008);
  await (await openSession(t, collector.url, machine, wire.stream)).report();
  await allIsWell();
  await storedOnce(collector, machine.host, 3);
});

test('nobody gets in with a wrong key, an old signature, a copied key or no host, and the owner is not disturbed', async (t) => {
  const { collector, allIsWell } = await openScene(t);
  const machine = await enrolMachine(collector);
  const owner = await openSession(t, collector.url, machine);
  await owner.report();
  const earlier = await openWire(t, collector.url);
  const stranger = { ...newMachine(), host: machine.host, collector: machine.collector };
  const otherName = { ...owner.challenge, collector: 'another-collector' };
  const known = { fingerprint: machine.fingerprint };
  type Attempt = [what: string, code: ErrorCode, hello: (wire: { challenge: Challenge }) => AgentFrame];
  const attempts: Attempt[] = [
    ['another key', 'BAD_SIGNATURE', (w) => helloOf(stranger, w.challenge, [], known)],
    ['the signature of an earlier nonce', 'BAD_SIGNATURE', () => helloOf(machine, owner.challenge, [])],
    ['the nonce of another connection', 'BAD_SIGNATURE', () => helloOf(machine, earlier.challenge, [])],
    [
      'a signature for another collector',
      'BAD_SIGNATURE',
      (w) => helloOf(machine, { ...otherName, nonce: w.challenge.nonce }, []),
    ],
    ['an empty signature', 'BAD_SIGNATURE', (w) => helloOf(machine, w.challenge, [], { sig: '' })],
    ['no such host', 'NOT_ENROLLED', (w) => helloOf({ ...machine, host: 'nobody' }, w.challenge, [])],
    [
      'the key on a second machine',
      'CLONED_KEY',
      (w) => helloOf(machine, w.challenge, [], { fingerprint: 'another' }),
    ],
    ['another protocol', 'PROTOCOL_UNSUPPORTED', (w) => helloOf(machine, w.challenge, [], { protocol: 99 })],
    ['a report before the hello', 'FRAME_UNEXPECTED', () => reportOf(owner.stream, 1)],
    ['a hello of no shape', 'FRAME_MALFORMED', () => ({ t: 'hello', protocol: 1 }) as AgentFrame],
  ];
  for (const [what, code, hello] of attempts) {
    const wire = await openWire(t, collector.url);
    wire.send(hello(wire));
    assert.equal((await wire.answer('refuse')).code, code, what);
    assert.equal(await wire.closed(), 1008, what);
    await owner.report();
  }
  assert.equal(owner.ended(), undefined);
  assert.equal(await metricOf(collector, 'niswatch_ingest_replaced_total'), 0);
  // Revoked by another process while it is connected.
  const state = new DatabaseSync(join(collector.folder, 'data', 'state.db'));
  state.prepare('update hosts set revokedAt = ? where id = ?').run(Date.now(), machine.host);
  state.close();
  assert.equal((await owner.answer('refuse')).code, 'REVOKED');
  const back = await openWire(t, collector.url);
  back.send(helloOf(machine, back.challenge, [owner.stream]));
  assert.equal((await back.answer('refuse')).code, 'REVOKED');
  const trail = await collector.api<{ items: { what: string; subject: string }[] }>('/api/v1/audit');
  assert.equal(
    trail.items.filter((i) => i.what === 'host.cloned-key').length,
    1,
    'a cloned key is on record',
  );
  await allIsWell();
  await storedOnce(collector, machine.host, 1 + attempts.length);
});

test('over HTTP a signature serves once, and bad lines are refused without harm to the good ones', async (t) => {
  const { collector, allIsWell } = await openScene(t);
  const machine = await enrolMachine(collector);
  const stream = newStream();
  const post = async (path: string, type: string, body: string) => {
    const headers = { 'content-type': type };
    const answer = await fetch(`${collector.url}${path}`, { method: 'POST', headers, body });
    return { status: answer.status, text: await answer.text() };
  };
  const challenged = await post(CHALLENGE_PATH, 'application/json', JSON.stringify({ agent: machine.host }));
  const hello = helloOf(machine, JSON.parse(challenged.text) as Challenge, [stream]);
  const early = reportOf(stream, 0, { at: Date.now() - 1000 });
  const lines = [hello, COLUMNS, early, '{', reportOf(stream, 5), reportOf(stream, 1)];
  const body = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n');
  const send = async (text: string) => {
    const { text: answers } = await post(FRAMES_PATH, 'application/x-ndjson', text);
    return answers
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as CollectorFrame);
  };
  const first = await send(body);
  const codes = (answers: CollectorFrame[]) => answers.flatMap((f) => (f.t === 'refuse' ? [f.code] : []));
  assert.deepEqual(codes(first), ['FRAME_MALFORMED', 'SEQUENCE_JUMP']);
  assert.ok(first.some((f) => f.t === 'ack' && f.seq === 1));
  assert.deepEqual(codes(await send(body)), ['BAD_SIGNATURE'], 'the same post again');
  for (const junk of ['', '\n\n', '{}', 'GET / HTTP/1.1', JSON.stringify(reportOf(stream, 2))])
    assert.match(codes(await send(junk))[0] ?? '', /^FRAME_(MALFORMED|UNEXPECTED)$/, junk);
  // It is turned away while it is still being sent: whether the 413 is seen is a matter of luck.
  const huge = post(FRAMES_PATH, 'application/x-ndjson', 'x'.repeat(5 * 1024 ** 2));
  assert.ok(
    [413, 'cut'].includes(
      await huge.then(
        ({ status }) => status,
        () => 'cut',
      ),
    ),
  );
  assert.equal((await post(FRAMES_PATH, 'application/json', '{"t":"hello"}')).status, 400);
  assert.equal((await post(FRAMES_PATH, 'text/html', 'hello')).status, 400);
  assert.equal((await post(CHALLENGE_PATH, 'application/json', '{"agent":7}')).status, 400);
  assert.equal((await post(CHALLENGE_PATH, 'application/json', '{')).status, 400);
  await allIsWell();
  await storedOnce(collector, machine.host, 2);
});

test('handshakes that stop half-way, come to the wrong place or are no HTTP hold nobody up', async (t) => {
  const { collector, allIsWell } = await openScene(t);
  const machine = await enrolMachine(collector);
  const half = `GET ${LINK_PATH} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnec`;
  for (let i = 0; i < 200; i++) {
    const socket = connect(collector.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(i % 2 === 0 ? half : randomBytesFrom(i, 400));
    atEnd(t, () => socket.destroy());
  }
  const silent = await Promise.all(Array.from({ length: 50 }, () => openWire(t, collector.url)));
  const wire = await openSession(t, collector.url, machine);
  await wire.report();
  for (const each of silent) {
    assert.equal((await each.answer('refuse')).code, 'HANDSHAKE_TIMEOUT');
    assert.equal(await each.closed(), 1008);
  }
  assert.equal(await statusOf(collector, '/agent/v1/nowhere', {}), 404);
  assert.equal(await statusOf(collector, LINK_PATH, { origin: 'https://evil.example' }), 403);
  await wire.report();
  await allIsWell();
  await storedOnce(collector, machine.host, 2);
});

/** The status with which a WebSocket upgrade is turned away. */
function statusOf(
  collector: CollectorProgram,
  path: string,
  headers: Record<string, string>,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${collector.port}${path}`, { headers });
    socket.on('unexpected-response', (_request, response) => {
      resolve(response.statusCode ?? 0);
      socket.terminate();
    });
    socket.on('open', () => reject(new Error(`${path} was opened`)));
    socket.on('error', () => {});
  });
}

test('an enrolment code works once, in time, with its own key; every other use is named', async (t) => {
  const collector = await startCollector(t);
  const used = await newCode(collector);
  const owner = newMachine();
  assert.equal((await postEnrolment(collector.url, owner, used)).status, 200);
  const expired = await newCode(collector);
  const state = new DatabaseSync(join(collector.folder, 'data', 'state.db'));
  state.prepare('update enrolmentCodes set expiresAt = ? where usedAt is null').run(Date.now() - 1);
  state.close();
  const fresh = await newCode(collector);
  const mistyped = fresh.slice(0, -1) + (fresh.endsWith('0') ? '1' : '0');
  const thief = newMachine();
  const table: [string, string, ErrorCode, number, object][] = [
    ['used by another', used, 'CODE_USED', 409, {}],
    ['used by the same machine again', used, 'CODE_USED', 409, { publicKey: owner.publicKey }],
    ['expired', expired, 'CODE_EXPIRED', 410, {}],
    ['mistyped', mistyped, 'CODE_UNKNOWN', 404, {}],
    ['never given', '00000-00000-00000-00000-00000-00', 'CODE_UNKNOWN', 404, {}],
    ['no code at all', "' or 1=1 --", 'CODE_UNKNOWN', 404, {}],
    ['the proof of another key', fresh, 'BAD_SIGNATURE', 403, { proof: owner.sign('something else') }],
    ['a key that is none', fresh, 'BAD_REQUEST', 400, { publicKey: 'AAAA' }],
    ['facts that are none', fresh, 'BAD_REQUEST', 400, { facts: null }],
    ['a name without end', fresh, 'BAD_REQUEST', 400, { name: LONG }],
  ];
  for (const [what, code, error, status, change] of table) {
    const machine = 'publicKey' in change && change.publicKey === owner.publicKey ? owner : thief;
    const answer = await postEnrolment(collector.url, machine, code, machine === owner ? {} : { ...change });
    assert.equal(answer.body.error?.code, error, `${what}: ${JSON.stringify(answer.body)}`);
    assert.equal(answer.status, status, what);
    assert.ok((answer.body.error?.mend ?? '').length > 0, what);
  }
  const racers = await Promise.all(
    Array.from({ length: 10 }, () => postEnrolment(collector.url, newMachine(), fresh)),
  );
  assert.deepEqual(racers.map((r) => r.status).sort(), [200, ...Array.from({ length: 9 }, () => 409)]);
  assert.equal((await collector.api<{ items: unknown[] }>('/api/v1/hosts')).items.length, 2);
  await namedByTheAgent(t, collector, used, 'CODE_USED');
  await namedByTheAgent(t, collector, mistyped, 'CODE_UNKNOWN');
});

async function namedByTheAgent(
  t: TestContext,
  collector: CollectorProgram,
  code: string,
  error: ErrorCode,
): Promise<void> {
  const data = temporaryFolder(t, 'niswatch-agent');
  const said = await runToEnd(
    agentCommand('enrol', '--collector', collector.url, '--code', code, '--data', data),
  );
  assert.equal(said.status, 1);
  assert.match(said.text, new RegExp(error));
}

test('a flood is slowed down by name, costs the others nothing, and what was refused can be sent again', async (t) => {
  const { collector, allIsWell } = await openScene(t);
  const machine = await enrolMachine(collector);
  const wire = await openSession(t, collector.url, machine);
  const count = 6000;
  const start = Date.now() - count;
  for (let seq = 0; seq < count; seq++) wire.send(reportOf(wire.stream, seq, { at: start + seq }));
  const refuse = await wire.answer('refuse');
  assert.equal(refuse.code, 'RATE_LIMITED');
  assert.ok((refuse.retryAfterMs ?? 0) > 0);
  await allIsWell();
  wire.close();
  // Not all answers of the flood are here yet: a new connection says where the stream stands.
  const again = await openSession(t, collector.url, machine, wire.stream);
  assert.ok(again.next >= 1000 && again.next < count, `${again.next} taken of ${count}`);
  await until('the next report is let in', 30_000, async () => {
    again.send(reportOf(wire.stream, again.next));
    await until('an answer', 5000, () => again.inbox.some((f) => f.t === 'ack' || f.t === 'refuse'), 5);
    // An acknowledgement of the flood itself may still be under way.
    return again.inbox
      .splice(0)
      .some((f) => f.t === 'ack' && f.stream === wire.stream && f.seq >= again.next);
  });
  // What the flood had brought in before it ended may have been on its way to the disk when the second connection was welcomed.
  let stored = -1;
  await until('the stream to stand still', 30_000, async () => {
    const before = stored;
    stored = (await openSession(t, collector.url, machine, wire.stream)).next;
    return stored === before;
  });
  assert.ok(stored > again.next);
  await storedOnce(collector, machine.host, stored);
});

/** Bytes that a seed names. */
function randomBytesFrom(seed: number, length: number): Buffer {
  const next = randomFrom(seed);
  return Buffer.from(Array.from({ length }, () => Math.floor(next() * 256)));
}

function randomFrom(seed: number): () => number {
  let state = (seed * 2_654_435_761) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 2 ** 32;
  };
}

/** A good frame with pieces cut out, doubled, overwritten; or nothing but noise. */
function garbage(seed: number, stream: string): Buffer {
  const next = randomFrom(seed);
  const pick = (n: number) => Math.floor(next() * n);
  if (next() < 0.2) return randomBytesFrom(seed, pick(2000));
  const bytes = Buffer.from(JSON.stringify(reportOf(stream, pick(1000) + 1_000_000, { v: [pick(100), -1] })));
  const from = pick(bytes.length);
  const to = Math.min(bytes.length, from + pick(40));
  switch (pick(4)) {
    case 0:
      return bytes.subarray(0, from);
    case 1:
      return Buffer.concat([bytes.subarray(0, to), bytes.subarray(from)]);
    case 2:
      return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
    default:
      bytes.set(randomBytesFrom(seed, to - from), from);
      return bytes;
  }
}

test('a thousand frames of garbage are refused one by one; the next good frame is taken', async (t) => {
  const { collector, allIsWell } = await openScene(t);
  let machine = await enrolMachine(collector);
  const stream = newStream();
  let wire = await openSession(t, collector.url, machine, stream);
  await wire.report();
  for (let seed = 1; seed <= 1000; seed++) {
    // Ten of them end a connection; an agent that connects again too often is turned away, so each has its share only.
    if (seed % 250 === 0) {
      machine = await enrolMachine(collector);
      wire = await openSession(t, collector.url, machine, stream);
      await wire.report();
    }
    if (wire.ended()) wire = await openSession(t, collector.url, machine, stream);
    const bytes = garbage(seed, stream);
    // Half as text, where it may not even be UTF-8; half as bytes.
    wire.sendRaw(bytes, { binary: seed % 2 === 0 });
    await until(`an answer to garbage ${seed}`, 15_000, () => wire.ended() || wire.inbox.length > 0, 2);
    const [frame] = wire.inbox.splice(0);
    if (frame) assert.ok(frame.t === 'refuse' || frame.t === 'credit', `${seed}: ${JSON.stringify(frame)}`);
  }
  const last = await openSession(t, collector.url, machine, stream);
  assert.equal(last.next, 1);
  await last.report();
  await allIsWell();
  await storedOnce(collector, machine.host, 2);
});

test('a configuration that is not understood keeps either program from starting, and names file, key and mend', async (t) => {
  const folder = temporaryFolder(t);
  const data = join(folder, 'data');
  const table: [program: 'agent' | 'collector', yaml: string, code: ErrorCode, ...names: string[]][] = [
    ['collector', 'listne:\n  port: 1\n', 'CONFIG_UNKNOWN_KEY', 'listne', 'listen'],
    [
      'collector',
      'ingest:\n  framePerSecond: 5\n',
      'CONFIG_UNKNOWN_KEY',
      'ingest.framePerSecond',
      'framesPerSecond',
    ],
    [
      'collector',
      'channels:\n  mail:\n    - {host: a, from: a@b.c, to: [a@b.c], prot: 25}\n',
      'CONFIG_UNKNOWN_KEY',
      'prot',
      'port',
    ],
    ['collector', 'listen:\n  port: seven\n', 'CONFIG_BAD_VALUE', 'listen.port', '65535'],
    ['collector', 'listen:\n port: 1\n  host: x\n', 'CONFIG_SYNTAX', ':2:'],
    ['agent', 'intervall: 5s\n', 'CONFIG_UNKNOWN_KEY', 'intervall', 'interval'],
    ['agent', 'probes:\n  dsk: {}\n', 'CONFIG_UNKNOWN_KEY', 'probes.dsk', 'disk'],
    [
      'agent',
      'probes:\n  disk:\n    includes: [/]\n',
      'CONFIG_UNKNOWN_KEY',
      'probes.disk.includes',
      'include',
    ],
    ['agent', 'interval: 5 minutes\n', 'CONFIG_BAD_VALUE', 'interval', '30s'],
    ['agent', 'probes: {disk: [}\n', 'CONFIG_SYNTAX', ':1:'],
  ];
  for (const [name, yaml, code, ...names] of table) {
    const file = join(folder, `${name}.yaml`);
    writeFileSync(file, yaml);
    const command =
      name === 'agent'
        ? agentCommand('run', '--config', file, '--data', data)
        : collectorCommand('serve', '--config', file, '--data', data);
    const { status, text } = await runToEnd(command);
    assert.equal(status, 1, `${yaml}: ${text}`);
    for (const word of [code, file, ...names])
      assert.ok(text.includes(word), `${yaml}: no ${word} in ${text}`);
    assert.ok(!text.includes('    at '), `no stack for a person: ${text}`);
  }
});

test('a configured volume that vanishes is critical by name; the agent lives, reads its other disks and sees it come back', async (t) => {
  const volume = openVolume(t, 8);
  const mount = volume.path;
  const collector = await startCollector(t);
  const agent = await startAgent(t, collector, {
    config: { probes: { disk: { include: [mount], interval: '1s' } } },
  });
  const host = `/api/v1/hosts/${agent.hostId()}`;
  const { pid } = agent;
  interface Check {
    id: string;
    status: string;
    text: string | null;
  }
  const checks = async () => (await collector.api<{ items: Check[] }>(`${host}/checks`)).items;
  const isNow = (id: string, status: string) =>
    until(`${id} ${status}`, 30_000, async () =>
      (await checks()).find((c) => c.id === id && c.status === status),
    );
  await isNow(`disk:${mount}`, 'ok');
  const others = (await checks()).filter((c) => c.id.startsWith('disk:') && c.id !== `disk:${mount}`);
  assert.ok(others.length > 0, 'this machine has a real volume besides');

  volume.unmount();
  const gone = await isNow(`disk:${mount}`, 'critical');
  assert.match(gone.text ?? '', /未挂载/);
  const trail = await collector.api<{ items: { kind: string; subject: string; data: { code?: string } }[] }>(
    `${host}/events`,
  );
  assert.ok(
    trail.items.some((e) => e.kind === 'probe.failed' && e.data.code === 'PROBE_SUBJECT_MISSING'),
    JSON.stringify(trail.items),
  );
  assert.match(agent.output(), new RegExp(`PROBE_SUBJECT_MISSING.*${mount}|${mount}.*PROBE_SUBJECT_MISSING`));
  const status = await until('status says so', 30_000, async () => {
    const said = await runToEnd(agentCommand('status', '--data', join(agent.folder, 'data'), '--json'));
    return said.text.includes('PROBE_SUBJECT_MISSING') && said;
  });
  assert.equal(status.status, 1);
  for (const other of others) {
    const key = `disk_used_percent{path=${JSON.stringify(other.id.slice(5))}}`;
    const from = Date.now();
    await until(`${key} goes on`, 30_000, async () => {
      const reply = await chartOf(collector, agent.hostId(), key, {
        from,
        to: Date.now() + 1000,
        step: '1s',
      });
      return (reply.series[0]?.points.length ?? 0) >= 2;
    });
    assert.equal((await checks()).find((c) => c.id === other.id)?.status, other.status);
  }
  assert.ok(agent.running() && agent.pid === pid);

  volume.mount();
  await isNow(`disk:${mount}`, 'ok');
  await isNow('probe:disk', 'ok');
  assert.deepEqual(
    (await alertsOf(collector, 'firing')).filter((a) => a.subject === mount),
    [],
  );
});
