import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fingerprintOf } from './fingerprint.ts';

const A = { path: '/b/a.bak', bytes: 1, modifiedAt: 10 };
const B = { path: '/b/b.bak', bytes: 2, modifiedAt: 20 };

test('the same files in another order have the same fingerprint', () => {
  assert.equal(fingerprintOf([A, B]), fingerprintOf([B, A]));
});

test('another size, time or name gives another one', () => {
  const all = [
    [A, B],
    [A],
    [A, { ...B, bytes: 3 }],
    [A, { ...B, modifiedAt: 21 }],
    [A, { ...B, path: '/b/c.bak' }],
  ];
  assert.equal(new Set(all.map(fingerprintOf)).size, all.length);
});
