// Tokens of programs: shown once when made, stored hashed. `admin.token` is the token of programs on this machine: whoever
// may read the data folder's file (mode 0600) is the administrator anyway.

import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NamedError } from '../../shared/errors.ts';
import type { Role, TokenTable } from '../state/schema.ts';
import type { State } from '../state/state.ts';
import { recordAudit } from './audit.ts';
import type { Principal } from './principal.ts';
import { drawSecret, hashSecret } from './secrets.ts';
import { touch } from './touch.ts';
import type { Act } from './users.ts';

export const ADMIN_TOKEN_FILE = 'admin.token';
const ADMIN_TOKEN_NAME = 'admin.token';
const TOUCH_MS = 60_000;

export interface Tokens {
  list(): Promise<(Omit<TokenTable, 'hash'> & { id: string })[]>;
  /** The secret is shown once. */
  add(token: { name: string; role: Role; hospitalId?: string | undefined }, act: Act): Promise<string>;
  /** `id` as `list` gives it. */
  revoke(id: string, act: Act): Promise<void>;
  find(secret: string, now: number): Promise<Principal | undefined>;
  findByHash(hash: string, now: number): Promise<Principal | undefined>;
}

/** Long enough to name one token, too short to be of use to a thief of the list. */
const idOf = (hash: string): string => hash.slice(0, 16);

export function openTokens(state: State): Tokens {
  return {
    async list() {
      const rows = await state.selectFrom('tokens').selectAll().orderBy('createdAt').execute();
      return rows.map(({ hash, ...rest }) => ({ id: idOf(hash), ...rest }));
    },
    add: (token, act) => add(state, token, act),
    async revoke(id, act) {
      await state.transaction().execute(async (tx) => {
        const rows = await tx.selectFrom('tokens').select(['hash', 'name', 'revokedAt']).execute();
        const row = rows.find((r) => idOf(r.hash) === id);
        if (!row) throw new NamedError('NOT_FOUND', `no token ${id}`);
        if (row.revokedAt !== null) return;
        await tx.updateTable('tokens').set({ revokedAt: act.now }).where('hash', '=', row.hash).execute();
        await recordAudit(tx, { at: act.now, who: act.who, what: 'token.revoke', subject: row.name });
      });
    },
    find: (secret, now) => find(state, hashSecret(secret), now),
    findByHash: (hash, now) => find(state, hash, now),
  };
}

async function add(
  state: State,
  token: { name: string; role: Role; hospitalId?: string | undefined },
  act: Act,
): Promise<string> {
  if (token.role === 'viewer' && !token.hospitalId)
    throw new NamedError('BAD_REQUEST', 'hospitalId: a viewer token needs a hospital');
  const secret = drawSecret();
  const hospitalId = token.role === 'viewer' ? (token.hospitalId ?? null) : null;
  await state.transaction().execute(async (tx) => {
    await tx
      .insertInto('tokens')
      .values({
        hash: hashSecret(secret),
        name: token.name,
        role: token.role,
        hospitalId,
        createdAt: act.now,
        lastUsedAt: null,
        revokedAt: null,
      })
      .execute();
    await recordAudit(tx, {
      at: act.now,
      who: act.who,
      what: 'token.add',
      subject: token.name,
      detail: { role: token.role },
    });
  });
  return secret;
}

async function find(state: State, hash: string, now: number): Promise<Principal | undefined> {
  const row = await state.selectFrom('tokens').selectAll().where('hash', '=', hash).executeTakeFirst();
  if (!row || row.revokedAt !== null) return undefined;
  if (now - (row.lastUsedAt ?? 0) >= TOUCH_MS)
    await touch(state.updateTable('tokens').set({ lastUsedAt: now }).where('hash', '=', hash));
  return {
    kind: 'token',
    id: idOf(hash),
    name: row.name,
    role: row.role,
    hospitalId: row.hospitalId ?? undefined,
    hash,
  };
}

/** The token for programs on this machine; makes `<folder>/admin.token` (mode 0600) anew when it is missing or no longer valid. */
export async function ensureAdminToken(folder: string, state: State, now: number): Promise<string> {
  const path = join(folder, ADMIN_TOKEN_FILE);
  const existing = readToken(path);
  if (existing && (await find(state, hashSecret(existing), now))) {
    chmodSync(path, 0o600);
    return existing;
  }
  await state
    .updateTable('tokens')
    .set({ revokedAt: now })
    .where('name', '=', ADMIN_TOKEN_NAME)
    .where('revokedAt', 'is', null)
    .execute();
  const secret = await add(state, { name: ADMIN_TOKEN_NAME, role: 'admin' }, { who: 'collector', now });
  writeFileSync(path, `${secret}\n`, { mode: 0o600 });
  // `mode` only counts when the file is made; an old one may be open to others.
  chmodSync(path, 0o600);
  return secret;
}

function readToken(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim() || undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new NamedError('STATE_UNAVAILABLE', `cannot read ${path}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
