import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseNamedNumbers } from './named-numbers.ts';

test('finds the wanted names with and without a colon', () => {
  const text = 'MemTotal:   12 kB\nMemFree: 7 kB\npswpin 4\nother 5';
  const found = parseNamedNumbers(text, new Set(['MemTotal', 'pswpin', 'other', 'absent']));
  assert.deepEqual(
    [...found],
    [
      ['MemTotal', 12],
      ['pswpin', 4],
      ['other', 5],
    ],
  );
});

test('a name that only begins alike, and lines without a number, are not taken', () => {
  const text = 'Cached2: 9 kB\nCached: x\n\n MemTotal: 5\nCached\n';
  assert.equal(parseNamedNumbers(text, new Set(['Cached', 'MemTotal'])).size, 0);
});
