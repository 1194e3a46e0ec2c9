import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openSweep } from './sweep.ts';

const MIB = 1024 * 1024;

test('collects once for every eight MiB that were read, the young ones only', () => {
  const asked: string[] = [];
  const sweep = openSweep(({ type }) => void asked.push(type));
  for (let i = 0; i < 33; i++) sweep(MIB / 2);
  assert.deepEqual(asked, ['minor', 'minor']);
});

test('V8 gives a collector when it is asked for one', () => {
  const before = process.memoryUsage().arrayBuffers;
  const sweep = openSweep();
  for (let i = 0; i < 64; i++) sweep(Buffer.allocUnsafeSlow(MIB).length);
  assert.ok(process.memoryUsage().arrayBuffers - before < 32 * MIB);
});
