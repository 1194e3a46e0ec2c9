import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { JOURNAL_MAX } from '../shared/frame.ts';
import { noticePause, refuseSecondAgent, type RunRecord, runsBefore, tellJournal } from './journal.ts';
import { journalPath, readRun, writeWhole } from './journal-file.ts';

const RUN: RunRecord = { pid: 7, startedAt: 1000, aliveAt: 2000, boot: 'b', bootAt: 500 };

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'niswatch-journal-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

test('reads what it wrote, and leaves room to be written over', (t) => {
  const path = journalPath(folder(t));
  writeWhole(path, RUN);
  assert.deepEqual(readRun(path), RUN);
  const value = { text: '磁盘'.repeat(2000) };
  writeWhole(path, value);
  assert.deepEqual(JSON.parse(readFileSync(path, 'utf8')), value);
  assert.equal(statSync(path).size % 4096, 0);
});

test('a damaged or missing file says nothing of the last life', (t) => {
  const path = journalPath(folder(t));
  assert.equal(readRun(path), undefined);
  for (const value of [null, {}, [], 'text', { ...RUN, aliveAt: '2000' }, { ...RUN, bootAt: true }]) {
    writeWhole(path, value);
    assert.equal(readRun(path), undefined);
  }
});

test('what no hello could tell is not believed: the collector would refuse it at every try', (t) => {
  const path = journalPath(folder(t));
  for (const odd of [
    { end: { reason: 'lunch', at: 1 } },
    { runs: [{}] },
    { pauses: 'none' },
    { startedAt: null },
  ]) {
    writeWhole(path, { ...RUN, ...odd });
    assert.equal(readRun(path), undefined, JSON.stringify(odd));
  }
});

test('tells how the last life ended, and only what is known of it', () => {
  assert.deepEqual(tellJournal(undefined, 5), { startedAt: 5 });
  assert.deepEqual(tellJournal(RUN, 5), {
    startedAt: 5,
    previousAliveAt: 2000,
    previousEnd: 'unknown',
    previousBoot: 'b',
  });
  const ended = { ...RUN, end: { reason: 'stop' as const, at: 3000 } };
  assert.equal(tellJournal(ended, 5).previousAliveAt, 3000);
});

test('hands on the lives before, the oldest first, and no more than the wire takes', () => {
  assert.deepEqual(runsBefore(undefined), []);
  const first = { boot: 'b', bootAt: 500, from: 1000, to: 2000, end: 'unknown' as const };
  assert.deepEqual(runsBefore(RUN), [first]);
  const second: RunRecord = { ...RUN, startedAt: 4000, end: { reason: 'shutdown', at: 5000 }, runs: [first] };
  const told = { ...first, from: 4000, to: 5000, end: 'orderly' as const, reason: 'shutdown' as const };
  assert.deepEqual(runsBefore(second), [first, told]);
  const many = { ...RUN, runs: Array.from({ length: 20 }, () => first) };
  assert.equal(runsBefore(many).length, JOURNAL_MAX);
});

test('a process that was held up says from when to when; one that is a little late does not', () => {
  const run: RunRecord = { ...RUN };
  noticePause(run, 29_000, 100_000);
  assert.equal(run.pauses, undefined);
  noticePause(run, 95_000, 200_000);
  assert.deepEqual(run.pauses, [{ from: 105_000, to: 200_000 }]);
  assert.deepEqual(tellJournal(undefined, 1, run).pauses, run.pauses);
});

test('refuses a second agent in the same folder, and only then', () => {
  const now = { pid: 8, at: 3000, boot: 'b', isAlive: () => true };
  assert.throws(() => refuseSecondAgent(RUN, now), { code: 'CONFLICT' });
  refuseSecondAgent(undefined, now);
  refuseSecondAgent(RUN, { ...now, isAlive: () => false });
  refuseSecondAgent(RUN, { ...now, boot: 'another' });
  refuseSecondAgent(RUN, { ...now, at: 2000 + 60_000 });
  refuseSecondAgent({ ...RUN, end: { reason: 'stop', at: 2500 } }, now);
});
