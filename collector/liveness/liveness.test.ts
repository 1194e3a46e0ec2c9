import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { many, show, sim, START } from './testing.ts';
import type { VerdictWord } from './verdict.ts';

test('a host is never-seen until its first hello and up after it', () => {
  const s = sim({ h: ['a'] });
  s.pass(600);
  assert.equal(s.word('a'), 'never-seen');
  s.hello('a');
  s.pass(600);
  assert.deepEqual([s.word('a'), s.kinds('a')], ['up', ['first-hello']]);
});

test('a quiet host is suspect after 30 s and silent after 120 s, each with its evidence', () => {
  const s = sim({ h: ['a'] });
  s.greetAll();
  s.pass(10);
  s.fall('a');
  s.pass(29);
  assert.equal(s.word('a'), 'up');
  s.pass(1);
  assert.deepEqual([s.word('a'), s.kinds('a')], ['suspect', ['last-heard', 'no-frame']]);
  s.pass(89);
  assert.equal(s.word('a'), 'suspect');
  s.pass(1);
  assert.deepEqual([s.word('a'), s.kinds('a')], ['silent', ['last-heard', 'no-frame']]);
  const text = s.fleet.hosts.get('a')?.verdict.evidence[0]?.text;
  assert.equal(text?.zh, '最后一次收到数据：2026-06-01 10:00:10，已过去2 分钟');
  assert.equal(text?.en, 'Last heard at 2026-06-01 10:00:10, 2 min ago');
});

const closings: [how: 'closed' | 'reset' | 'timeout', kind: string][] = [
  ['closed', 'closed-without-goodbye'],
  ['reset', 'reset-without-goodbye'],
  ['timeout', 'no-answer'],
];
for (const [how, kind] of closings) {
  test(`a connection that ends as "${how}" makes the host suspect at once and says ${kind}`, () => {
    const s = sim({ h: ['a'] });
    s.greetAll();
    s.drop('a', how);
    assert.deepEqual([s.word('a'), s.kinds('a')], ['suspect', ['last-heard', kind]]);
    s.pass(130);
    assert.deepEqual([s.word('a'), s.kinds('a')], ['silent', ['last-heard', kind]]);
  });
}

test('a connection replaced by a newer one, or closed by a stopping collector, says nothing of the host', () => {
  const s = sim({ h: ['a'] });
  s.greetAll();
  s.give({ kind: 'closed', host: 'a', how: 'replaced' });
  s.give({ kind: 'closed', host: 'a', how: 'collector' });
  assert.equal(s.word('a'), 'up');
});

const goodbyes: [reason: 'stop' | 'shutdown', word: VerdictWord][] = [
  ['stop', 'stopped'],
  ['shutdown', 'shutdown'],
];
for (const [reason, word] of goodbyes) {
  test(`after a goodbye for ${reason} the host is ${word} until its next hello, however long`, () => {
    const s = sim({ h: ['a'] });
    s.greetAll();
    s.give({ kind: 'goodbye', host: 'a', reason });
    s.drop('a', 'closed');
    s.give({ kind: 'heard', host: 'a' });
    s.pass(3600);
    assert.equal(s.word('a'), word);
    s.hello('a', { startedAt: 2, end: 'orderly' });
    assert.equal(s.word('a'), 'up');
    assert.equal(s.downs().length, 0);
  });
}

test('a goodbye for an update gives five minutes, then the silence counts', () => {
  const s = sim({ h: ['a'] });
  s.greetAll();
  s.give({ kind: 'goodbye', host: 'a', reason: 'update' });
  s.drop('a', 'closed');
  s.pass(295);
  assert.equal(s.word('a'), 'up');
  s.pass(10);
  assert.notEqual(s.word('a'), 'up');
});

const returns: [
  what: string,
  hello: Parameters<ReturnType<typeof sim>['hello']>[1],
  kind: string,
  spans: string[],
][] = [
  [
    'the host crashed',
    { boot: 'b2', startedAt: 560_000, end: 'unknown' },
    'host-crashed',
    ['crashed 10-500', 'up 500-610'],
  ],
  [
    'the host was shut down',
    { boot: 'b2', startedAt: 560_000, end: 'orderly' },
    'host-shut-down',
    ['shutdown 10-500', 'up 500-610'],
  ],
  [
    'the agent crashed',
    { startedAt: 560_000, end: 'unknown' },
    'agent-crashed',
    ['agent-lost 10-500', 'up 500-610'],
  ],
  [
    'the agent was stopped',
    { startedAt: 560_000, end: 'orderly' },
    'agent-stopped',
    ['stopped 10-500', 'up 500-610'],
  ],
  [
    'the agent was held up',
    { journal: { pauses: [{ from: START + 20_000, to: START + 600_000 }] } },
    'agent-paused',
    ['up 10-20', 'agent-lost 20-600', 'up 600-610'],
  ],
  ['only the link was cut', {}, 'link-cut', ['up 10-610']],
];
for (const [what, hello, kind, spans] of returns) {
  test(`a host that comes back tells that ${what}: the silence is corrected on record`, () => {
    const s = sim({ h: ['a'] });
    s.greetAll();
    s.pass(10);
    s.fall('a');
    s.pass(600);
    s.hello('a', hello);
    assert.deepEqual([s.word('a'), s.kinds('a')], ['up', ['heard-again', kind]]);
    assert.deepEqual(s.records().map(show), spans);
    assert.ok(s.records().every((record) => record.kind === 'record' && record.revises));
  });
}

test('all hosts of a hospital quiet is one site picture; a hospital with one host stays silent', () => {
  const s = sim({ h1: ['a', 'b'], h2: ['c'], h3: ['d'] });
  s.greetAll();
  s.pass(10);
  s.fall('a', 'c');
  s.pass(10);
  s.fall('b');
  s.pass(140);
  assert.deepEqual(s.all.map(s.word), ['site-silent', 'site-silent', 'silent', 'up']);
  assert.ok(s.kinds('a').includes('site-picture') && s.kinds('b').includes('site-picture'));
});

test('a host whose connection has just ended does not make its silent sibling a silent site', () => {
  const s = sim({ h1: ['a', 'b'], h2: ['c'] });
  s.greetAll();
  s.fall('a');
  s.pass(115);
  s.drop('b', 'reset');
  s.pass(10);
  assert.deepEqual([s.word('a'), s.word('b')], ['silent', 'suspect']);
  s.pass(120);
  assert.equal(s.word('b'), 'site-silent');
});

test('a stopped sibling proves nothing: the other host is silent by itself', () => {
  const s = sim({ h1: ['a', 'b'], h2: ['c'] });
  s.greetAll();
  s.give({ kind: 'goodbye', host: 'b', reason: 'stop' });
  s.fall('a', 'b');
  s.pass(140);
  assert.equal(s.word('a'), 'silent');
});

test('when one host of a silent site is back for a while, the other is silent by itself', () => {
  const s = sim({ h1: ['a', 'b'], h2: ['c'] });
  s.greetAll();
  s.fall('a', 'b');
  s.pass(140);
  s.hello('a');
  s.pass(20);
  assert.equal(s.word('b'), 'site-silent');
  s.pass(20);
  assert.deepEqual([s.word('b'), s.kinds('b').at(-1)], ['silent', 'sibling-heard']);
});

test('a silent site that comes back one by one after a restart of the collector is given the time for its way back', () => {
  const s = sim({ s: ['a', 'b'], ...many(40, 1) });
  s.greetAll();
  s.fall('a', 'b');
  s.pass(140);
  assert.equal(s.word('b'), 'site-silent');
  const others = s.all.filter((host) => host !== 'b');
  s.sleep(20, true);
  for (const host of others) s.hello(host);
  s.pass(100);
  assert.deepEqual([s.word('a'), s.word('b')], ['up', 'site-silent']);
  s.pass(49);
  assert.equal(s.word('b'), 'site-silent');
  s.pass(1);
  assert.deepEqual([s.word('b'), s.kinds('b').at(-1)], ['silent', 'sibling-heard']);
});

test('while many are cut off together, a sibling that is back makes no host of a silent site silent by itself', () => {
  const s = sim({ s: ['a', 'b'], ...many(100, 1) });
  s.greetAll();
  s.fall('a', 'b');
  s.pass(140);
  assert.equal(s.word('b'), 'site-silent');
  const cutOff = s.all.filter((host) => host !== 'a' && host !== 'b').slice(0, 40);
  s.fall(...cutOff);
  s.pass(60);
  s.hello('a');
  s.pass(700);
  assert.deepEqual([s.fleet.mass !== undefined, s.word('b')], [true, 'site-silent']);
  for (const host of cutOff) s.hello(host);
  s.pass(149);
  assert.deepEqual([s.fleet.mass, s.word('b')], [undefined, 'site-silent']);
  s.pass(5);
  assert.equal(s.word('b'), 'silent');
});

/** Nobody at all is heard for so long, and then all but `missing` are again. */
function cutOff(s: ReturnType<typeof sim>, seconds: number, missing: string): void {
  s.fall(...s.all);
  s.pass(seconds);
  for (const host of s.all.filter((each) => each !== missing)) s.hello(host);
}

test('a cut of the collector too short for any suspicion gives a host on its way back its time anew', () => {
  const s = sim(many(100, 1));
  s.greetAll();
  s.pass(60);
  s.drop('a7', 'reset');
  s.pass(80);
  assert.equal(s.word('a7'), 'suspect');
  cutOff(s, 15, 'a7');
  s.pass(149);
  assert.deepEqual([s.word('a7'), s.fleet.doubt], ['suspect', undefined]);
  s.pass(2);
  assert.equal(s.word('a7'), 'silent');
});

test('an uplink that flaps holds up the judgement of a host that is down once, and not for ever', () => {
  const s = sim(many(100, 1));
  s.greetAll();
  s.pass(60);
  s.drop('a7', 'reset');
  for (let turn = 0; turn < 12; turn++) {
    cutOff(s, 15, 'a7');
    s.pass(15);
  }
  assert.equal(s.word('a7'), 'silent');
});

test('when much of the fleet turns quiet at once the collector doubts itself and calls nobody silent', () => {
  const s = sim(many(100, 4));
  s.greetAll();
  s.pass(10);
  s.fall(...s.all.slice(0, 30));
  s.pass(300);
  assert.equal(s.downs().length, 0);
  const doubt = s.effects.findLast((e) => e.kind === 'self-doubt');
  assert.ok(doubt?.on && doubt.evidence.kind === 'self-doubt-mass-silence');
  for (const host of s.all.slice(0, 25)) s.hello(host);
  s.pass(60);
  assert.equal(s.downs().length, 0);
  s.pass(110);
  assert.equal(s.downs().length, 5);
});

test('as many hosts falling silent one after the other raise no doubt', () => {
  const s = sim(many(100, 1));
  s.greetAll();
  for (const host of s.all.slice(0, 30)) {
    s.fall(host);
    s.pass(10);
  }
  s.pass(150);
  assert.equal(s.downs().length, 30);
});

test('a doubt ends after ten minutes when half of the fleet is heard: the others stay cut off together, as one thing', () => {
  const s = sim(many(100, 4));
  s.greetAll();
  s.fall(...s.all.slice(0, 40));
  s.pass(900);
  assert.equal(s.downs().length, 0);
  assert.ok(s.all.slice(0, 40).every((host) => s.word(host) === 'mass-silent'));
  assert.deepEqual(s.kinds('a0').at(-1), 'mass-picture');
  assert.ok(s.fleet.mass);
  // Another host that falls silent meanwhile is judged by itself.
  s.fall('a60');
  s.pass(140);
  assert.equal(s.word('a60'), 'silent');
});

test('when few of those that were cut off together are left, each is judged by itself, from then on', () => {
  const s = sim(many(100, 4));
  s.greetAll();
  s.fall(...s.all.slice(0, 40));
  s.pass(900);
  for (const host of s.all.slice(0, 36)) s.hello(host);
  s.pass(149);
  assert.equal(s.word('a38'), 'mass-silent');
  s.pass(2);
  assert.deepEqual(s.all.slice(36, 40).map(s.word), Array(4).fill('site-silent'));
});

test('a small fleet with a host that is long dead still doubts itself when nobody else is heard', () => {
  const s = sim(many(8, 2));
  s.greetAll();
  s.fall('a0');
  s.pass(300);
  assert.equal(s.word('a0'), 'silent');
  s.fall(...s.all);
  s.pass(600);
  assert.deepEqual(s.all.slice(1).map(s.word), Array(7).fill('mass-silent'));
  s.all.slice(1).forEach((host) => s.hello(host));
  s.pass(60);
  assert.deepEqual([s.downs().length, s.word('a1')], [1, 'up']);
});

test('three hospitals, all quiet at once: the collector doubts itself, few as they are', () => {
  const s = sim(many(6, 2));
  s.greetAll();
  s.fall(...s.all);
  s.pass(1800);
  assert.equal(s.downs().length, 0);
  s.greetAll();
  s.pass(200);
  assert.equal(s.downs().length, 0);
});

test('trouble of its own freezes the verdicts, and afterwards every silence is counted anew', () => {
  const s = sim({ h: ['a'] });
  s.greetAll();
  s.give({ kind: 'own-trouble', on: true });
  s.fall('a');
  s.pass(600);
  assert.deepEqual([s.word('a'), s.kinds('a').at(-1)], ['collector-away', 'own-trouble']);
  assert.equal(s.effects.filter((e) => e.kind === 'verdict').length, 3, 'up, suspect, collector-away');
  s.give({ kind: 'own-trouble', on: false });
  s.pass(149);
  assert.equal(s.word('a'), 'suspect');
  s.pass(2);
  assert.equal(s.word('a'), 'silent');
});

test('while the event loop lags nobody is called silent; the silence goes on counting', () => {
  const s = sim({ h: ['a'] });
  s.greetAll();
  s.pass(10);
  s.fall('a');
  for (let i = 0; i < 125; i++) {
    s.give({ kind: 'lag' });
    s.pass(1);
  }
  assert.equal(s.word('a'), 'suspect');
  s.pass(5);
  assert.equal(s.word('a'), 'silent');
});

test('after a restart hosts are collector-away until heard, and go on as up since before when they ran on', () => {
  const s = sim({ h: ['a', 'b'] });
  s.greetAll();
  s.pass(100);
  s.sleep(3600, true);
  assert.deepEqual([s.word('a'), s.kinds('a')], ['collector-away', ['collector-started']]);
  s.hello('a');
  s.hello('b', { startedAt: 3_700_000, end: 'orderly' });
  assert.deepEqual([s.fleet.hosts.get('a')?.verdict.since, s.kinds('a')], [START, ['ran-on']]);
  assert.deepEqual([s.word('b'), s.kinds('b')], ['up', ['heard-again', 'agent-stopped']]);
});

test('a host that does not come back after a restart is silent 150 s later, not earlier: it is given the time for its way back', () => {
  const s = sim({ h: ['a', 'b'] });
  s.greetAll();
  s.pass(10);
  s.sleep(3600, true);
  s.hello('b');
  s.pass(149);
  assert.equal(s.word('a'), 'suspect');
  s.pass(2);
  assert.equal(s.word('a'), 'silent');
});

test('a host that was silent before a restart is silent after it', () => {
  const s = sim({ h: ['a'] });
  s.greetAll();
  s.fall('a');
  s.pass(130);
  const before = s.fleet.hosts.get('a')?.verdict;
  s.sleep(60, true);
  s.pass(300);
  assert.equal(s.fleet.hosts.get('a')?.verdict, before);
});

test('a suspended collector notes its own absence in the trail and blames no host for it', () => {
  const s = sim({ h: ['a'] });
  s.greetAll();
  s.sleep(900, false);
  s.pass(20);
  assert.deepEqual([s.word('a'), s.downs().length], ['up', 0]);
  const [record] = s.records();
  assert.ok(record?.kind === 'record' && record.word === 'collector-away' && !record.revises);
  assert.deepEqual([record.since, record.until], [START, START + 900_000]);
});

test('a wall clock set back does not hide a silence', () => {
  const s = sim({ h: ['a'] });
  s.greetAll();
  s.pass(10);
  s.fall('a');
  const life = s.fleet.hosts.get('a');
  if (life) life.heardAt += 3_600_000;
  s.fleet.tickedAt += 3_600_000;
  s.pass(121);
  assert.equal(s.word('a'), 'silent');
});

test('a wall clock set back does not prolong the wait for the fleet after a start, a doubt, or a planned stop', () => {
  const s = sim({ h: ['a', 'b'] });
  s.greetAll();
  const HOUR = 3_600_000;
  const life = s.fleet.hosts.get('a');
  assert.ok(life);
  life.plannedUntil = s.now() + HOUR;
  s.fleet.awaited = { hosts: new Set(['a', 'b']), total: 2, until: s.now() + HOUR + 60_000 };
  s.fleet.doubt = { since: s.now() + HOUR, reason: 'mass-silence', quiet: 1, expected: 2 };
  s.fleet.tickedAt += HOUR;
  s.pass(1);
  const { startGrace, plannedFor } = s.fleet.config;
  assert.ok((s.fleet.awaited?.until ?? 0) <= s.now() + startGrace);
  assert.ok((s.fleet.doubt?.since ?? 0) <= s.now());
  assert.ok(life.plannedUntil <= s.now() + plannedFor);
});

test('property: nobody is called silent before 120 s of listening to it in vain, whatever happens', () => {
  const action = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ do: fc.constant('pass' as const), n: fc.integer({ min: 1, max: 90 }) }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('fall' as const), n: fc.nat(40) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('hello' as const), n: fc.nat(40) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('drop' as const), n: fc.nat(40) }) },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant('sleep' as const), n: fc.integer({ min: 6, max: 4000 }) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant('restart' as const), n: fc.integer({ min: 0, max: 4000 }) }),
    },
  );
  fc.assert(
    fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
      const s = sim(many(40, 3));
      s.greetAll();
      let listening = START;
      for (const { do: what, n } of actions) {
        const host = s.all[n % s.all.length] ?? 'a0';
        if (what === 'pass') s.pass(n);
        else if (what === 'fall') s.fall(host);
        else if (what === 'hello') s.hello(host);
        else if (what === 'drop') s.drop(host, 'closed');
        else s.sleep(n, what === 'restart');
        if (what === 'sleep' || what === 'restart') listening = s.now();
        for (const e of s.effects.splice(0)) {
          if (e.kind !== 'verdict' || e.verdict.word !== 'silent' || e.before !== 'suspect') continue;
          const heardAt = e.verdict.evidence.find((x) => x.kind === 'last-heard')?.at ?? START;
          assert.ok(e.verdict.since - Math.max(heardAt, listening) >= 120_000);
        }
      }
    }),
    { numRuns: 60 },
  );
});

test('property: restarts and absences of the collector alone never make a host silent', () => {
  const action = fc.record({
    seconds: fc.integer({ min: 0, max: 7200 }),
    restart: fc.boolean(),
    backWithin: fc.integer({ min: 0, max: 60 }),
  });
  fc.assert(
    fc.property(fc.array(action, { maxLength: 12 }), fc.integer({ min: 1, max: 30 }), (actions, hosts) => {
      const s = sim(many(hosts, 2));
      s.greetAll();
      for (const { seconds, restart, backWithin } of actions) {
        s.sleep(seconds, restart);
        s.pass(backWithin);
        for (const host of s.all) s.hello(host);
        s.pass(45);
      }
      assert.equal(s.downs().length, 0);
      assert.ok(s.all.every((host) => s.word(host) === 'up'));
    }),
    { numRuns: 100 },
  );
});
