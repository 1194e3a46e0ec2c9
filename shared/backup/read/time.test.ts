import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseLocal } from './time.ts';

test('hours before ten are read as mysqldump pads them, with a space', () => {
  const at = { year: 2026, month: 11, day: 27, hour: 1, minute: 47, second: 9 };
  for (const text of [
    '2026-11-27  1:47:09',
    '2026-11-27 1:47:09',
    '2026-11-27T01:47:09',
    '-- of 2026-11-27 01:47:09',
  ])
    assert.deepEqual(parseLocal(text), at, text);
  assert.equal(parseLocal('2026-11-27 25:47:09'), undefined);
});
