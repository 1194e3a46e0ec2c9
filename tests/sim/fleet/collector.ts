// The collector of the simulated fleet: production liveness with its trail in a real state database, uplink canary, rules and the
// life of alerts, on the virtual clock. Its process and its machine can die; what it had on disk stays.

import { openAlerts } from '../../../collector/alerts/alerts.ts';
import { alertsConfig } from '../../../collector/alerts/config.ts';
import type { RulesConfig } from '../../../collector/alerts/evaluate.ts';
import { openFleet } from '../../../collector/fleet/fleet.ts';
import { livenessConfig } from '../../../collector/liveness/config.ts';
import { watchUplink } from '../../../collector/liveness/uplink.ts';
import type { VerdictWord } from '../../../collector/liveness/verdict.ts';
import { openWatch, type Watch } from '../../../collector/liveness/watch.ts';
import type { Channel } from '../../../collector/notifiers/index.ts';
import type { Notice } from '../../../collector/notifiers/notifier.ts';
import { rulesConfig } from '../../../collector/rules/index.ts';
import { silence } from '../../../collector/rules/silence/silence.ts';
import type { CloseKind, Log } from '../../../collector/services.ts';
import type { State } from '../../../collector/state/state.ts';
import { readConfig } from '../../../shared/config/schema.ts';
import type { Hello } from '../../../shared/frame.ts';
import { settled } from '../jobs.ts';
import type { Random } from '../random.ts';
import { type Owner, processClock, type Scheduler } from '../scheduler.ts';

/** What every wall shows at the beginning. */
export const WALL_START = Date.UTC(2026, 8, 1);

const quiet: Log = { info() {}, warn() {}, error() {} };
/** Handshakes that a collector takes per second when all its agents come at once. */
const HANDSHAKES_PER_SECOND = 400;

export interface CollectorParts {
  state: State;
  scheduler: Scheduler;
  random: Random;
  liveness: Record<string, unknown>;
  /** Whether its canary gets an answer. */
  canReach(): boolean;
  verdict(host: string, word: VerdictWord, before: VerdictWord): void;
  notice(notice: Notice): void;
}

interface Running {
  owner: Owner;
  watch: Watch;
  close(): Promise<void>;
}

export class FleetCollector {
  machineOn = true;
  incarnation = 0;
  readonly #parts: CollectorParts;
  readonly #columns = new Map<string, readonly string[]>();
  readonly #connections = new Map<string, number>();
  #running: Running | undefined;
  #freeAt = 0;

  constructor(parts: CollectorParts) {
    this.#parts = parts;
  }

  isListening(): boolean {
    return this.machineOn && this.#running !== undefined;
  }

  isDoubtful(): boolean {
    return this.#running?.watch.doubt() !== undefined;
  }

  word(host: string): VerdictWord {
    return this.#running?.watch.verdict(host).word ?? 'never-seen';
  }

  /** How long a handshake that begins now waits for its turn. */
  queueMs(): number {
    const { now } = this.#parts.scheduler;
    this.#freeAt = Math.max(now, this.#freeAt) + 1_000 / HANDSHAKES_PER_SECOND;
    return this.#freeAt - now;
  }

  hello(host: string, connection: number, hello: Pick<Hello, 'boot' | 'bootAt' | 'at' | 'journal'>): void {
    this.#connections.set(host, connection);
    this.#take((watch, at) => watch.hello(host, hello as Hello, at));
  }

  heard(host: string): void {
    const running = this.#running;
    if (!running) return;
    if (running.owner.frozenUntil > this.#parts.scheduler.now)
      this.#take((watch, at) => watch.heard(host, at));
    else running.watch.heard(host, this.#now());
  }

  goodbye(host: string, reason: 'stop' | 'shutdown'): void {
    this.#take((watch, at) => watch.goodbye(host, reason, at));
  }

  closed(host: string, connection: number, how: CloseKind): void {
    if (this.#connections.get(host) !== connection) return;
    this.#connections.delete(host);
    this.#take((watch, at) => watch.closed(host, how, at));
  }

  witnessed(host: string, target: string, at: number, answer: number): void {
    let columns = this.#columns.get(host);
    if (!columns) this.#columns.set(host, (columns = [`witness_answer{target="${target}"}`]));
    const report = { host, at: WALL_START + Math.floor(at), columns, values: [answer] };
    this.#take((watch, arrivedAt) => {
      watch.heard(host, arrivedAt);
      watch.stored({ ...report, arrivedAt });
    });
  }

  start(): void {
    if (this.#running || !this.machineOn) return;
    const { scheduler } = this.#parts;
    const owner: Owner = { alive: true, frozenUntil: 0, enter: (run) => run() };
    this.incarnation++;
    this.#running = settled(this.#open(owner, scheduler));
  }

  /** kill -9, or with its machine. */
  kill(): void {
    if (this.#running) this.#running.owner.alive = false;
    this.#running = undefined;
    this.#connections.clear();
  }

  /** SIGTERM. */
  stop(): void {
    if (this.#running) settled(this.#running.close());
    this.kill();
  }

  /** It does not run for a while, its machine goes on: frames wait. */
  freeze(ms: number): void {
    if (this.#running) this.#running.owner.frozenUntil = this.#parts.scheduler.now + ms;
  }

  /** While the process is held up, what arrives waits in its sockets; its timers come first when it goes on. */
  #take(give: (watch: Watch, at: number) => void): void {
    const running = this.#running;
    if (!running) return;
    const { scheduler } = this.#parts;
    const waitMs = running.owner.frozenUntil - scheduler.now;
    if (waitMs <= 0) return give(running.watch, this.#now());
    scheduler.after(waitMs + 1, running.owner, () => give(running.watch, this.#now()));
  }

  #now(): number {
    return WALL_START + Math.floor(this.#parts.scheduler.now);
  }

  async #open(owner: Owner, scheduler: Scheduler): Promise<Running> {
    const { state, random, liveness } = this.#parts;
    const clock = processClock(scheduler, owner, { wallAtZero: WALL_START, bootedAt: 0 });
    const watch = await openWatch({ state, clock, config: readConfig(livenessConfig, liveness), log: quiet });
    const uplink = watchUplink({
      targets: ['gateway:53'],
      clock,
      log: quiet,
      onTrouble: (on) => watch.ownTrouble(on),
      reaches: async () => this.#parts.canReach(),
      hasAddress: () => true,
    });
    const store = { latest: async () => undefined, buckets: async () => new Map(), keys: async () => [] };
    const fleet = await openFleet({ state, store, verdicts: watch, clock, log: quiet });
    const alerts = await openAlerts({
      state,
      fleet,
      verdicts: watch,
      channels: [this.#channel()],
      clock,
      random,
      config: { alerts: readConfig(alertsConfig, {}), rules: readConfig(rulesConfig, {}) as RulesConfig },
      rules: [silence],
      log: quiet,
    });
    watch.onVerdict((host, verdict, before) => {
      fleet.meet(host);
      alerts.touch(host);
      this.#parts.verdict(host, verdict.word, before);
    });
    const close = async (): Promise<void> => {
      uplink.stop();
      await alerts.close();
      await fleet.close();
      await watch.stop();
    };
    return { owner, watch, close };
  }

  #channel(): Channel {
    const send = async (notice: Notice): Promise<{ detail: string }> => {
      if (notice.kind !== 'canary') this.#parts.notice(notice);
      return { detail: 'ok' };
    };
    return { id: 'line', minSeverity: 'info', notifier: { send } };
  }
}
