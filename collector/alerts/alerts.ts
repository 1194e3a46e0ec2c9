// The shell around the life of alerts: each second it judges the hosts with news, commits what changed together with the
// messages about it, and lets the outbox deliver. Promise: what is open, and what was told, is the same after a restart.

import type { Clock } from '../../shared/clock.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Channel } from '../notifiers/index.ts';
import { RULES } from '../rules/index.ts';
import type { RuleUnit } from '../rules/rule.ts';
import type { Log, VerdictSource } from '../services.ts';
import type { State } from '../state/state.ts';
import { acknowledge, openTurns, refuse, type Turns } from './acknowledge.ts';
import { type Canaries, openCanaries } from './canaries.ts';
import type { AlertsConfig } from './config.ts';
import type { RulesConfig } from './evaluate.ts';
import { newName } from './ids.ts';
import { LONGEST_BACKOFF_MS } from './deliver.ts';
import { openLedger } from './ledger.ts';
import { openOutbox, type Outbox } from './outbox.ts';
import { type AlertChange, openPass, type Pass } from './pass.ts';

export interface Alerts {
  /** Somebody takes the alert over. Throws NamedError NOT_FOUND or CONFLICT (not firing). `hospitalId`: confined to it. */
  acknowledge(alertId: string, who: string, note: string, hospitalId?: string): Promise<void>;
  /** After each commit, for every alert that people can see changed. Returns the end of the subscription. */
  subscribe(listener: (change: AlertChange) => void): () => void;
  /** The host is judged with the next pass, whether or not it reported. */
  touch(hostId: string): void;
  /** Judges and delivers what is due now; resolves when both are done. The timer calls it each second. */
  run(): Promise<void>;
  close(): Promise<void>;
}

export interface AlertsOptions {
  state: State;
  fleet: Pick<Fleet, 'hosts' | 'picture' | 'takeDirty'>;
  verdicts: Pick<VerdictSource, 'verdict' | 'trouble'>;
  channels: readonly Channel[];
  clock: Clock;
  random: () => number;
  config: { alerts: AlertsConfig; rules: RulesConfig };
  log: Log;
  publicUrl?: string;
  /** Lets others have a turn within a long pass; left out, a pass is one piece. */
  breathe?: () => Promise<unknown>;
  /** Default: all. */
  rules?: readonly RuleUnit[];
}

const TICK_MS = 1_000;

export async function openAlerts(options: AlertsOptions): Promise<Alerts> {
  const { state, clock, log, channels } = options;
  const config = options.config.alerts;
  const listeners = new Set<(change: AlertChange) => void>();
  const newId = (): string => newName('a', options.random);
  const newKey = (): string => newName('n', options.random);
  const ledger = await openLedger({
    state,
    channels,
    config: { groupWaitMs: config.groupWait, groupIntervalMs: config.groupInterval },
    newKey,
    since: clock.now() - config.reopen,
  });
  const canaries = await openCanaries({ state, channels, clock, config, newKey });
  const outbox = openOutbox({
    state,
    channels,
    clock,
    random: options.random,
    log,
    sendTimeoutMs: config.sendTimeout,
    longestWaitMs: longestWaitMs(config),
    ...(options.publicUrl ? { publicUrl: options.publicUrl } : {}),
    onOutcome: (outcome) => canaries.learn(outcome),
  });
  const emit = (change: AlertChange): void => {
    for (const listener of listeners) listener(change);
  };
  const pass = openPass({ ...options, rules: options.rules ?? RULES, ledger, canaries, newId, emit });
  if (channels.length === 0) log.warn({}, 'no channel is configured: alerts are shown on the page only');

  const turns = openTurns();
  const parts = { pass, canaries, outbox, turns, clock, log };
  const tick = openTick(parts);
  const run = async (): Promise<void> => {
    await turns.take(() => judge(parts));
    outbox.wake();
    await outbox.run();
    await outbox.idle();
  };
  const timer = clock.every(TICK_MS, tick);

  return {
    acknowledge: (alertId, who, note, hospitalId) =>
      turns.take(async () => {
        const alert = ledger.find(alertId);
        const hidden = hospitalId !== undefined && alert?.hospitalId !== hospitalId;
        if (!alert || hidden) {
          await refuse(state, alertId, hospitalId);
          return;
        }
        await acknowledge(ledger, alert, who, note, clock.now());
        emit({ alertId, hostId: alert.hostId, hospitalId: alert.hospitalId });
      }),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    touch: (hostId) => pass.touch(hostId),
    run,
    async close() {
      timer.cancel();
      await turns.take(async () => undefined);
      await outbox.close();
    },
  };
}

interface Parts {
  pass: Pass;
  canaries: Canaries;
  outbox: Outbox;
  turns: Turns;
  clock: Clock;
  log: Log;
}

/** Judges, and keeps what changed with the messages about it. */
async function judge(
  { pass, canaries, outbox, clock }: Parts,
  judged = pass.judge(clock.now()),
): Promise<void> {
  const judgement = await judged;
  if (judgement && (await pass.commit(judgement))) outbox.wake();
  if (canaries.isDue(clock.now()) && (await canaries.send(clock.now()))) outbox.wake();
}

/** What the timer calls. In nearly every second nothing has changed and nothing is due: then nothing is waited for. */
function openTick(parts: Parts): () => void {
  const { pass, canaries, outbox, turns, clock, log } = parts;
  let judging = false;
  let failing = false;
  const deliver = (): void => {
    outbox.run().catch((error: unknown) => log.error({ error }, 'the outbox cannot be read'));
  };
  const failed = (error: unknown): void => {
    if (!failing) log.error({ error }, 'alerts cannot be kept; they are judged again each second');
    failing = true;
  };
  const keep = async (judged?: ReturnType<Pass['judge']>): Promise<void> => {
    judging = true;
    try {
      await turns.take(() => judge(parts, judged));
      if (failing) log.info({}, 'alerts are kept again');
      failing = false;
    } catch (error) {
      failed(error);
    } finally {
      judging = false;
    }
    deliver();
  };
  return () => {
    // A slow disk must not pile passes up; a slow channel must not hold the next pass back.
    if (judging) return;
    const now = clock.now();
    // While somebody takes an alert over, the pass waits for its turn.
    if (failing || !turns.areFree() || canaries.isDue(now)) return void keep();
    try {
      const judged = pass.judge(now);
      if (judged) void keep(judged);
      else if (outbox.isDue(now)) deliver();
    } catch (error) {
      failed(error);
    }
  };
}

/** After a failure, or behind other messages of its group. */
function longestWaitMs({ groupWait, groupInterval }: AlertsConfig): number {
  return Math.max(LONGEST_BACKOFF_MS, groupWait + 3 * groupInterval);
}
