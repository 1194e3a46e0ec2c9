// Takes time since boot and processors from the runtime. Windows has no load average, and sessions are not read.

import type { Host } from '../probe.ts';
import type { System } from './facts.ts';

/** The instant of boot is wall clock less uptime, which shakes by the time between the two readings. */
const SHAKE_SECONDS = 2;

export function windowsSystemReader(host: Host): () => Promise<System> {
  let bootAtSeconds: number | undefined;
  return async () => {
    const uptimeSeconds = host.os.uptimeSeconds();
    const computed = Math.round(host.clock.now() / 1000 - uptimeSeconds);
    if (bootAtSeconds === undefined || Math.abs(computed - bootAtSeconds) > SHAKE_SECONDS)
      bootAtSeconds = computed;
    return { uptimeSeconds, bootAtSeconds, processors: host.os.cpuTimes().length };
  };
}
