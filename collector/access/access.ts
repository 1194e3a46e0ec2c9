// Who may come in: users, sessions, tokens, one-time links and the slowing down of guesses, joined. Promise: every login,
// failed or not, leaves a row in the audit trail; secrets are never stored or logged in the clear.

import { NamedError } from '../../shared/errors.ts';
import type { State } from '../state/state.ts';
import { recordAudit } from './audit.ts';
import { openLinks, type Links } from './links.ts';
import { openPasswords, type PasswordOptions } from './passwords.ts';
import type { Principal } from './principal.ts';
import { openSessions, type SessionLimits, type Sessions } from './sessions.ts';
import { ACCOUNT_RULE, addFailure, ADDRESS_RULE, waitMs, type Failures } from './throttle.ts';
import { openTokens, type Tokens } from './tokens.ts';
import { openUsers, type Users } from './users.ts';

export interface Access {
  users: Users;
  sessions: Sessions;
  tokens: Tokens;
  links: Links;
  /** Throws NamedError LOGIN_FAILED or RATE_LIMITED. */
  login(attempt: Attempt, now: number): Promise<{ secret: string; csrf: string }>;
  logout(principal: Principal, now: number): Promise<void>;
  /** Whether a principal found earlier may still go on (long-lived connections ask again). */
  recheck(principal: Principal, now: number): Promise<boolean>;
}

export interface Attempt {
  name: string;
  password: string;
  address: string;
}

export interface AccessOptions {
  state: State;
  sessions: SessionLimits;
  passwords?: PasswordOptions;
}

export function openAccess(options: AccessOptions): Access {
  const { state } = options;
  const passwords = openPasswords(options.passwords);
  const sessions = openSessions(state, options.sessions);
  const tokens = openTokens(state);
  const users = openUsers(state, passwords);
  const failures: Failures = new Map();
  return {
    users,
    sessions,
    tokens,
    links: openLinks(state, sessions),
    async login(attempt, now) {
      refuseGuessing(failures, attempt, now);
      const user = await users.byName(attempt.name);
      const right = await passwords.verify(attempt.password, user?.password);
      const from = { from: attempt.address };
      if (!user || !right || user.disabledAt !== null) {
        addFailure(failures, ACCOUNT_RULE, accountKey(attempt), now);
        addFailure(failures, ADDRESS_RULE, addressKey(attempt), now);
        const subject = attempt.name.slice(0, 100);
        await recordAudit(state, { at: now, who: subject, what: 'login.failed', subject, detail: from });
        throw new NamedError('LOGIN_FAILED', 'the name or the password is wrong');
      }
      failures.delete(accountKey(attempt));
      const session = await sessions.open(user, now);
      await recordAudit(state, { at: now, who: user.name, what: 'login', subject: user.name, detail: from });
      return session;
    },
    async logout(principal, now) {
      await sessions.close(principal.hash);
      await recordAudit(state, { at: now, who: principal.name, what: 'logout', subject: principal.name });
    },
    async recheck(principal, now) {
      const source = principal.kind === 'session' ? sessions : tokens;
      return (await source.findByHash(principal.hash, now)) !== undefined;
    },
  };
}

const accountKey = (attempt: Attempt): string => `account:${attempt.name.toLowerCase().slice(0, 100)}`;
const addressKey = (attempt: Attempt): string => `address:${attempt.address}`;

function refuseGuessing(failures: Failures, attempt: Attempt, now: number): void {
  const wait = Math.max(
    waitMs(failures, ACCOUNT_RULE, accountKey(attempt), now),
    waitMs(failures, ADDRESS_RULE, addressKey(attempt), now),
  );
  if (wait > 0)
    throw new NamedError('RATE_LIMITED', `too many failed logins; try again in ${Math.ceil(wait / 1000)} s`);
}
