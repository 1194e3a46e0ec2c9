// Delivers what the outbox holds. Promise: a message stays until its channel confirmed it, or is dropped with a reason; each
// lane (group and channel) keeps its order; a try is counted before it is made, so that a crash repeats at worst, under
// the same key.

import { openDelivery, type OutboxOptions } from './deliver.ts';
import { isDue, laneOf, ready } from './decide.ts';
import type { Message } from './grouping.ts';
import { fromOutboxRow } from './messages.ts';
import type { State } from '../state/state.ts';

export interface Outbox {
  /** Something was written into the outbox: it is due. */
  wake(): void;
  /** Whether `run` would look at all. */
  isDue(now: number): boolean;
  /** Looks at what waits and starts what may go; resolves when those tries have ended. */
  run(): Promise<void>;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

const CLOSE_MS = 5_000;
/** While nothing is due it is looked at no more often than this. */
const LOOK_EVERY_MS = 30_000;
const PER_RUN = 500;
const PER_CHANNEL = 4;

export function openOutbox(options: OutboxOptions): Outbox {
  const { state, clock, log } = options;
  const busy = new Set<string>();
  const under = new Set<Promise<boolean>>();
  const stop = new AbortController();
  let closing = false;
  let lookAt = -Infinity;
  const names = options.channels.map((channel) => channel.id);
  const deliver = openDelivery(options, stop.signal);
  const nextDue = openNextDue(state, names);

  const start = (message: Message): Promise<boolean> => {
    const lane = laneOf(message);
    busy.add(lane);
    const done = deliver(message)
      .catch((error: unknown) => {
        log.error({ error, key: message.key }, 'outbox: a message could not be settled');
        return false;
      })
      .finally(() => {
        busy.delete(lane);
        under.delete(done);
      });
    under.add(done);
    return done;
  };

  // Further ahead than it can have been set: the clock went back.
  const isLookDue = (now: number): boolean => now >= lookAt || lookAt - now > LOOK_EVERY_MS;

  const run = async (): Promise<void> => {
    const now = clock.now();
    if (!isLookDue(now)) return;
    lookAt = now + LOOK_EVERY_MS;
    // A channel taken out of the configuration keeps what waits for it, in case it comes back.
    const from = { state, channels: names, now, longestWaitMs: options.longestWaitMs };
    const next = await nextDue();
    if (next === undefined || !isDue({ notBefore: next }, now, options.longestWaitMs)) {
      lookAt = Math.min(lookAt, next ?? Infinity);
      return;
    }
    lookAt = -Infinity;
    const waiting = await readWaiting(from);
    const perChannel = new Map<string, number>();
    for (const lane of busy) count(perChannel, lane.split('\0')[0] ?? '');
    const started: Promise<boolean>[] = [];
    for (const message of ready(waiting, busy, clock.now(), options.longestWaitMs)) {
      if (closing || count(perChannel, message.channel) > PER_CHANNEL) continue;
      started.push(start(message));
    }
    if ((await Promise.all(started)).includes(true)) await run();
  };

  return {
    isDue: isLookDue,
    wake() {
      lookAt = -Infinity;
    },
    run,
    async idle() {
      while (under.size > 0) await Promise.allSettled(under);
    },
    async close() {
      closing = true;
      // What is under way may end: cut off, it would be told twice after the restart.
      const limit = clock.after(CLOSE_MS, () => stop.abort());
      await Promise.allSettled(under);
      limit.cancel();
    },
  };
}

function count(counts: Map<string, number>, name: string): number {
  const n = (counts.get(name) ?? 0) + 1;
  counts.set(name, n);
  return n;
}

interface From {
  state: State;
  channels: readonly string[];
  now: number;
  longestWaitMs: number;
}

/** Every waiting message of the groups in which one is due, oldest first. */
async function readWaiting({ state, channels, now, longestWaitMs }: From): Promise<Message[]> {
  const due = state
    .selectFrom('outbox')
    .where('state', '=', 'waiting')
    .where((eb) => eb.or([eb('notBefore', '<=', now), eb('notBefore', '>', now + longestWaitMs)]))
    .where('channel', 'in', channels)
    .orderBy('notBefore')
    .limit(PER_RUN)
    .select('groupKey');
  const rows = await state
    .selectFrom('outbox')
    .where('state', '=', 'waiting')
    .where('groupKey', 'in', due)
    .where('channel', 'in', channels)
    .orderBy('id')
    .selectAll()
    .execute();
  return rows.map(fromOutboxRow);
}

/** When the first of those that wait may go; compiled once, because it is asked for as long as the collector runs. */
function openNextDue(state: State, channels: readonly string[]): () => Promise<number | undefined> {
  if (channels.length === 0) return () => Promise.resolve(undefined);
  const query = state
    .selectFrom('outbox')
    .where('state', '=', 'waiting')
    .where('channel', 'in', channels)
    // A limit would have it planned anew each time: the plan hangs on the value.
    .select(({ fn }) => fn.min<number | null>('notBefore').as('notBefore'))
    .compile();
  return async () => (await state.executeQuery(query)).rows[0]?.notBefore ?? undefined;
}
