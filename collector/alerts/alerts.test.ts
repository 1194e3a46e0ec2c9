import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';
import { readConfig } from '../../shared/config/schema.ts';
import { isNamedError } from '../../shared/errors.ts';
import { channelsConfig, openChannels } from '../notifiers/index.ts';
import { fakeChannel, MINUTE, SECOND, startWorld, told, type World } from './testing.ts';

const UP = { 'service_up{name="nginx"}': 1 };
const DOWN = { 'service_up{name="nginx"}': 0 };

test('tells one firing and one recovery by mail for a service that dies and comes back', async (t) => {
  const mails: ParsedMail[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onData: (stream, _session, done) =>
      void simpleParser(stream).then((mail) => done(void mails.push(mail) as never)),
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  t.after(() => new Promise<void>((done) => server.close(done)));
  const { port } = server.server.address() as AddressInfo;
  const channels = openChannels(
    readConfig(channelsConfig, {
      mail: [
        {
          host: '127.0.0.1',
          port,
          secure: 'plain',
          from: 'niswatch <w@example.com>',
          to: ['duty@example.com'],
        },
      ],
    }),
  );
  t.after(async () => {
    for (const channel of channels) await channel.notifier.close?.();
  });
  const world = await startWorld(t, { channels });
  await world.pass(20 * SECOND, { h1: UP });
  await world.pass(30 * SECOND, { h1: DOWN });
  assert.deepEqual(
    mails.map((mail) => mail.subject),
    ['【严重】市一院 nis-db：服务 nginx 已停止'],
  );
  await world.pass(40 * SECOND, { h1: UP });
  assert.equal(mails[1]?.subject, '【恢复】市一院 nis-db：服务 nginx 已停止');
  assert.equal(mails.length, 2);
  assert.deepEqual(mails[1]?.references, mails[0]?.references);
});

test('fires within 15 s of the first bad report and resolves within 25 s of the first good one', async (t) => {
  const world = await startWorld(t);
  await world.pass(10 * SECOND, { h1: UP });
  const killedAt = world.clock.now();
  await world.pass(30 * SECOND, { h1: DOWN });
  assert.ok((world.sent[0]?.at ?? Infinity) - killedAt <= 15 * SECOND);
  const startedAt = world.clock.now();
  await world.pass(30 * SECOND, { h1: UP });
  assert.ok((world.sent[1]?.at ?? Infinity) - startedAt <= 25 * SECOND);
  assert.deepEqual(told(world), ['firing nginx', 'resolved nginx']);
});

test('a restart at any second of the story changes nothing that people are told', async (t) => {
  for (const restartAt of [6, 12, 14, 17, 30, 36, 44, 50, 53]) {
    const world = await startWorld(t);
    const story = (second: number): Record<string, number> => (second > 10 && second <= 32 ? DOWN : UP);
    for (let second = 1; second <= 70; second++) {
      if (second === restartAt) await world.restart();
      if (second % 5 === 1) world.report('h1', story(second));
      world.clock.advance(SECOND);
      await world.alerts.run();
    }
    assert.deepEqual(told(world), ['firing nginx', 'resolved nginx'], `restart at ${restartAt} s`);
  }
});

test('forty services that die together are one message', async (t) => {
  const world = await startWorld(t);
  const all = (value: number): Record<string, number> =>
    Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`service_up{name="s${i}"}`, value]));
  await world.pass(10 * SECOND, { h1: all(1) });
  await world.pass(30 * SECOND, { h1: all(0) });
  await world.pass(60 * SECOND, { h1: all(1) });
  assert.deepEqual(
    world.sent.map((n) => `${n.kind} ${n.alerts.length}`),
    ['firing 40', 'resolved 40'],
  );
});

test('data that arrives late never fires', async (t) => {
  const world = await startWorld(t);
  await world.pass(10 * SECOND, { h1: UP });
  const at = world.clock.now() - 5_000;
  for (let i = 0; i < 20; i++) {
    const [columns, values] = [Object.keys(DOWN), Object.values(DOWN)];
    world.fleet.stored({ host: 'h1', at: at - i * SECOND, arrivedAt: world.clock.now(), columns, values });
    await world.pass(SECOND);
  }
  assert.equal(world.sent.length, 0);
});

test('a host that is not heard of neither fires nor resolves what it had', async (t) => {
  const world = await startWorld(t);
  await world.pass(30 * SECOND, { h1: DOWN });
  world.say('h1', 'suspect');
  await world.pass(10 * MINUTE);
  assert.deepEqual(told(world), ['firing nginx']);
  world.say('h1', 'up');
  await world.pass(30 * SECOND, { h1: UP });
  assert.deepEqual(told(world), ['firing nginx', 'resolved nginx']);
});

test('an unreachable channel gets the page when it is back', async (t) => {
  const world = await startWorld(t);
  world.broken.set('a', 'CHANNEL_UNREACHABLE');
  await world.pass(30 * SECOND, { h1: DOWN });
  assert.deepEqual(told(world), []);
  world.broken.clear();
  await world.pass(6 * MINUTE, { h1: DOWN });
  assert.deepEqual(told(world), ['firing nginx']);
});

test('a page that could not leave before the recovery is told by the recovery', async (t) => {
  const world = await startWorld(t);
  world.broken.set('a', 'CHANNEL_UNREACHABLE');
  await world.pass(30 * SECOND, { h1: DOWN });
  await world.pass(60 * SECOND, { h1: UP });
  world.broken.clear();
  await world.pass(6 * MINUTE, { h1: UP });
  assert.deepEqual(told(world), ['resolved nginx']);
  assert.ok((world.sent[0]?.alerts[0]?.firingAt ?? 0) < (world.sent[0]?.alerts[0]?.resolvedAt ?? 0));
  const rows = await world.state.selectFrom('outbox').select(['kind', 'state', 'dropReason']).execute();
  assert.deepEqual(
    rows.map((row) => `${row.kind} ${row.state} ${row.dropReason ?? ''}`),
    ['firing dropped resolved before it could be sent; the recovery tells both', 'resolved delivered '],
  );
});

test('a channel that refuses for good is dropped with its reason, and the platform raises an alert', async (t) => {
  const sent: World['sent'] = [];
  const broken: World['broken'] = new Map([['a', 'CHANNEL_REJECTED']]);
  const channels = [fakeChannel({ sent, broken }, 'a'), fakeChannel({ sent, broken }, 'b')];
  const world = await startWorld(t, { channels });
  await world.pass(40 * SECOND, { h1: DOWN });
  assert.deepEqual(
    sent.map((n) => `${n.channel} ${n.hospital.name} ${n.alerts[0]?.subject}`),
    ['b 市一院 nginx', 'b 监控平台 a'],
  );
  const row = await world.state
    .selectFrom('outbox')
    .where('channel', '=', 'a')
    .selectAll()
    .executeTakeFirst();
  assert.match(row?.dropReason ?? '', /^rejected: a is broken/);
});

test('an acknowledged alert is on record with who and why, and cannot be taken twice', async (t) => {
  const world = await startWorld(t);
  const changes: string[] = [];
  world.alerts.subscribe((change) => changes.push(change.alertId));
  await world.pass(30 * SECOND, { h1: DOWN });
  const id = world.sent[0]?.alerts[0]?.id ?? '';
  await assert.rejects(world.alerts.acknowledge(id, '王工', '', 'p2'), (e) => isNamedError(e, 'NOT_FOUND'));
  await world.alerts.acknowledge(id, '王工', '正在处理');
  await assert.rejects(world.alerts.acknowledge(id, '李工', ''), (e) => isNamedError(e, 'CONFLICT'));
  await assert.rejects(world.alerts.acknowledge('none', '李工', ''), (e) => isNamedError(e, 'NOT_FOUND'));
  const row = await world.state.selectFrom('alerts').where('id', '=', id).selectAll().executeTakeFirst();
  assert.deepEqual([row?.state, row?.acknowledgedBy, row?.note], ['acknowledged', '王工', '正在处理']);
  assert.deepEqual(changes, [id, id]);
  await world.pass(60 * SECOND, { h1: UP });
  assert.deepEqual(told(world), ['firing nginx', 'resolved nginx']);
});

test('flapping reopens the same alert and stays within one message a minute after the first two', async (t) => {
  const world = await startWorld(t);
  for (let i = 0; i < 8; i++) {
    await world.pass(20 * SECOND, { h1: DOWN });
    await world.pass(40 * SECOND, { h1: UP });
  }
  const ids = new Set(world.sent.flatMap((n) => n.alerts.map((a) => a.id)));
  assert.equal(ids.size, 1);
  assert.ok(world.sent.length <= 9, `${world.sent.length} messages in 8 min`);
  const log = await world.state.selectFrom('alertLog').where('note', '=', 'reopened').selectAll().execute();
  assert.ok(log.length >= 6);
});

test('sends one canary a day through every channel, and none at the first start', async (t) => {
  // 08:59 in Shanghai.
  const world = await startWorld(t, { startAt: Date.UTC(2026, 10, 22, 0, 59) });
  await world.pass(30 * SECOND);
  assert.equal(world.sent.length, 0);
  await world.pass(2 * MINUTE);
  await world.restart();
  await world.pass(MINUTE);
  assert.deepEqual(
    world.sent.map((n) => n.kind),
    ['canary'],
  );
  world.clock.advance(24 * 60 * MINUTE);
  await world.pass(MINUTE);
  assert.equal(world.sent.length, 2);
});

test('what a revoked host had open is resolved', async (t) => {
  const world = await startWorld(t);
  await world.pass(30 * SECOND, { h1: DOWN });
  await world.state.updateTable('hosts').set({ revokedAt: 1 }).where('id', '=', 'h1').execute();
  await world.fleet.refresh();
  await world.pass(30 * SECOND);
  assert.deepEqual(told(world), ['firing nginx', 'resolved nginx']);
});

test('a hospital that falls silent as a whole is one alert and one message', async (t) => {
  const world = await startWorld(t);
  await world.pass(10 * SECOND, { h1: UP, h2: UP });
  for (const host of ['h1', 'h2']) world.say(host, 'site-silent');
  await world.pass(5 * MINUTE);
  assert.deepEqual(told(world), ['firing site']);
  assert.equal(world.sent[0]?.host, undefined);
  await world.restart();
  world.say('h1', 'up');
  await world.pass(30 * SECOND, { h1: UP });
  assert.deepEqual(told(world), ['firing site'], 'the other host is still cut off');
  world.say('h2', 'up');
  await world.pass(30 * SECOND, { h1: UP, h2: UP });
  assert.deepEqual(told(world), ['firing site', 'resolved site']);
});

test('a host alert stays open, untold, while its whole hospital is silent', async (t) => {
  const world = await startWorld(t);
  await world.pass(10 * SECOND, { h1: UP, h2: UP });
  world.say('h1', 'silent');
  await world.pass(30 * SECOND, { h2: UP });
  for (const host of ['h1', 'h2']) world.say(host, 'site-silent');
  await world.pass(2 * MINUTE);
  assert.deepEqual(told(world), ['firing ', 'firing site']);
});

test('silence holds back what was about to fire, on record', async (t) => {
  const world = await startWorld(t);
  await world.pass(10 * SECOND, { h1: UP });
  world.report('h1', DOWN);
  await world.pass(SECOND);
  world.say('h1', 'suspect');
  await world.pass(30 * SECOND);
  world.say('h1', 'silent');
  await world.pass(5 * MINUTE);
  assert.deepEqual(told(world), ['firing ']);
  const log = await world.state.selectFrom('alertLog').where('what', '=', 'inhibited').selectAll().execute();
  assert.equal(log.length, 1);
});

test('stopped, shut down, suspect or collector away are no alert', async (t) => {
  const world = await startWorld(t);
  for (const word of ['stopped', 'shutdown', 'suspect', 'collector-away'] as const) {
    world.say('h1', word);
    await world.pass(3 * MINUTE);
  }
  assert.equal(world.sent.length, 0);
});

test('a warning that becomes critical is told again at once, and once more when it is over', async (t) => {
  const world = await startWorld(t);
  const disk = (percent: number): Record<string, number> => ({ 'disk_used_percent{path="/"}': percent });
  await world.pass(30 * SECOND, { h1: disk(90) });
  await world.pass(10 * SECOND, { h1: disk(96) });
  assert.deepEqual(
    world.sent.map((n) => `${n.kind} ${n.alerts[0]?.severity}`),
    ['firing warning', 'firing critical'],
  );
  await world.pass(2 * MINUTE, { h1: disk(94) });
  assert.equal(world.sent.length, 2, 'inside the hysteresis nothing changes');
  await world.pass(MINUTE, { h1: disk(50) });
  assert.deepEqual(told(world), ['firing /', 'firing /', 'resolved /']);
});

test('the recovery waits until everything that its message told is over', async (t) => {
  const world = await startWorld(t);
  const both = (a: number, b: number): Record<string, number> => ({
    'service_up{name="a"}': a,
    'service_up{name="b"}': b,
  });
  await world.pass(30 * SECOND, { h1: both(0, 0) });
  await world.pass(2 * MINUTE, { h1: both(1, 0) });
  assert.deepEqual(told(world), ['firing a,b']);
  await world.pass(MINUTE, { h1: both(1, 1) });
  assert.equal(world.sent[1]?.kind, 'resolved');
  assert.equal(world.sent[1]?.alerts.length, 2);
});
