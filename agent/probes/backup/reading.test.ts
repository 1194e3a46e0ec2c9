import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FileStat } from '../probe.ts';
import { dueAt, openCalendar } from './calendar.ts';
import { copyPath, judgeCopy } from './copies.ts';
import type { KnownFile } from './known.ts';
import { isQuiet, learntFrom, taskFor } from './reading.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** In the zone of the machine that runs this, as schedules are. */
const local = (day: number, hour: number, minute = 0): number =>
  new Date(2026, 0, day, hour, minute).getTime();
const GRACE_MS = 3 * HOUR_MS;

const DUE: [schedule: string, now: number, due: number][] = [
  ['0 2 * * *', local(10, 8), local(10, 2)],
  ['0 2 * * *', local(10, 4), local(9, 2)],
  ['0 2 * * *', local(10, 5), local(10, 2)],
  ['0 2 * * 1-5', local(12, 4), local(9, 2)],
  ['0 2 * * 1-5', local(11, 12), local(9, 2)],
  ['*/15 * * * *', local(10, 8, 50), local(10, 8, 15)],
  ['0 3 1 * *', local(10, 8), local(1, 3)],
];
for (const [schedule, now, due] of DUE) {
  test(`by ${schedule} at ${new Date(now).toTimeString().slice(0, 5)} on the ${new Date(now).getDate()}th the run due is known`, () => {
    const found = dueAt(openCalendar(schedule, 'k'), GRACE_MS, now);
    assert.equal(new Date(found ?? 0).toString(), new Date(due).toString());
  });
}

test('the longest gap of workdays is the weekend; an expression that is none is refused by its key', () => {
  assert.equal(openCalendar('0 2 * * 1-5', 'k').longestGapMs(local(5, 8)), 3 * DAY_MS);
  for (const wrong of ['tomorrow', '0 25 * * *', '0 2 * *', '0 2 31 2 *'])
    assert.throws(() => openCalendar(wrong, 'probes.backup.sets[2].schedule'), {
      code: 'CONFIG_BAD_VALUE',
      message: /^probes\.backup\.sets\[2\]\.schedule: .* is not a calendar expression/,
    });
});

const QUIET: [spans: string[], hour: number, minute: number, quiet: boolean][] = [
  [[], 9, 0, false],
  [['08:00-12:00'], 8, 0, true],
  [['08:00-12:00'], 11, 59, true],
  [['08:00-12:00'], 12, 0, false],
  [['22:00-06:00'], 23, 0, true],
  [['22:00-06:00'], 5, 59, true],
  [['22:00-06:00'], 6, 0, false],
  [['08:00-12:00', '14:00-24:00'], 23, 59, true],
  [['08:00-12:00', '14:00-24:00'], 13, 0, false],
];
for (const [spans, hour, minute, quiet] of QUIET) {
  test(`${hour}:${minute} is ${quiet ? '' : 'not '}within ${spans.join(' and ') || 'nothing'}`, () => {
    assert.equal(isQuiet(spans, local(10, hour, minute)), quiet);
  });
}

const CONFIG = { folder: '/b/', secondCopy: '/copy/', verify: { enabled: true, rate: 5 } };
const verdict = {
  format: 'tar',
  content: 'COMPLETE',
  reason: '',
  layer: 'L2',
  facts: { sha256: 'ab' },
} as const;
const file = (name: string, more: Partial<KnownFile> = {}): KnownFile => ({
  path: `/b/${name}`,
  bytes: 7,
  modifiedAt: 1_000,
  ...more,
});
const judged = (name: string, more: Partial<KnownFile> = {}): KnownFile =>
  file(name, { verdict, judgedAt: 0, ...more });

const NEXT: [name: string, files: KnownFile[], now: number, want: string | undefined][] = [
  ['all are read', [judged('a'), judged('b')], 0, undefined],
  ['the newest first', [file('a'), file('b')], 0, 'judge /b/a'],
  [
    'a copy of the newest before an older file',
    [judged('a', { toCompare: true }), file('b')],
    0,
    'digest /copy/a',
  ],
  ['a copy in a folder below', [judged('d/a', { toCompare: true })], 0, 'digest /copy/d/a'],
  [
    'a copy of what has no digest',
    [judged('a', { toCompare: true, verdict: { ...verdict, facts: {} } })],
    0,
    undefined,
  ],
  ['given up a moment ago', [judged('a', { givenUp: 1 }), file('b')], HOUR_MS, 'judge /b/b'],
  ['given up a day ago', [judged('a', { givenUp: 1 })], DAY_MS, 'judge /b/a'],
  ['given up three times', [judged('a', { givenUp: 3 })], 9 * DAY_MS, undefined],
  [
    'unreadable an hour ago',
    [judged('a', { verdict: { ...verdict, format: 'unreadable' } })],
    HOUR_MS,
    'judge /b/a',
  ],
];
for (const [name, files, now, want] of NEXT) {
  test(`what is read next: ${name}`, () => {
    const next = taskFor({ config: CONFIG, files }, now);
    assert.equal(next && `${next.task.of} ${next.task.path}`, want);
  });
}

test('a reading teaches nothing of a file that changed meanwhile, and of one that was given up that it is unconfirmed', () => {
  const task = { of: 'judge', path: '/b/a', bytes: 7, bytesPerSecond: 5 } as const;
  const found = { verdict, bytes: 7, modifiedAt: 1_000, readBytes: 7, seconds: 1 };
  assert.deepEqual(learntFrom(file('a'), task, found, 9), { verdict, judgedAt: 9 });
  assert.equal(learntFrom(file('a'), task, { ...found, bytes: 8 }, 9), undefined);
  assert.equal(learntFrom(file('a'), task, { ...found, modifiedAt: 1_001 }, 9), undefined);
  const given = learntFrom(file('a', { givenUp: 1 }), task, { ...found, bytes: -1, givenUp: 'why' }, 9);
  assert.deepEqual(
    [given?.verdict?.content, given?.verdict?.reason, given?.givenUp],
    ['UNCONFIRMED', 'why', 2],
  );
});

const NOW = DAY_MS;
const stat = (more: Partial<FileStat> = {}): FileStat => ({
  size: 7,
  mtimeMs: 0,
  kind: 'file',
  inode: 1,
  ...more,
});
const COPIES: [name: string, copy: KnownFile['copy'], found: FileStat | undefined, want: string][] = [
  ['there is none', undefined, undefined, 'missing'],
  ['it is of another size', undefined, stat({ size: 6 }), 'differs'],
  ['it is just being written', undefined, stat({ size: 6, mtimeMs: NOW - 1_000 }), 'missing'],
  ['it is whole and bears the time of the original', undefined, stat({ mtimeMs: 1_000 }), 'compare'],
  ['it is whole and quiet', undefined, stat(), 'compare'],
  ['it was equal and is as it was', { state: 'equal', at: 0, bytes: 7, modifiedAt: 0 }, stat(), 'equal'],
  ['it was equal and was touched', { state: 'equal', at: 0, bytes: 7, modifiedAt: 5 }, stat(), 'compare'],
  ['it was equal and is gone', { state: 'equal', at: 0, bytes: 7, modifiedAt: 0 }, undefined, 'missing'],
  ['a folder bears its name', undefined, stat({ kind: 'folder' }), 'missing'],
];
for (const [name, copy, found, want] of COPIES) {
  test(`a second copy when ${name}: ${want}`, () => {
    const looked = judgeCopy(file('a', copy ? { copy } : {}), found, NOW);
    assert.equal(looked.toCompare ? 'compare' : looked.copy?.state, want);
    assert.equal(judgeCopy(looked, found, NOW + 1), looked, 'a second look at the same is nothing new');
  });
}

test('the copy of a file lies under the same name below the other folder, on Windows as well', () => {
  assert.equal(copyPath({ folder: '/b', secondCopy: '/c' }, '/b/d/a.bak'), '/c/d/a.bak');
  assert.equal(
    copyPath({ folder: 'D:\\b\\', secondCopy: '\\\\nas\\b\\' }, 'D:\\b/a.bak'),
    '\\\\nas\\b/a.bak',
  );
});
