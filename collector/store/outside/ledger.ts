// What a queue knows durably besides the groups in its journal (SQLite, the embedded store's dictionary and more): watermarks,
// newest values, gaps, counts, names of hosts by group, and up to which group everything is settled. Promise: what is said of
// settled groups changes in one transaction.

import { NamedError } from '../../../shared/errors.ts';
import { Archive, type Definitions } from '../archive.ts';
import { diskError } from '../journal.ts';

export interface StoredPlace {
  host: number;
  fromGroup: number;
  hospital: string;
  name: string;
}

const SCHEMA = `CREATE TABLE IF NOT EXISTS places (host INTEGER NOT NULL, from_group INTEGER NOT NULL, hospital TEXT NOT NULL,
  name TEXT NOT NULL, PRIMARY KEY (host, from_group)) WITHOUT ROWID`;

export class Ledger extends Archive {
  constructor(folder: string) {
    super(folder);
    this.db.exec(SCHEMA);
  }

  places(): StoredPlace[] {
    return this.all(
      'SELECT host, from_group AS fromGroup, hospital, name FROM places ORDER BY host, from_group',
    );
  }

  /** Before the first group that they hold for is appended. */
  addPlaces(places: Definitions['places'], fromGroup: number): void {
    if (!places || places.length === 0) return;
    this.transaction(() => {
      for (const { host, hospital, name } of places)
        this.run(
          'INSERT OR REPLACE INTO places (host, from_group, hospital, name) VALUES (?, ?, ?, ?)',
          host,
          fromGroup,
          hospital,
          name,
        );
    });
  }

  setCounter(name: string, value: number): void {
    this.run(
      'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
      name,
      value,
    );
  }
}

/** SQLite's result code for a file that another process holds. */
const SQLITE_BUSY = 5;

export function openLedger(folder: string): Ledger {
  try {
    return new Ledger(folder);
  } catch (error) {
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY)
      throw new NamedError('STORE_IN_USE', `${folder} is open in another process`, { cause: error });
    throw diskError(`the ledger in ${folder} cannot be opened`, error);
  }
}
