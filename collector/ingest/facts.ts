// Check results and events of reports, and what a handshake teaches about a host, into the state database: one transaction a
// batch, before anything is acknowledged. Promise: repeating a batch changes nothing; an older result never hides a newer one.

import type { Transaction } from 'kysely';
import { keepRecord } from '../backups/state/keep.ts';
import { recordOf } from '../backups/state/record.ts';
import type { CheckTable, Tables } from '../state/schema.ts';
import { replaces } from '../state/replaces.ts';
import type { State } from '../state/state.ts';
import { LIMITS } from '../../shared/frame.ts';
import type { Row } from './model.ts';

/** Learned at a handshake. */
export interface Learned {
  agentVersion?: string;
  boot?: string;
  bootAt?: number;
  offsetMs?: number;
}

/** A report sent again may have got a slightly other corrected time when its own offset was unknown. */
const LOOSE_MS = 10_000;
const AT_ONCE = 100;

export async function writeFacts(
  state: State,
  rows: readonly Row[],
  learned: ReadonlyMap<string, Learned>,
): Promise<void> {
  await state.transaction().execute(async (tx) => {
    for (const [host, facts] of learned) {
      await tx.updateTable('hosts').set(facts).where('id', '=', host).execute();
    }
    // Further ahead than this no clock may be.
    const latestAt = rows.reduce((at, row) => Math.max(at, row.arrivedAt), 0) + LIMITS.futureMs;
    for (const round of checkRounds(rows)) {
      for (let i = 0; i < round.length; i += AT_ONCE)
        await writeChecks(tx, round.slice(i, i + AT_ONCE), latestAt);
    }
    for (const row of rows) if (row.events?.length) await writeEvents(tx, row);
  });
}

/** Results in order, each check at most once per round: one statement may not touch a row twice. */
export function checkRounds(rows: readonly Row[]): CheckTable[][] {
  const rounds: CheckTable[][] = [];
  const seen = new Map<string, number>();
  for (const row of rows) {
    for (const check of row.checks ?? []) {
      const key = `${row.host}\n${check.id}`;
      const round = seen.get(key) ?? 0;
      seen.set(key, round + 1);
      (rounds[round] ??= []).push({
        hostId: row.host,
        checkId: check.id,
        status: check.status,
        text: check.text ?? null,
        since: row.at,
        updatedAt: row.at,
      });
    }
  }
  return rounds;
}

async function writeChecks(tx: Transaction<Tables>, checks: CheckTable[], latestAt: number): Promise<void> {
  await tx
    .insertInto('checks')
    .values(checks)
    .onConflict((conflict) =>
      conflict
        .columns(['hostId', 'checkId'])
        .doUpdateSet((eb) => ({
          status: eb.ref('excluded.status'),
          text: eb.ref('excluded.text'),
          updatedAt: eb.ref('excluded.updatedAt'),
          since: eb
            .case()
            .when('checks.status', '=', eb.ref('excluded.status'))
            .then(eb.ref('checks.since'))
            .else(eb.ref('excluded.since'))
            .end(),
        }))
        .where(replaces('checks.updatedAt', latestAt)),
    )
    .execute();
}

async function writeEvents(tx: Transaction<Tables>, row: Row): Promise<void> {
  for (const event of row.events ?? []) {
    // The event happened as long before the report as the agent's own clock says.
    const at = Math.round(row.at - (row.agentAt - event.at));
    const record = recordOf(event);
    if (record) {
      // A clock that was ahead must not block what comes after.
      const now = row.arrivedAt;
      await keepRecord(tx, { hostId: row.host, at: Math.min(at, now), now }, record);
      continue;
    }
    const subject = event.subject ?? null;
    const data = event.data === undefined ? null : JSON.stringify(event.data);
    const span = row.loose ? LOOSE_MS : 0;
    const known = await tx
      .selectFrom('events')
      .select('id')
      .where('hostId', '=', row.host)
      .where('at', '>=', at - span)
      .where('at', '<=', at + span)
      .where('kind', '=', event.kind)
      .where('subject', 'is', subject)
      .where('data', 'is', data)
      .executeTakeFirst();
    if (known) continue;
    const { host: hostId, arrivedAt } = row;
    await tx
      .insertInto('events')
      .values({ hostId, at, arrivedAt, kind: event.kind, subject, data })
      .execute();
  }
}
