// One message on its way: send it or drop it, and write down what came of it. The try is counted before it is made.

import type { Updateable } from 'kysely';
import { backoffMs } from '../../shared/backoff.ts';
import type { Clock } from '../../shared/clock.ts';
import { describeError, isNamedError, NamedError } from '../../shared/errors.ts';
import type { Notice, Notifier, Receipt } from '../notifiers/notifier.ts';
import type { Log } from '../services.ts';
import type { OutboxTable } from '../state/schema.ts';
import type { State } from '../state/state.ts';
import { decide, isDue, isOver } from './decide.ts';
import type { Message } from './grouping.ts';
import { fromOutboxRow } from './messages.ts';
import { buildNotice, readAlerts } from './notice.ts';
import type { Alert } from './record.ts';

export interface Outcome {
  message: Message;
  result: 'delivered' | 'rejected' | 'unreachable' | 'dropped';
  detail: string;
  at: number;
}

export interface OutboxOptions {
  state: State;
  channels: readonly { id: string; notifier: Notifier }[];
  clock: Clock;
  random: () => number;
  log: Log;
  sendTimeoutMs: number;
  /** No message is planned further ahead than this: one that is was planned before the clock was set back, and is due. */
  longestWaitMs: number;
  publicUrl?: string;
  /** After the row says so. */
  onOutcome(outcome: Outcome): void;
}

export const LONGEST_BACKOFF_MS = 300_000;
const BACKOFF = { baseMs: 1_000, capMs: LONGEST_BACKOFF_MS };

/** The returned function takes a message of a lane that nobody else works on; true: something changed, more may go. */
export function openDelivery(options: OutboxOptions, stop: AbortSignal): (seen: Message) => Promise<boolean> {
  const { state, clock, log } = options;
  const outages = new Set<string>();
  const notifiers = new Map(options.channels.map((channel) => [channel.id, channel.notifier]));

  const settle = async (
    message: Message,
    result: Outcome['result'],
    detail: string,
    changes: Partial<Updateable<OutboxTable>>,
  ): Promise<void> => {
    const outcome = { message, result, detail, at: clock.now() };
    await writeOutcome(state, outcome, changes);
    options.onOutcome(outcome);
  };

  const failed = async (message: Message, error: unknown): Promise<void> => {
    const detail = describeError(error);
    if (isNamedError(error, 'CHANNEL_REJECTED')) {
      log.error(
        { channel: message.channel, key: message.key, error: detail },
        'channel refused a message for good',
      );
      const dropReason = `rejected: ${detail}`;
      await settle(message, 'rejected', detail, { state: 'dropped', dropReason, lastError: detail });
      return;
    }
    if (!outages.has(message.channel))
      log.warn({ channel: message.channel, error: detail }, 'channel cannot be reached');
    outages.add(message.channel);
    const notBefore = clock.now() + Math.max(250, backoffMs(BACKOFF, message.attempts, options.random));
    await settle(message, 'unreachable', detail, { notBefore, lastError: detail });
  };

  const attempt = async (message: Message, notifier: Notifier): Promise<void> => {
    const alerts = await readAlerts(state, message.alertIds);
    const notice = await buildNotice(state, message, alerts, clock.now(), options.publicUrl);
    let receipt: Receipt;
    try {
      receipt = await sendInTime(notifier, notice, clock, options.sendTimeoutMs, stop);
    } catch (error) {
      if (!stop.aborted) await failed(message, error);
      return;
    }
    if (outages.delete(message.channel))
      log.info({ channel: message.channel }, 'channel accepts messages again');
    const { detail } = receipt;
    await settle(message, 'delivered', detail, {
      state: 'delivered',
      deliveredAt: clock.now(),
      receipt: detail,
    });
  };

  return async (seen) => {
    // What was read before this lane was taken may be old.
    const message = await readWaitingOne(state, seen);
    if (!message) return false;
    const alerts = await readAlerts(state, message.alertIds);
    const decision = decide(message, alerts, clock.now());
    if (decision.what === 'drop') {
      const { reason } = decision;
      log.info({ channel: message.channel, key: message.key, reason }, 'message dropped');
      await settle(message, 'dropped', reason, { state: 'dropped', dropReason: reason });
      return true;
    }
    const notifier = notifiers.get(message.channel);
    if (!isDue(message, clock.now(), options.longestWaitMs) || !notifier) return false;
    const attempts = message.attempts + 1;
    await state
      .updateTable('outbox')
      .set({ attempts, ...stillTrue(message, alerts) })
      .where('id', '=', message.id ?? -1)
      .execute();
    // Read after the try is counted: from here on nobody joins this message.
    const claimed = await readWaitingOne(state, message);
    if (!claimed) return true;
    await attempt(claimed, notifier);
    return true;
  };
}

/** A recovery that was tried before tells only what is still over. Untried ones may be joined meanwhile: the planner keeps them true. */
function stillTrue(message: Message, alerts: readonly Alert[]): { alertIds?: string } {
  if (message.kind !== 'resolved' || message.attempts === 0 || alerts.every(isOver)) return {};
  return { alertIds: JSON.stringify(alerts.filter(isOver).map((alert) => alert.id)) };
}

/** The row and, once it is settled, a line in the log of each alert: one transaction. */
async function writeOutcome(
  state: State,
  { message, result, detail, at }: Outcome,
  changes: Partial<Updateable<OutboxTable>>,
): Promise<void> {
  await state.transaction().execute(async (tx) => {
    await tx
      .updateTable('outbox')
      .set(changes)
      .where('id', '=', message.id ?? -1)
      .execute();
    if (result === 'unreachable') return;
    const what = result === 'delivered' ? 'notified' : 'note';
    const note = `${message.channel} ${message.kind}: ${result}${detail ? `, ${detail}` : ''}`;
    for (const alertId of message.alertIds)
      await tx.insertInto('alertLog').values({ alertId, at, what, who: 'niswatch', note }).execute();
  });
}

async function readWaitingOne(state: State, message: Message): Promise<Message | undefined> {
  const row = await state
    .selectFrom('outbox')
    .where('id', '=', message.id ?? -1)
    .where('state', '=', 'waiting')
    .selectAll()
    .executeTakeFirst();
  return row && fromOutboxRow(row);
}

/** A notifier that ignores the signal is left behind: its time is up all the same. */
async function sendInTime(
  notifier: Notifier,
  notice: Notice,
  clock: Clock,
  timeoutMs: number,
  stop: AbortSignal,
): Promise<Receipt> {
  const abort = new AbortController();
  const late = Promise.withResolvers<never>();
  const giveUp = (reason: string): void => {
    const error = new NamedError('CHANNEL_UNREACHABLE', reason);
    abort.abort(error);
    late.reject(error);
  };
  const timer = clock.after(timeoutMs, () => giveUp(`no answer within ${timeoutMs} ms`));
  const onStop = (): void => giveUp('the collector stops');
  stop.addEventListener('abort', onStop, { once: true });
  try {
    return await Promise.race([notifier.send(notice, abort.signal), late.promise]);
  } finally {
    timer.cancel();
    stop.removeEventListener('abort', onStop);
  }
}
