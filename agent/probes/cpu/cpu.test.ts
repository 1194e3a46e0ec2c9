import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { manualClock } from '../../../shared/clock.ts';
import { readConfig } from '../../../shared/config/schema.ts';
import { openHost } from '../../host/host.ts';
import type { Host, Sample } from '../probe.ts';
import { CPU, usageBetween } from './cpu.ts';
import { parseProcStat } from './linux.ts';

const fixture = (name: string): Host =>
  openHost({ clock: manualClock(), platform: 'linux', root: join(import.meta.dirname, 'fixtures', name) });
const never = new AbortController().signal;
const values = (samples: readonly Sample[]): Record<string, number> =>
  Object.fromEntries(samples.map((sample) => [sample.metric, sample.value]));

test('says nothing at first, then the shares of the time between two readings', async () => {
  const [before, after] = [fixture('busy-before'), fixture('busy-after')];
  let now = before;
  const probe = CPU.open(readConfig(CPU.config, {}), { ...before, readText: (path) => now.readText(path) });
  assert.deepEqual((await probe.read(never)).samples, []);
  now = after;
  // 1,000 ticks passed: user 300 + nice 50, system 100 + irq 10 + softirq 40, iowait 80, steal 20, idle 400.
  assert.deepEqual(values((await probe.read(never)).samples), {
    cpu_usage_user: 35,
    cpu_usage_system: 15,
    cpu_usage_iowait: 8,
    cpu_usage_steal: 2,
    cpu_usage_active: 60,
  });
});

test('adds nice to user and interrupts to system, and counts guests once', () => {
  assert.deepEqual(parseProcStat('cpu  10 1 20 100 5 2 3 4 6 0\ncpu0 1 1 1 1\n'), {
    user: 11,
    system: 25,
    idle: 100,
    iowait: 5,
    steal: 4,
  });
});

test('an old kernel without steal and a file that is no /proc/stat', () => {
  assert.equal(parseProcStat('cpu  10 1 20 100\n').steal, 0);
  assert.throws(() => parseProcStat('nonsense\n'), /does not begin with a cpu line/);
  assert.throws(() => parseProcStat(''), /does not begin with a cpu line/);
});

test('says nothing when no time passed or the counters began anew', () => {
  const times = { user: 100, system: 50, idle: 800, iowait: 10, steal: 0 };
  assert.deepEqual(usageBetween(times, times), []);
  assert.deepEqual(usageBetween(times, { user: 1, system: 1, idle: 8, iowait: 0, steal: 0 }), []);
});

test('iowait that runs back, as the kernel lets it, is never negative', () => {
  const before = { user: 100, system: 50, idle: 800, iowait: 20, steal: 0 };
  const after = { user: 150, system: 50, idle: 850, iowait: 15, steal: 0 };
  assert.equal(values(usageBetween(before, after)).cpu_usage_iowait, 0);
  assert.equal(values(usageBetween(before, after)).cpu_usage_active, 50);
});

test('on Windows sums the processors and leaves out what Windows does not count', async () => {
  let passed = 0;
  const host: Host = {
    ...fixture('busy-before'),
    platform: 'win32',
    os: {
      ...fixture('busy-before').os,
      cpuTimes: () => [
        { user: 10 + passed, nice: 0, sys: 10 + passed / 2, idle: 100 + passed / 2, irq: 1 },
        { user: 20, nice: 0, sys: 20, idle: 200 + passed * 2, irq: 1 },
      ],
    },
  };
  const probe = CPU.open(readConfig(CPU.config, {}), host);
  await probe.read(never);
  passed = 100;
  assert.deepEqual(values((await probe.read(never)).samples), {
    cpu_usage_user: 25,
    cpu_usage_system: 12.5,
    cpu_usage_active: 37.5,
  });
});
