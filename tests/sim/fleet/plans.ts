// The kinds of outages that are planted, and what must come of each: its word, its page, within what time, and what the trail says in
// the end.

import type { FleetAgent } from './agent.ts';
import type { Plan } from './truth.ts';

export interface Kind extends Plan {
  /** Who can have it. */
  needs: 'a witness' | 'no witness' | 'a hospital of several' | 'anybody' | 'many hospitals';
  begin(agent: FleetAgent): void;
  finish(agent: FleetAgent): void;
}

const SECOND = 1_000;
/** A verdict becomes a page: a pass each second, and what fires together within three seconds shares a message. */
const PAGE_MS = 6 * SECOND;

interface Limits {
  /** How soon its word is due. */
  withinMs: number;
  page: Plan['page'];
}

/** The limit of a silence and a tick; the last beat lies before the outage. */
const SILENT: Limits = { withinMs: 121 * SECOND, page: 'critical' };
const LOST: Limits = { withinMs: 121 * SECOND, page: 'warning' };
const DOWN: Limits = { withinMs: 41 * SECOND, page: 'critical' };

function host(
  name: string,
  needs: Kind['needs'],
  word: Plan['words'][number],
  { withinMs, page }: Limits,
  told: Plan['told'],
  does: Pick<Kind, 'begin' | 'finish'>,
): Kind {
  const times = { verdictWithinMs: withinMs, pageWithinMs: withinMs + PAGE_MS };
  return {
    kind: name,
    needs,
    words: [word],
    page,
    scope: 'host',
    ...times,
    ...(told ? { told } : {}),
    ...does,
  };
}

const KILL = { begin: (a: FleetAgent) => a.kill(), finish: (a: FleetAgent) => a.startProcess() };
const CRASH = { begin: (a: FleetAgent) => a.crash(), finish: (a: FleetAgent) => a.boot() };
const FREEZE = { begin: (a: FleetAgent) => a.freeze(), finish: (a: FleetAgent) => a.thaw() };
const HALF_OPEN = { begin: (a: FleetAgent) => a.cut(), finish: (a: FleetAgent) => a.heal() };
const SHUTDOWN = { begin: (a: FleetAgent) => a.goodbye('shutdown'), finish: (a: FleetAgent) => a.boot() };
const STOP = { begin: (a: FleetAgent) => a.goodbye('stop'), finish: (a: FleetAgent) => a.startProcess() };
/** The service ended an age ago, so its port proves nothing; then the link goes. */
const PORT_GONE = {
  begin(a: FleetAgent) {
    a.service = 'closed';
    a.cut();
  },
  finish(a: FleetAgent) {
    a.service = 'open';
    a.heal();
  },
};
const SITE = {
  begin: (a: FleetAgent) => void (a.site.cuts++, a.site.agents.forEach((each) => each.siteChanged('lost'))),
  finish: (a: FleetAgent) => void (a.site.cuts--, a.site.agents.forEach((each) => each.siteChanged('found'))),
};
const AT_ONCE: Limits = { withinMs: 2 * SECOND, page: 'none' };

export const KINDS: readonly Kind[] = [
  host('agent killed, a witness', 'a witness', 'agent-lost', LOST, 'agent-lost', KILL),
  host('agent killed, no witness', 'no witness', 'silent', SILENT, 'agent-lost', KILL),
  host('agent frozen, a witness', 'a witness', 'agent-lost', LOST, 'agent-lost', FREEZE),
  host('agent frozen, no witness', 'no witness', 'silent', SILENT, 'agent-lost', FREEZE),
  host('host crashed, a witness', 'a witness', 'down', DOWN, 'crashed', CRASH),
  host('host crashed, no witness', 'no witness', 'silent', SILENT, 'crashed', CRASH),
  host('link half-open, a witness', 'a witness', 'agent-lost', LOST, 'up', HALF_OPEN),
  host('link half-open, no witness', 'no witness', 'silent', SILENT, 'up', HALF_OPEN),
  host('host shut down', 'anybody', 'shutdown', AT_ONCE, 'shutdown', SHUTDOWN),
  host('agent stopped', 'anybody', 'stopped', AT_ONCE, 'stopped', STOP),
  {
    ...host('hospital cut off', 'a hospital of several', 'site-silent', SILENT, 'up', SITE),
    scope: 'hospital',
  },
];

export const PORT_GONE_KIND: Kind = host(
  'link half-open, its port closed long before, a witness',
  'a witness',
  'silent',
  SILENT,
  'up',
  PORT_GONE,
);

/** Many at once: one page of the platform, none of a host or hospital. */
export const REGION: Kind = {
  kind: 'many hospitals cut off at once',
  needs: 'many hospitals',
  words: ['mass-silent'],
  page: 'critical',
  scope: 'platform',
  verdictWithinMs: 135 * SECOND,
  pageWithinMs: 135 * SECOND,
  ...SITE,
};
