import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evaluate, NOW, tell } from '../testing.ts';
import { backupHistory } from './backup-history.ts';

const disagrees = {
  kind: 'history-disagrees',
  key: 'LOG',
  text: 'a log of 10:00 is missing',
  since: NOW,
  at: NOW,
} as const;

test('what disagrees is critical, with the agent’s sentence', () => {
  assert.deepEqual(tell(evaluate(backupHistory, { set: { findings: [disagrees] } })), [
    'critical full: 备份集 full：数据库的备份记录与文件不符（a log of 10:00 is missing）',
  ]);
});

test('what agrees, or was found by others, says nothing', () => {
  assert.deepEqual(tell(evaluate(backupHistory, { set: {} })), []);
  assert.deepEqual(
    tell(evaluate(backupHistory, { set: { findings: [{ ...disagrees, kind: 'shrinking' }] } })),
    [],
  );
});
