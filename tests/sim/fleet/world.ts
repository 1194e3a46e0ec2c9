// A fleet of agents and its collector in virtual time: drawn troubles of every link, forced restarts of the collector, cuts of its
// uplink, planted outages of every kind. Promise: the same seed and the same code give the same events and the same figures.

import { PORT_GONE_KIND, KINDS, REGION, type Kind } from './plans.ts';
import { BEAT_MS } from '../../../shared/frame.ts';
import { settled } from '../jobs.ts';
import { type Random, seededRandom } from '../random.ts';
import { Scheduler } from '../scheduler.ts';
import { realState } from '../state.ts';
import { FleetAgent, type Site } from './agent.ts';
import { FleetCollector, WALL_START } from './collector.ts';
import { judgeTold } from './history.ts';
import { type Outage, Truth } from './truth.ts';

export interface FleetOptions {
  seed: number;
  agents: number;
  /** Forced restarts of the collector, as many cuts of its uplink, and a few suspensions. */
  restarts: number;
  cuts: number;
  /** Cuts of the uplink last from `shortestCutMs` (1 s) to this. */
  longestCutMs: number;
  shortestCutMs?: number;
  /** Windows without forced events in which outages of every kind are planted. */
  windows: number;
  /** Settings of `liveness` that a planted bug changes. */
  liveness?: Record<string, unknown>;
  progress?(done: number, of: number, world: FleetWorld): void;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const DAY = 24 * 3600 * SECOND;
/** The collector may doubt itself for so long after the last thing that gave it reason. */
const DOUBT_MS = 16 * MINUTE;
const SLOT_MS = 20;
const PRUNE_MS = 30 * MINUTE;

export class FleetWorld {
  readonly scheduler = new Scheduler();
  readonly truth: Truth;
  readonly agents: FleetAgent[] = [];
  readonly collector: FleetCollector;
  readonly state;
  readonly done = { restarts: 0, cuts: 0, freezes: 0, windows: 0, planted: 0 };
  readonly #options: FleetOptions;
  readonly #random: Random;
  readonly #sites = new Map<string, Site>();
  #uplinkIsCut = false;
  #canaryIsDeaf = false;
  #disturbedAt = 0;
  #prunedAt = 0;

  constructor(options: FleetOptions) {
    this.#options = options;
    this.#random = seededRandom(options.seed);
    this.#layOut(this.#random.split('layout'));
    const rows = [...this.#sites.values()].flatMap((site) =>
      this.#hostIds(site).map((id) => ({ id, hospital: site.id, publicKey: '' })),
    );
    this.state = realState(rows);
    const { scheduler } = this;
    this.truth = new Truth(() => scheduler.now, this.#sites);
    this.collector = new FleetCollector({
      state: this.state,
      scheduler,
      random: this.#random.split('collector'),
      liveness: options.liveness ?? {},
      canReach: () => this.#canaryIsDeaf || !this.#uplinkIsCut,
      verdict: (host, word) => this.truth.verdict(host, word),
      notice: (notice) => this.truth.page(notice),
    });
    this.#enlist();
  }

  /** Six of ten hospitals have one host, three have two, one has four; in most of the others a host is the witness of its neighbour. */
  #layOut(random: Random): void {
    for (let made = 0, n = 0; made < this.#options.agents; n++) {
      const drawn = random();
      const size = Math.min(drawn < 0.6 ? 1 : drawn < 0.9 ? 2 : 4, this.#options.agents - made);
      this.#sites.set(`hospital-${n}`, { id: `hospital-${n}`, cuts: 0, agents: [] });
      this.#sizes.push(size);
      made += size;
    }
  }

  readonly #sizes: number[] = [];

  #hostIds(site: Site): string[] {
    const n = Number(site.id.slice('hospital-'.length));
    return Array.from({ length: this.#sizes[n] ?? 0 }, (_, i) => `h${n}-${i}`);
  }

  #enlist(): void {
    const { scheduler, collector } = this;
    const draw = this.#random.split('witnesses');
    for (const site of this.#sites.values()) {
      for (const id of this.#hostIds(site)) {
        const random = this.#random.split(id);
        const changed = (agent: FleetAgent): void => this.truth.changed(agent);
        const agent = new FleetAgent({ id, site, scheduler, random, collector, changed });
        site.agents.push(agent);
        this.agents.push(agent);
      }
      const [server, neighbour] = site.agents;
      if (!server || !neighbour || draw.chance(0.3)) continue;
      neighbour.target = server;
      server.witness = neighbour;
    }
  }

  run(): void {
    const { scheduler, collector } = this;
    const course = this.#random.split('course');
    collector.start();
    for (const agent of this.agents) {
      scheduler.after(course.between(0, 30 * SECOND), undefined, () => agent.startProcess());
      this.#trouble(agent, this.#random.split(`trouble ${agent.id}`));
    }
    this.#takeTurns(this.agents, course, (agent) => agent.beat());
    this.#takeTurns(
      this.agents.filter((agent) => agent.target),
      course,
      (agent) => agent.look(),
    );
    scheduler.after(10 * SECOND, undefined, () => this.#look(), 10 * SECOND);
    this.#pass(5 * MINUTE);
    for (const step of this.#steps(course)) {
      step();
      this.#options.progress?.(
        this.done.restarts + this.done.cuts,
        this.#options.restarts + this.#options.cuts,
        this,
      );
    }
    this.#pass(8 * MINUTE);
    this.#settle();
    settled(this.state.destroy());
  }

  /** The course of events: forced ones in turn, windows of calm spread among them. */
  #steps(draw: Random): (() => void)[] {
    const { restarts, cuts, windows } = this.#options;
    const forced: (() => void)[] = [];
    for (let i = 0; i < Math.max(restarts, cuts); i++) {
      if (i < restarts) forced.push(() => this.#restart(draw));
      if (i < cuts) forced.push(() => this.#cutUplink(draw));
      if (i % 10 === 9) forced.push(() => this.#freeze(draw));
    }
    const every = Math.max(1, Math.floor(forced.length / Math.max(1, windows)));
    const steps: (() => void)[] = [];
    for (let i = 0; i < forced.length; i++) {
      if (i % every === 0 && i / every < windows) {
        const n = i / every;
        steps.push(() => this.#calmWindow(draw));
        if (n % 4 === 1) steps.push(() => this.#region(draw));
      }
      const step = forced[i];
      if (step) steps.push(step);
    }
    for (let n = Math.ceil(forced.length / every); n < windows; n++) steps.push(() => this.#calmWindow(draw));
    return steps;
  }

  /** Each agent every ten seconds, at a moment of its own: fifty events a second for all of them. */
  #takeTurns(agents: readonly FleetAgent[], draw: Random, act: (agent: FleetAgent) => void): void {
    const slots: FleetAgent[][] = Array.from({ length: BEAT_MS / SLOT_MS }, () => []);
    for (const agent of agents) slots[draw.int(0, slots.length - 1)]?.push(agent);
    for (const [n, slot] of slots.entries()) {
      this.scheduler.after(n * SLOT_MS, undefined, () => slot.forEach(act), BEAT_MS);
    }
  }

  #pass(ms: number): void {
    const { scheduler } = this;
    scheduler.run(scheduler.now + ms);
    if (scheduler.now - this.#prunedAt > PRUNE_MS) this.#prune();
  }

  /** Drawn: what stops a link for a moment (6 a day, 4 s), breaks it (3 in 2 days, 20 s), or restarts a proxy (1 a day, 2 to 12 s). */
  #trouble(agent: FleetAgent, random: Random): void {
    const { scheduler } = this;
    const again = (perDay: number, happen: () => void): void => {
      scheduler.after(random.wait(DAY / perDay), undefined, () => {
        happen();
        again(perDay, happen);
      });
    };
    const cutFor = (ms: number): void => {
      agent.cut();
      scheduler.after(ms, undefined, () => agent.heal());
    };
    again(6, () => cutFor(random.wait(4 * SECOND)));
    again(1.5, () => cutFor(random.wait(20 * SECOND)));
    again(1, () => agent.proxyRestarts(random.between(2, 12) * SECOND));
  }

  #restart(draw: Random): void {
    const { collector } = this;
    const how = draw.pick(['killed', 'killed', 'stopped', 'machine'] as const);
    const downMs = logBetween(draw, SECOND, 5 * MINUTE);
    const planted = this.#plantNear(draw, downMs);
    if (how === 'machine') {
      collector.machineOn = false;
      collector.kill();
      for (const agent of this.agents) {
        agent.forgotten();
        agent.pathLost();
      }
    } else {
      if (how === 'stopped') collector.stop();
      else collector.kill();
      for (const agent of this.agents) agent.forgotten();
      for (const agent of this.agents) agent.hearReset();
    }
    this.#pass(downMs);
    collector.machineOn = true;
    collector.start();
    if (how === 'machine') for (const agent of this.agents) agent.pathFound();
    this.#disturbed();
    this.done.restarts++;
    this.#pass(this.#restMs(draw));
    for (const outage of planted) this.#endLater(outage, 7 * MINUTE);
  }

  /** The whole of it, or one of several lines, which no canary sees. */
  #cutUplink(draw: Random): void {
    const { shortestCutMs = SECOND, longestCutMs } = this.#options;
    const ms = logBetween(draw, shortestCutMs, longestCutMs);
    const planted = this.#plantNear(draw, ms);
    const share = draw.chance(0.6) ? 1 : draw.between(0.2, 0.9);
    const cut = this.agents.filter(() => draw() < share);
    this.#canaryIsDeaf = share < 1 || draw.chance(0.3);
    this.#uplinkIsCut = true;
    for (const agent of cut) agent.lineCuts++;
    for (const agent of cut) agent.pathLost();
    this.#pass(ms);
    this.#uplinkIsCut = false;
    for (const agent of cut) agent.lineCuts--;
    for (const agent of cut) agent.pathFound();
    this.#disturbed();
    this.done.cuts++;
    this.#pass(this.#restMs(draw));
    for (const outage of planted) this.#endLater(outage, 7 * MINUTE);
  }

  /** The collector's process does not run: a slow disk, a suspended machine. */
  #freeze(draw: Random): void {
    const ms = logBetween(draw, SECOND, 25 * SECOND);
    this.collector.freeze(ms);
    this.#pass(ms);
    this.#disturbed();
    this.done.freezes++;
    this.#pass(this.#restMs(draw));
  }

  /** Mostly long enough for any false page to come; now and then the next event falls into the wait for the fleet. */
  #restMs(draw: Random): number {
    return (draw.chance(0.2) ? draw.between(5, 100) : draw.between(150, 240)) * SECOND;
  }

  #disturbed(): void {
    this.#disturbedAt = this.scheduler.now;
    this.truth.disturb();
  }

  /** Now and then a host dies just before, or within, what happens to the collector. */
  #plantNear(draw: Random, ms: number): Outage[] {
    if (!draw.chance(0.4)) return [];
    const kind = draw.pick(KINDS.filter(({ page }) => page !== 'none'));
    const agents = this.#choose(draw, kind);
    if (!agents) return [];
    const planted: Outage[] = [];
    const outage = this.truth.begin(kind, agents, false);
    // The word may be said before: then it was judged in calm, and is no part of the table.
    const [first] = agents;
    this.scheduler.after(draw.between(0, ms), undefined, () => {
      if (first) kind.begin(first);
    });
    this.done.planted++;
    planted.push(outage);
    return planted;
  }

  #endLater(outage: Outage, ms: number): void {
    const kind = outage.plan as Kind;
    this.scheduler.after(ms, undefined, () => this.#end(outage, kind));
  }

  #end(outage: Outage, kind: Kind): void {
    this.truth.end(outage);
    const told = { state: this.state, outage, truth: this.truth, wallAtZero: WALL_START };
    const firsts =
      kind.scope === 'platform'
        ? outage.agents.filter((a) => a === a.site.agents[0])
        : outage.agents.slice(0, 1);
    for (const first of firsts) kind.finish(first);
    this.scheduler.after(170 * SECOND, undefined, () =>
      judgeTold(told, this.scheduler.now, this.#disturbedAt),
    );
  }

  #calmWindow(draw: Random): void {
    this.#pass(4 * MINUTE);
    const kinds = [...KINDS, ...KINDS, PORT_GONE_KIND];
    for (const kind of kinds) {
      this.#pass(draw.between(12, 20) * SECOND);
      const agents = this.#choose(draw, kind);
      if (!agents) continue;
      const outage = this.#beginCalm(kind, agents);
      this.#endLater(outage, draw.between(4, 7) * MINUTE);
    }
    this.#pass(11 * MINUTE);
    this.done.windows++;
  }

  #beginCalm(kind: Kind, agents: readonly FleetAgent[]): Outage {
    this.done.planted++;
    const [first] = agents;
    if (kind === PORT_GONE_KIND && first) {
      first.service = 'closed';
      this.#pass(2 * MINUTE);
    }
    const outage = this.truth.begin(kind, agents, true);
    if (first) kind.begin(first);
    return outage;
  }

  /** A carrier fails: every twelfth hospital at once. */
  #region(draw: Random): void {
    const sites = [...this.#sites.values()].filter(() => draw.chance(0.085));
    const agents = sites.flatMap((site) => site.agents).filter((agent) => !this.truth.outageOf(agent.id));
    const outage = this.truth.begin(REGION, agents, true);
    for (const site of sites) if (site.agents[0]) REGION.begin(site.agents[0]);
    this.done.planted++;
    this.#pass(draw.between(4, 25) * MINUTE);
    this.truth.end(outage);
    for (const site of sites) if (site.agents[0]) REGION.finish(site.agents[0]);
    this.#disturbed();
    this.#pass(6 * MINUTE);
  }

  #choose(draw: Random, { needs }: Kind): readonly FleetAgent[] | undefined {
    for (let tries = 0; tries < 200; tries++) {
      const agent = draw.pick(this.agents);
      const { site } = agent;
      if (site.agents.some((each) => each.isOut() || this.truth.outageOf(each.id))) continue;
      if (site.agents.some((each) => this.collector.isListening() && this.collector.word(each.id) !== 'up'))
        continue;
      if (needs === 'a witness' && !agent.witness) continue;
      if (needs === 'no witness' && agent.witness) continue;
      if (needs === 'a hospital of several') {
        if (site.agents.length > 1) return site.agents;
        continue;
      }
      // Its hospital must not fall silent as a whole with it, and a witness must be there to tell.
      return [agent];
    }
    return undefined;
  }

  #look(): void {
    const { collector, scheduler, truth } = this;
    // What goes on while it is away or cut off is judged from when it can hear again.
    if (this.#uplinkIsCut || !collector.isListening()) this.#disturbed();
    if (collector.isDoubtful() || truth.platform) {
      truth.disturb();
      if (!truth.platform && scheduler.now - this.#disturbedAt > DOUBT_MS) {
        truth.fail(
          `the collector doubts itself ${Math.round((scheduler.now - this.#disturbedAt) / 1000)} s after the last reason`,
        );
      }
    }
  }

  /** At the end everybody is back and nothing is open. */
  #settle(): void {
    for (const agent of this.agents) {
      const word = this.collector.word(agent.id);
      if (this.truth.isSettled(agent.id) && word !== 'up')
        this.truth.fail(`${agent.id} is back and called ${word}`);
    }
  }

  /** What was checked is not needed any more: days of a fleet would fill the memory. */
  #prune(): void {
    this.#prunedAt = this.scheduler.now;
    const before = WALL_START + this.scheduler.now - 40 * MINUTE;
    const forget = async (): Promise<void> => {
      await this.state.deleteFrom('verdicts').where('until', '<', before).execute();
      await this.state
        .deleteFrom('outbox')
        .where('state', '!=', 'waiting')
        .where('createdAt', '<', before)
        .execute();
      const old = this.state
        .selectFrom('alerts')
        .where('open', '=', 0)
        .where('updatedAt', '<', before)
        .select('id');
      await this.state.deleteFrom('alertLog').where('alertId', 'in', old).execute();
      await this.state.deleteFrom('alerts').where('open', '=', 0).where('updatedAt', '<', before).execute();
    };
    settled(forget());
  }
}

function logBetween(draw: Random, low: number, high: number): number {
  return low * Math.exp(draw() * Math.log(high / low));
}
