// Opens the probes that agent.yaml enables.

import type { AgentConfig } from '../config.ts';
import { PROBES } from '../probes/index.ts';
import type { Host, ProbeUnit } from '../probes/probe.ts';
import type { ScheduledProbe } from '../schedule/runner.ts';

/** `units` by name, when only some are wanted. */
export function openProbes(
  config: AgentConfig,
  host: Host,
  units: readonly ProbeUnit[] = PROBES,
): ScheduledProbe[] {
  return units.flatMap((unit) => {
    const section = config.probes[unit.name] as { enabled?: unknown; interval?: unknown } | undefined;
    if (!section || section.enabled !== true || typeof section.interval !== 'number') return [];
    const probe = unit.open(section as Parameters<typeof unit.open>[0], host);
    return [{ name: unit.name, intervalMs: section.interval, probe }];
  });
}
