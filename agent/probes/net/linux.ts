// Reads /proc/net/dev. Old kernels write the first number straight after the colon (`eth0:1500`).

import type { Host, InterfaceCounters } from '../probe.ts';

export async function readLinuxInterfaces(host: Host): Promise<InterfaceCounters[]> {
  return parseNetDev(await host.readText('/proc/net/dev'));
}

export function parseNetDev(text: string): InterfaceCounters[] {
  const found: InterfaceCounters[] = [];
  for (const line of text.split('\n')) {
    // The last colon: an alias (`eth0:1`) has one of its own.
    const colon = line.lastIndexOf(':');
    if (colon < 0) continue;
    const numbers = line
      .slice(colon + 1)
      .trim()
      .split(/ +/)
      .map(Number);
    const [bytesRecv, packetsRecv, errIn, dropIn, , , , , bytesSent, packetsSent, errOut, dropOut] = numbers;
    if (dropOut === undefined) continue;
    found.push({
      name: line.slice(0, colon).trim(),
      bytesRecv: bytesRecv ?? 0,
      bytesSent: bytesSent ?? 0,
      packetsRecv: packetsRecv ?? 0,
      packetsSent: packetsSent ?? 0,
      errIn: errIn ?? 0,
      errOut: errOut ?? 0,
      dropIn: dropIn ?? 0,
      dropOut,
    });
  }
  return found;
}
