import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { type ByteSource, memorySource } from '../source.ts';
import type { Marks } from './format.ts';
import { judge } from './index.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..', 'tests', 'data', 'backup-corpus');

/** Marks as a state file keeps them: as text. */
function memory(): Marks & { kept(): number } {
  const marks = new Map<string, string>();
  return {
    get(format) {
      const text = marks.get(format);
      return text === undefined ? undefined : (JSON.parse(text) as ReturnType<Marks['get']>);
    },
    set(format, offset, state) {
      const value: unknown = typeof state === 'function' ? (state as () => unknown)() : state;
      marks.set(format, JSON.stringify({ offset, state: value }));
    },
    kept: () => marks.size,
  };
}

/** Whoever asks for more goes through the file and takes what comes. */
const STREAMED = 16 * 1024;

/** A file on a machine that dies after so many bytes. */
function dying(bytes: Buffer, after: number): ByteSource & { read: ByteSource['read']; total(): number } {
  const source = memorySource(bytes);
  let total = 0;
  return {
    size: source.size,
    async read(offset, length) {
      // What is streamed comes in small pieces, so that there are many places to die at.
      const part = await source.read(offset, length > STREAMED ? 4096 : length);
      total += part.length;
      if (total > after) throw new Error('killed');
      return part;
    },
    total: () => total,
  };
}

const corpus = (path: string): Buffer => readFileSync(join(ROOT, path));

const FILES: readonly [path: string, bytes: Buffer, deep: boolean][] = [
  ['nis_demo_full.sql', corpus('mariadb/dump/nis_demo_full.sql'), false],
  ['nis_demo_plain.sql', corpus('postgresql/dump/nis_demo_plain.sql'), false],
  ['nis-bin.000001', corpus('mariadb/binlog/nis-bin.000001'), false],
  ['nis_demo_fc.dump', corpus('postgresql/dump/nis_demo_fc.dump'), false],
  ['full.mbstream', gunzipSync(corpus('mariadb/mariabackup/full.mbstream.gz')).subarray(0), false],
  ['NIS_DEMO_FULL.bak', corpus('sqlserver-synthetic/chain_ok/NIS_DEMO_FULL_20250301_010000.bak'), true],
];

for (const [path, bytes, deep] of FILES) {
  test(`a reading of ${path} that was killed goes on where it stood and says the same`, async () => {
    const options = { zone: 'UTC', deep };
    const whole = await judge(memorySource(bytes), basename(path), options);
    for (const share of [0.3, 0.7]) {
      const marks = memory();
      const first = dying(bytes, Math.floor(bytes.length * share));
      await assert.rejects(judge(first, basename(path), { ...options, marks }), /killed/);
      // Early on a format with large parts may not have passed the first of them.
      if (share > 0.5) assert.ok(marks.kept() > 0);
      const second = dying(bytes, Number.POSITIVE_INFINITY);
      const { facts, ...again } = await judge(second, basename(path), { ...options, marks });
      const { sha256: _sha256, ...wanted } = whole.facts;
      const { sha256: _none, ...found } = facts;
      assert.deepEqual({ ...again, facts: found }, { ...whole, facts: wanted });
      if (share > 0.5)
        assert.ok(
          second.total() < bytes.length * 0.8,
          `${second.total()} of ${bytes.length} bytes read again`,
        );
    }
  });
}

test('a pass over the zeros of a file that was allocated ahead goes on, and says the same', async () => {
  const grown = (path: string): Buffer => Buffer.concat([corpus(path), Buffer.alloc(3_000_000)]);
  for (const [name, bytes] of [
    ['nis.bak', grown('sqlserver-synthetic/chain_ok/NIS_DEMO_FULL_20250301_010000.bak')],
    ['nis.tar', grown('archives/filecopy.tar')],
  ] as const) {
    const options = { zone: 'UTC' };
    const whole = await judge(memorySource(bytes), name, options);
    const marks = memory();
    for (const share of [0.5, 0.8]) {
      const before = marks.get('zeros')?.offset ?? 0;
      const first = dying(bytes, Math.floor(bytes.length * share) - before);
      await assert.rejects(judge(first, name, { ...options, marks }), /killed/);
    }
    const second = dying(bytes, Number.POSITIVE_INFINITY);
    const { facts, ...again } = await judge(second, name, { ...options, marks });
    const { sha256: _sha256, ...wanted } = whole.facts;
    const { sha256: _none, ...found } = facts;
    assert.deepEqual({ ...again, facts: found }, { ...whole, facts: wanted });
    assert.ok(second.total() < bytes.length * 0.6, `${second.total()} of ${bytes.length} read again`);
  }
});

test('a zip goes on behind the entries that were read, and remembers those that it could not prove', async () => {
  for (const path of ['archives/filecopy.zip', 'archives/filecopy_encrypted.zip']) {
    const whole = await judge(memorySource(corpus(path)), 'filecopy.zip', { zone: 'UTC' });
    const marks = memory();
    let left = 4;
    const dies: Marks = { get: marks.get, set: (...mark) => left-- > 0 && marks.set(...mark) };
    await judge(memorySource(corpus(path)), 'filecopy.zip', { zone: 'UTC', marks: dies });
    const kept = marks.get('zip');
    assert.ok(kept && kept.offset > 0);
    // Damage in what was read already: only a second reading of it would show it.
    const damaged = Buffer.from(corpus(path));
    damaged[60] = (damaged[60] ?? 0) ^ 255;
    const { facts, ...again } = await judge(memorySource(damaged), 'filecopy.zip', { zone: 'UTC', marks });
    const { sha256: _sha256, ...wanted } = whole.facts;
    const { sha256: _none, ...found } = facts;
    assert.deepEqual({ ...again, facts: found }, { ...whole, facts: wanted });
  }
});
