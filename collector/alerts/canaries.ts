// Puts the daily canary of each channel into the outbox and keeps what the outcomes say about the channels.

import type { Clock } from '../../shared/clock.ts';
import type { State } from '../state/state.ts';
import { afterOutcome, type ChannelHealth, HEALTHY, judgeChannels, lastTimeOfDay } from './canary.ts';
import type { AlertsConfig } from './config.ts';
import type { Judged } from './lifecycle.ts';
import { writeMessages } from './messages.ts';
import type { Outcome } from './deliver.ts';

export interface Canaries {
  /** Whether `send` would look at all. */
  isDue(now: number): boolean;
  /** Queues what is due. True: something was queued. */
  send(now: number): Promise<boolean>;
  learn(outcome: Outcome): void;
  judged(now: number): Judged;
}

export interface CanariesOptions {
  state: State;
  channels: readonly { id: string }[];
  clock: Clock;
  config: AlertsConfig;
  newKey: () => string;
}

const LOOK_EVERY_MS = 60_000;
const HOUR_MS = 3_600_000;

/** What `meta` holds under `canary:CHANNEL`. */
interface CanaryRecord {
  queuedAt: number;
  deliveredAt: number | null;
}

export async function openCanaries(options: CanariesOptions): Promise<Canaries> {
  const { state, channels, clock, config } = options;
  const health = new Map<string, ChannelHealth>();
  const records = new Map<string, CanaryRecord>();
  for (const { id } of channels) {
    health.set(id, await readHealth(state, id));
    // A new channel waits for its first turn: the day begins with the next canary, not with a restart.
    records.set(id, (await readRecord(state, id)) ?? { queuedAt: clock.now(), deliveredAt: null });
    await writeRecord(state, id, records.get(id));
  }
  let lookAgainAt = 0;
  let lastDueAt = -Infinity;
  /** A zone may set its clocks by an hour: within a day less that much the last one stays the last one. */
  const dueAt = (now: number): number => {
    if (now < lastDueAt || now >= lastDueAt + 23 * HOUR_MS)
      lastDueAt = lastTimeOfDay(now, config.canaryAt, config.canaryTimeZone);
    return lastDueAt;
  };

  const queue = async (channel: string, record: CanaryRecord, now: number): Promise<void> => {
    const next = { ...record, queuedAt: now };
    await state.transaction().execute(async (tx) => {
      // Yesterday's canary that never left says nothing more than today's.
      await tx
        .updateTable('outbox')
        .set({ state: 'dropped', dropReason: 'the next canary takes its place' })
        .where('groupKey', '=', `canary:${channel}`)
        .where('state', '=', 'waiting')
        .execute();
      await writeMessages(tx, [
        {
          key: options.newKey(),
          groupKey: `canary:${channel}`,
          channel,
          kind: 'canary',
          alertIds: [],
          state: 'waiting',
          createdAt: now,
          notBefore: now,
          attempts: 0,
          dropReason: null,
        },
      ]);
      await writeRecord(tx, channel, next);
    });
    records.set(channel, next);
  };

  return {
    // A look that is further away than it can have been set: the clock went back.
    isDue: (now) => now >= lookAgainAt || lookAgainAt - now > LOOK_EVERY_MS,
    async send(now) {
      lookAgainAt = now + LOOK_EVERY_MS;
      const since = dueAt(now);
      const due = [...records].filter(([, record]) => record.queuedAt < since);
      for (const [channel, record] of due) await queue(channel, record, now);
      return due.length > 0;
    },
    learn(outcome) {
      const { channel, kind } = outcome.message;
      health.set(channel, afterOutcome(health.get(channel) ?? HEALTHY, outcome));
      const record = records.get(channel);
      if (kind !== 'canary' || outcome.result !== 'delivered' || !record) return;
      records.set(channel, { ...record, deliveredAt: outcome.at });
      writeRecord(state, channel, records.get(channel)).catch(() => {
        // The outbox row holds the delivery as well; this copy is for the page.
      });
    },
    judged: (now) => ({ rule: 'canary', evaluation: judgeChannels(health, now, config.troubleAfter) }),
  };
}

async function readRecord(state: State, channel: string): Promise<CanaryRecord | undefined> {
  const row = await state
    .selectFrom('meta')
    .where('key', '=', `canary:${channel}`)
    .select('value')
    .executeTakeFirst();
  return row && (JSON.parse(row.value) as CanaryRecord);
}

async function writeRecord(state: State, channel: string, record: CanaryRecord | undefined): Promise<void> {
  const value = JSON.stringify(record);
  await state
    .insertInto('meta')
    .values({ key: `canary:${channel}`, value })
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ value }))
    .execute();
}

/** From the outbox: a message tried and still waiting, or a last one refused. */
async function readHealth(state: State, channel: string): Promise<ChannelHealth> {
  const stuck = await state
    .selectFrom('outbox')
    .where('state', '=', 'waiting')
    .where('channel', '=', channel)
    .where('attempts', '>', 0)
    .orderBy('id')
    .select(['createdAt', 'lastError'])
    .executeTakeFirst();
  const last = await state
    .selectFrom('outbox')
    .where('state', '!=', 'waiting')
    .where('channel', '=', channel)
    .where('attempts', '>', 0)
    .orderBy('id', 'desc')
    .select(['createdAt', 'dropReason'])
    .executeTakeFirst();
  const refused = last?.dropReason?.startsWith('rejected: ') ? last.dropReason.slice(10) : null;
  const failingSince = stuck?.createdAt ?? (refused === null ? null : (last?.createdAt ?? null));
  return { failingSince, refused, lastError: stuck?.lastError ?? refused };
}
