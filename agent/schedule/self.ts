// What the agent says of itself: memory, processor time, spool, failed readings. A probe like any other, read each minute.

import type { Sample } from '../probes/probe.ts';
import type { Spool } from '../spool/spool.ts';
import type { ProbeState, ScheduledProbe } from './runner.ts';

const SELF_INTERVAL_MS = 60_000;

export function selfProbe(spool: Pick<Spool, 'stats'>, states: () => readonly ProbeState[]): ScheduledProbe {
  return {
    name: 'agent',
    intervalMs: SELF_INTERVAL_MS,
    probe: {
      async read() {
        const { bytes, reports, lost } = spool.stats();
        const cpu = process.cpuUsage();
        const errors = states().map(({ name, errors }): Sample => ({
          metric: 'agent_probe_errors',
          labels: { probe: name },
          value: errors,
        }));
        return {
          samples: [
            { metric: 'agent_memory_rss', value: process.memoryUsage.rss() },
            { metric: 'agent_cpu_seconds', value: (cpu.user + cpu.system) / 1e6 },
            { metric: 'agent_spool_bytes', value: bytes },
            { metric: 'agent_spool_reports', value: reports },
            { metric: 'agent_spool_lost', value: Object.values(lost).reduce((sum, n) => sum + n, 0) },
            ...errors,
          ],
        };
      },
    },
  };
}
