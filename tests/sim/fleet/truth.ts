// What really happened to the fleet, against what the collector said and paged. The checkers know the simulated world and nothing of
// the modules under test. Promise: a page without an outage, an outage without its page, a wrong word, and a history that was not
// corrected are each noted, with their time.

import type { VerdictWord } from '../../../collector/liveness/verdict.ts';
import type { Notice } from '../../../collector/notifiers/notifier.ts';
import type { FleetAgent, Site } from './agent.ts';

export interface Plan {
  kind: string;
  /** Words that are right while it lasts; undefined: it is over before a word is due. */
  words: readonly VerdictWord[];
  page: 'critical' | 'warning' | 'none';
  scope: 'host' | 'hospital' | 'platform';
  /** From the beginning, or from when the collector could judge again. */
  verdictWithinMs: number;
  pageWithinMs: number;
  /** What the trail must say in the end of most of its time. */
  told?: VerdictWord;
}

export interface Outage {
  plan: Plan;
  agents: readonly FleetAgent[];
  site: Site | undefined;
  startedAt: number;
  endedAt?: number;
  /** The collector could not judge for some of its time: counted from here. */
  judgedFrom: number;
  /** It was hidden by something of the collector's own: its times enter another line. */
  disturbed: boolean;
  verdictAt?: number;
  pagedAt?: number;
  /** A second page about the same thing. */
  pages: number;
}

export interface Detection {
  kind: string;
  verdictMs: number | undefined;
  pageMs: number | undefined;
}

const DOWN: ReadonlySet<VerdictWord> = new Set<VerdictWord>(['silent', 'site-silent', 'down', 'agent-lost']);
/** From the limit: a beat, what a witness needs, what TCP kept back, and a cut of the collector too short for it to notice. */
const LEAST_MS = { silent: 100_000, 'site-silent': 75_000, down: 28_000, 'agent-lost': 100_000 } as const;
/** Longest way of an agent back to the collector: a handshake in vain, a wait. */
const WAY_BACK_MS = 90_000;
/** Shorter outages of its own, however long the way back took, are no reason for a page. */
const REASON_MS = 40_000;
/** After a start or a doubt of the collector every silence is counted anew, behind the wait for its fleet and the way back. */
const DISTURBED_MS = 260_000;
const MOST_KEPT = 20;

interface HostTruth {
  outSince: number | undefined;
  /** The last own outage that is over. */
  last: { from: number; to: number };
}

export class Truth {
  readonly violations: { at: number; what: string }[] = [];
  readonly detections: Detection[] = [];
  readonly counts = { pages: 0, ownPages: 0, verdicts: 0, falsePages: 0, platformPages: 0 };
  /** Called at each failure, the first ones. */
  onFailure: (what: string) => void = () => undefined;
  readonly #now: () => number;
  readonly #hosts = new Map<string, HostTruth>();
  readonly #open = new Map<string, Outage>();
  readonly #wide = new Map<string, Outage>();
  /** Hospitals by the id that pages name. */
  readonly #sites: ReadonlyMap<string, Site>;
  platform: Outage | undefined;

  constructor(now: () => number, sites: ReadonlyMap<string, Site>) {
    this.#now = now;
    this.#sites = sites;
  }

  fail(what: string): void {
    if (this.violations.length >= MOST_KEPT) return;
    this.violations.push({ at: this.#now(), what });
    this.onFailure(what);
  }

  changed(agent: FleetAgent): void {
    const truth = this.#of(agent.id);
    const now = this.#now();
    if (agent.isOut()) truth.outSince ??= now;
    else if (truth.outSince !== undefined) {
      truth.last = { from: truth.outSince, to: now };
      truth.outSince = undefined;
    }
  }

  isOut(host: string): boolean {
    return this.#of(host).outSince !== undefined;
  }

  /** Nothing of its own kept it from being heard for so long that it must be back. */
  isSettled(host: string): boolean {
    const { outSince, last } = this.#of(host);
    return outSince === undefined && this.#now() - last.to > WAY_BACK_MS;
  }

  begin(plan: Plan, agents: readonly FleetAgent[], isCalm: boolean): Outage {
    const now = this.#now();
    const site = plan.scope === 'hospital' ? agents[0]?.site : undefined;
    const outage: Outage = {
      plan,
      agents,
      site,
      startedAt: now,
      judgedFrom: now,
      disturbed: !isCalm,
      pages: 0,
    };
    for (const agent of agents) this.#open.set(agent.id, outage);
    if (site) this.#wide.set(site.id, outage);
    if (plan.scope === 'platform') this.platform = outage;
    return outage;
  }

  outageOf(host: string): Outage | undefined {
    return this.#open.get(host);
  }

  /** The collector was cut off, away or in doubt: what is open is judged from when that is over. */
  disturb(): void {
    for (const outage of new Set(this.#open.values())) {
      if (outage.plan.scope === 'platform') continue;
      const isPaged = outage.plan.page === 'none' || outage.pagedAt !== undefined;
      if (outage.verdictAt !== undefined && isPaged) continue;
      outage.disturbed = true;
      outage.judgedFrom = this.#now();
    }
  }

  /** It is over, or looked at for the last time. */
  end(outage: Outage): void {
    const now = this.#now();
    outage.endedAt = now;
    for (const agent of outage.agents) this.#open.delete(agent.id);
    if (outage.site) this.#wide.delete(outage.site.id);
    if (this.platform === outage) this.platform = undefined;
    const { plan, disturbed, judgedFrom } = outage;
    const place = outage.site?.id ?? outage.agents[0]?.id ?? '';
    const verdictMs = outage.verdictAt === undefined ? undefined : outage.verdictAt - judgedFrom;
    const pageMs = outage.pagedAt === undefined ? undefined : outage.pagedAt - judgedFrom;
    const shown = `${plan.kind} of ${place} from ${Math.round(outage.startedAt / 1000)} s`;
    const moreMs = disturbed ? DISTURBED_MS : 0;
    const isDue = now - judgedFrom > plan.pageWithinMs + moreMs;
    const said = verdictMs === undefined ? 'never' : `after ${Math.round(verdictMs / 1000)} s`;
    if (isDue && (verdictMs === undefined || verdictMs > plan.verdictWithinMs + moreMs)) {
      this.fail(`${shown}: its word came ${said}, not within ${plan.verdictWithinMs / 1000} s`);
    }
    const told = pageMs === undefined ? 'never' : `after ${Math.round(pageMs / 1000)} s`;
    if (plan.page !== 'none' && isDue && (pageMs === undefined || pageMs > plan.pageWithinMs + moreMs)) {
      this.fail(`${shown}: paged ${told}, not within ${plan.pageWithinMs / 1000} s`);
    }
    if (plan.page !== 'none' && outage.pages > 1) this.fail(`${shown}: ${outage.pages} pages`);
    const kind = disturbed ? `${plan.kind}, the collector disturbed` : plan.kind;
    if (isDue || verdictMs !== undefined) this.detections.push({ kind, verdictMs, pageMs });
  }

  verdict(host: string, word: VerdictWord): void {
    this.counts.verdicts++;
    const now = this.#now();
    const outage = this.#open.get(host);
    // What a witness saw before the collector was away is not known to it any more: "silent" says less, and is true.
    const isSilence = outage?.disturbed && word === 'silent';
    if (outage && (isSilence || outage.plan.words.includes(word))) outage.verdictAt ??= now;
    else if (outage && DOWN.has(word)) this.fail(`${host} (${outage.plan.kind}) is called ${word}`);
    if (!DOWN.has(word)) return;
    // What the line of the collector kept back before it fell out counts with its silence.
    const plannedMs = outage?.plan.words.includes(word) ? now - outage.startedAt : 0;
    const outMs = Math.max(this.#outMs(host), plannedMs);
    const leastMs = LEAST_MS[word as keyof typeof LEAST_MS];
    if (outMs < leastMs) {
      this.fail(`${host} is called ${word} after ${Math.round(outMs / 1000)} s of its own silence`);
    }
  }

  page({ kind, host, hospital, alerts }: Notice): void {
    if (kind !== 'firing') return;
    const now = this.#now();
    for (const alert of alerts) {
      this.counts.pages++;
      if (alert.rule === 'fleet') {
        this.counts.platformPages++;
        if (this.platform) this.#paged(this.platform, alert.severity, now);
        continue;
      }
      const outage = host ? this.#open.get(host.id) : this.#wide.get(hospital.id);
      if (outage) this.#paged(outage, alert.severity, now);
      else this.#unplanned(host?.id, hospital.id, alert.summary.zh);
    }
  }

  #paged(outage: Outage, severity: string, now: number): void {
    outage.pages++;
    outage.pagedAt ??= now;
    const { plan } = outage;
    const place = outage.site?.id ?? outage.agents[0]?.id ?? '';
    if (plan.page === 'none') this.#false(`${plan.kind} of ${place} is paged although it said what it does`);
    else if (severity !== plan.page) this.fail(`${plan.kind} of ${place} is paged as ${severity}`);
  }

  /** Drawn troubles of a link may last long enough: then its page is right. */
  #unplanned(host: string | undefined, hospital: string, what: string): void {
    const hosts =
      host === undefined ? (this.#sites.get(hospital)?.agents.map((agent) => agent.id) ?? []) : [host];
    const outMs = Math.min(...hosts.map((each) => this.#outMs(each)));
    if (outMs >= LEAST_MS['site-silent']) this.counts.ownPages++;
    else this.#false(`${what} (${hosts.join()}) is paged after ${Math.round(outMs / 1000)} s of own silence`);
  }

  #false(what: string): void {
    this.counts.falsePages++;
    this.fail(`FALSE PAGE: ${what}`);
  }

  /** How long it has not been heard for reasons of its own, with the way back. */
  #outMs(host: string): number {
    const { outSince, last } = this.#of(host);
    const now = this.#now();
    const before = outSince ?? now;
    const outMs = now - before;
    const isOnItsWay = before - last.to < WAY_BACK_MS && last.to - last.from + outMs >= REASON_MS;
    return outMs + (isOnItsWay ? before - last.from : 0);
  }

  #of(host: string): HostTruth {
    let truth = this.#hosts.get(host);
    if (!truth) this.#hosts.set(host, (truth = { outSince: 0, last: { from: 0, to: -Infinity } }));
    return truth;
  }
}
