// Backup records into the state, inside the transaction of the report that brought them. Promise: a repeated record changes nothing,
// a late one never replaces a newer one; a file that is gone keeps its last facts.

import type { Transaction } from 'kysely';
import type {
  BackupDrillReport,
  BackupFileReport,
  BackupFindingReport,
  BackupRecord,
  BackupRunReport,
  BackupSetReport,
} from '../../../shared/backup/reported.ts';
import type { Tables } from '../../state/schema.ts';
import type { State } from '../../state/state.ts';
import { replaces } from '../../state/replaces.ts';
import { rungOf } from '../rungs.ts';

type Tx = Transaction<Tables>;

/** Which host told it, and when the record was made. */
export interface Told {
  hostId: string;
  at: number;
  /** By our clock, which is never behind `at`: what is held from later was written before it was set back, and gives way. */
  now: number;
}

export async function keepRecord(tx: Tx, told: Told, record: BackupRecord): Promise<void> {
  switch (record.of) {
    case 'set':
      return await keepSet(tx, told, record);
    case 'file':
      return await keepFile(tx, told, record);
    case 'run':
      return await keepRun(tx, told, record);
    case 'drill':
      return await keepDrill(tx, told, record);
    case 'finding':
      return await keepFinding(tx, told, record);
  }
}

async function keepSet(tx: Tx, { hostId, at, now }: Told, report: BackupSetReport): Promise<void> {
  const { set: name } = report;
  const rung = rungOf(report.rungs);
  await tx
    .insertInto('backupRungs')
    .values({ hostId, set: name, at, rung })
    .onConflict((c) => c.columns(['hostId', 'set', 'at']).doUpdateSet({ rung }))
    .execute();
  const record = JSON.stringify(report);
  await tx
    .insertInto('backupSets')
    .values({ hostId, name, at, record })
    .onConflict((c) =>
      c.columns(['hostId', 'name']).doUpdateSet({ at, record }).where(replaces('backupSets.at', now)),
    )
    .execute();
}

async function keepFile(tx: Tx, { hostId, at, now }: Told, report: BackupFileReport): Promise<void> {
  const { set, path } = report;
  const record = JSON.stringify(report);
  await tx
    .insertInto('backupFiles')
    .values({ hostId, set, path, at, goneAt: report.gone ? at : null, record })
    .onConflict((c) =>
      c
        .columns(['hostId', 'set', 'path'])
        // Told again to be gone, it went when it was told first.
        .doUpdateSet((eb) =>
          report.gone
            ? { at, goneAt: eb.fn.coalesce('backupFiles.goneAt', eb.val(at)) }
            : { at, goneAt: null, record },
        )
        .where(replaces('backupFiles.at', now)),
    )
    .execute();
}

async function keepRun(tx: Tx, { hostId, at, now }: Told, report: BackupRunReport): Promise<void> {
  const { set, source, kind, database, startedAt } = report;
  const record = JSON.stringify(report);
  await tx
    .insertInto('backupRuns')
    .values({ hostId, set, source, kind, database, startedAt, at, record })
    .onConflict((c) =>
      c
        .columns(['hostId', 'set', 'source', 'kind', 'database', 'startedAt'])
        .doUpdateSet({ at, record })
        .where(replaces('backupRuns.at', now)),
    )
    .execute();
}

async function keepDrill(tx: Tx, { hostId, at, now }: Told, report: BackupDrillReport): Promise<void> {
  const record = JSON.stringify(report);
  await tx
    .insertInto('backupDrills')
    .values({ hostId, set: report.set, drilledAt: report.at, at, record })
    .onConflict((c) =>
      c
        .columns(['hostId', 'set', 'drilledAt'])
        .doUpdateSet({ at, record })
        .where(replaces('backupDrills.at', now)),
    )
    .execute();
}

async function keepFinding(tx: Tx, { hostId, at, now }: Told, report: BackupFindingReport): Promise<void> {
  const { set, kind, key, text } = report;
  const proof = report.proof === undefined ? null : JSON.stringify(report.proof);
  const goneAt = report.gone ? at : null;
  await tx
    .insertInto('backupFindings')
    .values({ hostId, set, kind, key, text, proof, since: at, at, goneAt })
    .onConflict((c) =>
      c
        .columns(['hostId', 'set', 'kind', 'key'])
        .doUpdateSet((eb) => ({
          at,
          goneAt: report.gone ? eb.fn.coalesce('backupFindings.goneAt', eb.val(at)) : null,
          ...(report.gone ? {} : { text, proof }),
          // It holds without a break, or it began anew.
          since: report.gone
            ? eb.ref('backupFindings.since')
            : eb
                .case()
                .when('backupFindings.goneAt', 'is', null)
                .then(eb.ref('backupFindings.since'))
                .else(eb.val(at))
                .end(),
        }))
        .where(replaces('backupFindings.at', now)),
    )
    .execute();
}

export interface Retention {
  /** Files and findings that are gone. */
  goneMs: number;
  /** Runs and changes of the rung; drills are kept for good. */
  pastMs: number;
}

/** Forgets what is older than retention says. */
export async function forgetOld(state: State, now: number, { goneMs, pastMs }: Retention): Promise<void> {
  await state.transaction().execute(async (tx) => {
    await tx
      .deleteFrom('backupFiles')
      .where('goneAt', '<', now - goneMs)
      .execute();
    await tx
      .deleteFrom('backupFindings')
      .where('goneAt', '<', now - goneMs)
      .execute();
    await tx
      .deleteFrom('backupRuns')
      .where('startedAt', '<', now - pastMs)
      .execute();
    await tx
      .deleteFrom('backupRungs')
      .where('at', '<', now - pastMs)
      .execute();
  });
}
