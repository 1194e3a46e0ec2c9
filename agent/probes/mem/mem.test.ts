import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { manualClock } from '../../../shared/clock.ts';
import { readConfig } from '../../../shared/config/schema.ts';
import { openHost } from '../../host/host.ts';
import type { Host } from '../probe.ts';
import { parseMeminfo } from './linux.ts';
import { judgeMemory, MEM } from './mem.ts';
import { readWindowsMemory } from './windows.ts';

const KIB = 1024;
const GIB = 1024 ** 3;

test('a kernel without MemAvailable: free, buffers and cache, less what is shared', () => {
  const path = join(import.meta.dirname, 'fixtures', 'rhel-6', 'proc', 'meminfo');
  assert.deepEqual(parseMeminfo(readFileSync(path, 'utf8')), {
    totalBytes: 8061404 * KIB,
    availableBytes: (212404 + 168092 + 4312620 + 380012 - 1048576) * KIB,
    cachedBytes: (4312620 + 380012) * KIB,
    committedBytes: 5512340 * KIB,
  });
});

test('a file without MemTotal is an error', () => {
  assert.throws(() => parseMeminfo('MemFree: 1 kB\n'), /no MemTotal/);
});

test('judges by share in use, with the figure in the text', () => {
  const limits = { warnPercent: 90, criticalPercent: 97 };
  const judged = (usedPercent: number): [string, string | undefined] => {
    const memory = { totalBytes: 100 * GIB, availableBytes: (100 - usedPercent) * GIB };
    const { status, text } = judgeMemory(memory, limits);
    return [status, text];
  };
  assert.deepEqual(judged(89.9), ['ok', '内存已用 89.9%，可用 10.1 GB']);
  assert.deepEqual(judged(90), ['warning', '内存已用 90.0%，可用 10.0 GB']);
  assert.deepEqual(judged(97), ['critical', '内存已用 97.0%，可用 3.0 GB']);
});

test('without Win32 it says what the runtime knows and no more', async () => {
  const host: Host = openHost({ clock: manualClock(), platform: 'win32', root: import.meta.dirname });
  const os = { ...host.os, totalMemory: () => 8 * GIB, freeMemory: () => 2 * GIB };
  assert.deepEqual(await readWindowsMemory({ ...host, os }), {
    totalBytes: 8 * GIB,
    availableBytes: 2 * GIB,
  });
});

test('agrees with what the kernel says of this machine', async () => {
  const probe = MEM.open(readConfig(MEM.config, {}), openHost({ clock: manualClock(), platform: 'linux' }));
  const { samples } = await probe.read(new AbortController().signal);
  const said = /^MemTotal:\s+(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1];
  assert.equal(samples.find((sample) => sample.metric === 'mem_total')?.value, Number(said) * KIB);
});
