import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestWith, evaluate, NOW, tell } from '../testing.ts';
import { backupUnprotected } from './backup-unprotected.ts';

const found = (key: string) =>
  ({ kind: 'database-without-set', key, text: `${key} runs on 3307`, since: NOW, at: NOW }) as const;

test('each database without a set is an alert of its own', () => {
  const backups = { ...digestWith({}), findings: [found('his'), found('lis')] };
  assert.deepEqual(tell(evaluate(backupUnprotected, { backups })), [
    'warning his: 数据库没有备份集：his runs on 3307',
    'warning lis: 数据库没有备份集：lis runs on 3307',
  ]);
});

test('a host whose databases are all saved, one without backups, one not read yet', () => {
  assert.deepEqual(tell(evaluate(backupUnprotected, { set: {} })), []);
  assert.deepEqual(tell(evaluate(backupUnprotected, {})), []);
  assert.deepEqual(tell(evaluate(backupUnprotected, { backups: 'unread' })), ['unknown all']);
});
