import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { openDeadlines } from './deadlines.ts';

test('each comes out once, not later than asked and not before its second', () => {
  const asks = fc.array(fc.tuple(fc.integer({ min: 0, max: 60_000 }), fc.integer({ min: 0, max: 20 })));
  fc.assert(
    fc.property(asks, (asked) => {
      const deadlines = openDeadlines<number>();
      const firstAsked = new Map<number, number>();
      for (const [at, item] of asked) {
        if (!firstAsked.has(item)) firstAsked.set(item, at);
        deadlines.ask(item, at);
      }
      for (let now = 0; now <= 60_000; now += 500) {
        for (const item of deadlines.take(now)) {
          const at = firstAsked.get(item) ?? Number.NaN;
          assert.ok(at <= now + 1_000 && at > now - 500, `${item} asked for ${at} came at ${now}`);
          firstAsked.delete(item);
        }
      }
      assert.equal(firstAsked.size, 0);
    }),
  );
});

test('who was taken can ask again; who stands in it keeps the earlier word', () => {
  const deadlines = openDeadlines<string>();
  deadlines.ask('a', 5_000);
  deadlines.ask('a', 1_000);
  assert.deepEqual(deadlines.take(4_000), []);
  assert.deepEqual(deadlines.take(5_000), ['a']);
  deadlines.ask('a', 6_000);
  deadlines.clear();
  assert.deepEqual(deadlines.take(9_000), []);
});
