// What drills leave in the data folder: `drills.jsonl`, one BackupDrillReport a line, and `drill-rows.json`, the rows of the last good
// drill of each set. Promise: a line is whole and on disk when `appendReport` returns; a torn last line of a crash is closed first.

import {
  closeSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { encodeRecord } from '../../shared/backup/reported-event.ts';
import type { BackupDrillReport } from '../../shared/backup/reported.ts';
import { writeWhole } from '../journal-file.ts';

export const DRILLS_FILE = 'drills.jsonl';
const ROWS_FILE = 'drill-rows.json';

export function appendReport(dataFolder: string, report: BackupDrillReport): void {
  mkdirSync(dataFolder, { recursive: true });
  const file = openSync(join(dataFolder, DRILLS_FILE), 'a+', 0o640);
  try {
    const torn = endsTorn(file) ? '\n' : '';
    // A drill is often started by root, and the agent that tells of it runs as another: the file belongs to whom the folder belongs.
    const { uid, gid } = statSync(dataFolder);
    if (process.getuid?.() === 0) fchownSync(file, uid, gid);
    writeSync(file, `${torn}${JSON.stringify(report)}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function endsTorn(file: number): boolean {
  const { size } = fstatSync(file);
  if (size === 0) return false;
  const last = Buffer.alloc(1);
  readSync(file, last, 0, 1, size - 1);
  return last[0] !== 10;
}

/** Rows until the record fits into an event: those that disagree first, then the largest tables. */
export function fitting(report: BackupDrillReport, wrong: ReadonlySet<string>): BackupDrillReport {
  const order = report.rows.toSorted(
    (a, b) => Number(wrong.has(b.table)) - Number(wrong.has(a.table)) || b.found - a.found,
  );
  for (let keep = order.length; keep > 0; keep = Math.floor(keep * 0.8)) {
    const kept = new Set(order.slice(0, keep).map((row) => row.table));
    const left = report.rows.length - keep;
    const text = left > 0 ? `${report.text}; ${left} further tables are not listed` : report.text;
    const short = { ...report, text, rows: report.rows.filter((row) => kept.has(row.table)) };
    if (encodeRecord(short) !== undefined) return short;
  }
  return { ...report, rows: [] };
}

export interface LastGood {
  at: number;
  rows: Record<string, number>;
}

export function readLastGood(dataFolder: string, set: string): LastGood | undefined {
  const all = readRows(dataFolder);
  return Object.hasOwn(all, set) ? all[set] : undefined;
}

export function keepLastGood(dataFolder: string, set: string, good: LastGood): void {
  writeWhole(join(dataFolder, ROWS_FILE), { ...readRows(dataFolder), [set]: good });
}

function readRows(dataFolder: string): Record<string, LastGood> {
  try {
    return JSON.parse(readFileSync(join(dataFolder, ROWS_FILE), 'utf8')) as Record<string, LastGood>;
  } catch {
    return {};
  }
}
