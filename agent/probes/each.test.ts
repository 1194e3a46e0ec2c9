import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readEach } from './each.ts';

test('keeps the order of the items whatever the order of the answers, and leaves out what gave nothing', async () => {
  const answers = [0, 1, 2, 3].map(() => Promise.withResolvers<string | undefined>());
  const reading = readEach(answers, (answer) => answer.promise);
  answers[3]?.resolve('d');
  answers[1]?.resolve(undefined);
  answers[0]?.resolve('a');
  answers[2]?.resolve('c');
  assert.deepEqual(await reading, ['a', 'c', 'd']);
});

test('reads at most 32 at once, and a slow one holds up only itself', async () => {
  let running = 0;
  let most = 0;
  const slow = Promise.withResolvers<number>();
  let read = 0;
  const reading = readEach(
    Array.from({ length: 200 }, (_, i) => i),
    async (i) => {
      most = Math.max(most, ++running);
      if (i === 0) await slow.promise;
      else await Promise.resolve();
      running--;
      if (++read === 199) slow.resolve(0);
      return i;
    },
  );
  assert.equal((await reading).length, 200);
  assert.equal(most, 32);
});

test('rejects with the first failure, and starts nothing more once the signal is given', async () => {
  await assert.rejects(
    readEach([1, 2], async (i) => {
      if (i === 2) throw new Error('two');
      return i;
    }),
    { message: 'two' },
  );
  await assert.rejects(
    readEach([1], async (i) => i, AbortSignal.abort()),
    { name: 'AbortError' },
  );
});
