// Which records leave with a reading. Pure: (what was told, what is known, now) → (records, what is told then). Promise: bounded in number
// and in bytes, the rest follows with the next readings; the newest files come first; each file is told when it is new, changed, judged
// or gone, and again once a week, so that a collector that lost something is made whole.
//
// The set itself is told behind its files, at the start, when a rung changes, and once a day.

import { createHash } from 'node:crypto';
import { encodeRecord } from '../../../shared/backup/reported-event.ts';
import {
  type BackupFileReport,
  type BackupRecord,
  type BackupSetReport,
  EVENT_OF,
} from '../../../shared/backup/reported.ts';
import type { ProbeEvent } from '../probe.ts';
import type { KnownFile } from './known.ts';

const DAY_MS = 86_400_000;
const AGAIN_MS = 7 * DAY_MS;
/** A report holds 200 events of all probes and 256 KiB. */
const RECORDS = 50;
const BYTES = 96 * 1024;

export interface Budget {
  records: number;
  bytes: number;
}
export const fullBudget = (): Budget => ({ records: RECORDS, bytes: BYTES });

interface Told {
  mark: string;
  at: number;
}

export interface Telling {
  files: ReadonlyMap<string, Told>;
  others: ReadonlyMap<string, Told>;
}
export const NOTHING_TOLD: Telling = { files: new Map(), others: new Map() };

export interface News {
  set: string;
  /** Newest first. */
  files: readonly KnownFile[];
  gone: readonly string[];
  report: BackupSetReport | undefined;
  /** Findings that stand and those that no longer do; drills. */
  others: readonly BackupRecord[];
  /** As the host writes paths. */
  render(path: string): string;
}

/** Takes from `budget` what it uses. */
export function tell(
  told: Telling,
  news: News,
  now: number,
  budget: Budget,
): { events: ProbeEvent[]; told: Telling; gone: string[] } {
  const events: ProbeEvent[] = [];
  const files = new Map(told.files);
  const others = new Map(told.others);
  const send = (record: BackupRecord): boolean => {
    const event = eventOf(record);
    const bytes = JSON.stringify(event).length;
    if (budget.records < 1 || budget.bytes < bytes) return false;
    budget.records -= 1;
    budget.bytes -= bytes;
    events.push(event);
    return true;
  };
  for (const record of news.others) {
    const key = keyOf(record);
    const mark = digest(JSON.stringify(record));
    if (isTold(others.get(key), mark, now, DAY_MS) || !send(record)) continue;
    others.set(key, { mark, at: now });
  }
  const gone: string[] = [];
  for (const path of news.gone) {
    if (!send(goneReport(news, path))) break;
    files.delete(path);
    gone.push(path);
  }
  const due = news.files.filter((file) => !isTold(files.get(file.path), markOf(file), now, AGAIN_MS));
  let left = due.length + news.gone.length - gone.length;
  for (const file of due) {
    if (!send(fileReport(news, file))) break;
    files.set(file.path, { mark: markOf(file), at: now });
    left -= 1;
  }
  tellSet(others, news.report, { now, left }, send);
  return { events, told: { files, others }, gone };
}

/** A changed rung is told at once; a changed list of files when all of them are told. */
function tellSet(
  others: Map<string, Told>,
  report: BackupSetReport | undefined,
  { now, left }: { now: number; left: number },
  send: (record: BackupRecord) => boolean,
): void {
  if (!report) return;
  const [urgent, patient] = marksOf(report);
  const isDue =
    !isTold(others.get('set'), urgent, now, DAY_MS) ||
    (left === 0 && !isTold(others.get('files'), patient, now, DAY_MS));
  if (!isDue || !send(report)) return;
  others.set('set', { mark: urgent, at: now });
  if (left === 0) others.set('files', { mark: patient, at: now });
}

function marksOf(report: BackupSetReport): [urgent: string, patient: string] {
  const { rungs, policy, folder, pattern, sameVolumeAsData } = report;
  const states = rungs.map(({ rung, state }) => [rung, state]);
  return [
    digest(JSON.stringify([states, policy, folder, pattern, sameVolumeAsData])),
    digest(JSON.stringify([report.files, rungs.map(({ evidence }) => evidence)])),
  ];
}

function isTold(told: Told | undefined, mark: string, now: number, againMs: number): boolean {
  // A clock that was set back must not silence the telling for years.
  return told?.mark === mark && Math.abs(now - told.at) < againMs;
}

function markOf(file: KnownFile): string {
  return `${file.bytes}|${file.modifiedAt}|${file.judgedAt ?? ''}|${file.copy?.state ?? ''}`;
}

function keyOf(record: BackupRecord): string {
  if (record.of === 'finding') return `finding ${record.kind} ${record.key}`;
  return record.of === 'drill' ? `drill ${record.at}` : record.of;
}

function fileReport({ set, render }: News, file: KnownFile): BackupFileReport {
  const { verdict, judgedAt, copy } = file;
  return {
    of: 'file',
    set,
    path: render(file.path),
    bytes: file.bytes,
    modifiedAt: file.modifiedAt,
    ...(judgedAt !== undefined && { judgedAt }),
    ...verdict,
    ...(copy && { secondCopy: copy.state }),
  };
}

function goneReport({ set, render }: News, path: string): BackupFileReport {
  return { of: 'file', set, path: render(path), gone: true, bytes: 0, modifiedAt: 0 };
}

export function eventOf(record: BackupRecord): ProbeEvent {
  const kind = EVENT_OF[record.of];
  const whole = encodeRecord(record);
  // Thousands of names inside one file: what ties it to other files is left out, what it is remains.
  const data = whole ?? encodeRecord(shortened(record));
  return { kind, subject: record.set, ...(data && { data }) };
}

function shortened(record: BackupRecord): BackupRecord {
  if (record.of !== 'file' || !record.facts) return record;
  const { sets: _sets, chain: _chain, notices, ...facts } = record.facts;
  return {
    ...record,
    facts: { ...facts, notices: [...(notices ?? []).slice(0, 5), 'too long to travel whole'] },
  };
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 16);
}
