// Takes interfaces from Win32; without Win32 nothing is known.

import type { Host } from '../probe.ts';
import type { InterfaceTraffic } from './net.ts';

export async function readWindowsInterfaces(host: Host): Promise<InterfaceTraffic[]> {
  return host.win32?.interfaces() ?? [];
}
