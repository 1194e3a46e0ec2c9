import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LIMITS } from '../frame.ts';
import { decodeRecord, encodeRecord } from './reported-event.ts';
import { type BackupFindingReport, EVENT_OF } from './reported.ts';

test('a record is the same after its way through an event, in pieces that a frame takes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 6_000 }), (text) => {
      const record: BackupFindingReport = { of: 'finding', set: '库', kind: 'identical', key: 'k', text };
      const data = encodeRecord(record);
      for (const piece of Object.values(data ?? {})) assert.ok(String(piece).length <= LIMITS.textLength);
      assert.deepEqual(decodeRecord(EVENT_OF.finding, data), record);
    }),
  );
});

test('what is too long does not travel; what is damaged or of another kind is none', () => {
  const record: BackupFindingReport = {
    of: 'finding',
    set: '',
    kind: 'identical',
    key: '',
    text: 'ü'.repeat(20_000),
  };
  assert.equal(encodeRecord(record), undefined);
  const data = encodeRecord({ ...record, text: 'x' });
  assert.equal(decodeRecord(EVENT_OF.file, data), undefined);
  assert.equal(decodeRecord(EVENT_OF.finding, { ...data, 0: '{"of":' }), undefined);
  assert.equal(decodeRecord(EVENT_OF.finding, { n: 31 }), undefined);
  assert.equal(decodeRecord(EVENT_OF.finding, undefined), undefined);
});
