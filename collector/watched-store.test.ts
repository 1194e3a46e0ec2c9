import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manualClock } from '../shared/clock.ts';
import { memoryStore } from './ingest/testing/memory-store.ts';
import { watchStore } from './watched-store.ts';

const gap = (from: number) =>
  ({ kind: 'gap', host: 'h', stream: 's', from, to: from, reason: 'dropped', arrivedAt: 0 }) as const;

test('says why writes are refused until one succeeds, or nobody has tried for a while', async () => {
  const clock = manualClock();
  const inner = memoryStore();
  const store = watchStore(inner, clock);
  await store.write([gap(0)]);
  assert.equal(store.refusing(), undefined);
  inner.failing = true;
  await assert.rejects(store.write([gap(1)]));
  assert.match(store.refusing() ?? '', /\[STORE_/);
  inner.failing = false;
  await store.write([gap(1)]);
  assert.equal(store.refusing(), undefined);
  inner.failing = true;
  await assert.rejects(store.write([gap(2)]));
  clock.advance(60_000);
  assert.equal(store.refusing(), undefined);
});
