import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type ManualClock, manualClock } from '../../shared/clock.ts';
import type { ErrorCode } from '../../shared/errors.ts';
import { type Report } from '../../shared/frame.ts';
import { jsonLog } from '../log.ts';
import { type CollectorLink, openLink } from './collector-link.ts';
import { memorySpool } from './testing/memory-spool.ts';
import { type ModelCollector, modelCollector, modelHello } from './testing/model-collector.ts';

interface World {
  clock: ManualClock;
  spool: ReturnType<typeof memorySpool>;
  model: ModelCollector;
  link: CollectorLink;
  append(count?: number): void;
  /** Times of all reports ever appended, by stream and number. */
  appended: Map<string, number>;
  log: string[];
}

function world(
  options: { urls?: string[]; collector?: string; random?: () => number; delayMs?: () => number } = {},
): World {
  const clock = manualClock();
  let ids = 0;
  const log: string[] = [];
  const spool = memorySpool(() => (++ids).toString(16).padStart(32, '0'));
  const model = modelCollector(clock, options.delayMs ?? (() => 10));
  const link = openLink({
    collector: options.collector ?? 'model',
    urls: options.urls ?? ['http://model'],
    agent: 'host-1',
    spool,
    clock,
    random: options.random ?? (() => 0.5),
    log: jsonLog('info', clock, (line) => log.push(line)),
    dial: { timeoutMs: 1000 },
    transports: {
      websocket: (o, e) => (model.kinds.push(`websocket ${o.url}`), model.open(o, e)),
      http: (o, e) => (model.kinds.push(`http ${o.url}`), { ...openHealthy(model, o, e) }),
    },
    hello: () => modelHello(clock, spool.streams()),
  });
  const appended = new Map<string, number>();
  return {
    clock,
    spool,
    model,
    link,
    appended,
    log,
    append(count = 1) {
      for (let i = 0; i < count; i++) {
        const at = clock.now();
        const { stream, seq } = spool.append({ series: '0'.repeat(16), at, off: null, boot: 'b', v: [i] }, [
          'x',
        ]);
        appended.set(`${stream}/${seq}`, at);
      }
      link.wake();
    },
  };
}

/** A proxy that refuses upgrades lets posts through. */
function openHealthy(...[model, options, events]: [ModelCollector, ...Parameters<ModelCollector['open']>]) {
  const refused = model.upgradesRefused;
  model.upgradesRefused = false;
  try {
    return model.open(options, events);
  } finally {
    model.upgradesRefused = refused;
  }
}

function storedOf(model: ModelCollector): Map<string, number | string> {
  return new Map(
    [...model.stored].flatMap(([s, numbers]) => [...numbers].map(([n, at]) => [`${s}/${n}`, at])),
  );
}

const seqs = (frames: ModelCollector['accepted']): number[] =>
  frames.filter((f): f is Report => f.t === 'report').map((f) => f.seq);

test('delivers what is appended, in order, and the spool forgets it', () => {
  const w = world();
  w.link.start();
  w.append(30);
  w.clock.advance(2000);
  assert.deepEqual(
    seqs(w.model.accepted),
    Array.from({ length: 30 }, (_, i) => i),
  );
  assert.equal(w.spool.held().length, 0);
  assert.equal(w.link.status().state, 'open');
});

/** The agent's clock alone is set. */
function setAgentClock(w: World, ms: number): void {
  w.clock.step(ms);
  w.model.agentSetMs += ms;
}

test('measures the offset by five exchanges and tells the collector', () => {
  const w = world();
  w.link.start();
  w.clock.advance(1000);
  assert.equal(w.model.received.filter((f) => f.t === 'time').length, 5);
  const clocks = w.model.received.filter((f) => f.t === 'clock');
  assert.equal(clocks.length, 1);
  // The model's clock is 5 s ahead; half a round trip of 20 ms is the error it may have.
  assert.ok(Math.abs((w.link.offsetMs() ?? 0) - 5000) <= 10);
});

test('a stepped wall clock makes the offset unknown until it is measured again', () => {
  const w = world();
  w.link.start();
  w.clock.advance(1000);
  w.model.silent = true;
  w.clock.step(3_600_000);
  w.append();
  assert.equal(w.link.offsetMs(), null);
  w.model.silent = false;
  w.clock.advance(60_000);
  assert.ok(Math.abs((w.link.offsetMs() ?? 0) - 5000) <= 10);
});

test('refuses a collector of another name, and sends it nothing', () => {
  const w = world({ collector: 'the enrolled one' });
  w.link.start();
  w.append();
  w.clock.advance(5000);
  assert.deepEqual(w.model.received, []);
  assert.equal(w.link.status().lastError, 'WRONG_COLLECTOR');
});

test('a silent connection is given up after 30 s and dialled again', () => {
  const w = world();
  w.link.start();
  w.clock.advance(1000);
  w.model.silent = true;
  w.clock.advance(29_000);
  assert.equal(w.model.connections, 1);
  w.clock.advance(3000);
  w.model.silent = false;
  w.clock.advance(60_000);
  assert.ok(w.model.connections >= 2);
  assert.equal(w.link.status().state, 'open');
});

test('an outage is logged once when it starts and once when it ends', () => {
  const w = world();
  w.model.down = true;
  w.link.start();
  w.clock.advance(3_600_000);
  w.model.down = false;
  w.clock.advance(60_000);
  assert.deepEqual(
    w.log.map((line) => (JSON.parse(line) as { message: string }).message),
    ['no link to the collector, reports are kept', 'link open'],
  );
});

test('tries the other addresses in turn', () => {
  const w = world({ urls: ['http://a', 'http://b'] });
  w.model.down = true;
  w.link.start();
  w.clock.advance(2000);
  assert.deepEqual(w.model.kinds.slice(0, 2), ['websocket http://a', 'websocket http://b']);
});

test('two refused upgrades turn to posts, and WebSocket is tried again after an hour', () => {
  const w = world();
  w.model.upgradesRefused = true;
  w.link.start();
  w.clock.advance(60_000);
  assert.equal(w.link.status().transport, 'http');
  assert.equal(w.link.status().state, 'open');
  w.model.upgradesRefused = false;
  w.clock.advance(3_700_000);
  assert.equal(w.link.status().transport, 'websocket');
  assert.equal(w.link.status().state, 'open');
});

test('after a long outage live data overtakes the backlog', () => {
  const w = world();
  w.model.down = true;
  w.link.start();
  for (let i = 0; i < 40; i++) {
    w.append();
    w.clock.advance(15_000);
  }
  w.model.down = false;
  w.model.creditBytes = 200;
  w.clock.advance(60_000);
  assert.equal(w.spool.rotations(), 1);
  w.append();
  w.clock.advance(5000);
  const live = w.spool.liveStream;
  assert.ok(w.model.stored.get(live)?.has(0), 'the live report is stored');
  w.clock.advance(600_000);
  assert.deepEqual(storedOf(w.model), w.appended);
});

test('history in flight stays within the credit', () => {
  const w = world();
  w.model.down = true;
  w.link.start();
  w.append(100);
  w.clock.advance(300_000);
  w.model.down = false;
  w.model.creditBytes = 600;
  const sizes: number[] = [];
  for (let i = 0; i < 2000 && w.spool.held().length > 0; i++) {
    w.clock.advance(5);
    const acked = w.model.accepted.length;
    const sent = w.model.received.filter((f) => f.t === 'report').length;
    sizes.push(sent - acked);
  }
  assert.ok(Math.max(...sizes) <= 8);
  w.clock.advance(600_000);
  assert.deepEqual(storedOf(w.model), w.appended);
});

test('a collector without room is left alone for the time it asks for', () => {
  const w = world();
  w.link.start();
  w.clock.advance(1000);
  w.model.refuseNext('STORE_UNAVAILABLE', { retryAfterMs: 8000 });
  w.append(3);
  w.clock.advance(100);
  const before = w.model.received.filter((f) => f.t === 'report').length;
  w.clock.advance(7000);
  assert.equal(w.model.received.filter((f) => f.t === 'report').length, before);
  w.clock.advance(3000);
  assert.deepEqual(storedOf(w.model), w.appended);
});

test('a report refused for good becomes a declared gap and holds up nothing', () => {
  const w = world();
  w.link.start();
  w.clock.advance(1000);
  w.model.refuseNext('EVENT_TOO_LONG');
  w.append(5);
  w.clock.advance(5000);
  assert.equal(w.model.accepted[0]?.t, 'gap');
  assert.deepEqual(seqs(w.model.accepted), [1, 2, 3, 4]);
});

test('a code that only a newer collector knows gives nothing up', () => {
  const w = world();
  w.link.start();
  w.clock.advance(1000);
  w.model.refuseNext('OUT_OF_PAPER' as ErrorCode);
  w.append(3);
  w.clock.advance(5000);
  assert.deepEqual(storedOf(w.model), w.appended);
});

test('a refused time has the offset measured anew before the report is given up', () => {
  const w = world();
  w.link.start();
  w.clock.advance(1000);
  const measured = (): number => w.model.received.filter((f) => f.t === 'clock').length;
  w.model.refuseNext('FUTURE_DATED');
  w.append(3);
  w.clock.advance(1000);
  assert.equal(measured(), 2);
  assert.deepEqual(seqs(w.model.accepted), [0, 1, 2]);
  w.model.refuseNext('PAST_DATED', { times: 2 });
  w.append(1);
  w.clock.advance(1000);
  w.append(1);
  w.clock.advance(1000);
  assert.equal(measured(), 3, 'another report, another doubt; the same one refused again is given up');
  assert.deepEqual(seqs(w.model.accepted), [0, 1, 2, 4]);
});

test('no report leaves before the offset is known, nor after the clock was set, but it waits for no answer for long', () => {
  const w = world();
  w.append(1);
  w.link.start();
  w.clock.advance(1000);
  const kinds = w.model.received.map((f) => f.t);
  assert.ok(kinds.indexOf('clock') < kinds.indexOf('report'), kinds.join(' '));
  w.clock.step(3_600_000);
  assert.equal(w.link.offsetMs(), null);
  w.model.received.length = 0;
  w.append(1);
  w.clock.advance(1000);
  const after = w.model.received.map((f) => f.t).filter((t) => t === 'clock' || t === 'report');
  assert.deepEqual(after, ['clock', 'report']);
  w.clock.step(-3_600_000);
  w.model.lose('out');
  w.append(1);
  w.clock.advance(2000);
  assert.equal(w.model.accepted.length, 2);
  w.clock.advance(2000);
  assert.equal(w.model.accepted.length, 3);
});

test('what a clock that was set again and again dated without an offset is stored at its true time', () => {
  const w = world();
  const trueTimes: number[] = [];
  const collect = (): void => {
    // As the schedule does: the offset is asked for before each report.
    assert.equal(w.link.offsetMs(), null);
    trueTimes.push(w.clock.now() - w.model.agentSetMs + 5000);
    w.append();
    w.clock.advance(1000);
  };
  w.model.down = true;
  w.link.start();
  w.clock.advance(1000);
  collect();
  setAgentClock(w, 10 * 365 * 86_400_000);
  collect();
  collect();
  w.spool.rotate();
  w.link.wake();
  collect();
  setAgentClock(w, -10 * 365 * 86_400_000);
  setAgentClock(w, -3_600_000);
  collect();
  w.model.down = false;
  w.clock.advance(120_000);
  const said = w.model.accepted.flatMap((f) => (f.t === 'report' ? [f] : []));
  const offset = w.link.offsetMs() ?? Number.NaN;
  const times = said.map((f) => f.at + (f.off ?? offset)).sort((a, b) => a - b);
  assert.equal(times.length, trueTimes.length);
  for (const [i, time] of times.entries())
    assert.ok(Math.abs(time - (trueTimes[i] ?? 0)) <= 10, `${time} is ${trueTimes[i]}`);
  assert.deepEqual(said.map((f) => f.off === null).sort(), [false, false, false, false, true]);
});

test('an answer to a question of before the clock was set does not count', () => {
  const w = world({ delayMs: () => 400 });
  w.link.start();
  // The first question is on its way.
  w.clock.advance(1300);
  setAgentClock(w, 86_400_000);
  assert.equal(w.link.offsetMs(), null);
  w.clock.advance(20_000);
  assert.ok(Math.abs((w.link.offsetMs() ?? 0) - 5000 + 86_400_000) <= 400, `${w.link.offsetMs()}`);
});

test('a refusal without a number is traced to its report by sending one at a time', () => {
  const w = world();
  w.link.start();
  w.clock.advance(1000);
  w.model.refuseNext('FRAME_MALFORMED', { mute: true });
  w.append(1);
  w.clock.advance(100);
  w.model.refuseNext('FRAME_MALFORMED', { mute: true });
  w.clock.advance(5000);
  w.append(3);
  w.clock.advance(5000);
  assert.equal(w.model.accepted[0]?.t, 'gap');
  assert.deepEqual(seqs(w.model.accepted), [1, 2, 3]);
});

test('a revoked agent keeps its reports and asks again seldom', () => {
  const w = world();
  w.link.start();
  w.clock.advance(1000);
  w.model.refuseNext('REVOKED');
  w.append(3);
  w.clock.advance(10_000);
  assert.equal(w.link.status().state, 'refused');
  assert.equal(w.spool.held().length, 3);
  w.clock.advance(600_000);
  assert.deepEqual(storedOf(w.model), w.appended);
});

test('stopping sends the last report, then goodbye, and waits for the acknowledgement', async () => {
  const w = world();
  w.link.start();
  w.clock.advance(1000);
  w.append(20);
  const stopped = w.link.stop('shutdown', 3000);
  w.clock.advance(1000);
  await stopped;
  assert.deepEqual(storedOf(w.model), w.appended);
  const last = w.model.received.slice(-1)[0];
  assert.deepEqual(last, { t: 'goodbye', reason: 'shutdown' });
  assert.equal(w.spool.held().length, 0);
});

test('stopping without a connection ends at once and keeps the reports', async () => {
  const w = world();
  w.model.down = true;
  w.link.start();
  w.append(2);
  w.clock.advance(100);
  await w.link.stop('stop', 3000);
  assert.equal(w.spool.held().length, 2);
});

test('stopping a stuck connection ends in time', async () => {
  const w = world();
  w.link.start();
  w.clock.advance(1000);
  w.model.silent = true;
  w.append();
  const stopped = w.link.stop('stop', 3000);
  w.clock.advance(3600);
  await stopped;
  assert.equal(w.link.status().state, 'closed');
});

const CODES = [
  'RATE_LIMITED',
  'STORE_UNAVAILABLE',
  'FUTURE_DATED',
  'SERIES_UNKNOWN',
  'SERIES_LIMIT',
  'REVOKED',
] as const;
const action = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('append' as const), n: fc.integer({ min: 1, max: 12 }) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('wait' as const), n: fc.integer({ min: 1, max: 40_000 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('wait' as const), n: fc.integer({ min: 1, max: 60 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('cut', 'down', 'up', 'loseIn', 'loseOut' as const) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('rotate', 'stepClock' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('refuse' as const),
      code: fc.constantFrom(...CODES),
      mute: fc.boolean(),
    }),
  },
);
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

function act(w: World, step: Action): void {
  switch (step.do) {
    case 'append':
      return w.append(step.n);
    case 'wait':
      return w.clock.advance(step.n);
    case 'cut':
      return w.model.cut();
    case 'down':
      w.model.down = true;
      return w.model.cut();
    case 'up':
      w.model.down = false;
      return;
    case 'loseIn':
      return w.model.lose('in');
    case 'loseOut':
      return w.model.lose('out');
    case 'rotate':
      return w.spool.rotate();
    case 'stepClock':
      return setAgentClock(w, 1_800_000);
    case 'refuse':
      return w.model.refuseNext(step.code, { mute: step.mute });
  }
}

test('what was refused for its haste is sent again in smaller bursts, until acknowledgements come', () => {
  const w = world({ delayMs: () => 1000 });
  w.link.start();
  w.clock.advance(30_000);
  const reports = (): number => w.model.received.filter((f) => f.t === 'report').length;
  w.model.refuseNext('RATE_LIMITED', { mute: false });
  w.append(8);
  w.clock.advance(1500);
  const first = reports();
  assert.equal(first, 8);
  for (let i = 0; i < 200 && reports() === first; i++) w.clock.advance(100);
  assert.equal(reports() - first, 4);
  w.clock.advance(60_000);
  assert.equal(w.spool.held().length, 0);
});

test('whatever is cut, lost, refused or delayed: in the end each report is stored once or declared lost', () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 60 }), fc.infiniteStream(fc.nat(400)), (steps, delays) => {
      const w = world({ delayMs: () => delays.next().value ?? 0, random: () => 0.3 });
      w.link.start();
      for (const step of steps) act(w, step);
      w.model.down = false;
      // Frames vanish on a real line only together with it.
      w.model.cut();
      w.append();
      w.clock.advance(3_600_000);
      w.model.cut();
      w.clock.advance(3_600_000);
      const stored = storedOf(w.model);
      assert.deepEqual(w.model.twice, []);
      assert.equal(w.spool.held().length, 0, 'the spool is empty');
      assert.deepEqual([...stored.keys()].sort(), [...w.appended.keys()].sort());
      for (const [key, at] of stored) if (typeof at === 'number') assert.equal(at, w.appended.get(key));
      for (const at of stored.values()) if (typeof at === 'string') assert.equal(at, 'gap:refused');
    }),
    { numRuns: 300 },
  );
});

test('refusals alone never stall a connection: it heals without being cut', () => {
  const healing = action.filter((step) => ['append', 'wait', 'refuse', 'rotate'].includes(step.do));
  fc.assert(
    fc.property(fc.array(healing, { maxLength: 60 }), fc.infiniteStream(fc.nat(400)), (steps, delays) => {
      const w = world({ delayMs: () => delays.next().value ?? 0, random: () => 0.3 });
      w.link.start();
      w.clock.advance(5000);
      for (const step of steps) if (step.do !== 'refuse' || step.code !== 'REVOKED') act(w, step);
      w.clock.advance(600_000);
      assert.equal(w.model.connections, 1);
      assert.equal(w.spool.held().length, 0, 'the spool is empty');
      assert.deepEqual([...storedOf(w.model).keys()].sort(), [...w.appended.keys()].sort());
    }),
    { numRuns: 300 },
  );
});
