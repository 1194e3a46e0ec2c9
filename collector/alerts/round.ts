// Which hosts are judged in a pass: those with news, those whose verdict changed, those where time alone decides, and a
// thirtieth of the rest, so that every host is judged at least every 30 s without a burst.

import type { Fleet } from '../fleet/fleet.ts';
import type { Verdict } from '../liveness/verdict.ts';
import type { VerdictSource } from '../services.ts';
import type { Ledger } from './ledger.ts';

export interface Round {
  touch(hostId: string): void;
  /** The first time all of them: what hospitals share must be known before it is judged. */
  due(): Set<string>;
}

export interface RoundOptions {
  fleet: Pick<Fleet, 'hosts' | 'picture' | 'takeDirty'>;
  verdicts: Pick<VerdictSource, 'verdict'>;
  ledger: Ledger;
}

const TURNS = 30;
const HOST = 'host:';

export function openRound({ fleet, verdicts, ledger }: RoundOptions): Round {
  const touched = new Set<string>();
  // A verdict that stands is the same object: this runs each second for every host.
  const seen = new Map<string, Verdict>();
  let turn = -1;
  return {
    touch: (hostId) => void touched.add(hostId),
    due() {
      const hosts = new Set([...touched, ...fleet.takeDirty()]);
      touched.clear();
      let i = 0;
      for (const host of fleet.hosts()) {
        const verdict = verdicts.verdict(host);
        if (turn < 0 || i % TURNS === turn) hosts.add(host);
        if (seen.get(host) !== verdict) {
          hosts.add(host);
          seen.set(host, verdict);
        }
        i++;
      }
      for (const group of ledger.waiting()) if (group.startsWith(HOST)) hosts.add(group.slice(HOST.length));
      // Revoked hosts: nobody reports for them, what they have open must end.
      for (const group of ledger.groups()) {
        const host = group.slice(HOST.length);
        if (group.startsWith(HOST) && !fleet.picture(host)) hosts.add(host);
      }
      turn = (turn + 1) % TURNS;
      return hosts;
    },
  };
}
