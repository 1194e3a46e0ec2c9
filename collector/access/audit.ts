// The audit trail: who did what to which thing, when. Rows are only ever added. A change and its row share a transaction.

import type { Kysely } from 'kysely';
import type { Tables } from '../state/schema.ts';

export interface AuditEntry {
  at: number;
  who: string;
  /** `noun.verb`, such as `user.add`, `login`, `alert.acknowledge`. */
  what: string;
  subject: string;
  detail?: Record<string, unknown>;
}

/** `state` may be a transaction. */
export async function recordAudit(state: Kysely<Tables>, entry: AuditEntry): Promise<void> {
  await state
    .insertInto('audit')
    .values({
      at: entry.at,
      who: entry.who,
      what: entry.what,
      subject: entry.subject,
      detail: entry.detail ? JSON.stringify(entry.detail) : null,
    })
    .execute();
}

export async function listAudit(state: Kysely<Tables>, page: { limit: number; before?: number }) {
  let query = state.selectFrom('audit').selectAll().orderBy('id', 'desc').limit(page.limit);
  if (page.before !== undefined) query = query.where('id', '<', page.before);
  return await query.execute();
}
