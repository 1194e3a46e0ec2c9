// One seed: a world of hosts, network and collector drawn from a number, faults until some instant, healing, draining, judgement.
// Promise: the same seed and the same code give the same events, bit by bit.

import { readConfig } from '../../shared/config/schema.ts';
import { spoolConfig } from '../../agent/spool/config.ts';
import type { State } from '../../collector/state/state.ts';
import { Checkers, type DeliveryCounts, type Detection, Silences, type Violation } from './checkers.ts';
import { SimCollector } from './collector.ts';
import { longestMs, unleash } from './faults.ts';
import { SimHost, type HostWorld } from './host.ts';
import { onTurn, runJobs, settled } from './jobs.ts';
import { hostKey } from './keys.ts';
import { openLog } from './log.ts';
import { Network } from './network.ts';
import { Pages } from './pages.ts';
import { type Random, seededRandom } from './random.ts';
import type { Sabotage } from './sabotage.ts';
import { Scheduler } from './scheduler.ts';
import { giveBack, realState, smallState } from './state.ts';
import { StoreDisk } from './store.ts';

export type Scope = 'delivery' | 'whole';

export interface SeedOptions {
  seed: number;
  scope: Scope;
  sabotage?: Sabotage;
  keepLog?: boolean;
}

export interface SeedResult {
  seed: number;
  scope: Scope;
  events: number;
  hash: string;
  faults: string[];
  violations: readonly Violation[];
  counts: DeliveryCounts;
  detections: readonly Detection[];
  log: readonly string[];
}

const MINUTE = 60_000;
const LOOK_MS = 10_000;
/** What all takes after the last fault has ended: the longest backoff of anything. */
const HEAL_MS = 2 * MINUTE;
const DRAIN_STEP_MS = 30_000;
const DRAIN_AT_MOST_MS = 30 * MINUTE;

/** Runs one seed to its end, by itself on a turn of the event loop. */
export function runSeed(options: SeedOptions): Promise<SeedResult> {
  return onTurn(() => new World(options).run());
}

class World implements HostWorld {
  readonly scheduler = new Scheduler();
  readonly checkers = new Checkers(() => this.scheduler.now);
  readonly network: Network;
  readonly sabotage: Sabotage;
  readonly log;
  readonly #options: SeedOptions;
  readonly #random: Random;
  readonly #hosts: SimHost[] = [];
  readonly #sites: { cuts: number }[] = [];
  readonly #disk: StoreDisk;
  #collector: SimCollector | undefined;
  #silences: Silences | undefined;
  #pages: Pages | undefined;
  #state: State | undefined;
  #values = 0;

  constructor(options: SeedOptions) {
    this.#options = options;
    this.sabotage = options.sabotage ?? {};
    this.#random = seededRandom(options.seed);
    this.network = new Network(this.scheduler, this.#random.split('network'));
    this.log = openLog(() => this.scheduler.now, options.keepLog === true);
    const store = this.sabotage.store ?? {};
    this.#disk = new StoreDisk(
      this.scheduler,
      (entry) => {
        this.log.note(entry.kind, this.hostIndex(entry.host), entry.kind === 'row' ? entry.seq : entry.to);
        this.scheduler.happened++;
        this.checkers.stored(entry);
      },
      store,
    );
    this.#build();
  }

  durableAt(host: string, stream: string): number {
    return this.#disk.watermark(host, stream);
  }

  newValue(): number {
    return ++this.#values;
  }

  hostIndex(id: string): number {
    return Number(id.slice(5));
  }

  /** Tells the silence checker who could be heard now. */
  changed(): void {
    const silences = this.#silences;
    const collector = this.#collector;
    if (!silences || !collector) return;
    const now = this.scheduler.now;
    const listening = collector.isListening(now) && this.network.uplinkCuts === 0;
    silences.calm(listening && !collector.isDoubtful());
    for (const host of this.#hosts)
      silences.reachable(host.id, host.outBy(now) ?? (listening ? undefined : 'collector'));
  }

  #build(): void {
    const draw = this.#random.split('world');
    const count = draw.int(1, 3) * draw.int(1, 3);
    const hospitals = draw.int(1, Math.min(4, count));
    for (let i = 0; i < hospitals; i++) this.#sites.push({ cuts: 0 });
    const settings = {
      limits: readConfig(spoolConfig, {
        freeFloor: '0B',
        freeFloorPercent: 0,
        segmentBytes: draw.pick(['4096B', '16384B', '65536B']),
        windowBytes: draw.pick(['0B', '2000B', '200000B']),
        memoryBytes: '65536B',
        maxBytes: '1MiB',
      }),
      packs: draw.chance(0.125),
      intervalMs: draw.pick([5_000, 15_000, 15_000, 30_000]),
      delayMs: draw.pick([1, 10, 60, 200]),
      jitterMs: draw.pick([1, 20, 150]),
    };
    for (let index = 0; index < count; index++) {
      const at = index % hospitals;
      const site = this.#sites[at];
      if (!site) continue;
      const place = { index, hospital: `hospital-${at}`, site };
      this.#hosts.push(new SimHost(this, place, settings, this.#random.split(`host ${index}`)));
    }
    const commits = draw.between(1, 60);
    const storeDraw = this.#random.split('store');
    this.#disk.syncMs = () => storeDraw.between(0.2, commits);
    this.#buildCollector(draw);
  }

  #buildCollector(draw: Random): void {
    const rows = this.#hosts.map(({ id, hospital, index }) => ({
      id,
      hospital,
      publicKey: hostKey(index).publicKey,
    }));
    const isWhole = this.#options.scope === 'whole';
    const state = isWhole ? realState(rows) : smallState(rows);
    this.#state = state;
    const config = {
      ingest: {
        commitEvery: `${draw.int(1, 200)}ms`,
        historyPool: draw.pick(['64MiB', '20000B']),
        framesPerSecond: draw.pick([200, 200, 5]),
        frameBurst: draw.pick([2_000, 2_000, 30]),
      },
      liveness: {},
      alerts: {},
    };
    let whole;
    if (isWhole) {
      const ids = this.#hosts.map((host) => host.id);
      const silences = new Silences(this.checkers, () => this.scheduler.now, ids, 120_000);
      this.#silences = silences;
      const { scheduler, checkers, sabotage, log } = this;
      const random = this.#random.split('pages');
      this.#pages = new Pages({ scheduler, checkers, silences, random, sabotage, log });
      whole = { silences, channels: [this.#pages.channel] };
    }
    this.#collector = new SimCollector(
      this,
      { state, disk: this.#disk, whole, config },
      this.#random.split('collector'),
    );
  }

  run(): SeedResult {
    const { scheduler } = this;
    const collector = this.#collector;
    if (!collector) throw new Error('not built');
    const draw = this.#random.split('course');
    collector.start();
    runJobs();
    for (const host of this.#hosts) scheduler.after(draw.between(0, 20_000), undefined, () => host.boot());
    // Some worlds live through as much in hours as others in minutes: then silences are long, and much is calm.
    const pace = draw.pick([1, 1, 1, 6, 12]);
    const endsAt = draw.pick([10, 20, 40]) * pace * MINUTE;
    let faults: string[] = [];
    scheduler.after(MINUTE, undefined, () => {
      faults = unleash(
        {
          scheduler,
          collector,
          network: this.network,
          checkers: this.checkers,
          hosts: this.#hosts,
          sites: this.#sites,
          storeDisk: this.#disk,
          channels: this.#pages?.line ?? { isDown: false },
          isWhole: this.#pages !== undefined,
          pace,
          changed: () => this.changed(),
          note: (fault, host) => this.log.text(`fault ${fault} ${host}`),
        },
        this.#random.split('faults'),
        endsAt,
      );
    });
    if (this.#silences) scheduler.after(LOOK_MS, undefined, () => this.#look(), LOOK_MS);
    this.#through(endsAt);
    this.#through(endsAt + longestMs(pace) + HEAL_MS);
    this.#restoreAll();
    const counts = this.#settle();
    return {
      seed: this.#options.seed,
      scope: this.#options.scope,
      events: scheduler.happened,
      hash: this.log.hash(),
      faults,
      violations: this.checkers.violations,
      counts,
      detections: this.#silences?.detections ?? [],
      log: this.log.lines,
    };
  }

  /** Runs on in pieces: what is broken already need not be run to its end. */
  #through(until: number): void {
    while (this.scheduler.now < until && this.checkers.violations.length === 0) {
      this.scheduler.run(Math.min(until, this.scheduler.now + MINUTE));
    }
  }

  #look(): void {
    this.changed();
    this.#silences?.look();
  }

  /** Whoever is still down is started. */
  #restoreAll(): void {
    this.#collector?.start();
    for (const host of this.#hosts) {
      host.dieAt(Infinity, 'kill');
      if (host.isOn) host.start();
      else host.boot();
    }
  }

  #settle(): DeliveryCounts {
    const { scheduler, checkers } = this;
    const until = scheduler.now + DRAIN_AT_MOST_MS;
    do this.#through(scheduler.now + DRAIN_STEP_MS);
    while (!this.#isDrained() && scheduler.now < until && checkers.violations.length === 0);
    if (checkers.violations.length > 0) return { collected: 0, owed: 0, stored: 0, declared: 0 };
    for (const host of this.#hosts) {
      const stats = host.spool()?.stats();
      if (!stats || stats.reports > 4) checkers.fail(`${host.id} does not drain: ${JSON.stringify(stats)}`);
    }
    if (this.#pages && this.#state) {
      this.#through(scheduler.now + 10 * MINUTE);
      this.#silences?.settle();
      settled(this.#pages.settle(this.#state));
    }
    for (const host of this.#hosts) host.quiesce();
    this.#through(scheduler.now + 2 * MINUTE);
    const counts = checkers.settle();
    if (this.#pages && this.#state && checkers.violations.length === 0) giveBack(this.#state);
    return counts;
  }

  #isDrained(): boolean {
    return this.#hosts.every((host) => (host.spool()?.stats().reports ?? Infinity) <= 4);
  }
}
