import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { manualClock } from '../clock.ts';
import { openSource, throttle } from './node-source.ts';

test('no more than the rate passes from the start on', async () => {
  const clock = manualClock();
  const pace = throttle(1000, clock);
  let passed = 0;
  const start = clock.monotonic();
  const reader = (async () => {
    for (let i = 0; i < 100; i++) {
      await pace.take(100);
      passed += 100;
    }
  })();
  for (let i = 0; i < 1200; i++) {
    await new Promise((resolve) => setImmediate(resolve));
    const elapsedMs = clock.monotonic() - start;
    assert.ok(passed <= elapsedMs, `${passed} bytes after ${elapsedMs} ms`);
    clock.advance(10);
  }
  await reader;
  assert.equal(passed, 10_000);
});

test('after a pause no second holds more than the rate and one read', async () => {
  const clock = manualClock();
  const pace = throttle(1000, clock);
  const reads: number[] = [];
  const tick = async (ms: number): Promise<void> => {
    for (let i = 0; i < ms / 10; i++) {
      await new Promise((resolve) => setImmediate(resolve));
      clock.advance(10);
    }
  };
  const read = async (): Promise<void> => {
    for (let i = 0; i < 60; i++) {
      await pace.take(25);
      reads.push(clock.monotonic());
    }
  };
  for (const pauseMs of [0, 3000, 700]) {
    await tick(pauseMs);
    const reading = read();
    await tick(2500);
    await reading;
  }
  for (const at of reads) {
    const bytes = 25 * reads.filter((other) => other >= at && other < at + 1000).length;
    assert.ok(bytes <= 1025, `${bytes} in a second`);
  }
});

test('reading leaves the access time alone, ends at the end and stops at a signal', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'niswatch-source-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'file');
  writeFileSync(path, 'twelve bytes');
  const long = new Date('2020-01-01T00:00:00Z');
  utimesSync(path, long, long);
  const stop = new AbortController();
  const source = await openSource(path, { signal: stop.signal });
  assert.equal((await source.read(7, 100)).toString(), 'bytes');
  assert.equal((await source.read(12, 5)).length, 0);
  if (process.platform === 'linux') assert.equal(statSync(path).atimeMs, long.getTime());
  stop.abort();
  await assert.rejects(source.read(0, 1), { name: 'AbortError' });
  await source.close();
});
