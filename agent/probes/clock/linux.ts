// Asks whether the system disciplines its clock, by the marks that services leave in /run. systemd-timesyncd says yes or no; chrony
// and ntpd leave no mark, and asking them takes a child process or a socket of theirs: then nothing is said.

import type { Host } from '../probe.ts';

const TIMESYNC = '/run/systemd/timesync';

export async function readLinuxSynchronized(host: Host): Promise<boolean | undefined> {
  const marks = await host.list(TIMESYNC).catch(() => undefined);
  return marks?.includes('synchronized');
}
