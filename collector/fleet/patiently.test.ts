import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { test } from 'node:test';
import { manualClock } from '../../shared/clock.ts';
import { patiently } from './patiently.ts';

function failing(times: number) {
  const clock = manualClock();
  const seen = { tries: 0, told: 0 };
  const patience = patiently({
    clock,
    work: () => (++seen.tries > times ? Promise.resolve() : Promise.reject(new Error('away'))),
    onFailure: () => void seen.told++,
  });
  return { clock, seen, patience };
}

test('tries again until it succeeds, and tells the first failure only', async () => {
  const { clock, seen, patience } = failing(2);
  for (let i = 0; i < 2; i++) {
    await setImmediate();
    clock.advance(30_000);
  }
  await patience.done;
  assert.deepEqual(seen, { tries: 3, told: 1 });
});

test('stops in the midst of waiting', async () => {
  const { seen, patience } = failing(1000);
  await setImmediate();
  await patience.stop();
  assert.deepEqual(seen, { tries: 1, told: 1 });
});
