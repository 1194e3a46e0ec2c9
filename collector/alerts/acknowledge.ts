// A person takes an alert over.

import { NamedError } from '../../shared/errors.ts';
import type { State } from '../state/state.ts';
import { groupKeyOf, type Ledger } from './ledger.ts';
import type { Alert } from './record.ts';

/** Throws NamedError CONFLICT when there is nothing to take over. */
export async function acknowledge(
  ledger: Ledger,
  alert: Alert,
  who: string,
  note: string,
  now: number,
): Promise<void> {
  if (alert.state === 'acknowledged')
    throw new NamedError('CONFLICT', `alert ${alert.id} is already acknowledged by ${alert.acknowledgedBy}`);
  if (alert.state !== 'firing') throw new NamedError('CONFLICT', `alert ${alert.id} is ${alert.state}`);
  const taken: Alert = {
    ...alert,
    state: 'acknowledged',
    acknowledgedAt: now,
    acknowledgedBy: who,
    note: note === '' ? alert.note : note,
    updatedAt: now,
  };
  await ledger.acknowledge(groupKeyOf(alert), taken, who, note, now);
}

/** Says why an alert that is not in memory cannot be taken over. */
export async function refuse(state: State, alertId: string, hospitalId: string | undefined): Promise<never> {
  const row = await state
    .selectFrom('alerts')
    .where('id', '=', alertId)
    .select(['state', 'hospitalId'])
    .executeTakeFirst();
  if (!row || (hospitalId !== undefined && row.hospitalId !== hospitalId))
    throw new NamedError('NOT_FOUND', `no alert ${alertId}`);
  throw new NamedError('CONFLICT', `alert ${alertId} is ${row.state}`);
}

export interface Turns {
  /** Runs tasks one after the other, whatever each comes to. */
  take<T>(task: () => Promise<T>): Promise<T>;
  /** Nobody's task is under way. */
  areFree(): boolean;
}

export function openTurns(): Turns {
  let last: Promise<unknown> = Promise.resolve();
  let under = 0;
  return {
    areFree: () => under === 0,
    take(task) {
      under++;
      const next = last.then(task, task).finally(() => {
        under--;
      });
      last = next.catch(() => undefined);
      return next;
    },
  };
}
