// Physical memory. Promise: "used" is what programs cannot get any more (total less available), so that file cache never looks
// like a shortage.

import type { Values } from '../../../shared/config/schema.ts';
import type { Host, Judgement, Probe, ProbeUnit, Sample } from '../probe.ts';
import { probeSection } from '../section.ts';
import type { Memory } from './memory.ts';
import { readLinuxMemory } from './linux.ts';
import { readWindowsMemory } from './windows.ts';

const CONFIG = probeSection('Physical memory.', 15_000, {
  warnPercent: {
    kind: 'number',
    help: 'Share of memory in use from which the check warns.',
    default: 90,
    min: 1,
    max: 100,
    unit: 'percent',
  },
  criticalPercent: {
    kind: 'number',
    help: 'Share of memory in use from which the check is critical.',
    default: 97,
    min: 1,
    max: 100,
    unit: 'percent',
  },
});
type Config = Values<typeof CONFIG.fields>;

export const MEM: ProbeUnit<typeof CONFIG.fields> = {
  name: 'mem',
  config: CONFIG,
  metrics: ['mem_total', 'mem_available', 'mem_used', 'mem_used_percent', 'mem_cached', 'mem_committed_as'],
  open,
};

function open(config: Config, host: Host): Probe {
  const readMemory = host.platform === 'win32' ? readWindowsMemory : readLinuxMemory;
  return {
    async read() {
      const memory = await readMemory(host);
      return { samples: samplesOf(memory), checks: [judgeMemory(memory, config)] };
    },
  };
}

function samplesOf(memory: Memory): Sample[] {
  const { totalBytes, availableBytes, cachedBytes, committedBytes } = memory;
  return [
    { metric: 'mem_total', value: totalBytes },
    { metric: 'mem_available', value: availableBytes },
    { metric: 'mem_used', value: totalBytes - availableBytes },
    { metric: 'mem_used_percent', value: usedPercent(memory) },
    ...(cachedBytes === undefined ? [] : [{ metric: 'mem_cached', value: cachedBytes } as const]),
    ...(committedBytes === undefined ? [] : [{ metric: 'mem_committed_as', value: committedBytes } as const]),
  ];
}

function usedPercent({ totalBytes, availableBytes }: Memory): number {
  return ((totalBytes - availableBytes) / totalBytes) * 100;
}

export function judgeMemory(
  memory: Memory,
  limits: Pick<Config, 'warnPercent' | 'criticalPercent'>,
): Judgement {
  const percent = usedPercent(memory);
  const status =
    percent >= limits.criticalPercent ? 'critical' : percent >= limits.warnPercent ? 'warning' : 'ok';
  const gib = (memory.availableBytes / 1024 ** 3).toFixed(1);
  return { id: 'mem:physical', status, text: `内存已用 ${percent.toFixed(1)}%，可用 ${gib} GB` };
}
