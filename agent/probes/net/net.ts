// Traffic of network interfaces since boot. Promise: those that stand for a cable or a team of cables; the ones that
// containers, bridges and tunnels bring, which come and go by the hundred, only when the configuration names them.

import type { Values } from '../../../shared/config/schema.ts';
import { type Choice, choose } from '../choice.ts';
import type { Host, InterfaceCounters, Probe, ProbeUnit, Sample } from '../probe.ts';
import { probeSection } from '../section.ts';
import { readLinuxInterfaces } from './linux.ts';
import { readWindowsInterfaces } from './windows.ts';

const NAME = {
  kind: 'text',
  help: 'An interface such as eth0; a * at the end stands for any ending.',
} as const;
const CONFIG = probeSection('Traffic of network interfaces.', 15_000, {
  include: { kind: 'list', help: 'Interfaces read although they are virtual, such as docker0.', of: NAME },
  exclude: { kind: 'list', help: 'Interfaces that are not read.', of: NAME },
});

export const NET: ProbeUnit<typeof CONFIG.fields> = {
  name: 'net',
  config: CONFIG,
  metrics: [
    'net_bytes_recv',
    'net_bytes_sent',
    'net_packets_recv',
    'net_packets_sent',
    'net_err_in',
    'net_err_out',
    'net_drop_in',
    'net_drop_out',
  ],
  open,
};

function open(config: Values<typeof CONFIG.fields>, host: Host): Probe {
  const readInterfaces = host.platform === 'win32' ? readWindowsInterfaces : readLinuxInterfaces;
  return {
    async read() {
      const interfaces = await readInterfaces(host);
      return { samples: chooseInterfaces(interfaces, config).flatMap(samplesOf) };
    },
  };
}

/** Loopback, containers, bridges, taps, tunnels, and what Windows adds of that kind. */
const VIRTUAL =
  /^(lo|veth|docker|br-|virbr|vnet|tap|tun|ifb|dummy|cni|flannel|cali|kube-|nodelocaldns|lxc|lxd|podman|sit|gre|gretap|erspan|ip6|ip_vti|tunl|teql|vEthernet|Loopback Pseudo|isatap|Teredo)/;

/** An interface that never carried a byte has nothing plugged in and says nothing. */
export function chooseInterfaces<T extends InterfaceCounters>(all: readonly T[], choice: Choice): T[] {
  return choose(all, choice, (one) => !VIRTUAL.test(one.name) && one.bytesRecv + one.bytesSent > 0);
}

function samplesOf(one: InterfaceCounters): Sample[] {
  const labels = { interface: one.name };
  return [
    { metric: 'net_bytes_recv', labels, value: one.bytesRecv },
    { metric: 'net_bytes_sent', labels, value: one.bytesSent },
    { metric: 'net_packets_recv', labels, value: one.packetsRecv },
    { metric: 'net_packets_sent', labels, value: one.packetsSent },
    { metric: 'net_err_in', labels, value: one.errIn },
    { metric: 'net_err_out', labels, value: one.errOut },
    { metric: 'net_drop_in', labels, value: one.dropIn },
    { metric: 'net_drop_out', labels, value: one.dropOut },
  ];
}
