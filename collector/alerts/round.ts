// Which hosts are judged in a pass: those with news, those whose verdict changed (they are touched), those where time alone decides,
// and a thirtieth of the rest, so that every host is judged at least every 30 s without a burst. Promise: a pass costs by these
// hosts, not by the fleet.

import type { Fleet } from '../fleet/fleet.ts';
import type { Ledger } from './ledger.ts';

export interface Round {
  touch(hostId: string): void;
  /** The first time all of them: what hospitals share must be known before it is judged. */
  due(): Set<string>;
}

export interface RoundOptions {
  fleet: Pick<Fleet, 'hosts' | 'picture' | 'takeDirty'>;
  ledger: Ledger;
}

const TURNS = 30;
const HOST = 'host:';

export function openRound({ fleet, ledger }: RoundOptions): Round {
  const touched = new Set<string>();
  let isFirst = true;
  // The hosts at the beginning of the turns, and who of them is next.
  let all: string[] = [];
  let next = 0;
  const takeTurn = (hosts: Set<string>): void => {
    if (next >= all.length) {
      all = [...fleet.hosts()];
      next = 0;
    }
    const end = Math.min(all.length, next + Math.ceil(all.length / TURNS));
    for (; next < end; next++) hosts.add(all[next] as string);
  };
  return {
    touch: (hostId) => void touched.add(hostId),
    due() {
      const hosts = new Set(touched);
      if (isFirst) for (const host of fleet.hosts()) hosts.add(host);
      for (const host of fleet.takeDirty()) hosts.add(host);
      touched.clear();
      isFirst = false;
      takeTurn(hosts);
      for (const group of ledger.waiting()) if (group.startsWith(HOST)) hosts.add(group.slice(HOST.length));
      // Revoked hosts: nobody reports for them, what they have open must end.
      for (const group of ledger.groups()) {
        const host = group.slice(HOST.length);
        if (group.startsWith(HOST) && !fleet.picture(host)) hosts.add(host);
      }
      return hosts;
    },
  };
}
