// Which sets a plan is for. Promise: a database that was named and is not there is an error that lists those that are; without a
// name, dumps beside the one set that covers their whole server do not stand in its way.

import { NamedError } from '../../shared/errors.ts';
import type { Moments } from './moments.ts';
import type { BackupSet } from './set.ts';

export function chooseSets({ sets }: Moments, database: string | undefined): BackupSet[] {
  if (sets.length === 0) {
    throw new NamedError('BAD_REQUEST', 'there is no backup set among these files', {
      mend: 'Check the folder; niswatch recover windows lists what its files are.',
    });
  }
  if (database === undefined) return unnamed(sets);
  const same = (name: string | undefined) => name?.toLowerCase() === database.toLowerCase();
  const named = sets.filter((s) => same(s.database) || same(s.family));
  if (named.length > 0) return named.some(restorable) ? named.filter(restorable) : named;
  // A server that is backed up as a whole holds its databases, though the backup does not list them.
  const servers = sets.filter((s) => s.database === undefined && s.engine !== 'files');
  if (servers.length > 0) return servers;
  throw new NamedError('BAD_REQUEST', `--database ${database}: there is no backup of it among these files`, {
    mend: `There are: ${sets.map((s) => s.database ?? s.family ?? s.method).join(', ')}.`,
  });
}

function unnamed(sets: readonly BackupSet[]): BackupSet[] {
  const able = sets.filter(restorable);
  if (able.length === 0) return [...sets];
  const logged = able.filter((s) => s.windows.length > 0);
  const [server, ...more] = logged.filter((s) => s.database === undefined);
  const onlyDumps = able.every(
    (s) => s === server || (s.engine === server?.engine && s.windows.length === 0),
  );
  return server && more.length === 0 && onlyDumps ? [server] : able;
}

function restorable(set: BackupSet): boolean {
  return set.windows.length + set.points.length > 0;
}
