// The verdicts on disk: one row a host with the machine's state, and the trail of every verdict with its corrections. Promise:
// what one tick decided is written in one transaction, in order; at most one row of a host is open.

import { sql } from 'kysely';
import type { State } from '../state/state.ts';
import { type Effect, type Fleet, type HostLife, restoreHost, type Testimony } from './model.ts';
import { openRows, type WriteRows } from './rows.ts';
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
  const statements = openStatements(state);
  return {
    async write(effects, lives, run, now) {
      // Most of the time there is only the sign of life: one statement is its own transaction.
      if (effects.length === 0 && lives.length === 0) return markAlive(state, run, now);
      // Ids are kept only when the transaction is: a failed one is written again as it was.
      const staged = new Map<string, number>();
      const openRow = (host: string): number | undefined => staged.get(host) ?? open.get(host);
      await state.transaction().execute(async (tx) => {
        for (const round of rounds(effects))
          await writeRound(tx, statements, { round, openRow, staged, now });
        await statements.lives(
          tx,
          lives.map((life) => lifeRow(life, now)),
        );
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
export async function recall(state: State, fleet: Fleet, lives: readonly HostLife[]): Promise<void> {
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
      restoreHost(fleet, life, {
        ...rest,
        heardAt: lastHeardAt ?? 0,
        verdict: { word, since, evidence },
        ...(testimonies ? { testimonies: new Map(testimonies) } : {}),
      });
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

type VerdictRow = readonly [
  hostId: string,
  word: VerdictWord,
  since: number,
  until: number | null,
  evidence: string,
  recordedAt: number,
  revises: number | null,
];
type LifeRow = readonly [
  hostId: string,
  word: VerdictWord,
  since: number,
  lastHeardAt: number | null,
  state: string,
  updatedAt: number,
];

interface Statements {
  verdicts: WriteRows<VerdictRow, { id: number; hostId: string; until: number | null }>;
  ends: WriteRows<readonly [id: number, until: number], unknown>;
  lives: WriteRows<LifeRow, unknown>;
}

const times = <T>(count: number, one: T): T[] => Array.from({ length: count }, () => one);

function openStatements(state: State): Statements {
  const verdict = {
    hostId: '',
    word: 'up',
    since: 0,
    until: 0,
    evidence: '',
    recordedAt: 0,
    revises: 0,
  } as const;
  const life = { hostId: '', word: 'up', since: 0, lastHeardAt: 0, state: '', updatedAt: 0 } as const;
  return {
    verdicts: openRows((count) =>
      state
        .insertInto('verdicts')
        .values(times(count, verdict))
        .returning(['id', 'hostId', 'until'])
        .compile(),
    ),
    ends: openRows((count) =>
      sql`update verdicts set until = v.column2 from (values ${sql.join(times(count, sql`(${0}, ${0})`))}) as v where verdicts.id = v.column1`.compile(
        state,
      ),
    ),
    lives: openRows((count) =>
      state
        .insertInto('liveness')
        .values(times(count, life))
        .onConflict((conflict) =>
          conflict.column('hostId').doUpdateSet((eb) => ({
            word: eb.ref('excluded.word'),
            since: eb.ref('excluded.since'),
            lastHeardAt: eb.ref('excluded.lastHeardAt'),
            state: eb.ref('excluded.state'),
            updatedAt: eb.ref('excluded.updatedAt'),
          })),
        )
        .compile(),
    ),
  };
}

interface Round {
  round: readonly Written[];
  openRow(host: string): number | undefined;
  staged: Map<string, number>;
  now: number;
}

async function writeRound(
  tx: State,
  statements: Statements,
  { round, openRow, staged, now }: Round,
): Promise<void> {
  const rows: VerdictRow[] = [];
  const ends: [id: number, until: number][] = [];
  for (const effect of round) {
    const before = openRow(effect.host);
    if (effect.kind === 'verdict' && before !== undefined) ends.push([before, effect.at]);
    rows.push(rowOf(effect, before ?? null, now));
  }
  await statements.ends(tx, ends);
  for (const { id, hostId, until } of await statements.verdicts(tx, rows))
    if (until === null) staged.set(hostId, id);
}

function rowOf(effect: Written, before: number | null, now: number): VerdictRow {
  if (effect.kind === 'record') {
    const { host, word, since, until, evidence, revises } = effect;
    return [host, word, since, until, JSON.stringify(evidence), now, revises ? before : null];
  }
  const { word, since, evidence } = effect.verdict;
  // It reaches back over what was said meanwhile: that was the collector's own absence.
  const revises = since < effect.at ? before : null;
  return [effect.host, word, since, null, JSON.stringify(evidence), now, revises];
}

function lifeRow(life: HostLife, now: number): LifeRow {
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
  const heardAt = life.heardAt === 0 ? null : life.heardAt;
  return [life.host, verdict.word, verdict.since, heardAt, JSON.stringify(saved), now];
}

function parts<T>(all: readonly T[]): T[][] {
  const result: T[][] = [];
  for (let i = 0; i < all.length; i += AT_ONCE) result.push(all.slice(i, i + AT_ONCE));
  return result;
}
