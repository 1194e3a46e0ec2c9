// What a restart of the collector may change: nothing. Promise: alerts and messages after a start are those before it, row by row,
// and each host has the verdict that was on record, but for those only known to have been up: of these it waits to hear.

import type { VerdictWord } from '../../collector/liveness/verdict.ts';
import type { State } from '../../collector/state/state.ts';

export interface Standing {
  /** Rows by table and id. */
  rows: ReadonlyMap<string, string>;
  words: ReadonlyMap<string, VerdictWord>;
}

export async function readStanding(state: State): Promise<Standing> {
  const alerts = await state.selectFrom('alerts').selectAll().execute();
  const messages = await state.selectFrom('outbox').selectAll().execute();
  const words = await state.selectFrom('liveness').select(['hostId', 'word']).execute();
  return {
    rows: new Map([
      ...alerts.map((row) => [`alert ${row.id}`, JSON.stringify(row)] as const),
      ...messages.map((row) => [`message ${row.key}`, JSON.stringify(row)] as const),
    ]),
    words: new Map(words.map(({ hostId, word }) => [hostId, word])),
  };
}

/** Of these the collector knows no more than that it did not listen. */
const AWAITED: ReadonlySet<VerdictWord> = new Set(['up', 'suspect', 'mass-silent', 'collector-away']);

/** What a start changed: before its first look, as sentences. */
export function changesOf(
  before: Standing,
  after: Standing,
  verdict: (host: string) => VerdictWord,
): string[] {
  const changes: string[] = [];
  for (const id of new Set([...before.rows.keys(), ...after.rows.keys()]))
    if (before.rows.get(id) !== after.rows.get(id)) changes.push(`a restart changes ${id}`);
  for (const [host, word] of before.words) {
    const now = verdict(host);
    const isKept = AWAITED.has(word) ? now === 'collector-away' : now === word;
    if (!isKept) changes.push(`a restart makes ${host} ${now}, which was ${word}`);
  }
  return changes;
}
