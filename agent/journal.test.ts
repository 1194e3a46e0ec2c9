import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import {
  journalPath,
  readRun,
  refuseSecondAgent,
  type RunRecord,
  tellJournal,
  writeWhole,
} from './journal.ts';

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
  for (const value of [null, {}, [], 'text', { ...RUN, aliveAt: '2000' }]) {
    writeWhole(path, value);
    assert.equal(readRun(path), undefined);
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
  assert.equal(tellJournal({ ...RUN, end: { reason: 'stop', at: 3000 } }, 5).previousAliveAt, 3000);
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
