import assert from 'node:assert/strict';
import { test } from 'node:test';
import { proofOf } from '../../shared/backup/proof.ts';
import { toldOf } from './told.ts';

const since = Date.UTC(2026, 10, 20, 18, 30);

test('what an agent told as data is worded in both languages, instants in the zone of the hospital', () => {
  const { evidence: text, proof } = proofOf('cleanup-stopped', { copies: 10, keep: 2, added: 4, since });
  assert.deepEqual(toldOf({ text, proof }, 'Asia/Shanghai'), {
    zh: '应保留 2 份，现有 10 份；2026-11-21 02:30:00 以来新增 4 份，没有删除过旧文件',
    en: '10 files where 2 should be kept; 4 came and none was removed since 2026-11-21 02:30:00',
  });
});

test('a complaint that the agent words itself keeps its words', () => {
  const { evidence: text, proof } = proofOf('complaint', { zh: '缺少日志', en: 'a log is missing' });
  assert.equal(text, 'a log is missing');
  assert.deepEqual(toldOf({ text, proof }, 'UTC'), { zh: '缺少日志', en: 'a log is missing' });
});

test('of an older agent, or a later one whose kind is not known, the sentence stands for itself', () => {
  assert.deepEqual(toldOf({ text: 'as told' }, 'UTC'), { zh: 'as told', en: 'as told' });
  const later = { text: 'as told', proof: { kind: 'of tomorrow', data: {} } };
  assert.deepEqual(toldOf(later, 'UTC'), { zh: 'as told', en: 'as told' });
});
