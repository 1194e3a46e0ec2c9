// Joins schedule, spool and link into one running agent. Promise: it never ends by a probe, a full disk or a lost collector; it
// ends when told to, within 5 s, with a last report and a goodbye that says why.

import { join } from 'node:path';
import type { Clock, Timer } from '../shared/clock.ts';
import { describeError } from '../shared/errors.ts';
import { type GoodbyeReason, type Hello, PROTOCOL, signedText } from '../shared/frame.ts';
import { fingerprint, type MachineFacts, readBoot } from './identity/machine.ts';
import { type Identity, signer } from './identity/identity.ts';
import * as journal from './journal.ts';
import { journalPath, readRun, writeWhole } from './journal-file.ts';
import { type CollectorLink, openLink } from './link/collector-link.ts';
import type { DialOptions } from './link/dial.ts';
import type { OpenTransport } from './link/transport.ts';
import type { TransportKind } from './link/state.ts';
import type { Log } from './log.ts';
import { openSchedule, type Schedule } from './schedule/schedule.ts';
import type { ScheduledProbe } from './schedule/runner.ts';
import { selfProbe } from './schedule/self.ts';
import type { Spool } from './spool/spool.ts';
import { renderStatus, STATUS_FILE } from './status.ts';
import { VERSION } from './version.ts';

/** Leaves two seconds for the rest of the five that a service manager is promised. */
const GOODBYE_MS = 3000;

export interface AgentOptions {
  identity: Identity;
  urls: readonly string[];
  collector: string;
  dataFolder: string;
  /** Gives the probes once the link exists, because the clock probe reports what the link measured. */
  openProbes(link: Pick<CollectorLink, 'status'>): ScheduledProbe[];
  /** Called once it is sure that no other agent uses the folder. */
  openSpool(): Spool;
  /** Appended reports are made durable within this. */
  syncMs: number;
  clock: Clock;
  random: () => number;
  log: Log;
  dial: DialOptions;
  transports: Readonly<Record<TransportKind, OpenTransport>>;
  machine: MachineFacts;
  pid: number;
  isAlive: (pid: number) => boolean;
}

export interface RunningAgent {
  /** Ends it; a second call waits for the first. */
  stop(reason: GoodbyeReason): Promise<void>;
}

/** Throws CONFLICT when another agent uses the data folder. Waits for nothing. */
export function startAgent(options: AgentOptions): RunningAgent {
  const { clock, log, identity } = options;
  const runFile = journalPath(options.dataFolder);
  const previous = readRun(runFile);
  const boot = readBoot(options.machine, journal.bootOf(previous));
  const startedAt = clock.now();
  journal.refuseSecondAgent(previous, {
    pid: options.pid,
    at: startedAt,
    boot: boot.id,
    isAlive: options.isAlive,
  });
  const run: journal.RunRecord = {
    pid: options.pid,
    startedAt,
    aliveAt: startedAt,
    boot: boot.id,
    bootAt: boot.at,
    runs: journal.runsBefore(previous),
  };
  const spool = options.openSpool();
  const sign = signer(identity);
  const print = fingerprint(identity.machine, options.machine);
  const hello = (nonce: string, collector: string): Hello => ({
    t: 'hello',
    protocol: PROTOCOL,
    agent: identity.host.id,
    sig: sign(signedText(identity.host.id, collector, nonce)),
    version: VERSION,
    boot: boot.id,
    at: clock.now(),
    bootAt: boot.at,
    fingerprint: print,
    journal: journal.tellJournal(previous, startedAt, run),
    streams: namedStreams(spool),
  });
  const link = openLink({ ...options, spool, agent: identity.host.id, hello });
  const sync = syncAfter(options, spool);
  const states = (): ReturnType<Schedule['states']> => schedule.states();
  const schedule = openSchedule({
    probes: [...options.openProbes(link), selfProbe(spool, states)],
    clock,
    log,
    spool,
    boot: boot.id,
    jitterMs: jitterOf(identity.host.id),
    offsetMs: () => link.offsetMs(),
    appended(at) {
      sync.soon();
      log.debug('report collected', { ...at });
      link.wake();
    },
  });
  schedule.event({ at: startedAt, kind: 'agent.start', data: { version: VERSION } });
  if (previous?.boot !== boot.id) schedule.event({ at: boot.at, kind: 'host.boot' });
  const write = writeAlive(options, run, () => renderStatus({ options, spool, run, link, schedule }));
  write();
  schedule.start();
  link.start();
  const alive = clock.every(journal.JOURNAL_EVERY_MS, write);
  log.info('agent started', { host: identity.host.id, collector: options.collector, version: VERSION });
  return stopOnce(options, { run, write, spool, link, schedule, alive, sync });
}

interface Parts {
  run: journal.RunRecord;
  write: () => void;
  spool: Spool;
  link: CollectorLink;
  schedule: Schedule;
  alive: Timer;
  sync: { cancel(): void };
}

function stopOnce(options: AgentOptions, parts: Parts): RunningAgent {
  let stopping: Promise<void> | undefined;
  const stop = async (reason: GoodbyeReason): Promise<void> => {
    const { clock, log } = options;
    const { spool } = parts;
    const at = clock.now();
    parts.alive.cancel();
    parts.schedule.stop({ at, kind: 'agent.stop', data: { reason } });
    parts.sync.cancel();
    spool.sync();
    // Written before the goodbye: a service manager that loses patience must not turn this end into an unknown one.
    parts.run.end = { reason, at };
    parts.write();
    await parts.link.stop(reason, GOODBYE_MS);
    parts.write();
    log.info('agent stopped', { reason, left: spool.stats().reports });
    spool.close();
  };
  return {
    stop(reason) {
      stopping ??= stop(reason);
      return stopping;
    },
  };
}

/** The wire names at most 1,000 streams: the oldest of a long outage, and the live one. */
function namedStreams(spool: Spool): string[] {
  const all = spool.streams();
  return all.length <= 1000 ? all : [...all.slice(0, 999), spool.liveStream];
}

/** One sync for all that is appended within `syncMs`; 0: none is left unsynced. */
function syncAfter({ clock, syncMs }: AgentOptions, spool: Spool): { soon(): void; cancel(): void } {
  let timer: Timer | undefined;
  return {
    soon() {
      if (syncMs === 0) return spool.sync();
      timer ??= clock.after(syncMs, () => {
        timer = undefined;
        spool.sync();
      });
    },
    cancel: () => timer?.cancel(),
  };
}

/** Files of the data folder that say that the agent lives. A full disk must not end it: the failure is logged when it starts. */
function writeAlive(options: AgentOptions, run: journal.RunRecord, status: () => unknown): () => void {
  let failing = false;
  let aliveAtMono = options.clock.monotonic();
  return () => {
    const mono = options.clock.monotonic();
    const now = options.clock.now();
    journal.noticePause(run, mono - aliveAtMono, now);
    aliveAtMono = mono;
    run.aliveAt = now;
    try {
      writeWhole(journalPath(options.dataFolder), run);
      writeWhole(join(options.dataFolder, STATUS_FILE), status());
      failing = false;
    } catch (error) {
      if (!failing) options.log.error('cannot write run and status files', { error: describeError(error) });
      failing = true;
    }
  };
}

/** Spreads hosts over a quarter of a minute by their id, the same after every start. */
function jitterOf(host: string): number {
  let hash = 0;
  for (const char of host) hash = (hash * 31 + (char.codePointAt(0) ?? 0)) >>> 0;
  return hash % 15_000;
}
