import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { memorySource } from '../source.ts';
import { judge } from './index.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..', 'tests', 'data', 'backup-corpus');
const LONG = process.env.NISWATCH_LONG === '1';

/** Format, a good file of it, cuts, flips. Large ones are cut less often in the short form. */
const SAMPLES: readonly [path: string, cuts: number, flips: 'all' | 'most' | 'some' | 'none'][] = [
  ['sqlserver-synthetic/chain_ok/NIS_DEMO_FULL_20250301_010000.bak', 100, 'none'],
  ['sqlserver-synthetic/chain_ok/NIS_DEMO_LOG_20250301_020000.trn', 100, 'none'],
  ['sqlserver-synthetic/variants/compressed_FULL.bak', 100, 'some'],
  ['oracle-synthetic/exp_ok.dmp', 100, 'none'],
  ['oracle-synthetic/expdp_ok.dmp', 100, 'none'],
  ['mariadb/dump/nis_demo_full.sql', 100, 'none'],
  ['mariadb/dump/nis_demo_nodumpdate.sql', 100, 'none'],
  ['mariadb/dump/nis_demo_full.sql.gz', 100, 'all'],
  ['mariadb/binlog/nis-bin.000004', 100, 'all'],
  ['mariadb/mariabackup/full.mbstream.gz', 8, 'all'],
  ['mariadb/mariabackup/full_meta/mariabackup.log', 100, 'none'],
  ['mariadb/mariabackup/full_meta/xtrabackup_info', 100, 'none'],
  ['postgresql/dump/nis_demo_plain.sql', 100, 'none'],
  ['postgresql/dump/globals.sql', 100, 'none'],
  ['postgresql/dump/nis_demo_fc.dump', 100, 'most'],
  ['postgresql/dump/nis_demo_fc_uncompressed.dump', 100, 'none'],
  ['postgresql/dump/nis_demo_fc_viapipe.dump', 30, 'most'],
  ['postgresql/basebackup/backup_manifest', 50, 'all'],
  ['postgresql/basebackup/base.tar.zst', 8, 'none'],
  ['postgresql/wal/000000010000000000000011.gz', 30, 'all'],
  [
    'pgbackrest/repo/archive/nis/15-1/0000000100000000/000000010000000000000011-5755d0c4f8f2737ba01b4ec59b252a9687d12052.zst',
    30,
    'none',
  ],
  ['pgbackrest/repo/backup/nis/backup.info', 100, 'all'],
  ['archives/filecopy.zip', 100, 'most'],
  ['archives/filecopy_streamed.zip', 100, 'most'],
  ['archives/filecopy_encrypted.zip', 100, 'none'],
  ['archives/filecopy.7z', 100, 'none'],
  ['archives/filecopy.tar', 100, 'none'],
  ['archives/filecopy.tar.gz', 100, 'all'],
  ['archives/filecopy.tar.bz2', 60, 'all'],
  ['archives/filecopy.tar.xz', 100, 'all'],
  ['archives/filecopy_nocheck.tar.xz', 60, 'most'],
  ['archives/filecopy.tar.zst', 100, 'none'],
  ['borg/repo/data/0/2', 100, 'all'],
];

/** The same numbers for the same seed. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const isGood = (content: string): boolean => content === 'VERIFIED' || content === 'COMPLETE';

/** What a cut removed is padding: zeros behind a tar's end, the last newline of a text. */
const isPadding = (removed: Buffer): boolean =>
  removed.every((byte) => byte === 0) || /^\n+$/.test(removed.toString('latin1'));

for (const [path, cuts, flips] of SAMPLES) {
  const bytes = readFileSync(join(ROOT, path));
  const read = (content: Buffer) => judge(memorySource(content), basename(path), { zone: 'UTC' });

  test(`no cut of ${path} is called good`, async () => {
    const next = random(bytes.length);
    assert.ok(isGood((await read(bytes)).content));
    for (let i = 0; i < (LONG ? 3 * cuts : cuts); i++) {
      const at = Math.floor(next() * bytes.length);
      const { content, reason } = await read(bytes.subarray(0, at));
      if (isGood(content))
        assert.ok(isPadding(bytes.subarray(at)), `cut at ${at} of ${bytes.length}: ${content}, ${reason}`);
    }
  });

  test(`flips in ${path} are seen as far as its checksums reach, and never end the reader`, async () => {
    const next = random(bytes.length + 1);
    const count = Math.min(40, Math.max(6, cuts));
    let seen = 0;
    for (let i = 0; i < count; i++) {
      const damaged = Buffer.from(bytes);
      const at = Math.floor(next() * bytes.length);
      damaged[at] = (damaged[at] ?? 0) ^ (1 << Math.floor(next() * 8));
      if (!isGood((await read(damaged)).content)) seen++;
    }
    const least = { all: count - 2, most: count * 0.75, some: 1, none: 0 }[flips];
    assert.ok(seen >= least, `${seen} of ${count} seen`);
  });
}

test('bytes of no format, hostile lengths and magic numbers alone get a verdict', async () => {
  const next = random(7);
  const noise = (length: number): Buffer =>
    Buffer.from(Array.from({ length }, () => Math.floor(next() * 256)));
  for (const [path] of SAMPLES) {
    const head = readFileSync(join(ROOT, path)).subarray(0, 64);
    for (const tail of [Buffer.alloc(0), Buffer.alloc(5000, 0xff), Buffer.alloc(5000), noise(5000)]) {
      const { content } = await judge(memorySource(Buffer.concat([head, tail])), basename(path), {
        zone: 'UTC',
        deep: true,
      });
      assert.ok(!isGood(content), `${path} with ${tail.length} bytes of ${tail[0]}`);
    }
  }
});

test('a backup whose beginning was overwritten is no backup any more', async () => {
  const bytes = Buffer.from(readFileSync(join(ROOT, 'mariadb/dump/nis_demo_full.sql')));
  const next = random(11);
  for (let i = 0; i < 4096; i++) bytes[i] = Math.floor(next() * 256);
  const { content, reason } = await judge(memorySource(bytes), 'nis_demo_full.sql', { zone: 'UTC' });
  assert.equal(content, 'FOREIGN');
  assert.match(reason, /overwritten/);
});
