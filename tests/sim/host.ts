// One simulated host: a machine with a disk and a clock, and the agent on it, made of the production spool and link. What
// agent/agent.ts joins from files and sockets is joined here from simulated ones, in the same order.

import { createHash } from 'node:crypto';
import {
  decodeCollectorFrame,
  encodeFrame,
  type Gap,
  type GoodbyeReason,
  type Hello,
  PROTOCOL,
  signedText,
} from '../../shared/frame.ts';
import {
  JOURNAL_EVERY_MS,
  noticePause,
  type RunRecord,
  runsBefore,
  tellJournal,
} from '../../agent/journal.ts';
import { type CollectorLink, openLink } from '../../agent/link/collector-link.ts';
import type { Transport, TransportEvents } from '../../agent/link/transport.ts';
import { silentLog } from '../../agent/log.ts';
import type { SpoolLimits } from '../../agent/spool/config.ts';
import { openSpool } from '../../agent/spool/disk-spool.ts';
import { simulatedDisk, type SimulatedFile } from '../../agent/spool/simulated-disk.ts';
import type { Spool } from '../../agent/spool/spool.ts';
import type { Checkers } from './checkers.ts';
import { type HostKey, hostKey } from './keys.ts';
import type { EventLog } from './log.ts';
import type { Connection, Network, Path } from './network.ts';
import type { Random } from './random.ts';
import type { Sabotage } from './sabotage.ts';
import { type Owner, processClock, type Scheduler } from './scheduler.ts';

export const COLLECTOR_NAME = 'centre';
export const WALL_START = Date.UTC(2026, 0, 5);
const COLUMNS = [
  'system_uptime',
  'cpu_usage_active',
  'net_bytes_recv{interface="eth0"}',
  'diskio_read_bytes{name="sda"}',
];
const SERIES = [2, 4].map((count) => {
  const columns = COLUMNS.slice(0, count);
  return { columns, id: createHash('sha256').update(columns.join('\n')).digest('hex').slice(0, 16) };
});

/** The process ends inside a step, at a call of the disk. */
class ProcessDied extends Error {}

export interface HostWorld {
  scheduler: Scheduler;
  network: Network;
  checkers: Checkers;
  sabotage: Sabotage;
  log: EventLog;
  durableAt(host: string, stream: string): number;
  newValue(): number;
  /** Whether the host can be heard may have changed. */
  changed(): void;
}

/** Where the work of real compression would show nothing but its price. */
const NO_COMPRESSOR = {
  compress: (plain: Uint8Array): Uint8Array => plain,
  decompress: (packed: Uint8Array): Uint8Array => packed,
};

export interface HostSettings {
  limits: SpoolLimits;
  /** Closed segments are really compressed. */
  packs: boolean;
  intervalMs: number;
  delayMs: number;
  jitterMs: number;
}

interface Snapshot {
  files: ReadonlyMap<string, SimulatedFile>;
  owed: ReadonlyMap<string, number>;
  run: RunRecord | undefined;
}

interface Process {
  owner: Owner;
  spool: Spool;
  link: CollectorLink;
  streams: Set<string>;
  stopping: boolean;
  quiet: boolean;
}

/** What a gap names, the spool has nothing of. */
function holdsAnyOf(spool: Spool, gap: Gap): boolean {
  for (let seq = gap.from; seq <= gap.to;) {
    const [item] = spool.next(gap.stream, seq - 1, 1);
    if (item?.kind === 'report') return true;
    seq = item ? item.gap.to + 1 : Infinity;
  }
  return false;
}

export class SimHost implements Path {
  readonly id: string;
  readonly hospital: string;
  readonly index: number;
  readonly key: HostKey;
  readonly disk = simulatedDisk(1024 ** 3);
  isOn = true;
  linkCuts = 0;
  /** Shared by the hosts of a hospital. */
  readonly site: { cuts: number };
  diskFault: { code: 'EIO' | 'ENOSPC'; calls: readonly string[] } | undefined;
  readonly dial = { wallAtZero: WALL_START, bootedAt: 0 };
  readonly #world: HostWorld;
  readonly #settings: HostSettings;
  readonly #random: Random;
  #process: Process | undefined;
  /** The process that runs, also while it is being made. */
  #owner: Owner | undefined;
  #connections = new Set<Connection>();
  #run: RunRecord | undefined;
  #boots = 0;
  /** By the machine's own clock. */
  #bootAt = 0;
  #callsLeft = Infinity;
  #dies: 'kill' | 'power' = 'kill';
  #snapshot: Snapshot | undefined;

  constructor(
    world: HostWorld,
    place: { index: number; hospital: string; site: { cuts: number } },
    settings: HostSettings,
    random: Random,
  ) {
    this.#world = world;
    this.index = place.index;
    this.id = `host-${place.index}`;
    this.hospital = place.hospital;
    this.site = place.site;
    this.key = hostKey(place.index);
    this.#settings = settings;
    this.#random = random;
    this.disk.fault = (call) => {
      this.#world.scheduler.happened++;
      if (--this.#callsLeft < 0) throw new ProcessDied();
      return this.diskFault?.calls.includes(call) ? this.diskFault.code : undefined;
    };
  }

  isCut(): boolean {
    return this.linkCuts > 0 || this.site.cuts > 0 || this.#world.network.uplinkCuts > 0;
  }

  delayMs(): number {
    return this.#settings.delayMs + this.#random.wait(this.#settings.jitterMs);
  }

  /** Why nobody could hear this host now, as far as it is the host's or its network's doing. */
  outBy(now: number): string | undefined {
    if (!this.isOn) return 'machine off';
    if (this.linkCuts > 0) return 'link cut';
    if (this.site.cuts > 0) return 'hospital cut';
    if (!this.#process) return 'agent dead';
    if (this.#process.stopping) return 'agent stopping';
    if (this.#process.owner.frozenUntil > now) return 'agent frozen';
    return undefined;
  }

  get isRunning(): boolean {
    return this.#process !== undefined;
  }

  spool(): Spool | undefined {
    return this.#process?.spool;
  }

  // --- the machine

  boot(): void {
    this.isOn = true;
    this.#boots++;
    this.dial.bootedAt = this.#world.scheduler.now;
    this.#bootAt = this.#wall();
    this.start();
  }

  powerCut(): void {
    if (!this.isOn) return;
    this.isOn = false;
    this.#end((connection) => connection.vanish('agent'));
    this.disk.crash(this.#random);
    // The journal was written and perhaps not yet on the device.
    if (this.#random.chance(0.1)) this.#run = undefined;
    this.#world.changed();
  }

  kill(): void {
    if (!this.#owner) return;
    this.#end((connection) => connection.close('agent', 'reset'));
    this.#world.changed();
  }

  /** The process, or the whole machine, stops at the nth disk call from now. */
  dieAt(calls: number, how: 'kill' | 'power'): void {
    this.#callsLeft = calls;
    this.#dies = how;
  }

  freeze(ms: number): void {
    const owner = this.#process?.owner;
    if (!owner) return;
    // What waits already waits for the end of the longer one.
    owner.frozenUntil = Math.max(owner.frozenUntil, this.#world.scheduler.now + ms);
    this.#world.changed();
    this.#world.scheduler.after(ms, undefined, () => this.#world.changed());
  }

  setClock(byMs: number): void {
    this.dial.wallAtZero += byMs;
    this.#world.checkers.mayLose(this.id);
  }

  takeSnapshot(): void {
    const files = new Map([...this.disk.files].map(([path, file]) => [path, file.copy()]));
    this.#snapshot = {
      files,
      owed: this.#world.checkers.snapshot(this.id),
      run: this.#run && { ...this.#run },
    };
  }

  /** The machine is set back to its snapshot and boots. */
  restore(): void {
    const snapshot = this.#snapshot;
    if (!snapshot) return;
    this.powerCut();
    this.disk.files.clear();
    for (const [path, file] of snapshot.files) this.disk.files.set(path, file.copy());
    this.disk.crash(this.#random);
    this.#run = snapshot.run && { ...snapshot.run };
    this.#world.checkers.restored(this.id, snapshot.owed);
  }

  // --- the agent

  start(): void {
    if (!this.isOn || this.#owner) return;
    const owner: Owner = { alive: true, frozenUntil: 0, enter: (run) => this.#enter(owner, run) };
    this.#owner = owner;
    owner.enter(() => this.#open(owner));
    this.#world.changed();
  }

  /** An orderly end: goodbye, then the process is gone. */
  stop(reason: GoodbyeReason, then: () => void): void {
    const process = this.#process;
    if (!process || process.stopping) return then();
    const { owner, spool, link } = process;
    const frozenMs = owner.frozenUntil - this.#world.scheduler.now;
    // The signal waits until the process runs again.
    if (frozenMs > 0)
      return void this.#world.scheduler.after(frozenMs, undefined, () => this.stop(reason, then));
    owner.enter(() => {
      process.stopping = true;
      this.#sync(process);
      if (this.#run) this.#run.end = { reason, at: this.#wall() };
      this.#world.changed();
      const end = (): void => {
        if (!owner.alive) return;
        owner.enter(() => {
          spool.close();
          this.#noteDurable(process);
        });
        if (owner.alive) this.kill();
        then();
      };
      void link.stop(reason, 3_000).then(end);
    });
  }

  /** No more reports are collected: what is held goes out. */
  quiesce(): void {
    if (this.#process) this.#process.quiet = true;
  }

  #enter(owner: Owner, run: () => void): void {
    if (!owner.alive) return;
    try {
      run();
    } catch (error) {
      if (!(error instanceof ProcessDied)) throw error;
      const how = this.#dies;
      this.#callsLeft = Infinity;
      if (how === 'kill') this.kill();
      else this.powerCut();
    }
  }

  #end(part: (connection: Connection) => void): void {
    if (this.#owner) this.#owner.alive = false;
    this.#callsLeft = Infinity;
    this.#process = undefined;
    this.#owner = undefined;
    for (const connection of this.#connections) part(connection);
    this.#connections = new Set();
  }

  #wall(): number {
    return Math.floor(this.dial.wallAtZero + this.#world.scheduler.now);
  }

  #open(owner: Owner): void {
    const { scheduler, sabotage, log } = this.#world;
    const clock = processClock(scheduler, owner, { ...this.dial });
    // The wall may be set while the process runs.
    clock.now = () => this.#wall();
    const previous = this.#run;
    const boot = `boot-${this.index}-${this.#boots}`;
    const startedAt = clock.now();
    const run: RunRecord = {
      pid: 1,
      startedAt,
      aliveAt: startedAt,
      boot,
      bootAt: this.#bootAt,
      runs: runsBefore(previous),
    };
    const opened = openSpool({
      folder: '/spool',
      disk: sabotage.disk?.(this.disk) ?? this.disk,
      random: () => {
        const drawn = this.#random.bytes(16);
        return sabotage.streamId?.(this.index, drawn) ?? drawn;
      },
      clock,
      limits: this.#settings.limits,
      ...(this.#settings.packs ? {} : { compressor: NO_COMPRESSOR }),
      log: () => undefined,
    });
    const spool = sabotage.spool?.(opened) ?? opened;
    const hello = (nonce: string, collector: string): Hello => ({
      t: 'hello',
      protocol: PROTOCOL,
      agent: this.id,
      sig: this.key.sign(signedText(this.id, collector, nonce)),
      version: 'sim',
      boot,
      at: clock.now(),
      bootAt: this.#bootAt,
      fingerprint: `print-${this.id}`,
      journal: tellJournal(previous, startedAt, run),
      streams: spool.streams().slice(-1000),
    });
    const link = openLink({
      collector: COLLECTOR_NAME,
      urls: ['wss://centre'],
      agent: this.id,
      spool,
      clock,
      random: this.#random,
      log: silentLog,
      dial: { timeoutMs: 10_000 },
      transports: {
        websocket: (_options, events) => this.#connect(owner, spool, events),
        http: (_options, events) => this.#connect(owner, spool, events),
      },
      hello,
    });
    const process: Process = {
      owner,
      spool,
      link,
      streams: new Set([spool.liveStream]),
      stopping: false,
      quiet: false,
    };
    this.#process = process;
    this.#run = run;
    let aliveAtMono = clock.monotonic();
    log.note('start', this.index, this.#boots);
    scheduler.after(this.#random.between(0, this.#settings.intervalMs), owner, () => {
      this.#collect(process, boot);
      scheduler.after(
        this.#settings.intervalMs,
        owner,
        () => this.#collect(process, boot),
        this.#settings.intervalMs,
      );
    });
    clock.every(JOURNAL_EVERY_MS, () => {
      if (!this.#run || process.stopping) return;
      noticePause(this.#run, clock.monotonic() - aliveAtMono, this.#wall());
      aliveAtMono = clock.monotonic();
      this.#run.aliveAt = this.#wall();
    });
    link.start();
  }

  #collect(process: Process, boot: string): void {
    if (process.stopping || process.quiet) return;
    const { spool, link } = process;
    const { checkers, scheduler } = this.#world;
    scheduler.happened++;
    const series = this.#random.chance(0.9) ? SERIES[0] : SERIES[1];
    if (!series) return;
    const value = this.#world.newValue();
    const v = series.columns.map((_, i) => (i === 0 ? value : Math.round(this.#random() * 1000)));
    const report = { series: series.id, at: this.#wall(), off: link.offsetMs(), boot, v };
    const { stream, seq } = spool.append(report, series.columns);
    process.streams.add(stream);
    checkers.collected(this.id, stream, seq, value);
    this.#sync(process);
    link.wake();
  }

  #sync(process: Process): void {
    process.spool.sync();
    this.#noteDurable(process);
  }

  #noteDurable(process: Process): void {
    if (process.spool.failing !== undefined) return;
    this.#world.checkers.durable(this.id, process.streams);
  }

  // --- its connections

  #connect(owner: Owner, spool: Spool, events: TransportEvents): Transport {
    const { network, scheduler, sabotage, checkers } = this.#world;
    const { id } = this;
    let isOver = false;
    const end = (message: string): void => {
      if (isOver) return;
      isOver = true;
      this.#connections.delete(connection);
      events.closed({ message, upgradeRefused: false });
    };
    const connection = network.dial(
      this,
      {
        owner,
        hear: (text) => {
          if (isOver) return;
          const heard = decodeCollectorFrame(text);
          const frame = sabotage.agentHears ? sabotage.agentHears(heard, spool) : heard;
          if (!frame) return;
          if (heard.t === 'ack')
            checkers.acknowledged(
              this.id,
              heard.stream,
              heard.seq,
              this.#world.durableAt(this.id, heard.stream),
            );
          events.frame(frame);
        },
        ended: (kind) => end(kind),
      },
      () => undefined,
      () => end('ECONNREFUSED'),
    );
    this.#connections.add(connection);
    return {
      send(frame) {
        const sent = sabotage.agentSends ? sabotage.agentSends(frame, spool) : frame;
        if (!sent || isOver) return;
        if (sent.t === 'gap' && holdsAnyOf(spool, sent))
          checkers.fail(`${id}/${sent.stream}: ${sent.from}-${sent.to} declared although the spool holds it`);
        connection.send('collector', encodeFrame(sent));
      },
      close() {
        connection.close('agent', 'closed');
        scheduler.after(50, owner, () => end('closed'));
      },
    };
  }
}
