import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { judge } from '../index.ts';
import { memorySource } from '../../source.ts';

const CORPUS = join(import.meta.dirname, '../../../../tests/data/backup-corpus/postgresql/wal');
const NAME = '000000010000000000000012';
const PAGE = 8192;
const whole = Buffer.from(gunzipSync(readFileSync(join(CORPUS, `${NAME}.gz`))));

type Change = (bytes: Buffer) => unknown;
const judged = async (change: Change, name = NAME) => {
  const bytes = Buffer.from(whole);
  change(bytes);
  return judge(memorySource(bytes), name);
};

test('a segment that was cut and filled up with zeros is never good, wherever it was cut', async () => {
  const last = whole.findLastIndex((byte) => byte !== 0);
  for (let i = 1; i < 24; i++) {
    const at = Math.floor((last * i) / 24);
    const found = await judged((bytes) => bytes.fill(0, at));
    assert.ok(!['VERIFIED', 'COMPLETE'].includes(found.content), `${at}: ${found.content} ${found.reason}`);
  }
});

test('a record that says another length than the pages that it runs into is told', async () => {
  for (let page = 2; page < 20; page += 4) {
    const remaining = page * PAGE + 16;
    const found = await judged((bytes) => bytes.writeUInt32LE(bytes.readUInt32LE(remaining) + 8, remaining));
    assert.equal(found.content, 'CORRUPT', `page ${page}: ${found.reason}`);
  }
});

test('behind a fork the first pages are of the timeline before; the segment is that of the later ones', async () => {
  const forked: Change = (bytes) => {
    for (let at = 5 * PAGE; at < bytes.length && bytes.readUInt16LE(at) !== 0; at += PAGE)
      bytes.writeUInt32LE(2, at + 4);
  };
  const found = await judged(forked, `00000002${NAME.slice(8)}`);
  assert.equal(found.content, 'VERIFIED', found.reason);
  const { chain } = found.facts;
  assert.deepEqual(chain?.of === 'wal' && [chain.timeline, chain.segment], [2, `00000002${NAME.slice(8)}`]);
  assert.match((await judged(forked)).reason, /later than that in its name/);
});

test('a page address is proved by the records, which say where the one before them lies', async () => {
  const moved: Change = (bytes) => {
    for (let at = 0; at < bytes.length && bytes.readUInt16LE(at) !== 0; at += PAGE)
      bytes.writeBigUInt64LE(bytes.readBigUInt64LE(at + 8) + 0x4000_0000n, at + 8);
  };
  assert.match((await judged(moved)).reason, /^the record at .* follows one at/);
});

test('timelines never go back inside a segment', async () => {
  const found = await judged((bytes) => bytes.writeUInt32LE(16_777_217, 4));
  assert.equal(found.content, 'CORRUPT', found.reason);
});
