import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  COLUMNS,
  openWorld,
  SERIES,
  seriesId,
  streamId,
  type TestAgent,
  type World,
} from './testing/world.ts';

/** One enrolled agent past its handshake, with its columns declared. */
async function greeted(config: Record<string, unknown> = {}) {
  const world = await openWorld(config);
  const key = await world.enrol('a');
  const stream = streamId();
  const agent = world.dial('a', key);
  agent.greet([stream]);
  await world.settle();
  agent.say({ t: 'series', id: SERIES, columns: COLUMNS });
  return { ...world, key, agent, stream };
}

const codes = (world: Pick<World, 'ingest'>): object => ({ ...world.ingest.stats.refused });

test('a report is acknowledged once it is durable, then told to those who wait for reports', async () => {
  const { agent, stream, store, stored, settle, clock } = await greeted();
  store.held = true;
  agent.report(stream, 0, { at: clock.now() - 5000, off: 2000, v: [1.5, null] });
  agent.report(stream, 1);
  await settle();
  assert.equal(agent.last('ack'), undefined);
  assert.equal(stored.length, 0);
  store.release();
  await settle();
  assert.deepEqual(agent.last('ack'), { t: 'ack', stream, seq: 1 });
  assert.equal(agent.heard.filter((f) => f.t === 'ack').length, 1);
  assert.deepEqual(
    stored.map((r) => [r.host, r.columns, Array.from(r.values)]),
    [
      ['a', COLUMNS, [1.5, Number.NaN]],
      ['a', COLUMNS, [1, 50]],
    ],
  );
  assert.equal((stored[0]?.arrivedAt ?? 0) - (stored[0]?.at ?? 0), 3000);
});

test('repeats are acknowledged and discarded, a jump is refused with the expected number', async () => {
  const { agent, stream, store, settle, ingest } = await greeted();
  agent.report(stream, 0);
  agent.report(stream, 0);
  agent.report(stream, 2);
  await settle();
  agent.report(stream, 0);
  assert.equal(store.entries.length, 1);
  assert.deepEqual(agent.last('ack'), { t: 'ack', stream, seq: 0 });
  const refusal = agent.last('refuse');
  assert.deepEqual([refusal?.code, refusal?.seq, refusal?.expected], ['SEQUENCE_JUMP', 2, 1]);
  assert.equal(ingest.stats.duplicates, 2);
});

test('a gap is taken only where the stream stands, and is acknowledged like reports', async () => {
  const { agent, stream, store, settle } = await greeted();
  agent.report(stream, 0);
  agent.say({ t: 'gap', stream, from: 2, to: 5, reason: 'dropped' });
  assert.equal(agent.last('refuse')?.expected, 1);
  agent.say({ t: 'gap', stream, from: 1, to: 5, reason: 'dropped' });
  agent.report(stream, 6);
  await settle();
  assert.deepEqual(agent.last('ack'), { t: 'ack', stream, seq: 6 });
  assert.deepEqual(
    store.entries.map((e) => e.kind),
    ['row', 'gap', 'row'],
  );
});

test('when the store fails everything under way is refused, and all of it is taken again afterwards', async () => {
  const { agent, stream, store, settle, stored, logged } = await greeted();
  agent.report(stream, 0);
  await settle();
  store.held = true;
  store.failing = true;
  agent.report(stream, 1);
  await settle();
  agent.report(stream, 2);
  store.release();
  await settle();
  const refusal = agent.last('refuse');
  assert.deepEqual([refusal?.code, refusal?.stream, refusal?.expected], ['STORE_UNAVAILABLE', stream, 1]);
  assert.deepEqual(agent.last('ack'), { t: 'ack', stream, seq: 0 });
  store.failing = false;
  for (const seq of [1, 2, 3]) agent.report(stream, seq);
  await settle(3000);
  assert.deepEqual(agent.last('ack'), { t: 'ack', stream, seq: 3 });
  assert.deepEqual(
    stored.map((r) => r.values[0]),
    [0, 1, 2, 3],
  );
  assert.deepEqual(logged, ['reports cannot be stored; agents keep them', 'reports can be stored again']);
});

test('what a lost connection left on its way is acknowledged on the next one, and a resend is not stored twice', async () => {
  const { agent, stream, store, settle, key, ...world } = await greeted();
  store.held = true;
  agent.report(stream, 0);
  await settle();
  agent.connection.ended('reset');
  const next = world.dial('a', key);
  next.greet([stream]);
  await settle();
  assert.deepEqual(next.last('welcome')?.watermarks, { [stream]: -1 });
  next.say({ t: 'series', id: SERIES, columns: COLUMNS });
  next.report(stream, 0);
  store.release();
  await settle();
  assert.deepEqual(next.last('ack'), { t: 'ack', stream, seq: 0 });
  assert.equal(store.entries.length, 1);
});

test('a hello is refused by name: unknown host, wrong signature, revoked, a copy on another machine', async () => {
  const world = await openWorld();
  const key = await world.enrol('a');
  const refusedWith = async (agent: ReturnType<World['dial']>): Promise<string | undefined> => {
    agent.greet([]);
    await world.settle();
    assert.notEqual(agent.closed, undefined);
    return agent.last('refuse')?.code;
  };
  assert.equal(await refusedWith(world.dial('nobody', key)), 'NOT_ENROLLED');
  assert.equal(await refusedWith(world.dial('a', await world.enrol('b'))), 'BAD_SIGNATURE');
  assert.equal(await refusedWith(world.dial('a', key, 'f2')), 'CLONED_KEY');
  assert.equal(await refusedWith(world.dial('a', key, 'f2')), 'CLONED_KEY');
  await world.state.updateTable('hosts').set({ revokedAt: 1 }).execute();
  assert.equal(await refusedWith(world.dial('a', key)), 'REVOKED');
  const audit = await world.state.selectFrom('audit').selectAll().execute();
  assert.deepEqual(
    audit.map((row) => [row.what, row.subject]),
    [['host.cloned-key', 'a']],
  );
  assert.deepEqual(world.presence, []);
});

test('a recorded hello is worth nothing on another connection', async () => {
  const world = await openWorld();
  const key = await world.enrol('a');
  const first = world.dial('a', key);
  const recorded = first.helloFrame([]);
  const second = world.dial('a', key);
  second.say(recorded);
  await world.settle();
  assert.equal(second.last('refuse')?.code, 'BAD_SIGNATURE');
});

test('frames before the handshake, a second hello and a slow handshake end the connection', async () => {
  const { agent, settle, key, clock, stream, ...world } = await greeted();
  const early = world.dial('a', key);
  early.report(stream, 0);
  assert.equal(early.closed, 'FRAME_UNEXPECTED');
  agent.say(agent.helloFrame([]));
  assert.equal(agent.closed, 'FRAME_UNEXPECTED');
  const slow = world.dial('a', key);
  clock.advance(6_000);
  await settle();
  assert.equal(slow.closed, 'HANDSHAKE_TIMEOUT');
});

test('a newer session of the same machine takes the place of the older one', async () => {
  const { agent, key, settle, presence, ...world } = await greeted();
  const newer = world.dial('a', key);
  newer.greet([]);
  await settle();
  assert.equal(agent.closed, 'REPLACED');
  assert.ok(newer.last('welcome'));
  assert.deepEqual(presence, ['hello a', 'closed a replaced', 'hello a']);
  assert.equal(world.ingest.stats.sessions, 1);
});

test('reports dated too far ahead or five years back are refused and move nothing', async () => {
  const { agent, stream, settle, clock, ...world } = await greeted();
  agent.report(stream, 0, { at: clock.now() + 11 * 60_000 });
  agent.report(stream, 0, { at: clock.now() - 6 * 366 * 86_400_000 });
  assert.deepEqual(codes(world), { FUTURE_DATED: 1, PAST_DATED: 1 });
  // The same instant is fine once the offset is known.
  agent.say({ t: 'clock', offsetMs: -11 * 60_000, rttMs: 3 });
  agent.report(stream, 0, { at: clock.now() + 11 * 60_000, off: null });
  await settle();
  assert.deepEqual(agent.last('ack'), { t: 'ack', stream, seq: 0 });
  assert.deepEqual(world.offsets, [-660_000]);
});

test('a report whose own offset became impossible is dated by the offset measured last, whichever clock was set', async () => {
  const { agent, stream, settle, clock, key, ...world } = await greeted();
  const dayMs = 86_400_000;
  agent.say({ t: 'clock', offsetMs: -dayMs, rttMs: 3 });
  // Collected while the collector's clock was a day ahead; the agent's own is a day ahead all the time.
  agent.report(stream, 0, { at: clock.now() + dayMs, off: 0 });
  // By HTTP each post is a session of its own.
  const next = world.dial('a', key);
  next.greet([stream]);
  await settle();
  next.say({ t: 'series', id: SERIES, columns: COLUMNS });
  next.report(stream, 1, { at: clock.now() + dayMs, off: null });
  await settle();
  assert.deepEqual(next.last('ack'), { t: 'ack', stream, seq: 1 });
  assert.deepEqual(codes(world), {});
});

test('a gap is dated by the offset too, and has no date where the clock was too wrong', async () => {
  const { agent, stream, settle, clock, ...world } = await greeted();
  const at = clock.now();
  const hourMs = 3_600_000;
  const gap = { t: 'gap', stream, reason: 'dropped' } as const;
  agent.say({ t: 'clock', offsetMs: -hourMs, rttMs: 3 });
  agent.say({ ...gap, from: 0, to: 1, fromAt: at, toAt: at + hourMs });
  agent.say({ ...gap, from: 2, to: 3, fromAt: at + 99 * hourMs, toAt: at + 99 * hourMs });
  await settle();
  const gaps = world.store.entries.filter((entry) => entry.kind === 'gap');
  assert.deepEqual(
    gaps.map(({ from, fromAt, toAt }) => ({ from, fromAt, toAt })),
    [
      { from: 0, fromAt: at - hourMs, toAt: at },
      { from: 2, fromAt: undefined, toAt: undefined },
    ],
  );
});

test('malformed frames are refused by number where it can be read, and the tenth ends the connection', async () => {
  const { agent, stream, settle } = await greeted();
  agent.say(`{"t":"report","stream":"${stream}","seq":0,"v":"x"}`);
  assert.deepEqual(
    [agent.last('refuse')?.code, agent.last('refuse')?.stream, agent.last('refuse')?.seq],
    ['FRAME_MALFORMED', stream, 0],
  );
  for (let i = 0; i < 8; i++) agent.say('{"t":');
  assert.equal(agent.closed, undefined);
  agent.report(stream, 0);
  await settle();
  assert.deepEqual(agent.last('ack'), { t: 'ack', stream, seq: 0 });
  agent.say('[]');
  assert.equal(agent.closed, 'FRAME_MALFORMED');
});

test('columns must hash to their id, be series keys, name no host, and stay within the limit', async () => {
  const { agent, stream, ...world } = await greeted({ seriesPerHost: 3 });
  const declare = (columns: string[], id?: string): void => {
    const hash = id ?? seriesId(columns);
    agent.say({ t: 'series', id: hash, columns });
  };
  declare(['a'], '0'.repeat(16));
  declare(['a b']);
  declare(['up{host="b"}']);
  declare(['x', 'y']);
  assert.deepEqual(codes(world), { SERIES_CHANGED: 1, FRAME_MALFORMED: 2, SERIES_LIMIT: 1 });
  agent.report(stream, 0, { series: '0'.repeat(16) });
  assert.equal(agent.last('refuse')?.code, 'SERIES_UNKNOWN');
  agent.report(stream, 0, { v: [1] });
  assert.equal(agent.last('refuse')?.code, 'FRAME_MALFORMED');
});

test('an agent that declares ever new lists of columns is stopped; lists known from before cost nothing', async () => {
  const { agent, clock } = await greeted();
  const declare = (n: number): void => {
    const columns = [`disk_used{path="/${n}"}`];
    agent.say({ t: 'series', id: seriesId(columns), columns });
  };
  for (let n = 0; n < 99; n++) declare(n);
  assert.equal(agent.last('refuse'), undefined);
  declare(99);
  assert.equal(agent.last('refuse')?.code, 'RATE_LIMITED');
  clock.advance(60_000);
  for (let n = 0; n < 99; n++) declare(n);
  assert.equal(agent.heard.filter((f) => f.t === 'refuse').length, 1);
});

test('an agent over its budget is told when to come back, and one that goes on is not read from for a while', async () => {
  const { agent, stream, settle, clock, ingest } = await greeted({ framesPerSecond: 10, frameBurst: 5 });
  for (let seq = 0; seq < 8; seq++) agent.report(stream, seq);
  assert.equal(agent.last('refuse')?.code, 'RATE_LIMITED');
  assert.ok((agent.last('refuse')?.retryAfterMs ?? 0) > 0);
  assert.equal(agent.last('refuse')?.stream, stream);
  assert.ok(agent.paused > 0 && ingest.stats.pauses > 0);
  await settle(6_000);
  assert.equal(agent.paused, 0);
  const next = (agent.last('ack')?.seq ?? -1) + 1;
  clock.advance(1000);
  agent.report(stream, next);
  await settle();
  assert.equal(agent.last('ack')?.seq, next);
});

test('what comes in a pause is dropped unseen, and one word says that all of it is to be sent again', async () => {
  const { agent, stream, store, settle, clock, ingest } = await greeted({
    framesPerSecond: 10,
    frameBurst: 5,
  });
  for (let seq = 0; seq < 40; seq++) agent.report(stream, seq);
  await settle(60);
  assert.equal(agent.heard.filter((f) => f.t === 'refuse').length, 3);
  assert.equal(ingest.stats.dropped, 33);
  await settle(300);
  const word = agent.last('refuse');
  assert.deepEqual([word?.code, word?.stream, word?.seq], ['RATE_LIMITED', undefined, undefined]);
  assert.match(word?.message ?? '', /33 frames/);
  for (let seq = (agent.last('ack')?.seq ?? -1) + 1; seq < 40; seq++) {
    clock.advance(100);
    agent.report(stream, seq);
  }
  await settle();
  assert.equal(agent.last('ack')?.seq, 39);
  assert.equal(store.watermark('a', stream), 39);
});

test('an agent that does not heed its pauses is paused for ever longer; one that does is forgiven', async () => {
  const { agent, clock } = await greeted({ framesPerSecond: 10, frameBurst: 5 });
  const pauses: number[] = [];
  for (let round = 0; round < 7; round++) {
    for (let n = 0; n < 400; n++) agent.say({ t: 'beat', n, at: 1 });
    const before = clock.now();
    while (agent.paused > 0) clock.advance(50);
    pauses.push(clock.now() - before);
  }
  assert.deepEqual(pauses, [250, 500, 1000, 2000, 4000, 5000, 5000]);
  clock.advance(10_000);
  for (let n = 0; n < 20; n++) agent.say({ t: 'beat', n, at: 1 });
  while (agent.paused > 0) clock.advance(50);
  for (let n = 0; n < 20; n++) agent.say({ t: 'beat', n, at: 1 });
  const before = clock.now();
  while (agent.paused > 0) clock.advance(50);
  assert.equal(clock.now() - before, 250);
});

test('events cost more than the frame that brings them, and an agent that sends too many is paused at once', async () => {
  const { agent, stream, settle } = await greeted({ framesPerSecond: 10, frameBurst: 50 });
  const events = Array.from({ length: 8 }, (_, i) => ({
    at: i,
    kind: 'host.boot' as const,
    subject: `s${i}`,
  }));
  agent.report(stream, 0, { events });
  assert.equal(agent.last('refuse'), undefined);
  agent.report(stream, 1, { events });
  const { code, seq } = agent.last('refuse') ?? {};
  assert.deepEqual([code, seq, agent.paused], ['RATE_LIMITED', 1, 1]);
  await settle(6_000);
  agent.report(stream, 1, { events });
  await settle();
  assert.equal(agent.last('ack')?.seq, 1);
});

test('an agent that connects again and again is told when to come back, and let go only after a while', async () => {
  const { key, settle, clock, ...world } = await greeted();
  const again = async () => {
    const agent = world.dial('a', key);
    agent.greet([]);
    await settle(3);
    return agent;
  };
  let agent = await again();
  for (let n = 0; n < 100 && agent.last('welcome'); n++) agent = await again();
  assert.equal(agent.last('refuse')?.code, 'RATE_LIMITED');
  assert.ok((agent.last('refuse')?.retryAfterMs ?? 0) > 0);
  assert.deepEqual([agent.closed, agent.paused], [undefined, 1]);
  clock.advance(2_000);
  assert.equal(agent.closed, 'RATE_LIMITED');
  assert.notEqual((await again()).last('welcome'), undefined);
});

test('a stranger who names a host does not use up what its agent may do', async () => {
  const { key, settle, ...world } = await greeted();
  const stranger = await world.enrol('b');
  for (let n = 0; n < 200; n++) {
    world.dial('a', stranger).greet([]);
    await settle(3);
  }
  const agent = world.dial('a', key);
  agent.greet([]);
  await settle(3);
  assert.notEqual(agent.last('welcome'), undefined);
});

test('a connection on which nothing comes is closed as timed out; beats and time are answered', async () => {
  const { agent, settle, clock, presence } = await greeted();
  agent.say({ t: 'beat', n: 7, at: 1 });
  assert.equal(agent.last('beat')?.n, 7);
  agent.say({ t: 'time', n: 1, a: 5 });
  assert.deepEqual(agent.last('time'), { t: 'time', n: 1, a: 5, c: clock.now() });
  await settle(46_000);
  assert.equal(agent.closed, 'IDLE');
  assert.equal(presence.at(-1), 'closed a timeout');
});

test('a goodbye is told with its reason, and the close after it is called goodbye', async () => {
  const { agent, presence } = await greeted();
  agent.say({ t: 'goodbye', reason: 'shutdown' });
  agent.connection.ended('closed');
  assert.deepEqual(presence, ['hello a', 'goodbye a shutdown', 'closed a goodbye']);
});

test('a collector that did not run for a while, or whose clock was set, blames nobody for the silence', async () => {
  const { agent, ...world } = await greeted();
  const early = world.dial('b', await world.enrol('b'));
  world.clock.step(3_600_000);
  await world.settle(3_000);
  assert.deepEqual([agent.closed, early.closed], [undefined, undefined]);
  await world.settle(3_000);
  assert.deepEqual([agent.closed, early.closed], [undefined, 'HANDSHAKE_TIMEOUT']);
});

test('an agent that does not read its answers is first held, then let go', async () => {
  const { agent } = await greeted();
  agent.buffered = 2 * 1024 ** 2;
  agent.say({ t: 'beat', n: 0, at: 1 });
  assert.equal(agent.paused, 1);
  agent.buffered = 5 * 1024 ** 2;
  agent.say({ t: 'beat', n: 1, at: 1 });
  assert.notEqual(agent.closed, undefined);
});

test('the fleet shares one pool of history credit, and what one gives back goes to those who wait', async () => {
  const world = await openWorld({ historyPool: '64KiB' });
  const agents: TestAgent[] = [];
  for (const id of ['a', 'b', 'c']) {
    const agent = world.dial(id, await world.enrol(id));
    agent.greet([streamId(), streamId()]);
    await world.settle();
    agents.push(agent);
  }
  const kib = (bytes: number | undefined): number => (bytes ?? 0) / 1024;
  const credits = (): number[] => agents.map((agent) => kib(agent.last('credit')?.creditBytes));
  assert.deepEqual(
    agents.map((agent) => kib(agent.last('welcome')?.creditBytes)),
    [0, 0, 0],
  );
  await world.settle(1_000);
  assert.deepEqual(credits(), [32, 32, 0]);
  agents[0]?.connection.ended('reset');
  await world.settle(250);
  assert.deepEqual(credits(), [32, 32, 32]);
});

test('a revoked host loses its live session though another process revoked it', async () => {
  const { agent, settle, state } = await greeted();
  await state.updateTable('hosts').set({ revokedAt: 1 }).execute();
  await settle(6_000);
  assert.equal(agent.closed, 'REVOKED');
});

test('a check result of before our own clock was set back gives way', async () => {
  const { agent, stream, settle, state, clock } = await greeted();
  const at = clock.now();
  const host = await state.selectFrom('hosts').select('id').executeTakeFirst();
  await state
    .insertInto('checks')
    .values({
      hostId: host?.id ?? '',
      checkId: 'service:nginx',
      status: 'ok',
      text: null,
      since: 1,
      updatedAt: at + 3_600_000,
    })
    .execute();
  agent.report(stream, 0, { at, checks: [{ id: 'service:nginx', status: 'critical' }] });
  await settle(3_000);
  const [check] = await state.selectFrom('checks').selectAll().execute();
  assert.deepEqual([check?.status, check?.updatedAt], ['critical', at]);
});

test('check results and events are in the state database before the report is acknowledged, and repeats change nothing', async () => {
  const { agent, stream, store, settle, state, clock } = await greeted();
  const at = clock.now();
  const down = { id: 'service:nginx', status: 'critical', text: '未运行' } as const;
  const events = [{ at: at - 1000, kind: 'service.down', subject: 'nginx', data: { pid: 7 } } as const];
  const told = { at, checks: [down], events: [...events] };
  store.failing = true;
  agent.report(stream, 0, told);
  await settle();
  assert.equal(agent.last('ack'), undefined);
  store.failing = false;
  agent.report(stream, 0, told);
  agent.report(stream, 1, { at: at - 60_000, checks: [{ id: 'service:nginx', status: 'ok' }] });
  await settle(3_000);
  assert.equal(agent.last('ack')?.seq, 1);
  const checks = await state.selectFrom('checks').selectAll().execute();
  assert.deepEqual(
    checks.map((c) => [c.checkId, c.status, c.text, c.since]),
    [['service:nginx', 'critical', '未运行', at]],
  );
  const rows = await state.selectFrom('events').selectAll().execute();
  assert.deepEqual(
    rows.map((e) => [e.kind, e.subject, e.at, e.data]),
    [['service.down', 'nginx', at - 1000, '{"pid":7}']],
  );
});

test('a handshake teaches the boot, version and clock offset of the host', async () => {
  const { agent, settle, state } = await greeted();
  agent.say({ t: 'clock', offsetMs: 120, rttMs: 3 });
  await settle();
  const host = await state.selectFrom('hosts').selectAll().executeTakeFirstOrThrow();
  assert.deepEqual([host.boot, host.agentVersion, host.offsetMs], ['b1', '0.1.0', 120]);
});

test('stopping makes durable and acknowledges what was accepted, then closes', async () => {
  const { agent, stream, ingest, presence } = await greeted();
  agent.report(stream, 0);
  await ingest.stop();
  assert.deepEqual(agent.last('ack'), { t: 'ack', stream, seq: 0 });
  assert.equal(agent.closed, 'STOPPING');
  assert.equal(presence.at(-1), 'closed a collector');
});
