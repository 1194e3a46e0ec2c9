import assert from 'node:assert/strict';
import { test } from 'node:test';
import { proofOf, sayProof } from './proof.ts';

const FORMAT = {
  bytes: (value: number) => `${value / 1024 ** 3} GiB`,
  time: () => '11-30 02:14',
  duration: (ms: number) => `${ms}`,
};

test('a proof carries the sentence that it always was, and its data for whoever words it', () => {
  const { evidence, proof } = proofOf('fresh', { file: 'nis.bak', at: 0 });
  assert.equal(evidence, 'nis.bak of 1970-01-01T00:00:00.000Z');
  assert.equal(sayProof(proof, 'zh', FORMAT), 'nis.bak，11-30 02:14 完成');
  assert.equal(sayProof(proof, 'en', FORMAT), 'nis.bak of 11-30 02:14');
});

test('a file that was read is told without the reader’s English sentence', () => {
  const proof = { kind: 'read', data: { file: 'nis.bak', content: 'CORRUPT' } };
  assert.equal(sayProof(proof, 'zh', FORMAT), 'nis.bak：已损坏');
  assert.equal(sayProof(proof, 'en', FORMAT), undefined);
});

test('a kind of a later agent has no words here', () => {
  assert.equal(sayProof({ kind: 'notarised', data: {} }, 'zh', FORMAT), undefined);
  assert.equal(sayProof({ kind: 'toString', data: {} }, 'zh', FORMAT), undefined);
  assert.equal(sayProof(undefined, 'zh', FORMAT), undefined);
});
