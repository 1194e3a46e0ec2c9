// Messages as the planner sees them, and as the outbox table holds them.

import type { Selectable } from 'kysely';
import type { OutboxTable } from '../state/schema.ts';
import type { State } from '../state/state.ts';
import type { Message } from './grouping.ts';

export function fromOutboxRow(row: Selectable<OutboxTable>): Message {
  const { id, key, groupKey, channel, kind, state, createdAt, notBefore, attempts, dropReason } = row;
  const alertIds = JSON.parse(row.alertIds) as string[];
  return { id, key, groupKey, channel, kind, alertIds, state, createdAt, notBefore, attempts, dropReason };
}

/** Messages of the group that may concern its alerts: all that wait, and all since `since`. */
export async function readMessages(state: State, groupKey: string, since: number): Promise<Message[]> {
  const rows = await state
    .selectFrom('outbox')
    .where('groupKey', '=', groupKey)
    .where((eb) => eb.or([eb('state', '=', 'waiting'), eb('createdAt', '>=', since)]))
    .orderBy('id')
    .selectAll()
    .execute();
  return rows.map(fromOutboxRow);
}

/** Inserts new messages; of known ones only what planning may change. */
export async function writeMessages(state: State, messages: readonly Message[]): Promise<void> {
  for (const message of messages) {
    const { id, ...rest } = message;
    const alertIds = JSON.stringify(message.alertIds);
    if (id === undefined) {
      await state
        .insertInto('outbox')
        .values({ ...rest, alertIds, lastError: null, deliveredAt: null, receipt: null })
        .execute();
    } else {
      await state
        .updateTable('outbox')
        .set({ alertIds, notBefore: message.notBefore, state: message.state, dropReason: message.dropReason })
        .where('id', '=', id)
        .execute();
    }
  }
}
