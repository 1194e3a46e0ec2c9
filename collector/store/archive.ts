// The packed part of the store: one SQLite file (WAL, synchronous FULL) with the dictionary, the compressed chunks, the
// rollups and each host's packed watermark. Promise: a host's chunks, rollups and packed watermark change in one transaction,
// so that replaying the journal above the watermark stores every row exactly once.
//
// Numbers stand for names: host ids, stream ids, series ids (one column list of one host). A rollup's rowid is
// (series · 2 + tier) · 2^20 + window, so that one series' windows lie together.

import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { isNamedError } from '../../shared/errors.ts';
import type { GapReason } from '../../shared/frame.ts';
import type { GroupGap } from './group.ts';
import { decodeLast, decodeUnsealed, encodeLast, type LastValues } from './last.ts';

const SCHEMA = `
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS hosts (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, packed_group INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS streams (id INTEGER PRIMARY KEY, host INTEGER NOT NULL, name TEXT NOT NULL, seq INTEGER NOT NULL, touched_at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS columns (id INTEGER PRIMARY KEY, names TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS series (id INTEGER PRIMARY KEY, host INTEGER NOT NULL, hash TEXT NOT NULL, columns INTEGER NOT NULL, last BLOB);
CREATE TABLE IF NOT EXISTS gaps (stream INTEGER NOT NULL, seq_from INTEGER NOT NULL, seq_to INTEGER NOT NULL, reason TEXT NOT NULL,
  from_at REAL, to_at REAL, arrived_at REAL NOT NULL, PRIMARY KEY (stream, seq_from)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS chunks (id INTEGER PRIMARY KEY, series INTEGER NOT NULL, min_at REAL NOT NULL, max_at REAL NOT NULL, data BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS chunks_by_time ON chunks (series, max_at, min_at);
CREATE TABLE IF NOT EXISTS damage (place TEXT PRIMARY KEY, found_at REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rollups (id INTEGER PRIMARY KEY, data BLOB NOT NULL);
`;

/** Names that a group uses for the first time. */
export interface Definitions {
  hosts: { id: number; name: string }[];
  streams: { id: number; host: number; name: string }[];
  columns: { id: number; names: readonly string[] }[];
  series: { id: number; host: number; hash: string; columns: number }[];
  /** Under which names hosts appear outside, from this group on; only where a queue leads there. */
  places?: { host: number; hospital: string; name: string }[];
}

export interface Dictionary extends Definitions {
  hosts: { id: number; name: string; packedGroup: number }[];
  streams: { id: number; host: number; name: string; seq: number; touchedAt: number }[];
}

interface StoredGap {
  stream: number;
  seq_from: number;
  seq_to: number;
  reason: GapReason;
  from_at: number | null;
  to_at: number | null;
  arrived_at: number;
}

export interface ChunkSpan {
  id: number;
  minAt: number;
  maxAt: number;
}

/** 2: newest values have a checksum. */
const VERSION = 2;
const WINDOWS = 2 ** 20;
export const rollupId = (series: number, tier: number, window: number): number =>
  (series * 2 + tier) * WINDOWS + window;

export const windowOf = (id: number): number => id % WINDOWS;

export class Archive {
  readonly path: string;
  protected readonly db: DatabaseSync;
  private readonly statements = new Map<string, StatementSync>();

  constructor(folder: string, pageBytes = 1024) {
    this.path = join(folder, 'archive.db');
    this.db = new DatabaseSync(this.path);
    // Exclusive: one writer owns the folder; a second process fails here instead of harming it.
    this.db
      .exec(`PRAGMA page_size=${pageBytes}; PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;
      PRAGMA cache_size=-8192; PRAGMA temp_store=MEMORY; PRAGMA journal_size_limit=8388608;
      PRAGMA wal_autocheckpoint=8000;`);
    this.db.exec(SCHEMA);
    if (this.version() < VERSION) this.transaction(() => this.upgrade());
  }

  private version(): number {
    return this.get<{ user_version: number }>('PRAGMA user_version')?.user_version ?? 0;
  }

  /** From 1: newest values get a checksum; those that do not add up are found damaged, as any others, when they are asked for. */
  private upgrade(): void {
    const found = this.all<{ id: number; last: Uint8Array }>(
      'SELECT id, last FROM series WHERE last IS NOT NULL',
    );
    for (const { id, last } of found) this.run('UPDATE series SET last = ? WHERE id = ?', sealed(last), id);
    this.db.exec(`PRAGMA user_version=${VERSION}`);
  }

  /** Runs `work` in one durable transaction. */
  transaction<T>(work: () => T): T {
    this.db.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.db.exec('COMMIT');
      return result;
    } catch (error) {
      // SQLite has rolled back by itself after some errors.
      if (this.db.isTransaction) this.db.exec('ROLLBACK');
      throw error;
    }
  }

  dictionary(): Dictionary {
    const columns = this.all<{ id: number; names: string }>('SELECT id, names FROM columns');
    return {
      hosts: this.all('SELECT id, name, packed_group AS packedGroup FROM hosts'),
      streams: this.all('SELECT id, host, name, seq, touched_at AS touchedAt FROM streams'),
      columns: columns.map(({ id, names }) => ({ id, names: JSON.parse(names) as string[] })),
      series: this.all('SELECT id, host, hash, columns FROM series'),
    };
  }

  define(definitions: Definitions): void {
    const { hosts, streams, columns, series } = definitions;
    if (hosts.length + streams.length + columns.length + series.length === 0) return;
    this.transaction(() => {
      for (const h of hosts) this.run('INSERT OR IGNORE INTO hosts (id, name) VALUES (?, ?)', h.id, h.name);
      for (const s of streams)
        this.run(
          'INSERT OR IGNORE INTO streams (id, host, name, seq, touched_at) VALUES (?, ?, ?, -1, 0)',
          s.id,
          s.host,
          s.name,
        );
      for (const c of columns)
        this.run('INSERT OR IGNORE INTO columns (id, names) VALUES (?, ?)', c.id, JSON.stringify(c.names));
      for (const s of series)
        this.run(
          'INSERT OR IGNORE INTO series (id, host, hash, columns) VALUES (?, ?, ?, ?)',
          s.id,
          s.host,
          s.hash,
          s.columns,
        );
    });
  }

  setPacked(host: number, group: number): void {
    this.run('UPDATE hosts SET packed_group = ? WHERE id = ?', group, host);
  }

  setWatermark(stream: number, seq: number, touchedAt: number): void {
    this.run('UPDATE streams SET seq = ?, touched_at = ? WHERE id = ?', seq, touchedAt, stream);
  }

  forgetStreams(before: number): void {
    this.run(
      'DELETE FROM streams WHERE touched_at < ? AND touched_at > 0 AND id NOT IN (SELECT stream FROM gaps)',
      before,
    );
  }

  /** `damaged` when they are there but cannot be trusted; undefined when nothing of the series was packed yet. */
  last(series: number, width: number): LastValues | 'damaged' | undefined {
    const blob = this.get<{ last: Uint8Array | null }>('SELECT last FROM series WHERE id = ?', series)?.last;
    if (!blob) return undefined;
    try {
      const last = decodeLast(blob);
      return last?.ats.length === width ? last : 'damaged';
    } catch (error) {
      if (!isNamedError(error, 'STORE_CORRUPT')) throw error;
      return 'damaged';
    }
  }

  setLast(series: number, last: LastValues): void {
    this.run('UPDATE series SET last = ? WHERE id = ?', encodeLast(last), series);
  }

  addGap(gap: GroupGap): void {
    this.run(
      'INSERT OR REPLACE INTO gaps (stream, seq_from, seq_to, reason, from_at, to_at, arrived_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
      gap.stream,
      gap.from,
      gap.to,
      gap.reason,
      gap.fromAt ?? null,
      gap.toAt ?? null,
      gap.arrivedAt,
    );
  }

  gapsOf(host: number): GroupGap[] {
    const rows = this.all<StoredGap>(
      'SELECT g.* FROM gaps g JOIN streams s ON s.id = g.stream WHERE s.host = ? ORDER BY g.arrived_at, g.seq_from',
      host,
    );
    return rows.map((row) => ({
      stream: row.stream,
      from: row.seq_from,
      to: row.seq_to,
      reason: row.reason,
      arrivedAt: row.arrived_at,
      ...(row.from_at === null ? {} : { fromAt: row.from_at }),
      ...(row.to_at === null ? {} : { toAt: row.to_at }),
    }));
  }

  forgetGaps(before: number): void {
    this.run('DELETE FROM gaps WHERE arrived_at < ?', before);
  }

  countGaps(): number {
    return this.get<{ n: number }>('SELECT count(*) AS n FROM gaps')?.n ?? 0;
  }

  addChunk(series: number, minAt: number, maxAt: number, data: Uint8Array): void {
    this.run(
      'INSERT INTO chunks (series, min_at, max_at, data) VALUES (?, ?, ?, ?)',
      series,
      minAt,
      maxAt,
      data,
    );
  }

  removeChunk(id: number): void {
    this.run('DELETE FROM chunks WHERE id = ?', id);
  }

  /** Chunks with rows in [from, to), in the order in which they were packed. */
  chunks(series: number, from: number, to: number): ChunkSpan[] {
    return this.all(
      'SELECT id, min_at AS minAt, max_at AS maxAt FROM chunks WHERE series = ? AND max_at >= ? AND min_at < ? ORDER BY id',
      series,
      from,
      to,
    );
  }

  /** The one that reaches furthest first. */
  chunksOf(series: number): { id: number; maxAt: number }[] {
    return this.all('SELECT id, max_at AS maxAt FROM chunks WHERE series = ? ORDER BY max_at DESC', series);
  }

  chunk(id: number): Uint8Array {
    return (
      this.get<{ data: Uint8Array }>('SELECT data FROM chunks WHERE id = ?', id)?.data ?? new Uint8Array(0)
    );
  }

  forgetChunks(before: number): number {
    return Number(this.run('DELETE FROM chunks WHERE max_at < ?', before).changes);
  }

  rollups(
    series: number,
    tier: number,
    fromWindow: number,
    toWindow: number,
  ): { id: number; data: Uint8Array }[] {
    return this.all(
      'SELECT id, data FROM rollups WHERE id >= ? AND id <= ?',
      rollupId(series, tier, fromWindow),
      rollupId(series, tier, toWindow),
    );
  }

  setRollup(series: number, tier: number, window: number, data: Uint8Array): void {
    this.run('INSERT OR REPLACE INTO rollups (id, data) VALUES (?, ?)', rollupId(series, tier, window), data);
  }

  forgetRollups(series: number, tier: number, beforeWindow: number): void {
    this.run(
      'DELETE FROM rollups WHERE id >= ? AND id < ?',
      rollupId(series, tier, 0),
      rollupId(series, tier, beforeWindow),
    );
  }

  /** With all that is left of it: the number may be given again. */
  forgetSeries(series: number): void {
    this.run('DELETE FROM chunks WHERE series = ?', series);
    this.run(
      'DELETE FROM rollups WHERE id >= ? AND id < ?',
      rollupId(series, 0, 0),
      rollupId(series + 1, 0, 0),
    );
    this.run('DELETE FROM series WHERE id = ?', series);
  }

  isKnownDamage(place: string): boolean {
    return this.get('SELECT 1 FROM damage WHERE place = ?', place) !== undefined;
  }

  addDamage(place: string, foundAt: number): void {
    this.run('INSERT OR IGNORE INTO damage (place, found_at) VALUES (?, ?)', place, foundAt);
  }

  countDamage(): number {
    return this.get<{ n: number }>('SELECT count(*) AS n FROM damage')?.n ?? 0;
  }

  counter(name: string): number {
    return this.get<{ value: number }>('SELECT value FROM meta WHERE key = ?', name)?.value ?? 0;
  }

  addToCounter(name: string, by: number): void {
    this.run(
      'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = value + excluded.value',
      name,
      by,
    );
  }

  /** Moves the write-ahead log into the file and empties it. */
  checkpoint(): void {
    this.db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  }

  close(): void {
    this.db.close();
  }

  private statement(sql: string): StatementSync {
    let statement = this.statements.get(sql);
    if (!statement) this.statements.set(sql, (statement = this.db.prepare(sql)));
    return statement;
  }

  protected run(sql: string, ...values: (number | string | Uint8Array | null)[]) {
    return this.statement(sql).run(...values);
  }

  protected all<T>(sql: string, ...values: (number | string)[]): T[] {
    return this.statement(sql).all(...values) as T[];
  }

  protected get<T>(sql: string, ...values: (number | string)[]): T | undefined {
    return this.statement(sql).get(...values) as T | undefined;
  }
}

/** An empty blob is damaged whatever its version: what cannot be decoded must not count as never written. */
function sealed(last: Uint8Array): Uint8Array {
  try {
    return encodeLast(decodeUnsealed(last));
  } catch (error) {
    if (!isNamedError(error, 'STORE_CORRUPT')) throw error;
    return new Uint8Array(0);
  }
}
