// `status.json`: what the running agent says of itself every 10 s, for `niswatch-agent status`. It stays on the machine.

import type { Clock } from '../shared/clock.ts';
import type { Identity, NamedThing } from './identity/identity.ts';
import type { RunRecord } from './journal.ts';
import type { LinkStatus } from './link/link.ts';
import type { ProbeState } from './schedule/runner.ts';
import type { Spool, SpoolStats } from './spool/spool.ts';
import { VERSION } from './version.ts';

export const STATUS_FILE = 'status.json';

export interface Status {
  at: number;
  pid: number;
  version: string;
  startedAt: number;
  stoppedAt?: number;
  host: NamedThing;
  hospital: NamedThing;
  collector: string;
  link: LinkStatus;
  spool: SpoolStats;
  probes: ProbeState[];
}

export function renderStatus(from: {
  options: { clock: Clock; identity: Identity; collector: string };
  spool: Spool;
  run: RunRecord;
  link: { status(): LinkStatus };
  schedule: { states(): ProbeState[] };
}): Status {
  const { options, run } = from;
  return {
    at: options.clock.now(),
    pid: run.pid,
    version: VERSION,
    startedAt: run.startedAt,
    ...(run.end ? { stoppedAt: run.end.at } : {}),
    host: options.identity.host,
    hospital: options.identity.hospital,
    collector: options.collector,
    link: from.link.status(),
    spool: from.spool.stats(),
    probes: from.schedule.states(),
  };
}
