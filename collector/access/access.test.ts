import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { sql } from 'kysely';
import { isNamedError } from '../../shared/errors.ts';
import type { Tables } from '../state/schema.ts';
import { openState, type State } from '../state/state.ts';
import { openAccess } from './access.ts';
import { checkPassword, openPasswords } from './passwords.ts';
import { confinementOf } from './principal.ts';
import { ACCOUNT_RULE, addFailure, type Failures, waitMs } from './throttle.ts';
import { ensureAdminToken } from './tokens.ts';

const NOW = Date.UTC(2026, 2, 2);
const HOUR = 3_600_000;
const act = { who: 'test', now: NOW };
const secret = 'correct horse battery';

async function open(t: { after(run: () => unknown): void }) {
  const state = await openState(':memory:');
  t.after(() => state.destroy());
  const access = openAccess({
    state,
    sessions: { idleMs: HOUR, lifetimeMs: 10 * HOUR },
    passwords: { cost: 16 },
  });
  return { state, access };
}

const audited = async (state: State) =>
  (await state.selectFrom('audit').select(['what', 'subject']).orderBy('id').execute()).map(
    (r) => `${r.what} ${r.subject}`,
  );

const code = (wanted: string) => (error: unknown) => {
  assert.ok(isNamedError(error) && error.code === wanted, String(error));
  return true;
};

test('lets the right password in, the wrong one not, and writes both down', async (t) => {
  const { state, access } = await open(t);
  await access.users.add({ name: 'wang', password: secret, role: 'engineer' }, act);
  const attempt = { name: 'wang', password: secret, address: '10.0.0.1' };
  await assert.rejects(access.login({ ...attempt, password: 'wrong password' }, NOW), code('LOGIN_FAILED'));
  await assert.rejects(access.login({ ...attempt, name: 'nobody' }, NOW), code('LOGIN_FAILED'));
  const session = await access.login(attempt, NOW);
  const principal = await access.sessions.find(session.secret, NOW + HOUR - 1);
  assert.equal(principal?.name, 'wang');
  assert.deepEqual(await audited(state), [
    'user.add wang',
    'login.failed wang',
    'login.failed nobody',
    'login wang',
  ]);
});

test('ends a session after idling, after its lifetime, at logout and when the user is disabled', async (t) => {
  const { access } = await open(t);
  await access.users.add({ name: 'boss', password: secret, role: 'admin' }, act);
  const id = await access.users.add({ name: 'wang', password: secret, role: 'engineer' }, act);
  const login = (at: number) => access.login({ name: 'wang', password: secret, address: 'x' }, at);
  const idle = await login(NOW);
  assert.equal(await access.sessions.find(idle.secret, NOW + HOUR), undefined);
  const busy = await login(NOW);
  for (let at = NOW; at < NOW + 10 * HOUR; at += HOUR / 2)
    assert.ok(await access.sessions.find(busy.secret, at), `${(at - NOW) / HOUR} h`);
  assert.equal(await access.sessions.find(busy.secret, NOW + 10 * HOUR), undefined);
  const left = await login(NOW);
  const principal = await access.sessions.find(left.secret, NOW);
  assert.ok(principal);
  await access.logout(principal, NOW);
  assert.equal(await access.recheck(principal, NOW), false);
  const thrown = await login(NOW);
  await access.users.change(id, { disabled: true }, act);
  assert.equal(await access.sessions.find(thrown.secret, NOW), undefined);
  await assert.rejects(login(NOW), code('LOGIN_FAILED'));
});

test('lets sessions and tokens read while the database cannot be written', async (t) => {
  const { state, access } = await open(t);
  await access.users.add({ name: 'wang', password: secret, role: 'engineer' }, act);
  const session = await access.login({ name: 'wang', password: secret, address: '10.0.0.1' }, NOW);
  const token = await access.tokens.add({ name: 'grafana', role: 'engineer' }, act);
  await sql`pragma query_only = on`.execute(state);
  assert.equal((await access.sessions.find(session.secret, NOW + HOUR - 1))?.name, 'wang');
  assert.equal((await access.tokens.find(token, NOW + HOUR))?.name, 'grafana');
  await assert.rejects(access.tokens.add({ name: 'another', role: 'engineer' }, act));
});

test('keeps the last administrator', async (t) => {
  const { access } = await open(t);
  const id = await access.users.add({ name: 'boss', password: secret, role: 'admin' }, act);
  await assert.rejects(access.users.change(id, { disabled: true }, act), code('CONFLICT'));
  await assert.rejects(access.users.change(id, { role: 'engineer' }, act), code('CONFLICT'));
  await access.users.add({ name: 'second', password: secret, role: 'admin' }, act);
  await access.users.change(id, { disabled: true }, act);
});

test('uses a one-time link once, within its time, and makes the administrator at the first', async (t) => {
  const { state, access } = await open(t);
  const link = (await access.links.create(NOW)).replace('/login?link=', '');
  const late = (await access.links.create(NOW)).replace('/login?link=', '');
  const session = await access.links.redeem(link, NOW + 1, 'here');
  const principal = await access.sessions.find(session.secret, NOW + 1);
  assert.deepEqual([principal?.name, principal?.role, principal?.passwordSet], ['admin', 'admin', false]);
  await assert.rejects(access.links.redeem(link, NOW + 2, 'here'), code('LINK_INVALID'));
  await assert.rejects(access.links.redeem(late, NOW + 24 * HOUR, 'here'), code('LINK_INVALID'));
  await assert.rejects(access.links.redeem('guess', NOW, 'here'), code('LINK_INVALID'));
  await access.users.claim(session.userId, '管理员', secret, act);
  assert.equal(await access.links.isClaimed(), true);
  assert.equal((await state.selectFrom('users').selectAll().execute()).length, 1);
  await assert.rejects(access.users.claim(session.userId, 'again', secret, act), code('CONFLICT'));
});

test('an account without a password cannot log in by any password', async (t) => {
  const { access } = await open(t);
  const link = (await access.links.create(NOW)).replace('/login?link=', '');
  await access.links.redeem(link, NOW, 'here');
  for (const password of ['', 'admin', secret])
    await assert.rejects(access.login({ name: 'admin', password, address: 'x' }, NOW), code('LOGIN_FAILED'));
});

test('slows guessing down for the account and lets it in again after the wait', async (t) => {
  const { access } = await open(t);
  await access.users.add({ name: 'wang', password: secret, role: 'engineer' }, act);
  const attempt = { name: 'wang', password: 'wrong password', address: '10.0.0.1' };
  for (let i = 0; i < ACCOUNT_RULE.free; i++)
    await assert.rejects(access.login(attempt, NOW), code('LOGIN_FAILED'));
  await assert.rejects(access.login({ ...attempt, password: secret }, NOW), code('RATE_LIMITED'));
  await access.login({ ...attempt, password: secret }, NOW + ACCOUNT_RULE.longestMs);
});

test('never makes anybody wait longer than the rule says, whatever the failures', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 120_000 }), { maxLength: 60 }), (pauses) => {
      const failures: Failures = new Map();
      let now = NOW;
      for (const pause of pauses) {
        addFailure(failures, ACCOUNT_RULE, 'a', (now += pause));
        const wait = waitMs(failures, ACCOUNT_RULE, 'a', now);
        assert.ok(wait >= 0 && wait <= ACCOUNT_RULE.longestMs);
        assert.equal(waitMs(failures, ACCOUNT_RULE, 'a', now + wait), 0);
      }
    }),
  );
});

test('hashes with scrypt, salts each time, and never takes a broken record for a match', async () => {
  const passwords = openPasswords({ cost: 16 });
  const [one, two] = [await passwords.hash(secret), await passwords.hash(secret)];
  assert.match(one, /^scrypt\$16\$8\$1\$/);
  assert.notEqual(one, two);
  assert.equal(await passwords.verify(secret, one), true);
  for (const stored of [
    undefined,
    '',
    'scrypt',
    'scrypt$16$8$1$$',
    one.slice(0, -4),
    two.replace('scrypt', 'plain'),
  ])
    assert.equal(await passwords.verify(secret, stored), false, String(stored));
});

test('hashes two at a time and refuses a crowd', async () => {
  const passwords = openPasswords({ cost: 16, lanes: 2, queue: 3 });
  const results = await Promise.allSettled(Array.from({ length: 8 }, () => passwords.hash(secret)));
  const refused = results.filter((r) => r.status === 'rejected');
  assert.equal(refused.length, 3);
  for (const r of refused) code('RATE_LIMITED')(r.reason);
  assert.equal(await passwords.verify(secret, await passwords.hash(secret)), true);
});

test('refuses weak passwords', () => {
  for (const [password, account] of [
    ['short', 'x'],
    ['aaaaaaaaaaaaaaa', 'x'],
    ['wangwei-2026-pass', 'wangwei'],
    ['x'.repeat(300), 'y'],
  ] as const)
    assert.throws(() => checkPassword(password, account), code('PASSWORD_WEAK'));
  checkPassword(secret, 'admin');
});

test('keeps the admin token across starts, mends its mode, and makes it anew when it is gone or revoked', async (t) => {
  const { state, access } = await open(t);
  const folder = mkdtempSync(join(tmpdir(), 'niswatch-token-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'admin.token');
  const first = await ensureAdminToken(folder, state, NOW);
  assert.equal(readFileSync(path, 'utf8').trim(), first);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal(await ensureAdminToken(folder, state, NOW + 1), first);
  rmSync(path);
  const second = await ensureAdminToken(folder, state, NOW + 2);
  assert.notEqual(second, first);
  assert.equal(await access.tokens.find(first, NOW + 2), undefined);
  assert.equal((await access.tokens.find(second, NOW + 2))?.role, 'admin');
  writeFileSync(path, 'not a token\n', { mode: 0o644 });
  const third = await ensureAdminToken(folder, state, NOW + 3);
  assert.equal((await access.tokens.find(third, NOW + 3))?.role, 'admin');
  assert.equal(statSync(path).mode & 0o777, 0o600);
});

test('stores no secret in the clear', async (t) => {
  const { state, access } = await open(t);
  await access.users.add({ name: 'wang', password: secret, role: 'admin' }, act);
  const secrets = [
    secret,
    (await access.login({ name: 'wang', password: secret, address: 'x' }, NOW)).secret,
    await access.tokens.add({ name: 'grafana', role: 'engineer' }, act),
    (await access.links.create(NOW)).slice('/login?link='.length),
  ];
  const tables: (keyof Tables)[] = ['users', 'sessions', 'tokens', 'loginLinks', 'audit'];
  let dump = '';
  for (const table of tables) {
    const { rows } = await sql`select * from ${sql.table(table)}`.execute(state);
    assert.ok(rows.length > 0, table);
    dump += JSON.stringify(rows);
  }
  for (const s of secrets) assert.ok(!dump.includes(s));
});

test('a viewer without a hospital is confined to nothing', () => {
  assert.equal(confinementOf({ role: 'admin', hospitalId: undefined }), undefined);
  assert.equal(confinementOf({ role: 'viewer', hospitalId: 'a' }), 'a');
  assert.notEqual(confinementOf({ role: 'viewer', hospitalId: undefined }), undefined);
});
