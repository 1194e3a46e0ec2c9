// Keeps the newest check results in the state, so that "since when" survives a restart. Written once a second for all that
// changed; a write that fails is tried again with the next.

import type { Clock } from '../../shared/clock.ts';
import type { Log } from '../services.ts';
import type { HostPicture } from '../rules/rule.ts';
import type { State } from '../state/state.ts';

type Checks = Map<string, HostPicture['checks'] extends ReadonlyMap<string, infer C> ? C : never>;

export interface CheckKeeper {
  changed(hostId: string, checkId: string): void;
  close(): Promise<void>;
}

const FLUSH_MS = 1_000;
const BATCH = 200;

/** Loads what the state holds into `checksOf(host)`, then keeps it there. */
export async function openChecks(
  state: State,
  clock: Clock,
  log: Log,
  checksOf: (hostId: string) => Checks | undefined,
): Promise<CheckKeeper> {
  for (const row of await state.selectFrom('checks').selectAll().execute()) {
    const text = row.text === null ? {} : { text: row.text };
    checksOf(row.hostId)?.set(row.checkId, {
      status: row.status,
      since: row.since,
      at: row.updatedAt,
      ...text,
    });
  }
  const waiting = new Map<string, { hostId: string; checkId: string }>();
  let writing: Promise<void> | undefined;
  let failing = false;

  const flush = async (): Promise<void> => {
    const batch = [...waiting].slice(0, BATCH * 10);
    for (const [key] of batch) waiting.delete(key);
    try {
      await write(
        state,
        batch.map(([, id]) => id),
        checksOf,
      );
      failing = false;
    } catch (error) {
      for (const [key, id] of batch) waiting.set(key, id);
      if (!failing) log.error({ error }, 'cannot write check results');
      failing = true;
    }
  };
  const timer = clock.every(FLUSH_MS, () => {
    if (writing || waiting.size === 0) return;
    writing = flush().finally(() => (writing = undefined));
  });
  return {
    changed: (hostId, checkId) => void waiting.set(`${hostId}\0${checkId}`, { hostId, checkId }),
    async close() {
      timer.cancel();
      await writing;
      if (waiting.size > 0) await flush();
    },
  };
}

async function write(
  state: State,
  ids: readonly { hostId: string; checkId: string }[],
  checksOf: (hostId: string) => Checks | undefined,
): Promise<void> {
  const rows = ids.flatMap(({ hostId, checkId }) => {
    const check = checksOf(hostId)?.get(checkId);
    if (!check) return [];
    const { status, since } = check;
    return [{ hostId, checkId, status, text: check.text ?? null, since, updatedAt: check.at ?? since }];
  });
  if (rows.length === 0) return;
  await state.transaction().execute(async (tx) => {
    for (let i = 0; i < rows.length; i += BATCH) {
      await tx
        .insertInto('checks')
        .values(rows.slice(i, i + BATCH))
        .onConflict((conflict) =>
          conflict.columns(['hostId', 'checkId']).doUpdateSet((eb) => ({
            status: eb.ref('excluded.status'),
            text: eb.ref('excluded.text'),
            since: eb.ref('excluded.since'),
            updatedAt: eb.ref('excluded.updatedAt'),
          })),
        )
        .execute();
    }
  });
}
