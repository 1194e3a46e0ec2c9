// Takes interfaces from Win32; without Win32 nothing is known.

import type { Host, InterfaceCounters } from '../probe.ts';

export async function readWindowsInterfaces(host: Host): Promise<InterfaceCounters[]> {
  return host.win32?.interfaces() ?? [];
}
