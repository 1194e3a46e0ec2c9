// Swap space or page file. Promise: a machine without any says total 0 and no percentage.

import type { Values } from '../../../shared/config/schema.ts';
import type { Host, Probe, ProbeUnit, Sample } from '../probe.ts';
import { probeSection } from '../section.ts';
import type { Swap } from './space.ts';
import { linuxSwapReader } from './linux.ts';
import { windowsSwapReader } from './windows.ts';

const CONFIG = probeSection('Swap space or page file.', 15_000, {});

export const SWAP: ProbeUnit<typeof CONFIG.fields> = {
  name: 'swap',
  config: CONFIG,
  metrics: ['swap_total', 'swap_used', 'swap_used_percent', 'swap_in', 'swap_out'],
  open,
};

function open(_config: Values<typeof CONFIG.fields>, host: Host): Probe {
  const readSwap = host.platform === 'win32' ? windowsSwapReader(host) : linuxSwapReader(host);
  return {
    async read() {
      const swap = await readSwap();
      return { samples: swap ? samplesOf(swap) : [] };
    },
  };
}

function samplesOf({ totalBytes, usedBytes, inBytes, outBytes }: Swap): Sample[] {
  const samples: Sample[] = [
    { metric: 'swap_total', value: totalBytes },
    { metric: 'swap_used', value: usedBytes },
  ];
  if (totalBytes > 0) samples.push({ metric: 'swap_used_percent', value: (usedBytes / totalBytes) * 100 });
  if (inBytes !== undefined) samples.push({ metric: 'swap_in', value: inBytes });
  if (outBytes !== undefined) samples.push({ metric: 'swap_out', value: outBytes });
  return samples;
}
