import assert from 'node:assert/strict';
import { test } from 'node:test';
import { proofOf } from '../../../shared/backup/proof.ts';
import { digestWith, evaluate, NOW, tell, findingHere } from '../testing.ts';
import { backupUnprotected } from './backup-unprotected.ts';

const found = (key: string) =>
  findingHere({
    kind: 'database-without-set',
    key,
    text: `${key} runs on 3307`,
    proof: proofOf('no-set', { engine: 'mariadb', name: key }).proof,
    since: NOW,
    at: NOW,
  });

test('each database without a set is an alert of its own', () => {
  const backups = { ...digestWith({}), findings: [found('his'), found('lis')] };
  assert.deepEqual(tell(evaluate(backupUnprotected, { backups })), [
    'warning his: 数据库没有备份集：本机运行着 mariadb（his），agent.yaml 中没有任何备份集保护它',
    'warning lis: 数据库没有备份集：本机运行着 mariadb（lis），agent.yaml 中没有任何备份集保护它',
  ]);
});

test('a host whose databases are all saved, one without backups, one not read yet', () => {
  assert.deepEqual(tell(evaluate(backupUnprotected, { set: {} })), []);
  assert.deepEqual(tell(evaluate(backupUnprotected, {})), []);
  assert.deepEqual(tell(evaluate(backupUnprotected, { backups: 'unread' })), ['unknown all']);
});
