import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Content, FileVerdict } from '../../../shared/backup/facts.ts';
import { moments } from '../moments.ts';

function baseFile(path: string, content: Content, format = 'tar+zstd', defects?: string[]): FileVerdict {
  return {
    path,
    format,
    content,
    reason: 'read',
    layer: 'L5',
    facts: {
      engine: 'postgresql',
      kind: 'full',
      finishedAt: '2026-11-22T18:10:26Z',
      chain: {
        of: 'basebackup',
        timeline: 1,
        startLsn: '0/1000028',
        stopLsn: '0/1000100',
        ...(defects ? { defects } : {}),
      },
    },
  };
}

const manifest = baseFile('/b/backup_manifest', 'VERIFIED', 'backup_manifest');
const walTar: FileVerdict = {
  path: '/b/pg_wal.tar.gz',
  format: 'tar+gzip',
  content: 'VERIFIED',
  reason: 'read',
  layer: 'L2',
  facts: { engine: 'files', kind: 'copy' },
};

const cases: [words: string, files: FileVerdict[], points: number, excluded: [string, string][]][] = [
  [
    'a damaged copy beside a sound base takes nothing from it',
    [manifest, walTar, baseFile('/b/base.tar.zst', 'VERIFIED'), baseFile('/b/base_flip.tar.zst', 'CORRUPT')],
    1,
    [['/b/base_flip.tar.zst', 'CORRUPT']],
  ],
  [
    'a damaged tablespace spoils the base, and nothing is lost from the list',
    [manifest, walTar, baseFile('/b/base.tar.zst', 'VERIFIED'), baseFile('/b/16400.tar.zst', 'CORRUPT')],
    0,
    [
      ['/b/16400.tar.zst', 'CORRUPT'],
      ['/b/backup_manifest', 'NO_BASE'],
      ['/b/base.tar.zst', 'NO_BASE'],
      ['/b/pg_wal.tar.gz', 'NO_BASE'],
    ],
  ],
  ['a manifest without its archive is no base', [manifest], 0, [['/b/backup_manifest', 'NO_BASE']]],
];
for (const [words, files, points, excluded] of cases) {
  test(words, () => {
    const read = moments(files);
    assert.equal(read.sets.flatMap((s) => s.points).length, points);
    const left = [...read.sets.flatMap((s) => s.excluded), ...read.unassigned].map((e) => [e.file, e.reason]);
    assert.deepEqual(left.toSorted(), excluded);
  });
}
