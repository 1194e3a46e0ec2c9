// The machine as a whole: time since boot, load, processors, sessions. Promise: what the platform does not know (load on
// Windows, sessions in a container) is left out and never 0.

import type { Values } from '../../../shared/config/schema.ts';
import type { MetricName } from '../../../shared/catalogue.ts';
import type { Host, Probe, ProbeUnit, Sample } from '../probe.ts';
import { probeSection } from '../section.ts';
import type { System } from './facts.ts';
import { linuxSystemReader } from './linux.ts';
import { windowsSystemReader } from './windows.ts';

const CONFIG = probeSection('Time since boot, load, processors, sessions.', 15_000, {});

export const SYSTEM: ProbeUnit<typeof CONFIG.fields> = {
  name: 'system',
  config: CONFIG,
  metrics: [
    'system_load1',
    'system_load5',
    'system_load15',
    'system_n_cpus',
    'system_n_users',
    'system_uptime',
    'host_boot_time_seconds',
  ],
  open,
};

function open(_config: Values<typeof CONFIG.fields>, host: Host): Probe {
  const readSystem = host.platform === 'win32' ? windowsSystemReader(host) : linuxSystemReader(host);
  return {
    async read() {
      return { samples: samplesOf(await readSystem()) };
    },
  };
}

function samplesOf(system: System): Sample[] {
  const samples: Sample[] = [];
  const add = (metric: MetricName, value: number | undefined): void => {
    if (value !== undefined) samples.push({ metric, value });
  };
  add('system_load1', system.load?.one);
  add('system_load5', system.load?.five);
  add('system_load15', system.load?.fifteen);
  add('system_n_cpus', system.processors || undefined);
  add('system_n_users', system.users);
  add('system_uptime', system.uptimeSeconds);
  add('host_boot_time_seconds', system.bootAtSeconds);
  return samples;
}
