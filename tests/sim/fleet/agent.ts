// One agent of the simulated fleet, as far as a collector can tell: when its frames arrive, how its connection ends, what it tells on
// its return, what it sees of its neighbour. Times of the link (silence, handshake, backoff) are those of the production link.

import { TIMES } from '../../../agent/link/state.ts';
import { backoffMs } from '../../../shared/backoff.ts';
import { type Hello, JOURNAL_MAX, type RunInterval } from '../../../shared/frame.ts';
import type { Random } from '../random.ts';
import type { Scheduler } from '../scheduler.ts';
import { type FleetCollector, WALL_START } from './collector.ts';

/** The collector closes a connection on which nothing comes. */
const IDLE_MS = 45_000;
/** Three tries of two seconds and the pauses between them. */
const NOTHING_MS = 9_000;
const REFUSED_MS = 3_000;
const JOURNAL_MS = 10_000;

export interface Site {
  id: string;
  cuts: number;
  agents: FleetAgent[];
}

interface Connection {
  id: number;
  openedAt: number;
  /** A frame got through last. */
  okAt: number;
  /** The collector has it too. */
  served: boolean;
}

export type Answer = 0 | 1 | 2;

export interface AgentParts {
  id: string;
  site: Site;
  scheduler: Scheduler;
  random: Random;
  collector: FleetCollector;
  /** Called when something of its own begins or ends to keep it from being heard. */
  changed(agent: FleetAgent): void;
}

export class FleetAgent {
  readonly id: string;
  readonly site: Site;
  machine: 'on' | 'off' = 'on';
  process: 'runs' | 'off' | 'frozen' = 'off';
  /** The port that witnesses look at. */
  service: 'open' | 'closed' = 'open';
  /** Cuts of its own link to the outside; its neighbours reach it still. */
  cuts = 0;
  /** Cuts of the collector's uplink through which this agent comes. */
  lineCuts = 0;
  target: FleetAgent | undefined;
  witness: FleetAgent | undefined;
  readonly #parts: AgentParts;
  /** Its clock less the true one. */
  readonly #clockMs: number;
  #connection: Connection | undefined;
  #connections = 0;
  #attempt = 0;
  #boots = 1;
  #bootAt = 0;
  #startedAt = 0;
  #runs: RunInterval[] = [];
  #pauses: { from: number; to: number }[] = [];
  #frozenAt = 0;
  #stale: { at: number; answer: Answer } | undefined;

  constructor(parts: AgentParts) {
    this.id = parts.id;
    this.site = parts.site;
    this.#parts = parts;
    this.#clockMs = Math.round(parts.random.between(-300_000, 300_000));
  }

  /** Something of its own, or of its hospital, keeps it from being heard. */
  isOut(): boolean {
    return this.process !== 'runs' || this.cuts + this.site.cuts > 0;
  }

  startProcess(): void {
    if (this.machine === 'off' || this.process !== 'off') return;
    this.process = 'runs';
    this.#startedAt = this.#now();
    this.#pauses = [];
    this.#attempt = 0;
    this.#parts.changed(this);
    this.#dial();
  }

  boot(): void {
    if (this.machine === 'on') return;
    this.machine = 'on';
    this.service = 'open';
    this.#boots++;
    this.#bootAt = this.#now();
    this.startProcess();
  }

  /** kill -9: its system ends the connection. */
  kill(): void {
    if (this.process === 'off') return;
    this.#endRun('unknown');
    const connection = this.#connection;
    this.#connection = undefined;
    if (connection?.served && this.#hasPath()) this.#parts.collector.closed(this.id, connection.id, 'reset');
    else if (connection?.served) this.#closeWhenIdle(connection);
    this.#parts.changed(this);
  }

  /** Power cut, blue screen: nothing is said. */
  crash(): void {
    if (this.process !== 'off') this.#endRun('unknown');
    this.machine = 'off';
    const connection = this.#connection;
    this.#connection = undefined;
    if (connection?.served) this.#closeWhenIdle(connection);
    this.#parts.changed(this);
  }

  goodbye(reason: 'stop' | 'shutdown'): void {
    if (this.process !== 'runs') return;
    const connection = this.#connection;
    if (connection?.served && this.#hasPath()) {
      this.#parts.collector.goodbye(this.id, reason);
      this.#parts.collector.closed(this.id, connection.id, 'goodbye');
    }
    this.#connection = undefined;
    this.#endRun('orderly', reason);
    if (reason === 'shutdown') this.machine = 'off';
    this.#parts.changed(this);
  }

  freeze(): void {
    if (this.process !== 'runs') return;
    this.process = 'frozen';
    this.#frozenAt = this.#now();
    if (this.#connection?.served) this.#closeWhenIdle(this.#connection);
    this.#parts.changed(this);
  }

  thaw(): void {
    if (this.process !== 'frozen') return;
    this.process = 'runs';
    const pause = { from: this.#frozenAt, to: this.#now() };
    if (pause.to - pause.from >= 3 * JOURNAL_MS) this.#pauses = [...this.#pauses, pause].slice(-JOURNAL_MAX);
    this.#parts.changed(this);
    if (!this.#connection) this.#dial();
    else if (this.#hasPath()) this.#deliver();
    else this.pathLost();
  }

  cut(): void {
    this.cuts++;
    this.#parts.changed(this);
    this.pathLost();
  }

  heal(): void {
    this.cuts--;
    this.#parts.changed(this);
    this.pathFound();
  }

  /** Its hospital was cut off, or is again on the net. */
  siteChanged(how: 'lost' | 'found'): void {
    this.#parts.changed(this);
    if (how === 'lost') this.pathLost();
    else this.pathFound();
  }

  /** Frames neither leave nor come from now on; nobody is told. */
  pathLost(): void {
    const connection = this.#connection;
    if (!connection) return;
    const { scheduler } = this.#parts;
    if (connection.served) this.#closeWhenIdle(connection);
    scheduler.after(connection.okAt + TIMES.silenceMs - scheduler.now, undefined, () => {
      if (this.#connection === connection && !this.#hasPath() && this.process === 'runs') this.#lose();
    });
  }

  pathFound(): void {
    const connection = this.#connection;
    if (!connection || !this.#hasPath()) return;
    const { scheduler, random } = this.#parts;
    // What TCP kept back is sent again after its own wait, which grew with the cut.
    const waitMs = random.between(200, Math.max(400, Math.min(15_000, scheduler.now - connection.okAt)));
    scheduler.after(waitMs, undefined, () => {
      if (this.#connection === connection && this.#hasPath()) this.#deliver();
    });
  }

  /** A proxy between that ends the connection and takes no new one for a while. */
  proxyRestarts(ms: number): void {
    const connection = this.#connection;
    if (!connection || this.process !== 'runs' || !this.#hasPath()) return;
    if (connection.served) this.#parts.collector.closed(this.id, connection.id, 'reset');
    this.cuts++;
    this.#parts.changed(this);
    this.#lose();
    this.#parts.scheduler.after(ms, undefined, () => this.heal());
  }

  /** The collector's system ends what its process had open. */
  hearReset(): void {
    const { scheduler, random } = this.#parts;
    const connection = this.#connection;
    if (!connection || !this.#hasPath()) return;
    scheduler.after(random.between(1, 100), undefined, () => {
      if (this.#connection === connection && this.process === 'runs') this.#lose();
    });
  }

  /** The collector lost all it had. */
  forgotten(): void {
    if (this.#connection) this.#connection.served = false;
  }

  /** How its port looks from within the hospital. */
  answer(): Answer {
    if (this.machine === 'off') return 0;
    return this.service === 'open' ? 2 : 1;
  }

  #now(): number {
    return WALL_START + this.#parts.scheduler.now + this.#clockMs;
  }

  #hasPath(): boolean {
    const { collector } = this.#parts;
    return this.cuts + this.site.cuts + this.lineCuts === 0 && collector.machineOn;
  }

  #endRun(end: 'orderly' | 'unknown', reason?: 'stop' | 'shutdown'): void {
    const now = this.#now();
    // Without a last word the journal is as old as its last entry.
    const stood = this.process === 'frozen' ? this.#frozenAt : now;
    const to = end === 'orderly' ? now : stood - ((stood - this.#startedAt) % JOURNAL_MS);
    const run = { boot: this.#boot(), bootAt: this.#bootAt, from: this.#startedAt, to, end };
    this.#runs = [...this.#runs, { ...run, ...(reason ? { reason } : {}) }].slice(-JOURNAL_MAX);
    this.process = 'off';
  }

  #boot(): string {
    return `boot-${this.#boots}`;
  }

  #hello(): Pick<Hello, 'boot' | 'bootAt' | 'at' | 'journal'> {
    const runs = this.#runs.length > 0 ? { runs: this.#runs } : {};
    const pauses = this.#pauses.length > 0 ? { pauses: this.#pauses } : {};
    const journal = { startedAt: this.#startedAt, ...runs, ...pauses };
    return { boot: this.#boot(), bootAt: this.#bootAt, at: this.#now(), journal };
  }

  /** Its turn, every ten seconds. */
  beat(): void {
    if (this.process === 'runs' && this.#connection && this.#hasPath()) this.#deliver();
  }

  #deliver(): void {
    const connection = this.#connection;
    if (!connection) return;
    if (!connection.served) return this.#lose();
    connection.okAt = this.#parts.scheduler.now;
    this.#parts.collector.heard(this.id);
  }

  #closeWhenIdle(connection: Connection): void {
    const { scheduler, collector } = this.#parts;
    scheduler.after(connection.okAt + IDLE_MS - scheduler.now, undefined, () => {
      if (!connection.served || scheduler.now - connection.okAt < IDLE_MS) return;
      connection.served = false;
      collector.closed(this.id, connection.id, 'timeout');
    });
  }

  #lose(): void {
    const { scheduler, random } = this.#parts;
    const connection = this.#connection;
    this.#connection = undefined;
    if (connection && scheduler.now - connection.openedAt >= TIMES.provenMs) this.#attempt = 0;
    const waitMs = backoffMs(TIMES.backoff, this.#attempt++, random);
    const startedAt = this.#startedAt;
    scheduler.after(waitMs, undefined, () => this.#startedAt === startedAt && this.#dial());
  }

  #dial(): void {
    const { scheduler, collector, random } = this.#parts;
    if (this.process !== 'runs' || this.#connection) return;
    const startedAt = this.#startedAt;
    const isSame = (): boolean =>
      this.process === 'runs' && this.#startedAt === startedAt && !this.#connection;
    // Nobody answers: the time for a handshake passes. Somebody refuses: at once.
    const failsAfterMs = this.#hasPath() ? (collector.isListening() ? undefined : 20) : TIMES.handshakeMs;
    if (failsAfterMs !== undefined) {
      scheduler.after(failsAfterMs, undefined, () => isSame() && this.#lose());
      return;
    }
    const incarnation = collector.incarnation;
    const tookMs = collector.queueMs() + 3 * 60 * Math.exp(random.between(-1, 1));
    scheduler.after(tookMs, undefined, () => {
      if (!isSame()) return;
      if (this.#hasPath() && collector.incarnation === incarnation && tookMs < TIMES.handshakeMs)
        this.#open();
      else this.#lose();
    });
  }

  #open(): void {
    const { scheduler, collector } = this.#parts;
    const id = ++this.#connections;
    this.#connection = { id, openedAt: scheduler.now, okAt: scheduler.now, served: true };
    collector.hello(this.id, id, this.#hello());
    if (this.#stale) this.#tell(this.#stale.at, this.#stale.answer);
    this.#stale = undefined;
  }

  /** Three tries: the best of the first and the last is what is told. */
  look(): void {
    const { target } = this;
    if (!target || this.process !== 'runs') return;
    const at = this.#parts.scheduler.now;
    const first = target.answer();
    if (first === 2) return this.#tell(at, 2);
    this.#parts.scheduler.after(first === 1 ? REFUSED_MS : NOTHING_MS, undefined, () => {
      const last = target.answer();
      if (this.process === 'runs') this.#tell(at, last > first ? last : first);
    });
  }

  #tell(at: number, answer: Answer): void {
    const connection = this.#connection;
    if (!connection?.served || !this.#hasPath()) {
      this.#stale = { at, answer };
      return;
    }
    connection.okAt = this.#parts.scheduler.now;
    this.#parts.collector.witnessed(this.id, this.target?.id ?? '', at, answer);
  }
}
