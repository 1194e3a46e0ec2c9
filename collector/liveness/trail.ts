// The verdicts on disk: one row a host with the machine's state, and the trail of every verdict with its corrections. Promise:
// what one tick decided is written in one transaction, in order; at most one row of a host is open.

import { sql, type Transaction } from 'kysely';
import type { Tables } from '../state/schema.ts';
import type { State } from '../state/state.ts';
import type { Effect, HostLife, Testimony } from './model.ts';
import type { Evidence, VerdictWord } from './verdict.ts';

type Written = Exclude<Effect, { kind: 'self-doubt' }>;

const AT_ONCE = 100;

/** The part of a host's life that has no column of its own. */
export interface SavedLife {
  evidence: readonly Evidence[];
  boot?: string;
  processAt?: number;
  plannedUntil: number;
  suspectAt: number;
  countFrom?: number;
  /** By the witness's host id. */
  testimonies?: [by: string, Testimony][];
  former?: HostLife['former'];
}

export interface Trail {
  /** Writes the effects in order and the lives as they are now. */
  write(effects: readonly Effect[], lives: readonly HostLife[], run: RunMark, now: number): Promise<void>;
}

export interface RunMark {
  id: number;
  endedAt: number | null;
}

export async function openTrail(state: State): Promise<Trail> {
  const open = new Map<string, number>();
  const rows = await state
    .selectFrom('verdicts')
    .select(['id', 'hostId'])
    .where('until', 'is', null)
    .execute();
  for (const row of rows) open.set(row.hostId, row.id);
  const markAlive = openMark(state);
  return {
    async write(effects, lives, run, now) {
      // Most of the time there is only the sign of life: one statement is its own transaction.
      if (effects.length === 0 && lives.length === 0) return markAlive(state, run, now);
      // Ids are kept only when the transaction is: a failed one is written again as it was.
      const staged = new Map<string, number>();
      const openRow = (host: string): number | undefined => staged.get(host) ?? open.get(host);
      await state.transaction().execute(async (tx) => {
        for (const round of rounds(effects)) await writeRound(tx, round, openRow, staged, now);
        await saveLives(tx, lives, now);
        await markAlive(tx, run, now);
      });
      for (const [host, id] of staged) open.set(host, id);
    },
  };
}

function openMark(state: State): (tx: State, run: RunMark, now: number) => Promise<void> {
  const query = state.updateTable('runs').set({ aliveAt: 0, endedAt: null }).where('id', '=', 0).compile();
  return async (tx, run, now) =>
    void (await tx.executeQuery({ ...query, parameters: [now, run.endedAt, run.id] }));
}

/** Gives hosts back what was written down of them. */
export async function recall(state: State, lives: readonly HostLife[]): Promise<void> {
  const byHost = new Map(lives.map((life) => [life.host, life]));
  for (const part of parts(lives)) {
    const rows = await state
      .selectFrom('liveness')
      .selectAll()
      .where(
        'hostId',
        'in',
        part.map((life) => life.host),
      )
      .execute();
    for (const { hostId, word, since, lastHeardAt, state: saved } of rows) {
      const { evidence, testimonies, ...rest } = JSON.parse(saved) as SavedLife;
      const life = byHost.get(hostId);
      // It may have been heard meanwhile.
      if (life?.verdict.word !== 'never-seen') continue;
      Object.assign(life, rest, { heardAt: lastHeardAt ?? 0, verdict: { word, since, evidence } });
      life.testimonies = testimonies && new Map(testimonies);
    }
  }
}

/** Effects in order, each host at most once per round, so that a round can be written in few statements. */
function rounds(effects: readonly Effect[]): Written[][] {
  const result: Written[][] = [];
  const seen = new Map<string, number>();
  for (const effect of effects) {
    if (effect.kind === 'self-doubt') continue;
    const round = seen.get(effect.host) ?? 0;
    seen.set(effect.host, round + 1);
    (result[round] ??= []).push(effect);
  }
  return result;
}

interface NewRow {
  hostId: string;
  word: VerdictWord;
  since: number;
  until: number | null;
  evidence: string;
  recordedAt: number;
  revises: number | null;
}

async function writeRound(
  tx: Transaction<Tables>,
  round: readonly Written[],
  openRow: (host: string) => number | undefined,
  staged: Map<string, number>,
  now: number,
): Promise<void> {
  const rows: NewRow[] = [];
  const closing: { id: number; until: number }[] = [];
  for (const effect of round) {
    const before = openRow(effect.host);
    if (effect.kind === 'verdict' && before !== undefined) closing.push({ id: before, until: effect.at });
    rows.push(rowOf(effect, before ?? null, now));
  }
  for (const part of parts(closing)) {
    const ends = sql.join(part.map(({ id, until }) => sql`(${id}, ${until})`));
    await sql`update verdicts set until = v.column2 from (values ${ends}) as v where verdicts.id = v.column1`.execute(
      tx,
    );
  }
  for (const part of parts(rows)) {
    const made = await tx.insertInto('verdicts').values(part).returning(['id', 'hostId', 'until']).execute();
    for (const { id, hostId, until } of made) if (until === null) staged.set(hostId, id);
  }
}

function rowOf(effect: Written, before: number | null, now: number): NewRow {
  if (effect.kind === 'record') {
    const { host: hostId, word, since, until, evidence, revises } = effect;
    const corrected = revises ? before : null;
    return {
      hostId,
      word,
      since,
      until,
      evidence: JSON.stringify(evidence),
      recordedAt: now,
      revises: corrected,
    };
  }
  const { word, since, evidence } = effect.verdict;
  const text = JSON.stringify(evidence);
  // It reaches back over what was said meanwhile: that was the collector's own absence.
  const revises = since < effect.at ? before : null;
  return { hostId: effect.host, word, since, until: null, evidence: text, recordedAt: now, revises };
}

async function saveLives(tx: Transaction<Tables>, lives: readonly HostLife[], now: number): Promise<void> {
  for (const part of parts(lives)) {
    await tx
      .insertInto('liveness')
      .values(part.map((life) => lifeRow(life, now)))
      .onConflict((conflict) =>
        conflict.column('hostId').doUpdateSet((eb) => ({
          word: eb.ref('excluded.word'),
          since: eb.ref('excluded.since'),
          lastHeardAt: eb.ref('excluded.lastHeardAt'),
          state: eb.ref('excluded.state'),
          updatedAt: eb.ref('excluded.updatedAt'),
        })),
      )
      .execute();
  }
}

function lifeRow(life: HostLife, now: number) {
  const { boot, processAt, plannedUntil, suspectAt, countFrom, testimonies, former, verdict } = life;
  const saved: SavedLife = {
    evidence: verdict.evidence,
    plannedUntil,
    suspectAt,
    ...(countFrom === 0 ? {} : { countFrom }),
    ...(testimonies === undefined ? {} : { testimonies: [...testimonies] }),
    ...(boot === undefined ? {} : { boot }),
    ...(processAt === undefined ? {} : { processAt }),
    ...(former === undefined ? {} : { former }),
  };
  return {
    hostId: life.host,
    word: verdict.word,
    since: verdict.since,
    lastHeardAt: life.heardAt === 0 ? null : life.heardAt,
    state: JSON.stringify(saved),
    updatedAt: now,
  };
}

function parts<T>(all: readonly T[]): T[][] {
  const result: T[][] = [];
  for (let i = 0; i < all.length; i += AT_ONCE) result.push(all.slice(i, i + AT_ONCE));
  return result;
}
