// A road with a router that can lose its memory: the program runs in a network namespace of its own and reaches this machine
// through a second one that forwards. When the router stops forwarding, both ends still believe that they are connected.
//
//   this machine  198.18.N.1 ──veth── .2  router  .5 ──veth── .6  the program's namespace

import { atEnd, type Scope } from '../../support/scope.ts';
import type { Launch } from '../../support/programs.ts';
import { command } from './command.ts';
import type { Means } from './means.ts';

export interface Road extends Launch {
  /** This machine, seen from the other end. */
  readonly address: string;
  /** The router drops every packet, and says nothing. */
  lose(): void;
  /** The router's link to this machine goes down. */
  unplug(): void;
  heal(): void;
}

const ip = (...args: string[]): string => command('/usr/sbin/ip', args);
let roads = 0;

/** Needs root. The namespaces go when the test ends. */
export function openRoad(t: Scope): Road {
  // From the block that is reserved for such trials; two runs at a time must not meet.
  const net = `198.18.${(process.pid + 64 * roads) % 256}`;
  const name = `nw${process.pid}x${roads++}`;
  const [router, far] = [`${name}r`, `${name}f`];
  const forward = (on: 0 | 1): void =>
    void ip('netns', 'exec', router, 'sh', '-c', `echo ${on} > /proc/sys/net/ipv4/ip_forward`);
  for (const namespace of [router, far]) {
    ip('netns', 'add', namespace);
    atEnd(t, () => ip('netns', 'delete', namespace));
  }
  ip('link', 'add', name, 'type', 'veth', 'peer', 'name', 'near', 'netns', router);
  atEnd(t, () => ip('link', 'delete', name));
  ip('-n', router, 'link', 'add', 'away', 'type', 'veth', 'peer', 'name', 'uplink', 'netns', far);
  ip('address', 'add', `${net}.1/30`, 'dev', name);
  ip('-n', router, 'address', 'add', `${net}.2/30`, 'dev', 'near');
  ip('-n', router, 'address', 'add', `${net}.5/30`, 'dev', 'away');
  ip('-n', far, 'address', 'add', `${net}.6/30`, 'dev', 'uplink');
  ip('link', 'set', name, 'up');
  for (const device of ['lo', 'near', 'away']) ip('-n', router, 'link', 'set', device, 'up');
  for (const device of ['lo', 'uplink']) ip('-n', far, 'link', 'set', device, 'up');
  ip('route', 'add', `${net}.4/30`, 'via', `${net}.2`);
  ip('-n', far, 'route', 'add', 'default', 'via', `${net}.5`);
  forward(1);
  return {
    wrap: ['/usr/sbin/ip', 'netns', 'exec', far],
    address: `${net}.1`,
    lose: () => forward(0),
    unplug: () => void ip('-n', router, 'link', 'set', 'near', 'down'),
    heal() {
      ip('-n', router, 'link', 'set', 'near', 'up');
      forward(1);
    },
  };
}

export const netns: Means = {
  name: 'network namespaces with veth',
  mend: 'Run as root on a kernel that has them, with apt-get install iproute2.',
  probe() {
    const name = `nw${process.pid}p`;
    ip('netns', 'add', name);
    try {
      ip('link', 'add', name, 'type', 'veth', 'peer', 'name', 'far', 'netns', name);
      ip('link', 'delete', name);
    } finally {
      ip('netns', 'delete', name);
    }
  },
};
