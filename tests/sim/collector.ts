// The simulated collector: production ingest, liveness, fleet, rules, alerts and outbox over a simulated store and network. Its
// state and its store outlive its process.

import { readConfig } from '../../shared/config/schema.ts';
import { openAlerts, type Alerts } from '../../collector/alerts/alerts.ts';
import { alertsConfig } from '../../collector/alerts/config.ts';
import type { RulesConfig } from '../../collector/alerts/evaluate.ts';
import { openFleet } from '../../collector/fleet/fleet.ts';
import { ingestConfig } from '../../collector/ingest/config.ts';
import type { Guest } from '../../collector/ingest/hall.ts';
import { type Ingest, openIngest } from '../../collector/ingest/ingest.ts';
import { livenessConfig } from '../../collector/liveness/config.ts';
import { watchUplink } from '../../collector/liveness/uplink.ts';
import { openWatch, type Watch } from '../../collector/liveness/watch.ts';
import type { Channel } from '../../collector/notifiers/index.ts';
import { rulesConfig } from '../../collector/rules/index.ts';
import type { Log, PresenceSink, ReportSink } from '../../collector/services.ts';
import type { State } from '../../collector/state/state.ts';
import { decodeAgentFrame, LIMITS } from '../../shared/frame.ts';
import type { VerdictWord } from '../../collector/liveness/verdict.ts';
import type { Checkers, Silences } from './checkers.ts';
import { COLLECTOR_NAME, WALL_START } from './host.ts';
import { isSignedBy } from './keys.ts';
import type { EventLog } from './log.ts';
import type { Connection, Network } from './network.ts';
import type { Random } from './random.ts';
import type { Sabotage } from './sabotage.ts';
import { changesOf, readStanding } from './restart.ts';
import { type Owner, processClock, type Scheduler } from './scheduler.ts';
import type { StoreDisk } from './store.ts';

const quiet: Log = { info() {}, warn() {}, error() {} };
/** A clock that leaps ahead further than so is told from a late tick (liveness/watch). */
const LEAP_MS = 5_000;
const REPORT = '{"t":"report"';
const NOBODY: PresenceSink = { hello() {}, heard() {}, goodbye() {}, closed() {} };
const NOWHERE: ReportSink = { stored() {}, clockOffset() {} };

export interface CollectorWorld {
  scheduler: Scheduler;
  checkers: Checkers;
  network: Network;
  log: EventLog;
  sabotage: Sabotage;
  changed(): void;
  hostIndex(id: string): number;
}

export interface CollectorParts {
  state: State;
  disk: StoreDisk;
  /** Without: only delivery is looked at. */
  whole: { silences: Silences; channels: readonly Channel[] } | undefined;
  config: {
    ingest: Record<string, unknown>;
    liveness: Record<string, unknown>;
    alerts: Record<string, unknown>;
  };
}

/** Once for all starts of this collector. */
function readConfigs(given: CollectorParts['config'], sabotage: Sabotage) {
  return {
    ingest: readConfig(ingestConfig, { ...given.ingest, ...sabotage.ingest }),
    liveness: readConfig(livenessConfig, { ...given.liveness, ...sabotage.liveness }),
    alerts: readConfig(alertsConfig, { ...given.alerts, ...sabotage.alerts }),
    rules: readConfig(rulesConfig, sabotage.rules ?? {}) as RulesConfig,
  };
}

interface Process {
  owner: Owner;
  ingest: Ingest;
  watch: Watch | undefined;
  alerts: Alerts | undefined;
  stopAll(): Promise<void>;
}

export class SimCollector {
  isOn = true;
  readonly dial = { wallAtZero: WALL_START, bootedAt: 0 };
  readonly #world: CollectorWorld;
  readonly #parts: CollectorParts;
  readonly #random: Random;
  readonly #config;
  readonly #bytes = Buffer.alloc(LIMITS.frameBytes);
  #owner: Owner | undefined;
  #process: Process | undefined;
  #connections = new Set<Connection>();

  constructor(world: CollectorWorld, parts: CollectorParts, random: Random) {
    this.#world = world;
    this.#parts = parts;
    this.#random = random;
    this.#config = readConfigs(parts.config, world.sabotage);
    world.network.listener = {
      owner: () =>
        this.isOn ? (this.#owner ?? { alive: false, frozenUntil: 0, enter: () => {} }) : undefined,
      accept: (connection) => this.#accept(connection),
    };
  }

  isListening(now: number): boolean {
    return this.isOn && this.#process !== undefined && this.#process.owner.frozenUntil <= now;
  }

  isDoubtful(): boolean {
    return this.#process?.watch?.doubt() !== undefined;
  }

  start(): void {
    if (this.#owner) return;
    this.isOn = true;
    const owner: Owner = {
      alive: true,
      frozenUntil: 0,
      enter: (run) => run(),
    };
    this.#owner = owner;
    void this.#open(owner);
  }

  /** kill -9, or the power of its machine. */
  crash(how: 'kill' | 'power'): void {
    if (!this.#owner) return;
    this.#owner.alive = false;
    this.#owner = undefined;
    this.#process = undefined;
    if (how === 'power') this.isOn = false;
    for (const connection of this.#connections) {
      if (how === 'kill') connection.close('collector', 'reset');
      else connection.vanish('collector');
    }
    this.#connections = new Set();
    this.#parts.disk.crash(this.#random);
    this.#world.log.note('collector down', 0, 0);
    this.#world.changed();
  }

  /** SIGTERM; whatever is not done after some seconds is killed. */
  stop(): void {
    const process = this.#process;
    if (!process) return;
    let done = false;
    void process.stopAll().then(() => {
      done = true;
    });
    const owner = process.owner;
    const wait = (): void => {
      if (!owner.alive) return;
      if (done) this.crash('kill');
      else this.#world.scheduler.after(100, undefined, wait);
    };
    this.#world.scheduler.after(50, undefined, wait);
    this.#world.scheduler.after(8_000, undefined, () => owner.alive && this.crash('kill'));
  }

  freeze(ms: number): void {
    if (!this.#owner) return;
    const { frozenUntil } = this.#owner;
    this.#owner.frozenUntil = Math.max(frozenUntil, this.#world.scheduler.now + ms);
    this.#world.changed();
    this.#world.scheduler.after(ms, undefined, () => this.#world.changed());
  }

  setClock(byMs: number): void {
    this.dial.wallAtZero += byMs;
    if (Math.abs(byMs) > LEAP_MS) this.#parts.whole?.silences.leapt();
  }

  async #open(owner: Owner): Promise<void> {
    const { scheduler, network, sabotage, log } = this.#world;
    const { state, disk, whole } = this.#parts;
    const config = this.#config;
    const clock = processClock(scheduler, owner, { wallAtZero: 0, bootedAt: this.dial.bootedAt });
    clock.now = () => Math.floor(this.dial.wallAtZero + scheduler.now);
    const store = disk.open(() => owner.alive);
    const opened: (() => Promise<unknown> | void)[] = [];
    let watch: Watch | undefined;
    let alerts: Alerts | undefined;
    let reports = NOWHERE;
    const before = whole && (await readStanding(state));
    await sabotage.atStart?.(state);
    if (whole) {
      watch = await openWatch({ state, clock, config: config.liveness, log: quiet });
      const { stop } = watch;
      opened.push(stop.bind(watch));
      const uplink = watchUplink({
        targets: ['gateway:53'],
        clock,
        log: quiet,
        onTrouble: (on) => watch?.ownTrouble(on),
        reaches: async () => sabotage.deafUplink === true || network.uplinkCuts === 0,
        hasAddress: () => true,
      });
      opened.push(() => uplink.stop());
      const fleet = await openFleet({ state, store, verdicts: watch, clock, log: quiet });
      opened.push(() => fleet.close());
      reports = fleet;
      alerts = await openAlerts({
        state,
        fleet,
        verdicts: watch,
        channels: whole.channels,
        clock,
        random: this.#random,
        config: { alerts: config.alerts, rules: config.rules },
        log: quiet,
      });
      opened.push(() => alerts?.close());
      watch.onVerdict((host, verdict) => {
        log.text(`verdict ${host} ${verdict.word}`);
        whole.silences.verdict(host, verdict.word);
        fleet.meet(host);
        alerts?.touch(host);
      });
      const { verdict } = watch;
      const wordOf = (host: string): VerdictWord => verdict.call(watch, host).word;
      if (before)
        for (const change of changesOf(before, await readStanding(state), wordOf))
          this.#world.checkers.fail(change);
      for (const host of fleet.hosts()) whole.silences.verdict(host, wordOf(host));
    }
    const ingest = openIngest({
      state,
      store,
      clock,
      random: (count) => this.#random.bytes(count),
      presence: sabotage.presence?.(watch ?? NOBODY) ?? watch ?? NOBODY,
      reports,
      config: config.ingest,
      collectorName: COLLECTOR_NAME,
      log: quiet,
      isSignedBy,
    });
    opened.push(() => ingest.stop());
    const stopAll = async (): Promise<void> => {
      for (const close of opened.toReversed()) await close();
    };
    if (!owner.alive) return;
    this.#process = { owner, ingest, watch, alerts, stopAll };
    log.note('collector up', 0, 0);
    this.#world.changed();
  }

  /** As the socket does: plain reports from their bytes. */
  #hear(guest: Guest, text: string): void {
    if (text.startsWith(REPORT) && !guest.drops()) {
      const length = this.#bytes.write(text);
      if (length < this.#bytes.length && guest.receivePlain(this.#bytes, 0, length)) return;
    }
    guest.receive(text, text.length);
  }

  #accept(connection: Connection): boolean {
    const process = this.#process;
    if (!process) return false;
    const { owner, ingest } = process;
    const { sabotage, log } = this.#world;
    const send = (text: string): void => {
      log.detail(() => `◀ ${text}`);
      connection.send('agent', text);
    };
    const guest = ingest.connect(
      {
        send,
        sendShort: send,
        close: () => {
          this.#connections.delete(connection);
          connection.close('collector', 'closed');
        },
        pause: () => connection.pause('collector'),
        resume: () => connection.resume('collector'),
        bufferedBytes: () => connection.queuedTo('agent'),
      },
      { via: 'websocket' },
    ) as Guest;
    this.#connections.add(connection);
    connection.attach('collector', {
      owner,
      hear: (text) => {
        log.note('frame', text.length, text.charCodeAt(6));
        log.detail(() => `▶ ${text}`);
        if (sabotage.beforeTake && guest.session.phase === 'open')
          sabotage.beforeTake(guest.session, decodeAgentFrame(text));
        this.#hear(guest, text);
      },
      ended: (kind) => {
        this.#connections.delete(connection);
        guest.ended(kind);
      },
    });
    return true;
  }
}
