// The ladder on real files, read by the real reading process: a dump that is packed, copied, drilled, and then everything that happens
// to such files. Time is a clock that moves only when told; reading is waited for by its outcome.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { decodeRecord } from '../../../shared/backup/reported-event.ts';
import type {
  BackupDrillReport,
  BackupFileReport,
  BackupRecord,
  BackupSetReport,
} from '../../../shared/backup/reported.ts';
import { type ManualClock, manualClock, systemClock } from '../../../shared/clock.ts';
import { readConfig } from '../../../shared/config/schema.ts';
import { openDataFolder } from '../../data-folder.ts';
import { openHost } from '../../host/host.ts';
import { openBackground } from '../../verify/background.ts';
import type { Host, Probe, Reading, Verifier } from '../probe.ts';
import { BACKUP } from './backup.ts';

const HOUR_MS = 3_600_000;
const CORPUS = join(import.meta.dirname, '../../../tests/data/backup-corpus');
const DUMP = readFileSync(join(CORPUS, 'mariadb/dump/nis_demo_full.sql'), 'utf8');

interface Hospital {
  clock: ManualClock;
  host: Host;
  backup: string;
  copy: string;
  data: string;
  /** A real dump of that day, two hours and `late` hours after midnight, with rows of its own. */
  dump(day: number, change?: (packed: Buffer) => Buffer): string;
  copied(path: string): string;
  open(set?: Record<string, unknown>, more?: { host?: Host; quiet?: string[] }): Watched;
}

interface Watched {
  probe: Probe;
  read(): Promise<Reading>;
  /** Reads until the set stands on the rung; all records on the way. */
  until(wanted: (records: readonly BackupRecord[], rung: number) => boolean): Promise<BackupRecord[]>;
}

function hospital(t: TestContext): Hospital {
  const root = mkdtempSync(join(tmpdir(), 'niswatch-proven-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const [backup, copy, data] = [join(root, 'backup'), join(root, 'copy'), join(root, 'data')];
  for (const folder of [backup, copy, data]) mkdirSync(folder);
  const clock = manualClock(Date.UTC(2026, 0, 10, 8));
  const verifier = openBackground({ clock: systemClock(), cacheFile: join(data, 'verify.jsonl') });
  t.after(() => verifier.rest());
  const host = openHost({ clock, data: openDataFolder(data, 'write'), verifier });
  return {
    clock,
    host,
    backup,
    copy,
    data,
    dump(day, change = (packed) => packed) {
      const path = join(backup, `nis_202601${String(day).padStart(2, '0')}.sql.gz`);
      writeFileSync(
        path,
        change(gzipSync(DUMP.replace('Dump completed on 2026-11-22', `Dump completed on 2026-01-${day}`))),
      );
      const at = Date.UTC(2026, 0, day, 2, 5) / 1000;
      utimesSync(path, at, at);
      return path;
    },
    copied(path) {
      const to = join(copy, path.slice(backup.length + 1));
      copyFileSync(path, to);
      utimesSync(to, new Date(0), new Date(0));
      return to;
    },
    open: (set = {}, more = {}) =>
      watched(t, { backup, copy, host: more.host ?? host, set, quiet: more.quiet ?? [] }),
  };
}

function watched(
  t: TestContext,
  at: { backup: string; copy: string; host: Host; set: Record<string, unknown>; quiet: string[] },
): Watched {
  const set = {
    name: 'nis',
    folder: at.backup,
    pattern: 'nis_*.sql.gz',
    engine: 'mariadb',
    kind: 'dump',
    ...at.set,
  };
  const probe = BACKUP.open(readConfig(BACKUP.config, { quiet: at.quiet, sets: [set] }), at.host);
  t.after(() => probe.close?.());
  const read = (): Promise<Reading> => probe.read(new AbortController().signal);
  return {
    probe,
    read,
    async until(wanted) {
      const records: BackupRecord[] = [];
      for (let tries = 0; tries < 600; tries++) {
        const reading = await read();
        records.push(...recordsOf(reading));
        if (wanted(records, rungOf(reading))) return records;
        await wait(50);
      }
      throw new Error(`never seen; last records: ${JSON.stringify(records.slice(-3))}`);
    },
  };
}

function recordsOf(reading: Reading): BackupRecord[] {
  return (reading.events ?? []).flatMap(({ kind, data }) => decodeRecord(kind, data) ?? []);
}
function rungOf(reading: Reading): number {
  return reading.samples.find(({ metric }) => metric === 'backup_rung')?.value ?? -1;
}
function lastSet(records: readonly BackupRecord[]): BackupSetReport | undefined {
  return records.findLast((record) => record.of === 'set');
}
function lastFile(records: readonly BackupRecord[], path: string): BackupFileReport | undefined {
  return records.findLast((record) => record.of === 'file' && record.path === path) as
    BackupFileReport | undefined;
}
const stateOf = (records: readonly BackupRecord[], rung: number) => lastSet(records)?.rungs[rung - 1]?.state;

const proofCheck = (reading: Reading) => reading.checks?.find(({ id }) => id.startsWith('proof:'));

test('a set climbs to the top: seen, fresh, plausible, read, copied, drilled, each rung told with its evidence', async (t) => {
  const at = hospital(t);
  const paths = [6, 7, 8, 9, 10].map((day) => at.dump(day));
  const set = at.open({ schedule: '0 2 * * *', secondCopy: at.copy, keep: 5 });
  const first = await set.read();
  assert.equal(rungOf(first), 3);
  assert.equal(stateOf(recordsOf(first), 4), 'unknown');
  const read = await set.until((records) => records.filter((r) => r.of === 'file' && r.judgedAt).length >= 5);
  const newest = lastFile(read, paths.at(-1) ?? '');
  assert.equal(newest?.content, 'VERIFIED');
  assert.equal(newest?.facts?.database, 'nis_demo');
  assert.equal(newest?.secondCopy, 'missing');
  for (const path of paths) at.copied(path);
  await set.until((_, rung) => rung === 5);
  const drill: BackupDrillReport = {
    of: 'drill',
    set: 'nis',
    at: at.clock.now(),
    ok: true,
    seconds: 42,
    bytes: 1,
    moment: '2026-01-10T02:00:00+08:00',
    rows: [{ table: 'bed', found: 20 }],
    text: '',
  };
  appendFileSync(join(at.data, 'drills.jsonl'), `${JSON.stringify(drill)}\n{"of":"drill","se`);
  const records = await set.until((_, rung) => rung === 6);
  assert.deepEqual(
    records.find((record) => record.of === 'drill'),
    drill,
  );
  assert.deepEqual(
    lastSet(records)?.rungs.map(({ state }) => state),
    Array(6).fill('yes'),
  );
  assert.match(lastSet(records)?.rungs[4]?.evidence ?? '', /size and SHA-256 are equal/);
});

test('a newest dump that is cut takes the set down to rung 3 and is named', async (t) => {
  const at = hospital(t);
  for (const day of [6, 7, 8, 9]) at.dump(day);
  const cut = at.dump(10, (packed) => packed.subarray(0, packed.length - 3_000));
  const set = at.open();
  const records = await set.until((records) => lastFile(records, cut)?.content === 'INCOMPLETE');
  assert.equal(stateOf(records, 4), 'no');
  const reading = await set.read();
  assert.equal(rungOf(reading), 3);
  assert.equal(proofCheck(reading)?.status, 'critical');
  assert.match(proofCheck(reading)?.text ?? '', /nis_20260110\.sql\.gz 发现它不完整/);
});

test('a copy that is late or differs is told, and becomes equal when it is mended', async (t) => {
  const at = hospital(t);
  const [newest = ''] = [at.dump(9)];
  at.clock.advance(2 * HOUR_MS);
  const set = at.open({ secondCopy: at.copy, secondCopyWithin: '6h', maxAge: '3d' });
  assert.equal(stateOf(recordsOf(await set.read()), 5), 'no');
  const copy = at.copied(newest);
  const bytes = readFileSync(copy);
  bytes[1000] = (bytes[1000] ?? 0) ^ 1;
  writeFileSync(copy, bytes);
  utimesSync(copy, new Date(0), new Date(0));
  const differs = await set.until((records) => lastFile(records, newest)?.secondCopy === 'differs');
  assert.equal(stateOf(differs, 5), 'no');
  at.copied(newest);
  utimesSync(copy, new Date(1000), new Date(1000));
  const equal = await set.until((records) => lastFile(records, newest)?.secondCopy === 'equal');
  assert.equal(stateOf(equal, 5), 'yes');
});

test('a restart forgets nothing: no file is read twice, gone files are told, since-times stay', async (t) => {
  const at = hospital(t);
  const paths = [8, 9, 10].map((day) => at.dump(day));
  const before = at.open();
  await before.until((records) => records.filter((r) => r.of === 'file' && r.judgedAt).length >= 3);
  before.probe.close?.();
  rmSync(paths[0] ?? '');
  at.clock.advance(HOUR_MS);
  let asked = 0;
  const verifier: Verifier = { run: () => (asked++, new Promise(() => {})), rest() {} };
  const after = at.open({}, { host: { ...at.host, verifier } });
  const records = recordsOf(await after.read());
  assert.equal(lastFile(records, paths[0] ?? '')?.gone, true);
  assert.equal(lastFile(records, paths[2] ?? '')?.content, 'VERIFIED');
  assert.equal(lastSet(records)?.rungs[3]?.state, 'yes');
  assert.ok((lastSet(records)?.rungs[0]?.at ?? 0) < at.clock.now() - HOUR_MS / 2);
  assert.equal(asked, 0);
  assert.equal(lastFile(recordsOf(await after.read()), paths[0] ?? ''), undefined);
});

test('a reading that a restart broke off is taken up again, and the set climbs', async (t) => {
  const at = hospital(t);
  const path = at.dump(10);
  const slow = at.open({ verify: { rate: '64KiB' } });
  await slow.read();
  slow.probe.close?.();
  const records = await at.open().until((records) => lastFile(records, path)?.judgedAt !== undefined);
  assert.equal(lastFile(records, path)?.content, 'VERIFIED');
});

test('nothing is read in the quiet hours, and reading begins when they end', async (t) => {
  const at = hospital(t);
  at.dump(10);
  const [hour, minute] = [new Date(at.clock.now()).getHours(), '00'];
  const pad = (n: number): string => String(n % 24).padStart(2, '0');
  let running = 0;
  const verifier: Verifier = { run: () => (running++, new Promise(() => {})), rest() {} };
  const quiet = [`${pad(hour)}:${minute}-${pad(hour + 1)}:${minute}`];
  const set = at.open({}, { host: { ...at.host, verifier }, quiet });
  await set.read();
  assert.equal(running, 0);
  at.clock.advance(HOUR_MS);
  await set.read();
  assert.equal(running, 1);
});

test('files renamed by ransomware are a critical sign, though the newest backup is whole', async (t) => {
  const at = hospital(t);
  const paths = [5, 6, 7, 8, 9, 10].map((day) => at.dump(day));
  const set = at.open();
  await set.read();
  for (const path of paths.slice(0, 5)) renameSync(path, `${path}.locked`);
  const reading = await set.read();
  const kinds = recordsOf(reading).flatMap((record) => (record.of === 'finding' ? [record.kind] : []));
  assert.deepEqual(kinds, ['extension-changed']);
  assert.equal(proofCheck(reading)?.status, 'critical');
  assert.match(proofCheck(reading)?.text ?? '', /勒索软件/);
  for (const path of paths.slice(0, 5)) renameSync(`${path}.locked`, path);
  const mended = recordsOf(await set.read());
  assert.deepEqual(
    mended.flatMap((r) => (r.of === 'finding' ? [r.gone] : [])),
    [true],
  );
});

test('a newest file that is noise under the old name has lost its magic', async (t) => {
  const at = hospital(t);
  for (const day of [7, 8, 9]) at.dump(day);
  at.dump(10, (packed) => randomBytes(packed.length));
  const records = await at.open().until((records) => stateOf(records, 3) === 'no');
  assert.ok(records.some((r) => r.of === 'finding' && r.kind === 'magic-lost'));
});

test('a job that copies yesterday’s file is seen by its digest', async (t) => {
  const at = hospital(t);
  for (const day of [7, 8]) at.dump(day);
  const stale = at.dump(9);
  at.dump(10, () => readFileSync(stale));
  const records = await at.open().until((records) => stateOf(records, 3) === 'no');
  assert.ok(records.some((r) => r.of === 'finding' && r.kind === 'identical'));
});

test('without a reading process the set stays below rung 4 and says why', async (t) => {
  const at = hospital(t);
  for (const day of [7, 8, 9, 10]) at.dump(day);
  const { verifier: _none, ...host } = at.host;
  const reading = await at.open({}, { host }).read();
  assert.equal(rungOf(reading), 3);
  assert.deepEqual(lastSet(recordsOf(reading))?.rungs[3], {
    rung: 4,
    state: 'unknown',
    at: at.clock.now(),
    evidence: 'nothing is read in this run',
    proof: { kind: 'no-reader', data: {} },
  });
  const off = await at.open({ verify: { enabled: false } }).read();
  assert.match(lastSet(recordsOf(off))?.rungs[3]?.evidence ?? '', /switched off/);
});
