// The shell of liveness: holds the machine, ticks it, keeps it on disk, notices when this process itself did not run. Promise:
// a restart goes on with the verdicts that stood; hearing a host costs one number.

import type { Clock } from '../../shared/clock.ts';
import { describeError } from '../../shared/errors.ts';
import type { Log, PresenceSink, StoredReport, VerdictSource } from '../services.ts';
import type { State } from '../state/state.ts';
import type { LivenessConfig } from './config.ts';
import { step } from './liveness.ts';
import {
  addHost,
  type Effect,
  type Fleet,
  type HostLife,
  type Input,
  openFleet,
  removeHost,
} from './model.ts';
import { TICK_MS } from './tick.ts';
import { fleetTrouble } from './trouble.ts';
import { openTestimonies, type TestimonyReader } from './testimony.ts';
import { openTrail, recall, type RunMark, type Trail } from './trail.ts';
import type { Evidence, Verdict, VerdictWord } from './verdict.ts';

/** Called at each change of a host's verdict, after the fact. */
export type VerdictListener = (host: string, verdict: Verdict, before: VerdictWord) => void;

export interface Watch extends PresenceSink, VerdictSource {
  /** Returns what ends the listening. */
  onVerdict(listener: VerdictListener): () => void;
  /** Collector's clock; undefined when the host was never heard. */
  lastHeardAt(host: string): number | undefined;
  /** A report was stored: what a witness found counts for the host that it watches. Cheap where there is none. */
  stored(report: StoredReport): void;
  /** Why the collector doubts itself now, or undefined. */
  doubt(): Evidence | undefined;
  /** What concerns the fleet as a whole: a doubt, or many hospitals that are cut off together. */
  trouble(): ReturnType<typeof fleetTrouble>;
  /** What the collector found out about its own health (event loop, uplink): no host is called silent meanwhile. */
  ownTrouble(on: boolean): void;
  /** Looks at the hosts table now (it does so by itself every half minute and when an unknown host speaks). */
  refresh(): Promise<void>;
  /** Writes what is not yet on disk and marks the run as ended. */
  stop(): Promise<void>;
}

export interface WatchOptions {
  state: State;
  clock: Clock;
  config: LivenessConfig;
  log: Log;
}

/** A tick so much late means that frames wait unheard. */
const LAG_MS = 1_000;
/** A tick so much late means that the process was suspended, or that the clock was set. */
const STALL_MS = 5_000;
const ALIVE_EVERY_MS = 5_000;
/** Every host is saved once in so many rounds: all at once would hold up everybody for the time of ten thousand rows. Of one that is up nothing is lost meanwhile. */
const SAVE_ROUNDS = 120;
const REFRESH_EVERY_MS = 30_000;
const READ_EVERY_MS = 300_000;
const STILL_CONNECTED_MS = 60_000;
const UNKNOWN: Verdict = { word: 'never-seen', since: 0, evidence: [] };

export async function openWatch(options: WatchOptions): Promise<Watch> {
  const { state, clock, config } = options;
  const now = clock.now();
  const fleet = openFleet(config, now);
  const trail = await openTrail(state);
  const queries = queriesOf(state);
  await readHosts(state, queries, fleet, now);
  const { run, awayFrom } = await beginRun(state, now);
  if (awayFrom !== undefined) recallHeard(fleet, awayFrom);
  const watcher = new Watcher(options, fleet, { trail, run, queries });
  if (awayFrom !== undefined) watcher.take({ kind: 'away', from: awayFrom, restart: true });
  watcher.start();
  return watcher;
}

async function beginRun(state: State, now: number): Promise<{ run: RunMark; awayFrom: number | undefined }> {
  const last = await state.selectFrom('runs').selectAll().orderBy('id', 'desc').limit(1).executeTakeFirst();
  const { id } = await state
    .insertInto('runs')
    .values({ startedAt: now, aliveAt: now, endedAt: null })
    .returning('id')
    .executeTakeFirstOrThrow();
  const awayFrom = last && Math.min(now, last.endedAt ?? last.aliveAt);
  return { run: { id, endedAt: null }, awayFrom };
}

/** Of a host that is up no frame is written down: it was heard within the limit before the last run ended. */
function recallHeard(fleet: Fleet, endedAt: number): void {
  for (const life of fleet.hosts.values()) {
    if (life.verdict.word !== 'up') continue;
    life.heardAt = Math.max(life.heardAt, endedAt - fleet.config.suspectAfter);
  }
}

/** Asked for every half minute: compiled once. */
const queriesOf = (state: State) => ({
  /** Another answer: somebody came or went. */
  change: state
    .selectFrom('hosts')
    .select(({ fn }) => [
      fn.countAll().as('hosts'),
      fn.max('enrolledAt').as('enrolledAt'),
      fn.count('revokedAt').as('revoked'),
      fn.max('revokedAt').as('revokedAt'),
    ])
    .compile(),
  hosts: state
    .selectFrom('hosts')
    .innerJoin('hospitals', 'hospitals.id', 'hosts.hospitalId')
    .where('hosts.revokedAt', 'is', null)
    .select(['hosts.id as host', 'hosts.name', 'hosts.hospitalId as hospital', 'timeZone', 'enrolledAt'])
    .compile(),
});
type Queries = ReturnType<typeof queriesOf>;

async function readChange(state: State, { change }: Queries): Promise<string> {
  return JSON.stringify((await state.executeQuery(change)).rows);
}

/** Brings the fleet in line with the hosts table; what is known of a host already stays. */
async function readHosts(state: State, { hosts }: Queries, fleet: Fleet, now: number): Promise<void> {
  const { rows } = await state.executeQuery(hosts);
  const wanted = new Set<string>();
  const added: HostLife[] = [];
  for (const { enrolledAt, ...place } of rows) {
    wanted.add(place.host);
    const known = fleet.hosts.get(place.host);
    if (known) known.name = place.name;
    else {
      const verdict: Verdict = { word: 'never-seen', since: enrolledAt, evidence: [] };
      added.push(addHost(fleet, { ...place, verdict }, now));
    }
  }
  for (const host of fleet.hosts.keys()) if (!wanted.has(host)) removeHost(fleet, host);
  await recall(state, fleet, added);
}

class Watcher implements Watch {
  readonly #options: WatchOptions;
  readonly #fleet: Fleet;
  readonly #trail: Trail;
  readonly #run: RunMark;
  readonly #queries: Queries;
  #change = '';
  #readAt = 0;
  readonly #listeners = new Set<VerdictListener>();
  readonly #testimonies: TestimonyReader;
  #doubt: Evidence | undefined;
  #unwritten: Effect[] = [];
  #dirty = new Set<string>();
  #writing: Promise<void> | undefined;
  #failing = false;
  #ticking: { cancel(): void } | undefined;
  #last: { wall: number; mono: number };
  #aliveAt = 0;
  #savedAt: number;
  #saveRound = 0;
  /** Hosts whose turn is still to come in these rounds. */
  #toSave: string[] = [];
  #refreshedAt: number;

  constructor(
    options: WatchOptions,
    fleet: Fleet,
    { trail, run, queries }: { trail: Trail; run: RunMark; queries: Queries },
  ) {
    this.#options = options;
    this.#fleet = fleet;
    this.#trail = trail;
    this.#run = run;
    this.#queries = queries;
    this.#testimonies = openTestimonies(fleet);
    const now = options.clock.now();
    this.#last = { wall: now, mono: options.clock.monotonic() };
    this.#savedAt = now;
    this.#refreshedAt = now;
  }

  start(): void {
    this.#ticking = this.#options.clock.every(TICK_MS, () => this.#tick());
  }

  hello(host: string, hello: Parameters<PresenceSink['hello']>[1], at: number): void {
    if (this.#fleet.hosts.has(host)) return this.take({ kind: 'hello', host, hello }, at);
    void this.refresh().then(() => this.take({ kind: 'hello', host, hello }, at));
  }

  heard(host: string, at: number): void {
    const life = this.#fleet.hosts.get(host);
    if (life === undefined) return;
    if (life.verdict.word === 'up') life.heardAt = at;
    else this.take({ kind: 'heard', host }, at);
  }

  goodbye(host: string, reason: Parameters<PresenceSink['goodbye']>[1], at: number): void {
    this.take({ kind: 'goodbye', host, reason }, at);
  }

  closed(host: string, how: Parameters<PresenceSink['closed']>[1], at: number): void {
    this.take({ kind: 'closed', host, how }, at);
  }

  stored(report: StoredReport): void {
    for (const input of this.#testimonies.read(report)) this.take(input, report.arrivedAt);
  }

  verdict(host: string): Verdict {
    return this.#fleet.hosts.get(host)?.verdict ?? UNKNOWN;
  }

  lastHeardAt(host: string): number | undefined {
    return this.#fleet.hosts.get(host)?.heardAt || undefined;
  }

  connected(): number {
    const now = this.#options.clock.now();
    let count = 0;
    // Over HTTP nothing tells that a host has left: what was not heard for a minute is not counted.
    for (const life of this.#fleet.hosts.values()) {
      if (life.connected && now - life.heardAt < STILL_CONNECTED_MS) count++;
    }
    return count;
  }

  onVerdict(listener: VerdictListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  doubt(): Evidence | undefined {
    return this.#doubt;
  }

  trouble(): ReturnType<typeof fleetTrouble> {
    return fleetTrouble(this.#fleet);
  }

  ownTrouble(on: boolean): void {
    this.take({ kind: 'own-trouble', on });
  }

  /** Names may change without a sign: they are read now and then. */
  async #refreshWhenChanged(): Promise<void> {
    const now = this.#options.clock.now();
    this.#refreshedAt = now;
    const change = await readChange(this.#options.state, this.#queries).catch(() => '');
    const isKnown = change !== '' && change === this.#change && now - this.#readAt < READ_EVERY_MS;
    if (isKnown && now >= this.#readAt) return;
    this.#change = change;
    await this.refresh();
  }

  async refresh(): Promise<void> {
    const now = this.#options.clock.now();
    this.#refreshedAt = now;
    this.#readAt = now;
    try {
      const { state, clock } = this.#options;
      await readHosts(state, this.#queries, this.#fleet, clock.now());
    } catch (error) {
      this.#options.log.warn({ error: describeError(error) }, 'cannot read the hosts');
    }
  }

  async stop(): Promise<void> {
    this.#ticking?.cancel();
    await this.#writing;
    this.#run.endedAt = this.#options.clock.now();
    for (const host of this.#fleet.hosts.keys()) this.#dirty.add(host);
    await this.#write();
  }

  take(input: Input, at = this.#options.clock.now()): void {
    for (const effect of step(this.#fleet, input, at)) {
      if (effect.kind === 'self-doubt') this.#tellDoubt(effect.on, effect.evidence);
      else if (effect.kind === 'record') this.#unwritten.push(effect);
      else {
        this.#unwritten.push(effect);
        this.#dirty.add(effect.host);
        for (const listener of this.#listeners) listener(effect.host, effect.verdict, effect.before);
      }
    }
  }

  #tellDoubt(on: boolean, evidence: Evidence): void {
    this.#doubt = on ? evidence : undefined;
    const fields = { why: evidence.kind, text: evidence.text.zh };
    if (on) this.#options.log.error(fields, 'the collector doubts itself: no host is called silent');
    else this.#options.log.info(fields, 'the doubt is over');
  }

  #tick(): void {
    const { clock, log } = this.#options;
    const now = clock.now();
    const mono = clock.monotonic();
    const lateMs = Math.max(now - this.#last.wall, mono - this.#last.mono) - TICK_MS;
    const from = this.#last.wall;
    this.#last = { wall: now, mono };
    if (lateMs > STALL_MS) {
      log.warn({ lateMs: Math.round(lateMs) }, 'this process did not run, or its clock was set');
      this.take({ kind: 'away', from: Math.min(from, now), restart: false }, now);
    } else if (lateMs > LAG_MS) this.take({ kind: 'lag' }, now);
    this.take({ kind: 'tick' }, now);
    if (now - this.#refreshedAt >= REFRESH_EVERY_MS) void this.#refreshWhenChanged();
    this.#saveWhenDue(now);
  }

  #saveWhenDue(now: number): void {
    if (now - this.#savedAt >= ALIVE_EVERY_MS) {
      this.#savedAt = now;
      this.#saveSome();
    }
    const due = this.#unwritten.length > 0 || this.#dirty.size > 0 || now - this.#aliveAt >= ALIVE_EVERY_MS;
    if (!due || this.#writing) return;
    this.#writing = this.#write().finally(() => {
      this.#writing = undefined;
    });
  }

  #saveSome(): void {
    const { hosts } = this.#fleet;
    if (this.#saveRound === 0) this.#toSave = [...hosts.keys()];
    this.#saveRound = (this.#saveRound + 1) % SAVE_ROUNDS;
    for (const host of this.#toSave.splice(-Math.ceil(hosts.size / SAVE_ROUNDS)))
      if ((hosts.get(host)?.heardAt ?? 0) > 0) this.#dirty.add(host);
  }

  async #write(): Promise<void> {
    const now = this.#options.clock.now();
    const effects = this.#unwritten;
    const dirty = this.#dirty;
    this.#unwritten = [];
    this.#dirty = new Set();
    const lives = [...dirty].flatMap((host) => this.#fleet.hosts.get(host) ?? []);
    try {
      await this.#trail.write(effects, lives, this.#run, now);
      this.#aliveAt = now;
      if (this.#failing) this.#options.log.info({}, 'verdicts can be written again');
      this.#failing = false;
    } catch (error) {
      this.#unwritten = [...effects, ...this.#unwritten];
      for (const host of dirty) this.#dirty.add(host);
      // A host that was deleted meanwhile must not stand in the way of the others.
      void this.refresh();
      if (!this.#failing) {
        this.#options.log.error({ error: describeError(error) }, 'verdicts cannot be written');
      }
      this.#failing = true;
    }
  }
}
