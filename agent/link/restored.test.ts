import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Clock, type ManualClock, manualClock } from '../../shared/clock.ts';
import { openSpool } from '../spool/disk-spool.ts';
import { simulatedDisk } from '../spool/simulated-disk.ts';
import { silentLog } from '../log.ts';
import { type CollectorLink, openLink } from './collector-link.ts';
import { type ModelCollector, modelCollector, modelHello } from './testing/model-collector.ts';

const MiB = 1024 ** 2;
const LIMITS = {
  maxBytes: 64 * MiB,
  freeFloor: 0,
  freeFloorPercent: 0,
  segmentBytes: 4096,
  syncInterval: 0,
  memoryBytes: MiB,
  windowBytes: 0,
};

/** A machine with its agent, and the collector as this life of it meets it. */
interface Life {
  clock: ManualClock;
  model: ModelCollector;
  link: CollectorLink;
  append(): void;
  /** The time of each report given out, by stream and number. */
  given: Map<string, number>;
  /** How far the collector's clock is ahead of the machine's. */
  ahead: { ms: number };
}

/** The same steps make the same life: twins are one machine until one of them is left behind. */
function life(seed: number): Life {
  const clock = manualClock();
  const ahead = { ms: 0 };
  const theirs: Clock = { ...clock, now: () => clock.now() + ahead.ms };
  const model = modelCollector(theirs, () => 10);
  let ids = seed;
  const random = (): Uint8Array => Buffer.from((++ids).toString(16).padStart(32, '0'), 'hex');
  const spool = openSpool({
    folder: '/spool',
    disk: simulatedDisk(),
    random,
    clock,
    limits: LIMITS,
    log: () => {},
  });
  const link = openLink({
    collector: 'model',
    urls: ['http://model'],
    agent: 'host-1',
    spool,
    clock,
    random: () => 0.5,
    log: silentLog,
    dial: { timeoutMs: 1000 },
    transports: { websocket: model.open, http: model.open },
    hello: () => modelHello(clock, spool.streams()),
  });
  const given = new Map<string, number>();
  link.start();
  return {
    clock,
    model,
    link,
    given,
    ahead,
    append() {
      const at = clock.now();
      const { stream, seq } = spool.append({ series: '0'.repeat(16), at, off: null, boot: 'b', v: [1] }, [
        'x',
      ]);
      given.set(`${stream}/${seq}`, at);
      spool.sync();
      link.wake();
    },
  };
}

interface Plan {
  before: Step[];
  undone: Step[];
  since: Step[];
  awayMs: number;
}

type Step = { append: number; passMs: number; cut: 'no' | 'reset' | 'deaf'; lose: boolean };

function take({ clock, model, append }: Life, step: Step): void {
  hearAgain(model);
  for (let i = 0; i < step.append; i++) append();
  model.silent = step.lose || step.cut === 'deaf';
  clock.advance(step.passMs);
  if (step.lose) hearAgain(model);
  if (step.cut === 'reset') model.cut();
}

/** What a connection did not deliver is lost with it. */
function hearAgain(model: ModelCollector): void {
  if (model.silent) model.cut();
  model.silent = false;
}

/** What the collector has, whichever life brought it. */
const entries = (model: ModelCollector): Map<string, Map<number, number | string>> =>
  new Map([...model.stored].map(([stream, numbers]) => [stream, new Map(numbers)]));

const step = fc.record({
  append: fc.integer({ min: 0, max: 3 }),
  passMs: fc.constantFrom(0, 5, 25, 1_000, 12_000, 45_000),
  cut: fc.constantFrom<Step['cut'][]>('no', 'no', 'no', 'reset', 'deaf'),
  lose: fc.boolean(),
});
const plan = fc.record({
  before: fc.array(step, { maxLength: 8 }),
  undone: fc.array(step, { maxLength: 8 }),
  since: fc.array(step, { maxLength: 8 }),
  awayMs: fc.constantFrom(60_000, 3_600_000),
});

/** The undone life had begun another stream, and the second one would draw the same id for its own. */
const [QUIET, DEAF] = [
  { cut: 'no', lose: false },
  { cut: 'no', lose: true },
] as const;
const SAME_CHANCE: Plan = {
  before: [{ append: 0, passMs: 45_000, ...DEAF }],
  undone: [
    { append: 0, passMs: 5, ...QUIET },
    { append: 1, passMs: 45_000, ...DEAF },
    { append: 0, passMs: 45_000, ...DEAF },
    { append: 0, passMs: 45_000, ...QUIET },
    { append: 1, passMs: 1_000, ...QUIET },
  ],
  since: [{ append: 1, passMs: 0, ...QUIET }],
  awayMs: 60_000,
};

/** Up to the snapshot both are one; then one lives on and is undone, and the other wakes in its place. */
function restore({ before, undone, since, awayMs }: Plan) {
  const [first, second] = [life(1), life(1)];
  for (const one of before) {
    take(first, one);
    take(second, one);
  }
  const atSnapshot = new Map(second.given);
  for (const one of undone) take(first, one);
  second.model.stored = entries(first.model);
  second.ahead.ms = first.clock.now() - second.clock.now() + awayMs;
  // The connection that its memory knows of has ended at the other end.
  second.model.cut();
  for (const one of since) take(second, one);
  hearAgain(second.model);
  second.clock.advance(300_000);
  return { second, atSnapshot };
}

test('a machine set back with its memory loses no report without a word, and none counts twice', () => {
  fc.assert(
    fc.property(plan, (drawn) => {
      const { second, atSnapshot } = restore(drawn);
      const { stored, twice } = second.model;
      assert.deepEqual(twice, []);
      let missing = 0;
      for (const [name, at] of second.given) {
        const [stream = '', seq] = name.split('/');
        const held = stored.get(stream)?.get(Number(seq));
        // What the undone life brought of the time before the snapshot is the same report.
        if (held !== at && !(atSnapshot.has(name) && held !== undefined)) missing++;
      }
      const declared = [...stored.values()].reduce(
        (sum, numbers) => sum + [...numbers.values()].filter((what) => what === 'gap:restored').length,
        0,
      );
      assert.ok(declared >= missing, `${missing} missing, ${declared} declared`);
    }),
    { numRuns: 1_000, examples: [[SAME_CHANCE]] },
  );
});

test('a machine that was not set back declares nothing, however its connections end', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 16 }), (steps) => {
      const one = life(1);
      for (const drawn of steps) take(one, drawn);
      hearAgain(one.model);
      one.clock.advance(300_000);
      for (const [name, at] of one.given) {
        const [stream = '', seq] = name.split('/');
        assert.equal(one.model.stored.get(stream)?.get(Number(seq)), at, name);
      }
    }),
    { numRuns: 500 },
  );
});
