// The interface of an engine: which queries it asks, and what it makes of the answers. Promise: queries only read, and are listed by name
// so that `inspect` and the documents can show every one; parsing is pure, the same for recorded rows and for a live server.

import type { BackupRunReport } from '../../shared/backup/reported.ts';
import type { ConnectionConfig } from './config.ts';

export type Row = Readonly<Record<string, unknown>>;

export interface Connection {
  query(sql: string): Promise<Row[]>;
  close(): Promise<void>;
}

export type Run = Omit<BackupRunReport, 'of' | 'set'>;

/** Something wrong by the database's own account. The key is fixed per engine, so that it can also be said to be over. */
export interface Complaint {
  key: string;
  zh: string;
  en: string;
}

/** What the files must show if the database is right. */
export interface ExpectedFile {
  /** A full path, or a name in the set's folder. */
  file: string;
  /** At least so many bytes; undefined: the database does not say. */
  bytes?: number;
  at: number;
  /** Of one kind older files are cleaned up before newer ones. */
  kind: string;
}

export interface OwnWord {
  runs: Run[];
  complaints: Complaint[];
  /** Every key that `complaints` may hold, so that the others are known to be fine. */
  keys: readonly string[];
  files: ExpectedFile[];
  /** Names of the files in the folder that are none of the database's business. */
  ignores?: RegExp;
  /** Files of the folder without a run are told: the history is whole for this time. */
  since?: number;
}

export interface Asking {
  config: ConnectionConfig;
  connection: Connection;
  now: number;
}

export interface Engine {
  /** Name → text; `{since}` stands for an instant. */
  queries: Readonly<Record<string, string>>;
  /** Loaded and opened only here. */
  connect(config: ConnectionConfig, signal: AbortSignal): Promise<Connection>;
  read(asking: Asking): Promise<OwnWord>;
}

export function textOf(row: Row, key: string): string {
  const value = row[key];
  return value === null || value === undefined ? '' : String(value as string | number);
}

export function numberOf(row: Row, key: string): number {
  const value = Number(row[key]);
  return Number.isFinite(value) ? value : 0;
}

/** A driver gives a Date or text; 0: there is none. */
export function instantOf(row: Row, key: string): number {
  const value = row[key];
  if (value instanceof Date) return value.getTime();
  if (typeof value === 'number') return value;
  const at = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? 0 : at;
}
