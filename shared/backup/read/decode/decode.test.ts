import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { memorySource } from '../../source.ts';
import { Cursor, sourceStream } from '../cursor.ts';
import { judge } from '../index.ts';
import { expandXca } from '../mtf/xca.ts';
import { readSevenZip } from '../sevenzip/sevenzip.ts';
import { crc32c } from '../sum/crc.ts';
import { xxh32 } from '../sum/xxh32.ts';
import { BZIP2 } from './bzip2.ts';
import type { Codec } from './codec.ts';
import { GZIP } from './gzip.ts';
import { LZ4 } from './lz4.ts';
import { XZ } from './xz.ts';
import { ZSTD } from './zstd.ts';

const folder = mkdtempSync(join(tmpdir(), 'niswatch-decode-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** The compressors themselves, as Debian has them. */
function run(command: string, args: string[], input: Buffer): Buffer {
  const done = spawnSync(command, args, { input, cwd: folder, maxBuffer: 2 ** 28 });
  assert.equal(
    done.status,
    0,
    `${command} ${args.join(' ')}: ${done.stderr?.toString() ?? done.error?.message}`,
  );
  return done.stdout;
}

/** Text that compresses, runs that compress very well, and noise that does not: several blocks of each compressor. */
function content(bytes: number, seed = 1): Buffer {
  const out = Buffer.alloc(bytes);
  let state = seed;
  const next = (): number => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0);
  for (let at = 0; at < bytes;) {
    const kind = (next() >>> 16) % 4;
    const length = Math.min(bytes - at, 200 + ((next() >>> 8) % 9000));
    if (kind === 0) out.fill(next() & 255, at, at + length);
    else if (kind === 1) for (let i = 0; i < length; i++) out[at + i] = next() >>> 24;
    else
      out.fill(
        `ward ${next() % 50} patient ${next() % 4000} temperature 36.${next() % 10}; `,
        at,
        at + length,
      );
    at += length;
  }
  return out;
}

async function decodeAll(
  codec: Codec,
  packed: Buffer,
): Promise<{
  digest: string;
  fault: string | undefined;
  parts: number;
  notices: string[];
  checksums: boolean;
}> {
  const decoded = codec.open(new Cursor(sourceStream(memorySource(packed))));
  const cursor = new Cursor(decoded);
  const hash = createHash('sha256');
  for (let bytes = await cursor.chunk(); bytes; bytes = await cursor.chunk()) hash.update(bytes);
  return { digest: hash.digest('hex'), fault: cursor.fault?.message, ...decoded.proof() };
}

const sha = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

const CASES: readonly [name: string, codec: Codec, command: string, args: string[], checksums: boolean][] = [
  ['gzip', GZIP, 'gzip', ['-c'], true],
  ['bzip2 of small blocks', BZIP2, 'bzip2', ['-1', '-c'], true],
  ['bzip2 of large blocks', BZIP2, 'bzip2', ['-9', '-c'], true],
  ['xz', XZ, 'xz', ['-6', '-c'], true],
  [
    'xz with SHA-256 and several blocks',
    XZ,
    'xz',
    ['-1', '--check=sha256', '--block-size=300000', '-c'],
    true,
  ],
  ['xz with CRC-32', XZ, 'xz', ['-0', '--check=crc32', '-c'], true],
  ['xz without a check', XZ, 'xz', ['--check=none', '-c'], false],
  ['xz with other literal and position bits', XZ, 'xz', ['--lzma2=preset=6,lc=2,lp=1,pb=4', '-c'], true],
  ['zstd', ZSTD, 'zstd', ['-q', '-c'], true],
  ['zstd without a checksum', ZSTD, 'zstd', ['-q', '-19', '--no-check', '-c'], false],
  ['lz4 with linked blocks', LZ4, 'lz4', ['-q', '-BD', '-B4', '-c'], true],
  [
    'lz4 with independent blocks and their checksums',
    LZ4,
    'lz4',
    ['-q', '-BI', '-BX', '-B5', '-9', '-c'],
    true,
  ],
  ['lz4 without a checksum', LZ4, 'lz4', ['-q', '--no-frame-crc', '-c'], false],
];

for (const [name, codec, command, args, checksums] of CASES) {
  test(`${name}: what the tool packed is decoded to the same bytes`, async () => {
    for (const bytes of [content(1), content(1_300_000), Buffer.alloc(1_500_000)]) {
      const found = await decodeAll(codec, run(command, args, bytes));
      assert.deepEqual([found.fault, found.digest, found.checksums], [undefined, sha(bytes), checksums]);
    }
  });

  test(`${name}: streams behind one another are one content, and what follows them is reported`, async () => {
    const [first, second] = [content(70_000, 3), content(90_000, 4)];
    const packed = Buffer.concat([run(command, args, first), run(command, args, second)]);
    const found = await decodeAll(codec, packed);
    assert.deepEqual(
      [found.fault, found.digest, found.parts],
      [undefined, sha(Buffer.concat([first, second])), 2],
    );
    const more = await decodeAll(codec, Buffer.concat([packed, Buffer.from('left over by the copy')]));
    assert.equal(more.fault, undefined);
    assert.match(String(more.notices), /trailing/);
  });
}

test('7z archives of LZMA, LZMA2 and stored files are decoded and their CRC-32 recomputed', async () => {
  for (const [i, method] of ['LZMA', 'LZMA2', 'Copy'].entries()) {
    for (const [j, file] of [content(600_000, 5), content(40, 6), Buffer.from('三')].entries())
      writeFileSync(join(folder, `f${j}`), file);
    const name = `a${i}.7z`;
    run('7z', ['a', '-bd', `-m0=${method}`, name, 'f0', 'f1', 'f2'], Buffer.alloc(0));
    const packed = readFileSync(join(folder, name));
    const found = await readSevenZip(memorySource(packed), { deep: true });
    assert.deepEqual([found.content, found.facts.files], ['VERIFIED', 3], `${method}: ${found.reason}`);
    const damaged = Buffer.from(packed);
    damaged[500] = (damaged[500] ?? 0) ^ 4;
    assert.equal((await readSevenZip(memorySource(damaged), { deep: true })).content, 'CORRUPT');
  }
});

test('a zip with zip64 sizes is read through its directory', async () => {
  writeFileSync(join(folder, 'big'), content(300_000, 9));
  run('zip', ['-q', '-fz', 'big.zip', 'big'], Buffer.alloc(0));
  const found = await judge(memorySource(readFileSync(join(folder, 'big.zip'))), 'big.zip', { zone: 'UTC' });
  assert.deepEqual([found.content, found.facts.contentBytes], ['VERIFIED', 300_000], found.reason);
});

test('a dump that was cut before it was packed is not good in any wrapping', async () => {
  const dump = readFileSync(
    join(
      import.meta.dirname,
      '..',
      '..',
      '..',
      '..',
      'tests/data/backup-corpus/mariadb/dump/nis_demo_truncated.sql',
    ),
  );
  writeFileSync(join(folder, 'nis.sql'), dump);
  run('zip', ['-q', 'nis.zip', 'nis.sql'], Buffer.alloc(0));
  run('tar', ['-cf', 'nis.tar', 'nis.sql'], Buffer.alloc(0));
  const wrapped: [string, Buffer][] = [
    ['nis.sql.zst', run('zstd', ['-q', '-c'], dump)],
    ['nis.sql.lz4', run('lz4', ['-q', '-c'], dump)],
    ['nis.sql.xz', run('xz', ['-c'], dump)],
    ['nis.sql.bz2', run('bzip2', ['-c'], dump)],
    ['nis.zip', readFileSync(join(folder, 'nis.zip'))],
    ['nis.tar', readFileSync(join(folder, 'nis.tar'))],
    ['nis.tar.gz', run('gzip', ['-c'], readFileSync(join(folder, 'nis.tar')))],
  ];
  for (const [name, bytes] of wrapped) {
    const { content: verdict, reason } = await judge(memorySource(bytes), name, { zone: 'UTC' });
    assert.equal(verdict, 'INCOMPLETE', `${name}: ${reason}`);
    assert.match(reason, /inside/);
  }
});

test('checksums give the published values', () => {
  assert.equal(~crc32c(Buffer.from('123456789'), -1) >>> 0, 0xe3069283);
  assert.equal(xxh32(Buffer.from('')), 0x02cc5d05);
  assert.equal(xxh32(Buffer.from('Nobody inspects the spammish repetition')), 0xe2293b2f);
});

test('MS-XCA: literals, a match that overlaps itself, and a table that fills the space or is refused', () => {
  // Two symbols of one bit each: the literal `a` and a match of length 3 at distance 1, then codes for both.
  const table = Buffer.alloc(256);
  table[97 >> 1] = 1 << 4;
  table[256 >> 1] = 1;
  const bits = Buffer.alloc(8);
  bits.writeUInt16LE(0b0100_0000_0000_0000, 0);
  assert.equal(expandXca(Buffer.concat([table, bits]), 4)?.toString(), 'aaaa');
  table[0] = 1;
  assert.equal(expandXca(Buffer.concat([table, bits]), 4), undefined);
});
