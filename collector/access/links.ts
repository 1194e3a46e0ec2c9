// One-time login links, printed by the start command for the person at the machine. Promise: a link works once and within
// its time; used, it becomes a session of the administrator. While no account exists, the first link makes `admin`,
// whose password the page then asks for.

import { NamedError } from '../../shared/errors.ts';
import type { State } from '../state/state.ts';
import { recordAudit } from './audit.ts';
import { drawId, drawSecret, hashSecret } from './secrets.ts';
import type { Sessions } from './sessions.ts';

export const FIRST_LINK_MS = 24 * 3_600_000;
export const LATER_LINK_MS = 10 * 60_000;

export interface Links {
  /** Makes a link; the answer is a path such as `/login?link=…`. 24 h while nobody has a password, 10 min afterwards. */
  create(now: number): Promise<string>;
  /** Whether the link could be used now. */
  isOpen(link: string, now: number): Promise<boolean>;
  /** Whether an administrator with a password exists. */
  isClaimed(): Promise<boolean>;
  /** Uses the link up and opens a session. Throws NamedError LINK_INVALID. */
  redeem(link: string, now: number, from: string): Promise<{ secret: string; csrf: string; userId: string }>;
}

export function openLinks(state: State, sessions: Sessions): Links {
  const isClaimed = async () => (await administrators(state)).some((u) => u.password !== '');
  return {
    isClaimed,
    async create(now) {
      const secret = drawSecret();
      const lifeMs = (await isClaimed()) ? LATER_LINK_MS : FIRST_LINK_MS;
      await state
        .insertInto('loginLinks')
        .values({ hash: hashSecret(secret), createdAt: now, expiresAt: now + lifeMs, usedAt: null })
        .execute();
      return `/login?link=${secret}`;
    },
    async isOpen(link, now) {
      const row = await state
        .selectFrom('loginLinks')
        .selectAll()
        .where('hash', '=', hashSecret(link))
        .executeTakeFirst();
      return row !== undefined && row.usedAt === null && row.expiresAt > now;
    },
    redeem: (link, now, from) => redeem(state, sessions, link, now, from),
  };
}

const administrators = (state: Pick<State, 'selectFrom'>) =>
  state
    .selectFrom('users')
    .selectAll()
    .where('role', '=', 'admin')
    .where('disabledAt', 'is', null)
    .orderBy('createdAt')
    .execute();

async function redeem(state: State, sessions: Sessions, link: string, now: number, from: string) {
  return await state.transaction().execute(async (tx) => {
    const used = await tx
      .updateTable('loginLinks')
      .set({ usedAt: now })
      .where('hash', '=', hashSecret(link))
      .where('usedAt', 'is', null)
      .where('expiresAt', '>', now)
      .executeTakeFirst();
    if (Number(used.numUpdatedRows) !== 1)
      throw new NamedError('LINK_INVALID', 'the link was used before, has run out or never existed');
    let user = (await administrators(tx))[0];
    if (!user) {
      user = {
        id: drawId(),
        name: 'admin',
        password: '',
        role: 'admin',
        hospitalId: null,
        createdAt: now,
        disabledAt: null,
      };
      await tx.insertInto('users').values(user).execute();
    }
    const session = await sessions.open(user, now, tx);
    await recordAudit(tx, {
      at: now,
      who: user.name,
      what: 'login.link',
      subject: user.name,
      detail: { from },
    });
    return { ...session, userId: user.id };
  });
}
