import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manualClock } from '../../shared/clock.ts';
import { judgeUplink, watchUplink } from './uplink.ts';

const FINE = { failures: 0, trouble: false, hadAddress: true };

test('one failed look is no trouble, two in a row are, one answer ends it', () => {
  const once = judgeUplink(FINE, { reached: false, hasAddress: true });
  assert.equal(once.trouble, false);
  const twice = judgeUplink(once, { reached: false, hasAddress: true });
  assert.equal(twice.trouble, true);
  assert.deepEqual(judgeUplink(twice, { reached: true, hasAddress: true }), FINE);
});

test('losing every address is trouble; never having had one is not', () => {
  const lost = judgeUplink(judgeUplink(FINE, { reached: true, hasAddress: false }), {
    reached: true,
    hasAddress: false,
  });
  assert.equal(lost.trouble, true);
  const isolated = { failures: 0, trouble: false, hadAddress: false };
  const still = judgeUplink(judgeUplink(isolated, { reached: true, hasAddress: false }), {
    reached: true,
    hasAddress: false,
  });
  assert.equal(still.trouble, false);
});

test('tells trouble once when it starts and once when it ends', async () => {
  const clock = manualClock();
  const told: boolean[] = [];
  let open = true;
  const log = { info() {}, warn() {}, error() {} };
  const uplink = watchUplink({
    targets: ['gateway:53', 'other:53'],
    clock,
    log,
    onTrouble: (on) => told.push(on),
    reaches: async (target) => open && target === 'other:53',
    hasAddress: () => true,
  });
  const pass = async (ms: number) => {
    for (let left = ms; left > 0; left -= 1000) {
      clock.advance(1000);
      await new Promise((done) => setImmediate(done));
    }
  };
  await pass(20_000);
  open = false;
  await pass(30_000);
  open = true;
  await pass(20_000);
  uplink.stop();
  assert.deepEqual(told, [true, false]);
});
