// The backup probe on real files whose times are set, under a clock that moves only when told.

import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { type ManualClock, manualClock } from '../../../shared/clock.ts';
import { readConfig } from '../../../shared/config/schema.ts';
import { openHost } from '../../host/host.ts';
import { isFinished, observe, type WatchedFile } from '../file-set.ts';
import type { Host, Probe, ProbeEvent, Reading } from '../probe.ts';
import { BACKUP } from './backup.ts';

const signal = new AbortController().signal;
const HOUR_MS = 3_600_000;

interface Folder {
  path: string;
  clock: ManualClock;
  host: Host;
  /** A file written `hours` before the clock's now. */
  file(name: string, hours: number, bytes?: number): string;
  probe(...sets: Record<string, unknown>[]): Probe;
}

function folder(t: TestContext): Folder {
  const path = mkdtempSync(join(tmpdir(), 'niswatch-backup-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  const clock = manualClock();
  const host = openHost({ clock });
  return {
    path,
    clock,
    host,
    file(name, hours, bytes = 100) {
      const full = join(path, name);
      mkdirSync(dirname(full), { recursive: true });
      writeFileSync(full, Buffer.alloc(bytes));
      const at = (clock.now() - hours * HOUR_MS) / 1000;
      utimesSync(full, at, at);
      return full;
    },
    probe: (...sets) =>
      BACKUP.open(
        readConfig(BACKUP.config, { sets: sets.map((set) => ({ name: 's', folder: path, ...set })) }),
        host,
      ),
  };
}

function figures(reading: Reading, set = 's'): Record<string, number> {
  return Object.fromEntries(
    reading.samples
      .filter((sample) => sample.labels?.set === set)
      .map((sample) => [sample.metric.replace('backup_', ''), sample.value]),
  );
}

/** Beside the records on set and files (proven.test.ts). */
function newsOf(reading: Reading): ProbeEvent[] {
  return (reading.events ?? []).filter(({ kind }) => kind === 'backup.new');
}

function checkOf(reading: Reading, set = 's') {
  return reading.checks?.find((check) => check.id === `backup:${set}`);
}

test('reports the newest finished file: age, size, copies, rung 2', async (t) => {
  const at = folder(t);
  at.file('nis_20251230.bak', 27, 300);
  at.file('nis_20251231.bak', 3, 2_048);
  at.file('readme.txt', 1, 9);
  const reading = await at.probe({ pattern: '*.bak', keep: 2 }).read(signal);
  assert.deepEqual(figures(reading), {
    age_seconds: 3 * 3600,
    size_bytes: 2_048,
    copies: 2,
    writing: 0,
    rung: 2,
  });
  assert.equal(checkOf(reading)?.status, 'ok');
  assert.equal(checkOf(reading)?.text, '备份集 s 正常：最新一份 3 小时前完成，2 KB，共 2 份');
});

test('calls a set critical when its newest file grows older than allowed, without a new file', async (t) => {
  const at = folder(t);
  at.file('a.bak', 25);
  const probe = at.probe({ pattern: '*.bak' });
  assert.equal(checkOf(await probe.read(signal))?.status, 'ok');
  at.clock.advance(2 * HOUR_MS);
  const reading = await probe.read(signal);
  assert.equal(checkOf(reading)?.status, 'critical');
  assert.match(checkOf(reading)?.text ?? '', /已有 1 天 3 小时，超过 1 天 2 小时/);
  assert.equal(figures(reading).rung, 1);
});

test('does not count a file that is still growing, and counts it once it has been quiet', async (t) => {
  const at = folder(t);
  at.file('old.bak', 30);
  const growing = at.file('new.bak', 0);
  const probe = at.probe({ pattern: '*.bak' });
  assert.deepEqual(figures(await probe.read(signal)), {
    age_seconds: 30 * 3600,
    size_bytes: 100,
    copies: 1,
    writing: 1,
    rung: 1,
  });
  at.clock.advance(60_000);
  appendFileSync(growing, 'more');
  utimesSync(growing, at.clock.now() / 1000, at.clock.now() / 1000);
  const still = await probe.read(signal);
  assert.equal(figures(still).writing, 1);
  assert.deepEqual(newsOf(still), []);
  at.clock.advance(60_000);
  const done = await probe.read(signal);
  assert.equal(figures(done).writing, 0);
  assert.equal(figures(done).size_bytes, 104);
  assert.deepEqual(
    newsOf(done).map((event) => [event.kind, event.subject, event.data?.file]),
    [['backup.new', 's', 'new.bak']],
  );
  assert.deepEqual(newsOf(await probe.read(signal)), []);
});

test('waits for a copied file that came with an old time until it was seen unchanged twice', async (t) => {
  const at = folder(t);
  at.file('a.bak', 20);
  const probe = at.probe({ pattern: '*.bak' });
  await probe.read(signal);
  at.file('b.bak', 2, 50);
  at.clock.advance(60_000);
  assert.equal(figures(await probe.read(signal)).copies, 1);
  at.clock.advance(60_000);
  assert.equal(figures(await probe.read(signal)).copies, 2);
});

test('does not let a file from the future hide that the real backups stopped', async (t) => {
  const at = folder(t);
  at.file('future.bak', -500);
  at.file('real.bak', 40);
  const reading = await at.probe({ pattern: '*.bak', settle: '0' }).read(signal);
  assert.equal(checkOf(reading)?.status, 'critical');
  assert.match(checkOf(reading)?.text ?? '', /时间在未来（超前 20 天 20 小时），请检查时钟/);
  assert.equal(figures(reading).age_seconds, 40 * 3600);
});

test('warns and stays off rung 2 when the only file is from the future; its age is never negative', async (t) => {
  const at = folder(t);
  at.file('future.bak', -5);
  const reading = await at.probe({ pattern: '*.bak', settle: '0' }).read(signal);
  assert.equal(checkOf(reading)?.status, 'warning');
  assert.equal(figures(reading).age_seconds, 0);
  assert.equal(figures(reading).rung, 1);
});

test('calls an empty or too small newest file critical, and too few copies a warning', async (t) => {
  const at = folder(t);
  at.file('a.bak', 1, 0);
  at.file('b.sql', 1, 500);
  at.file('c.trn', 1, 500);
  const reading = await at
    .probe(
      { name: 'empty', pattern: '*.bak' },
      { name: 'small', pattern: '*.sql', minSize: '1KiB' },
      { name: 'few', pattern: '*.trn', keep: 7 },
    )
    .read(signal);
  assert.deepEqual(
    ['empty', 'small', 'few'].map((set) => checkOf(reading, set)?.status),
    ['critical', 'critical', 'warning'],
  );
  assert.deepEqual(
    ['empty', 'small', 'few'].map((set) => figures(reading, set).rung),
    [1, 1, 2],
  );
});

test('names a missing folder and still reads the other sets', async (t) => {
  const at = folder(t);
  at.file('a.bak', 1);
  const gone = join(at.path, 'gone');
  const reading = await at.probe({ name: 'gone', folder: gone }, { name: 'here' }).read(signal);
  assert.equal(checkOf(reading, 'gone')?.status, 'unknown');
  assert.match(checkOf(reading, 'gone')?.text ?? '', new RegExp(`${gone} 不存在`));
  assert.deepEqual(
    reading.errors?.map((error) => [error.code, error.message]),
    [['PROBE_SUBJECT_MISSING', `backup set gone: there is no ${gone}`]],
  );
  assert.deepEqual(figures(reading, 'gone'), { rung: 0 });
  assert.equal(checkOf(reading, 'here')?.status, 'ok');
});

test('files that had just been copied when the watch began are no sign that the clean-up stopped; those that come later are', async (t) => {
  const at = folder(t);
  for (let i = 0; i < 8; i++) at.file(`nis_${i}.bak`, 0.01);
  const probe = at.probe({ pattern: '*.bak', keep: 2 });
  const look = async (): Promise<string> => {
    await probe.read(signal);
    at.clock.advance(5 * 60_000);
    const { checks } = await probe.read(signal);
    return checks?.find(({ id }) => id === 'proof:s')?.text ?? '';
  };
  assert.doesNotMatch(await look(), /清理/);
  for (let i = 8; i < 11; i++) at.file(`nis_${i}.bak`, 0);
  assert.match(await look(), /旧备份的清理可能已停止/);
});

test('says that there is no backup in an empty folder, ignoring temporary names', async (t) => {
  const at = folder(t);
  for (const name of ['a.bak.tmp', 'a.bak.part', 'a.bak.filepart', 'a.bak~']) at.file(name, 1);
  const reading = await at.probe({ pattern: '*' }).read(signal);
  assert.equal(checkOf(reading)?.status, 'critical');
  assert.deepEqual(figures(reading), { copies: 0, writing: 0, rung: 0 });
});

test('searches dated folders to the given depth when told to', async (t) => {
  const at = folder(t);
  at.file('20251231/full/nis.bak', 2);
  at.file('20251230/full/nis.bak', 26);
  at.file('a/b/c/d/deep.bak', 1);
  const flat = await at.probe({ pattern: '*.bak' }).read(signal);
  assert.equal(figures(flat).copies, 0);
  const deep = await at.probe({ pattern: '*.bak', recursive: true, depth: 2 }).read(signal);
  assert.equal(figures(deep).copies, 2);
  assert.equal(figures(deep).age_seconds, 2 * 3600);
});

test('says when a share does not answer, reads the others, and takes the late answer at the next turn', async (t) => {
  const at = folder(t);
  at.file('a.bak', 1);
  let answer = (_names: string[]): void => {};
  let waiting = 0;
  const clock = {
    ...at.clock,
    after(delayMs: number, run: () => void) {
      waiting++;
      const timer = at.clock.after(delayMs, run);
      return {
        cancel() {
          waiting--;
          timer.cancel();
        },
      };
    },
  };
  const host: Host = {
    ...at.host,
    clock,
    list: (path) => (path === '/hung' ? new Promise((done) => (answer = done)) : at.host.list(path)),
  };
  const sets = [
    { name: 'hung', folder: '/hung' },
    { name: 'here', folder: at.path },
  ];
  const probe = BACKUP.open(readConfig(BACKUP.config, { sets }), host);
  const reading = probe.read(signal);
  const othersRead = (): boolean => waiting === 1;
  while (!othersRead()) await setImmediate();
  at.clock.advance(10_000);
  assert.match(checkOf(await reading, 'hung')?.text ?? '', /读取超时/);
  assert.equal((await reading).errors?.[0]?.code, 'PROBE_TIMEOUT');
  assert.equal(checkOf(await reading, 'here')?.status, 'ok');
  const next = probe.read(signal);
  answer([]);
  assert.equal(checkOf(await next, 'hung')?.status, 'critical');
});

test('notices the new file among five thousand without looking at each old one again', async (t) => {
  const at = folder(t);
  for (let i = 0; i < 5_000; i++) at.file(`log_${String(i).padStart(5, '0')}.trn`, 100 + i, 1);
  let looked = 0;
  const host: Host = {
    ...at.host,
    stat: (path) => {
      looked++;
      return at.host.stat(path);
    },
  };
  const config = readConfig(BACKUP.config, { sets: [{ name: 's', folder: at.path }] });
  const probe = BACKUP.open(config, host);
  assert.equal(figures(await probe.read(signal)).copies, 5_000);
  looked = 0;
  at.file('log_new.trn', 1, 7);
  at.clock.advance(60_000);
  await probe.read(signal);
  at.clock.advance(60_000);
  assert.equal(figures(await probe.read(signal)).size_bytes, 7);
  assert.ok(looked < 300, `looked at ${looked} files`);
});

test('counts the old files of a large set by name, and finds the next newest when the newest is deleted', async (t) => {
  const at = folder(t);
  for (let i = 0; i < 2_500; i++) at.file(`log_${i}.trn`, 100 + i, i + 1);
  const probe = at.probe({ pattern: '*.trn', maxAge: '400d' });
  const newest = ({ copies, age_seconds, size_bytes }: Record<string, number>): (number | undefined)[] => [
    copies,
    (age_seconds ?? 0) / 3600,
    size_bytes,
  ];
  assert.deepEqual(newest(figures(await probe.read(signal))), [2_500, 100, 1]);
  rmSync(join(at.path, 'log_700.trn'));
  assert.deepEqual(newest(figures(await probe.read(signal))), [2_499, 100, 1]);
  rmSync(join(at.path, 'log_0.trn'));
  const next = await probe.read(signal);
  assert.deepEqual(newest(figures(next)), [2_498, 101, 2]);
  assert.deepEqual([figures(next).writing, newsOf(next)], [0, []]);
  for (let i = 1; i < 1_000; i++) rmSync(join(at.path, `log_${i}.trn`), { force: true });
  assert.deepEqual(newest(figures(await probe.read(signal))), [1_500, 1_100, 1_001]);
});

test('sees within the hour that an old file of a large set was written over, though it kept its time', async (t) => {
  const at = folder(t);
  for (let i = 0; i < 800; i++) at.file(`log_${i}.trn`, 100 + i, 10);
  const probe = at.probe({ pattern: '*.trn', maxAge: '400d' });
  await probe.read(signal);
  at.file('log_600.trn', 700, 11);
  let seen = false;
  for (let minute = 0; minute < 60 && !seen; minute++) {
    at.clock.advance(60_000);
    const { events = [] } = await probe.read(signal);
    seen = events.some(({ data }) => /log_600\.trn","bytes":11/.test(String(data?.[0])));
  }
  assert.equal(seen, true);
});

test('never calls a file finished that changed within the settle time, whatever the order of looks', () => {
  const look = fc.record({
    advance: fc.nat(200_000),
    grows: fc.boolean(),
    step: fc.integer({ min: -10_000_000, max: 10_000_000 }),
  });
  fc.assert(
    fc.property(fc.array(look, { minLength: 2, maxLength: 20 }), fc.nat(300_000), (looks, settle) => {
      let file: WatchedFile | undefined;
      let [wallMs, monotonicMs, size, changedAt] = [1_800_000_000_000, 0, 1, 0];
      let mtimeMs = wallMs;
      for (const [index, { advance, grows, step }] of looks.entries()) {
        monotonicMs += advance;
        wallMs += advance + step;
        if (grows) [size, mtimeMs, changedAt] = [size + 1, wallMs, monotonicMs];
        file = observe(
          file,
          { path: 'f', name: 'f', size, mtimeMs },
          { wallMs, monotonicMs, isFirst: index === 0 },
        );
        // At the first look only the file's own time can be asked; from then on it was watched.
        if (index > 0 && changedAt > 0 && isFinished(file, monotonicMs, settle)) {
          assert.ok(monotonicMs - changedAt >= settle);
        }
      }
    }),
  );
});
