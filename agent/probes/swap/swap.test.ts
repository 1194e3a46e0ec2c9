import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { manualClock } from '../../../shared/clock.ts';
import { readConfig } from '../../../shared/config/schema.ts';
import { openHost } from '../../host/host.ts';
import { pageBytesOf, parseSwap } from './linux.ts';
import { SWAP } from './swap.ts';

async function valuesOf(fixture: string, platform: 'linux' | 'win32'): Promise<Record<string, number>> {
  const root = join(import.meta.dirname, 'fixtures', fixture);
  const probe = SWAP.open(readConfig(SWAP.config, {}), openHost({ clock: manualClock(), platform, root }));
  const { samples } = await probe.read(new AbortController().signal);
  return Object.fromEntries(samples.map((sample) => [sample.metric, sample.value]));
}

test('counts traffic in pages of the size that the kernel told', async () => {
  assert.deepEqual(await valuesOf('arm64-64k', 'linux'), {
    swap_total: 2097152 * 1024,
    swap_used: 524288 * 1024,
    swap_used_percent: 25,
    swap_in: 10 * 65536,
    swap_out: 20 * 65536,
  });
});

test('leaves traffic out where /proc/vmstat is not shown', async () => {
  assert.deepEqual(Object.keys(await valuesOf('container', 'linux')), [
    'swap_total',
    'swap_used',
    'swap_used_percent',
  ]);
});

test('a machine without swap has a total of 0 and no percentage', () => {
  assert.deepEqual(parseSwap('SwapTotal: 0 kB\nSwapFree: 0 kB\n', '', 4096), { totalBytes: 0, usedBytes: 0 });
  assert.throws(() => parseSwap('MemTotal: 1 kB\n', '', 4096), /no SwapTotal/);
});

test('an auxiliary vector without a page size, or cut short, means 4 KiB', () => {
  assert.equal(pageBytesOf(new Uint8Array(40)), 4096);
});

test('without Win32 it says nothing', async () => {
  assert.deepEqual(await valuesOf('container', 'win32'), {});
});
