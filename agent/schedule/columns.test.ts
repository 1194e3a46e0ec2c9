import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { encodeFrame, LIMITS } from '../../shared/frame.ts';
import { ABSENT_ROUNDS, fitColumns, NO_COLUMNS, rounded, valuesOf } from './columns.ts';

const values = (...keys: string[]): Map<string, number> => new Map(keys.map((key, i) => [key, i]));

test('the id is the first 64 bits of SHA-256 over the columns', () => {
  const { id, keys } = fitColumns(NO_COLUMNS, values('b', 'a'), true);
  assert.deepEqual(keys, ['a', 'b']);
  assert.equal(id, createHash('sha256').update('a\nb').digest('hex').slice(0, 16));
});

test('a key that stays away is forgotten, one that comes back in time is not', () => {
  let columns = fitColumns(NO_COLUMNS, values('a', 'b'), true);
  for (let i = 0; i < ABSENT_ROUNDS; i++) columns = fitColumns(columns, values('a'), true);
  assert.deepEqual(columns.keys, ['a', 'b']);
  const back = fitColumns(columns, values('a', 'b'), true);
  assert.deepEqual(fitColumns(back, values('a'), true).keys, ['a', 'b']);
  assert.deepEqual(fitColumns(columns, values('a'), true).keys, ['a']);
});

test('a report of a part of the group ages nothing', () => {
  let columns = fitColumns(NO_COLUMNS, values('a', 'b'), true);
  for (let i = 0; i < 100; i++) columns = fitColumns(columns, values('a'), false);
  assert.deepEqual(columns.keys, ['a', 'b']);
});

test('any list of columns fits one frame, and every value lies under its own key', () => {
  const key = fc.string({ minLength: 1, maxLength: 320 });
  fc.assert(
    fc.property(fc.array(fc.uniqueArray(key, { maxLength: 50 }), { maxLength: 5 }), (rounds) => {
      let columns = NO_COLUMNS;
      for (const keys of rounds) {
        columns = fitColumns(columns, values(...keys), true);
        const v = valuesOf(columns, values(...keys));
        for (const [i, name] of keys.entries()) {
          if (name.length <= LIMITS.columnLength) assert.equal(v[columns.keys.indexOf(name)], i);
        }
      }
    }),
  );
  const huge = values(...Array.from({ length: 5000 }, (_, i) => `${'k'.repeat(290)}${i}`));
  const { id, keys } = fitColumns(NO_COLUMNS, huge, true);
  assert.ok(Buffer.byteLength(encodeFrame({ t: 'series', id, columns: [...keys] })) <= LIMITS.frameBytes);
});

test('values keep the decimals that mean something', () => {
  assert.equal(rounded('cpu_usage_active', 12.345678), 12.35);
  assert.equal(rounded('http_response_seconds', 0.0123456), 0.0123);
  assert.equal(rounded('disk_used', 27_000_000_000.4), 27_000_000_000);
  assert.equal(rounded('system_load1', 0.415), 0.415);
});
