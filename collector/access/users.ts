// Accounts of people. Promise: passwords are stored by scrypt only; the last administrator cannot be disabled or demoted;
// whoever is disabled or gets a new password loses his sessions in the same transaction.

import { NamedError } from '../../shared/errors.ts';
import type { Role, UserTable } from '../state/schema.ts';
import type { State } from '../state/state.ts';
import { recordAudit } from './audit.ts';
import { checkPassword, type Passwords } from './passwords.ts';
import { drawId } from './secrets.ts';

export interface NewUser {
  name: string;
  password: string;
  role: Role;
  hospitalId?: string | undefined;
}

export interface UserChange {
  password?: string;
  role?: Role;
  hospitalId?: string | null;
  disabled?: boolean;
}

export interface Act {
  who: string;
  now: number;
}

export interface Users {
  list(): Promise<Omit<UserTable, 'password'>[]>;
  add(user: NewUser, act: Act): Promise<string>;
  change(id: string, change: UserChange, act: Act): Promise<void>;
  /** Gives an account that has none its name and first password. */
  claim(id: string, name: string, password: string, act: Act): Promise<void>;
  byName(name: string): Promise<UserTable | undefined>;
}

export function openUsers(state: State, passwords: Passwords): Users {
  return {
    list: () =>
      state
        .selectFrom('users')
        .select(['id', 'name', 'role', 'hospitalId', 'createdAt', 'disabledAt'])
        .orderBy('name')
        .execute(),
    byName: (name) =>
      state.selectFrom('users').selectAll().where('name', '=', name.normalize('NFKC')).executeTakeFirst(),
    add: (user, act) => add(state, passwords, user, act),
    claim: (id, name, password, act) => claim(state, passwords, id, name, password, act),
    change: (id, change, act) => changeUser(state, passwords, id, change, act),
  };
}

async function add(state: State, passwords: Passwords, user: NewUser, act: Act): Promise<string> {
  const name = user.name.normalize('NFKC').trim();
  checkPassword(user.password, name);
  checkScope(user.role, user.hospitalId ?? null);
  const password = await passwords.hash(user.password);
  const id = drawId();
  await state.transaction().execute(async (tx) => {
    const taken = await tx.selectFrom('users').select('id').where('name', '=', name).executeTakeFirst();
    if (taken) throw new NamedError('CONFLICT', `there is already a user ${name}`);
    const hospitalId = user.role === 'viewer' ? (user.hospitalId ?? null) : null;
    await tx
      .insertInto('users')
      .values({ id, name, password, role: user.role, hospitalId, createdAt: act.now, disabledAt: null })
      .execute();
    await recordAudit(tx, {
      at: act.now,
      who: act.who,
      what: 'user.add',
      subject: name,
      detail: { role: user.role },
    });
  });
  return id;
}

async function claim(
  state: State,
  passwords: Passwords,
  id: string,
  wanted: string,
  secret: string,
  act: Act,
) {
  const name = wanted.normalize('NFKC').trim();
  checkPassword(secret, name);
  const password = await passwords.hash(secret);
  await state.transaction().execute(async (tx) => {
    const other = await tx
      .selectFrom('users')
      .select('id')
      .where('name', '=', name)
      .where('id', '!=', id)
      .executeTakeFirst();
    if (other) throw new NamedError('CONFLICT', `there is already a user ${name}`);
    const done = await tx
      .updateTable('users')
      .set({ name, password })
      .where('id', '=', id)
      .where('password', '=', '')
      .executeTakeFirst();
    if (Number(done.numUpdatedRows) !== 1)
      throw new NamedError('CONFLICT', 'the account has a password already');
    await tx.deleteFrom('sessions').where('userId', '=', id).execute();
    await recordAudit(tx, { at: act.now, who: act.who, what: 'user.claim', subject: name });
  });
}

async function changeUser(state: State, passwords: Passwords, id: string, change: UserChange, act: Act) {
  const known = await state.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirst();
  if (!known) throw new NamedError('NOT_FOUND', `no user ${id}`);
  if (change.password !== undefined) checkPassword(change.password, known.name);
  const role = change.role ?? known.role;
  const wanted = change.hospitalId === undefined ? known.hospitalId : change.hospitalId;
  checkScope(role, wanted);
  const next = {
    role,
    hospitalId: role === 'viewer' ? wanted : null,
    password: change.password === undefined ? known.password : await passwords.hash(change.password),
    disabledAt: change.disabled === undefined ? known.disabledAt : change.disabled ? act.now : null,
  };
  await state.transaction().execute(async (tx) => {
    await tx.updateTable('users').set(next).where('id', '=', id).execute();
    const admins = await tx
      .selectFrom('users')
      .select('id')
      .where('role', '=', 'admin')
      .where('disabledAt', 'is', null)
      .execute();
    if (admins.length === 0) throw new NamedError('CONFLICT', 'the last administrator must stay');
    // A changed role or password must not live on in an old session.
    await tx.deleteFrom('sessions').where('userId', '=', id).execute();
    const detail = Object.fromEntries(
      Object.entries(change).map(([key, value]) => [key, key === 'password' ? '***' : value]),
    );
    await recordAudit(tx, { at: act.now, who: act.who, what: 'user.change', subject: known.name, detail });
  });
}

function checkScope(role: Role, hospitalId: string | null): void {
  if (role === 'viewer' && !hospitalId)
    throw new NamedError('BAD_REQUEST', 'hospitalId: a viewer needs a hospital');
}
