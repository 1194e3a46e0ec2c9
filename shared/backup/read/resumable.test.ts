// Readings of compressed files that are killed anywhere, over and over, and go on: what they say in the end is what one reading says.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { type ByteSource, memorySource } from '../source.ts';
import type { Finding, Marks } from './format.ts';
import { judge } from './index.ts';

const CORPUS = join(import.meta.dirname, '..', '..', '..', 'tests', 'data', 'backup-corpus');
const folder = mkdtempSync(join(tmpdir(), 'niswatch-resumable-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Marks as a state file keeps them: as text, the last one only. */
function memory(): Marks & { kept(): string | undefined } {
  let line: string | undefined;
  return {
    get(format) {
      const mark = JSON.parse(line ?? '{}') as { format?: string; offset: number; state: unknown };
      return mark.format === format ? mark : undefined;
    },
    set(format, offset, state) {
      const value: unknown = typeof state === 'function' ? (state as () => unknown)() : state;
      line = JSON.stringify({ format, offset, state: value });
    },
    kept: () => (line === undefined ? undefined : (JSON.parse(line) as { format: string }).format),
  };
}

interface Counting extends ByteSource {
  total(): number;
}

/** A file on a machine that dies after so many bytes. */
function dying(bytes: Buffer, left = Number.POSITIVE_INFINITY): Counting {
  const source = memorySource(bytes);
  let total = 0;
  return {
    size: source.size,
    async read(offset, length) {
      const part = await source.read(offset, Math.min(length, 32_768));
      total += part.length;
      if (total > left) throw new Error('killed');
      return part;
    },
    total: () => total,
  };
}

function run(command: string, args: string[], input: Buffer): Buffer {
  const done = spawnSync(command, args, { input, cwd: folder, maxBuffer: 2 ** 28 });
  assert.equal(
    done.status,
    0,
    `${command} ${args.join(' ')}: ${done.stderr?.toString() ?? done.error?.message}`,
  );
  return done.stdout;
}

let state = 7;
const random = (below: number): number => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
};
const noise = (bytes: number): Buffer => Buffer.from(Array.from({ length: bytes }, () => random(256)));

/** The dump with many more rows. */
function dump(rows: number): Buffer {
  const text = readFileSync(join(CORPUS, 'mariadb/dump/nis_demo_full.sql'), 'utf8');
  const [head = '', tail = ''] = text.split(/(?=-- Dump completed)/);
  const inserts = Array.from({ length: rows / 100 }, () => {
    const row = (): string =>
      `(${random(1e9)},'ward ${random(40)}','2026-0${1 + random(9)}-1${random(10)}',${random(4e4) / 1000})`;
    return `INSERT INTO \`bed\` VALUES ${Array.from({ length: 100 }, row).join(',')};\n`;
  });
  return Buffer.from(head + inserts.join('') + tail);
}

function tarOfFiles(): Buffer {
  mkdirSync(join(folder, 'files'), { recursive: true });
  writeFileSync(join(folder, 'files', 'a.sql'), dump(2000));
  writeFileSync(join(folder, 'files', 'b.jpg'), noise(900_000));
  writeFileSync(join(folder, 'files', 'c.txt'), dump(20_000));
  return run('tar', ['-cf', '-', '--sort=name', 'files'], Buffer.alloc(0));
}

const halves = (pack: (bytes: Buffer) => Buffer, bytes: Buffer, parts: number): Buffer =>
  Buffer.concat(
    Array.from({ length: parts }, (_, i) =>
      pack(bytes.subarray((i * bytes.length) / parts, ((i + 1) * bytes.length) / parts)),
    ),
  );
const SQL = dump(60_000);
const TAR = tarOfFiles();
const gzip = (level: string) => (bytes: Buffer) => run('gzip', ['-nc', level], bytes);
const lz4 = (...args: string[]) => run('lz4', ['-qc', ...args], SQL);
const zstd = (bytes: Buffer): Buffer => run('zstd', ['-qc'], bytes);

const CASES: readonly [name: string, packed: Buffer][] = [
  ['nis.sql.gz', gzip('-6')(SQL)],
  ['fast.sql.gz', gzip('-1')(SQL)],
  ['best.sql.gz', gzip('-9')(SQL)],
  ['members.sql.gz', halves(gzip('-6'), SQL, 6)],
  ['files.tar.gz', gzip('-6')(TAR)],
  ['noise.gz', gzip('-6')(noise(1_500_000))],
  ['nis.sql.bz2', run('bzip2', ['-c', '-1'], SQL)],
  ['streams.sql.bz2', halves((bytes) => run('bzip2', ['-c', '-1'], bytes), SQL, 5)],
  ['nis.sql.xz', run('xz', ['-c', '-1', '--block-size=300000'], SQL)],
  ['sha256.sql.xz', run('xz', ['-c', '-1', '--block-size=300000', '--check=sha256'], SQL)],
  ['frames.sql.zst', halves(zstd, SQL, 12)],
  ['linked.sql.lz4', lz4('-BD', '-B4')],
  ['apart.sql.lz4', lz4('-BI', '-BX', '-B5')],
  ['no-sum.sql.lz4', lz4('-BD', '-B4', '--no-frame-crc')],
];

function plain({ facts: { sha256: _sha256, ...facts }, ...finding }: Finding): unknown {
  return { ...finding, facts };
}

/** One reading after another, each killed, the last one not; what the last one said and how much it read. */
async function killed(
  name: string,
  packed: Buffer,
  kills: readonly number[],
): Promise<{ found: Finding; read: number }> {
  const marks = memory();
  for (const share of kills) {
    const source = dying(packed, Math.floor(share * packed.length));
    const outcome = await judge(source, name, { zone: 'UTC', marks }).catch((error: Error) => error);
    if (!(outcome instanceof Error)) return { found: outcome, read: source.total() };
    assert.equal(outcome.message, 'killed');
  }
  const last = dying(packed);
  return { found: await judge(last, name, { zone: 'UTC', marks }), read: last.total() };
}

for (const [name, packed] of CASES) {
  test(`${name}, killed at any place, goes on behind what was read and says the same`, async () => {
    const whole = await judge(memorySource(packed), name, { zone: 'UTC' });
    // What is read for a look ahead, and from the place before the kill.
    const once = dying(packed);
    await judge(once, name, { zone: 'UTC' });
    const late = await killed(name, packed, [0.9]);
    assert.deepEqual(plain(late.found), plain(whole));
    assert.ok(late.read < once.total() - 0.3 * packed.length, `${late.read} of ${packed.length} read again`);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.double({ min: 0.02, max: 0.95, noNaN: true }), { minLength: 1, maxLength: 4 }),
        async (kills) => {
          assert.deepEqual(plain((await killed(name, packed, kills)).found), plain(whole));
        },
      ),
      { numRuns: 4 },
    );
  });

  test(`${name}, damaged and killed, is judged as damaged as without the kill`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.double({ min: 0.05, max: 1, noNaN: true }),
        fc.constantFrom('cut', 'flip', 'zeros'),
        fc.double({ min: 0.02, max: 0.9, noNaN: true }),
        async (where, damage, kill) => {
          const at = Math.min(packed.length - 1, Math.floor(where * packed.length));
          const damaged = Buffer.from(damage === 'cut' ? packed.subarray(0, at) : packed);
          if (damage === 'flip') damaged[at] = (damaged[at] ?? 0) ^ 16;
          if (damage === 'zeros') damaged.fill(0, at, at + 4096);
          const whole = await judge(memorySource(damaged), name, { zone: 'UTC' });
          assert.deepEqual(plain((await killed(name, damaged, [kill])).found), plain(whole));
        },
      ),
      { numRuns: 4 },
    );
  });
}
