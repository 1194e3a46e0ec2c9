import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backoffMs } from './backoff.ts';
import { manualClock } from './clock.ts';

test('a manual clock runs timers in the order they fall due, and repeats periods', () => {
  const clock = manualClock(1000);
  const seen: string[] = [];
  clock.every(10, () => seen.push(`every ${clock.now()}`));
  clock.after(15, () => seen.push(`after ${clock.now()}`));
  clock.after(5, () => seen.push('cancelled')).cancel();
  clock.advance(25);
  assert.deepEqual(seen, ['every 1010', 'after 1015', 'every 1020']);
  assert.equal(clock.now(), 1025);
});

test('stepping the wall clock moves no timer', () => {
  const clock = manualClock(0);
  let fired = 0;
  clock.after(100, () => fired++);
  clock.step(3_600_000);
  clock.advance(99);
  assert.equal(fired, 0);
  assert.equal(clock.monotonic(), 99);
  clock.advance(1);
  assert.equal(fired, 1);
});

test('backoff doubles up to its cap and spreads over the whole interval', () => {
  const backoff = { baseMs: 1000, capMs: 60_000 };
  const nearOne = () => 0.999999;
  assert.deepEqual(
    [0, 1, 2, 5, 6, 7, 100].map((n) => backoffMs(backoff, n, nearOne)),
    [999, 1999, 3999, 31999, 59999, 59999, 59999],
  );
  assert.equal(
    backoffMs(backoff, 9, () => 0),
    0,
  );
});
