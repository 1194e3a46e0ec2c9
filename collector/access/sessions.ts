// Sessions of people who logged in. The cookie holds 256 random bits; the table holds their hash. Promise: a session ends
// after `idleMs` without use, after `lifetimeMs` in any case, and at once when its user is disabled.

import type { Kysely } from 'kysely';
import type { Tables, UserTable } from '../state/schema.ts';
import type { State } from '../state/state.ts';
import type { Principal } from './principal.ts';
import { drawSecret, hashSecret } from './secrets.ts';
import { touch } from './touch.ts';

export interface SessionLimits {
  idleMs: number;
  lifetimeMs: number;
}

/** Writing the last use more often than this would cost an fsync per request. */
const TOUCH_MS = 60_000;

export interface Sessions {
  open(
    user: Pick<UserTable, 'id'>,
    now: number,
    tx?: Kysely<Tables>,
  ): Promise<{ secret: string; csrf: string }>;
  find(secret: string, now: number): Promise<Principal | undefined>;
  findByHash(hash: string, now: number): Promise<Principal | undefined>;
  close(hash: string): Promise<void>;
  /** Forgets what has expired. */
  sweep(now: number): Promise<void>;
}

export function openSessions(state: State, limits: SessionLimits): Sessions {
  return {
    async open(user, now, tx = state) {
      const secret = drawSecret();
      const csrf = drawSecret();
      const expiresAt = now + limits.lifetimeMs;
      const hash = hashSecret(secret);
      await tx
        .insertInto('sessions')
        .values({ hash, userId: user.id, csrf, createdAt: now, lastSeenAt: now, expiresAt })
        .execute();
      return { secret, csrf };
    },
    find: (secret, now) => find(state, limits, hashSecret(secret), now),
    findByHash: (hash, now) => find(state, limits, hash, now),
    async close(hash) {
      await state.deleteFrom('sessions').where('hash', '=', hash).execute();
    },
    async sweep(now) {
      await state
        .deleteFrom('sessions')
        .where((e) => e.or([e('expiresAt', '<=', now), e('lastSeenAt', '<=', now - limits.idleMs)]))
        .execute();
    },
  };
}

async function find(
  state: State,
  limits: SessionLimits,
  hash: string,
  now: number,
): Promise<Principal | undefined> {
  const row = await state
    .selectFrom('sessions')
    .innerJoin('users', 'users.id', 'sessions.userId')
    .select([
      'users.id',
      'users.name',
      'users.role',
      'users.hospitalId',
      'users.password',
      'users.disabledAt',
    ])
    .select(['sessions.csrf', 'sessions.lastSeenAt', 'sessions.expiresAt'])
    .where('sessions.hash', '=', hash)
    .executeTakeFirst();
  if (!row || row.disabledAt !== null) return undefined;
  if (row.expiresAt <= now || row.lastSeenAt <= now - limits.idleMs) return undefined;
  if (now - row.lastSeenAt >= TOUCH_MS)
    await touch(state.updateTable('sessions').set({ lastSeenAt: now }).where('hash', '=', hash));
  return {
    kind: 'session',
    id: row.id,
    name: row.name,
    role: row.role,
    hospitalId: row.hospitalId ?? undefined,
    csrf: row.csrf,
    passwordSet: row.password !== '',
    hash,
  };
}
