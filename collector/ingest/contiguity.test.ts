// The promise in bulk: whatever is sent, lost, repeated, refused and cut, each number of a stream is stored once and in order.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { COLUMNS, openWorld, SERIES, streamId, type TestAgent } from './testing/world.ts';

const action = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('next' as const), n: fc.integer({ min: 1, max: 9 }) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('any' as const), n: fc.nat(60) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('gap' as const), n: fc.nat(5) }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('wait' as const), n: fc.integer({ min: 1, max: 60 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cut' as const), n: fc.constant(0) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('fail' as const), n: fc.constant(0) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('hold' as const), n: fc.constant(0) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('release' as const), n: fc.constant(0) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('heal' as const), n: fc.constant(0) }) },
);

test('property: each number is stored exactly once and in order, and nothing is acknowledged that is not stored', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { minLength: 5, maxLength: 60 }), async (actions) => {
      const world = await openWorld();
      const { store, settle } = world;
      const key = await world.enrol('a');
      const stream = streamId();
      const greet = async (): Promise<TestAgent> => {
        const agent = world.dial('a', key);
        agent.greet([stream]);
        await settle();
        agent.say({ t: 'series', id: SERIES, columns: COLUMNS });
        return agent;
      };
      let agent = await greet();
      let next = 0;
      const acked = (): number => agent.last('ack')?.seq ?? agent.last('welcome')?.watermarks[stream] ?? -1;
      const check = (): void => {
        assert.ok(acked() <= store.watermark('a', stream), 'acknowledged before it was stored');
        if (agent.last('refuse')) next = acked() + 1;
      };
      for (const { do: what, n } of actions) {
        if (what === 'next') for (let i = 0; i < n; i++) agent.report(stream, next++);
        else if (what === 'any') agent.report(stream, n);
        else if (what === 'gap') {
          agent.say({ t: 'gap', stream, from: next, to: next + n, reason: 'dropped' });
          next += n + 1;
        } else if (what === 'wait') await settle(n);
        else if (what === 'fail') store.failing = true;
        else if (what === 'hold') store.held = true;
        else if (what === 'release') store.release();
        else if (what === 'heal') {
          store.failing = false;
          store.release();
        } else {
          agent.connection.ended('reset');
          agent = await greet();
          next = acked() + 1;
        }
        check();
      }
      store.failing = false;
      store.release();
      await settle(3_000);
      const target = Math.max(next, store.watermark('a', stream) + 1) + 3;
      for (let seq = store.watermark('a', stream) + 1; seq < target; seq++) agent.report(stream, seq);
      await settle(3_000);
      assert.deepEqual(store.broken, []);
      assert.equal(acked(), target - 1);
      let expected = 0;
      for (const entry of store.entries) {
        assert.equal(entry.kind === 'row' ? entry.seq : entry.from, expected);
        expected = (entry.kind === 'row' ? entry.seq : entry.to) + 1;
      }
      assert.equal(expected, target);
      await world.ingest.stop();
      await world.state.destroy();
    }),
    { numRuns: 80 },
  );
});
