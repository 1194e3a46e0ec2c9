// Plans for one set of a host, out of what its agent reported. Promise: pure; a set, a moment or a database that is not there is an error
// that names those that are.

import { NamedError } from '../../shared/errors.ts';
import { chooseSets } from './choose.ts';
import type { Target } from './engine.ts';
import { WRITE_SHARE } from './judge.ts';
import type { HostBackups, SetBackups } from './kept.ts';
import { type Moment, momentAt, parseMoment } from './moment.ts';
import { type NoPlan, plan, type RestorePlan } from './plan.ts';

/** Throws NamedError NOT_FOUND. */
export function findSet(kept: HostBackups, name: string): SetBackups {
  const set = kept.sets.find((s) => s.name === name);
  if (set) return set;
  const there = kept.sets.map((s) => s.name).join(', ');
  throw new NamedError('NOT_FOUND', `the host has no backup set ${name}`, {
    mend: there ? `There are: ${there}.` : 'Its agent told of none yet.',
  });
}

export interface PlanWish {
  /** Without a zone, that of the hospital is taken. */
  at: string | Moment;
  database?: string | undefined;
  target: Partial<Target>;
  /** Bytes per second; default: as measured while verifying. */
  readRate?: number | undefined;
}

/** One for each database of the set. Throws NamedError BAD_REQUEST or NOT_FOUND. */
export function plansFor(
  kept: HostBackups,
  name: string,
  wish: PlanWish,
  now: number,
): (RestorePlan | NoPlan)[] {
  const set = findSet(kept, name);
  const zone = wish.target.zone ?? kept.timeZone;
  const at = typeof wish.at === 'string' ? parseMoment(wish.at, zone) : wish.at;
  if (!at) {
    throw new NamedError('BAD_REQUEST', `at: ${String(wish.at)} is not a moment`, {
      mend: 'Write it as 2025-03-01T17:30:00+08:00.',
    });
  }
  const database = wish.database ?? (set.policy.database || undefined);
  const bytesPerSecond = wish.readRate ?? (set.readBytesPerSecond ?? 0) * WRITE_SHARE;
  const readRate = bytesPerSecond > 0 ? { readRate: { bytesPerSecond, measured: true } } : {};
  return chooseSets({ sets: set.recovery.sets, unassigned: [] }, database).map((of) =>
    plan({ set: of, at, now: momentAt(now, zone), target: { ...wish.target, zone }, ...readRate }),
  );
}
