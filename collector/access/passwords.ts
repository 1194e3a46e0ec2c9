// Passwords by scrypt, written `scrypt$N$r$p$salt$hash`. Promise: at most `lanes` hashings run at once (each takes 128 MiB),
// and checking a password of an unknown account costs the same time as of a known one.

import { randomBytes, scrypt, timingSafeEqual, type ScryptOptions } from 'node:crypto';
import { NamedError } from '../../shared/errors.ts';

export const MIN_PASSWORD = 12;
const MAX_PASSWORD = 256;

export interface Passwords {
  hash(password: string): Promise<string>;
  /** `stored` undefined or empty: takes as long, answers false. */
  verify(password: string, stored: string | undefined): Promise<boolean>;
}

export interface PasswordOptions {
  /** Work factor N, a power of two. */
  cost?: number;
  /** Hashings at once. */
  lanes?: number;
  /** Callers that may wait; one more is refused with RATE_LIMITED. */
  queue?: number;
}

/** Throws NamedError PASSWORD_WEAK. Length is what counts: no rule of composition. */
export function checkPassword(password: string, account: string): void {
  const weak = (why: string): never => {
    throw new NamedError('PASSWORD_WEAK', why);
  };
  if (password.length < MIN_PASSWORD) weak(`the password has fewer than ${MIN_PASSWORD} characters`);
  if (password.length > MAX_PASSWORD) weak(`the password has more than ${MAX_PASSWORD} characters`);
  if (new Set(password).size < 5) weak('the password repeats a few characters');
  if (account.length >= 4 && password.toLowerCase().includes(account.toLowerCase()))
    weak('the password contains the account name');
}

export function openPasswords(options: PasswordOptions = {}): Passwords {
  const cost = { N: options.cost ?? 2 ** 17, r: 8, p: 1 };
  const inLane = lanes(options.lanes ?? 2, options.queue ?? 32);
  const placeholder = render(cost, randomBytes(16), randomBytes(32));
  return {
    async hash(password) {
      const salt = randomBytes(16);
      return render(cost, salt, await inLane(() => derive(password, salt, cost)));
    },
    async verify(password, stored) {
      const known = parse(stored ?? '');
      const against = known ?? parse(placeholder);
      if (!against) return false;
      const derived = await inLane(() => derive(password.slice(0, MAX_PASSWORD), against.salt, against.cost));
      return timingSafeEqual(derived, against.hash) && known !== undefined;
    },
  };
}

interface Cost {
  N: number;
  r: number;
  p: number;
}

function derive(password: string, salt: Buffer, cost: Cost): Promise<Buffer> {
  const options: ScryptOptions = { ...cost, maxmem: 256 * cost.N * cost.r };
  return new Promise((resolve, reject) =>
    scrypt(password.normalize('NFKC'), salt, 32, options, (error, key) =>
      error ? reject(error) : resolve(key),
    ),
  );
}

function render(cost: Cost, salt: Buffer, hash: Buffer): string {
  return ['scrypt', cost.N, cost.r, cost.p, salt.toString('base64url'), hash.toString('base64url')].join('$');
}

function parse(text: string): { cost: Cost; salt: Buffer; hash: Buffer } | undefined {
  const [kind, N, r, p, salt, hash] = text.split('$');
  if (kind !== 'scrypt' || !salt || !hash) return undefined;
  const stored = Buffer.from(hash, 'base64url');
  if (stored.length !== 32) return undefined;
  return {
    cost: { N: Number(N), r: Number(r), p: Number(p) },
    salt: Buffer.from(salt, 'base64url'),
    hash: stored,
  };
}

function lanes(count: number, queue: number): <T>(run: () => Promise<T>) => Promise<T> {
  let busy = 0;
  const waiting: (() => void)[] = [];
  return async (run) => {
    if (busy >= count) {
      if (waiting.length >= queue) throw new NamedError('RATE_LIMITED', 'too many logins at once');
      // Woken by a finisher that hands its lane over: `busy` stays as it is.
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else busy++;
    try {
      return await run();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else busy--;
    }
  };
}
