import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { FileVerdict } from './facts.ts';
import { judgeAll, listFiles } from './folder.ts';
import { openSource } from './node-source.ts';

const ROOT = join(import.meta.dirname, '..', '..', 'tests', 'data', 'backup-corpus');

interface Expected {
  path: string;
  content_verdict?: string;
}
const EXPECTED = (JSON.parse(readFileSync(join(ROOT, 'expected.json'), 'utf8')) as { files: Expected[] })
  .files;

async function verify(path: string, deep = false): Promise<FileVerdict[]> {
  const { root, files } = await listFiles(path);
  return judgeAll(files, { deep, zone: 'UTC', open: (below) => openSource(join(root, below)) });
}

const byPath = (verdicts: readonly FileVerdict[]): Map<string, FileVerdict> =>
  new Map(verdicts.map((v) => [v.path, v]));
let read: Promise<Map<string, FileVerdict>> | undefined;
/** The whole corpus, read once as one folder. */
const corpus = (): Promise<Map<string, FileVerdict>> => (read ??= verify(ROOT).then(byPath));

test('every file of the corpus gets the verdict that its manifest demands, with a reason', async () => {
  const found = await corpus();
  const wrong = EXPECTED.flatMap(({ path, content_verdict: want }) => {
    const verdict = found.get(path);
    assert.ok(verdict, path);
    assert.ok(verdict.reason.length > 5, path);
    return want === undefined || verdict.content === want
      ? []
      : [`${path}: ${verdict.content} instead of ${want}: ${verdict.reason}`];
  });
  assert.deepEqual(wrong, []);
});

test('a file asked for alone gets the same verdict: its neighbours are looked at where it needs them', async () => {
  const wrong: string[] = [];
  for (const { path, content_verdict: want } of EXPECTED) {
    if (want === undefined) continue;
    const [verdict] = await verify(join(ROOT, path));
    if (verdict?.content !== want) wrong.push(`${path}: ${verdict?.content} instead of ${want}`);
  }
  assert.deepEqual(wrong, []);
});

test('a deep reading finds the flips that structure does not show, and proves what it decoded', async () => {
  const found = byPath(await verify(join(ROOT, 'archives'), true));
  const content = (name: string): string | undefined => found.get(name)?.content;
  assert.equal(content('filecopy.7z'), 'VERIFIED');
  assert.equal(content('filecopy.tar.zst'), 'VERIFIED');
  assert.equal(content('filecopy__flip.7z'), 'CORRUPT');
  assert.equal(content('filecopy__flip.tar.zst'), 'CORRUPT');
  assert.equal(content('filecopy_split.7z.001'), 'VERIFIED');
  const base = byPath(await verify(join(ROOT, 'postgresql', 'basebackup'), true));
  assert.equal(base.get('base.tar.zst')?.content, 'VERIFIED');
  assert.equal(base.get('base_flip.tar.zst')?.content, 'CORRUPT');
});

test('heads tell what a restore needs: names, moments, positions in the log', async () => {
  const found = await corpus();
  const facts = (path: string) => found.get(path)?.facts;
  const full = facts('sqlserver-synthetic/chain_ok/NIS_DEMO_FULL_20250301_010000.bak');
  assert.equal(full?.finishedAt, '2025-03-01T01:04:10+08:00');
  assert.ok(full.chain?.of === 'sqlserver' && full.chain.lastLsn === '40000000018000001');
  const diff = facts('sqlserver-synthetic/chain_ok/NIS_DEMO_DIFF_20250301_130000.bak')?.chain;
  assert.ok(diff?.of === 'sqlserver' && diff.differentialBaseGuid === full.chain.backupSetGuid);
  const dump = facts('mariadb/dump/nis_demo_full.sql.gz');
  assert.deepEqual(dump?.chain?.of === 'dump' && dump.chain.binlog, {
    file: 'nis-bin.000003',
    position: 422,
    gtid: '0-7-11',
  });
  assert.equal(dump?.tables, 4);
  const wal = facts('postgresql/wal/000000010000000000000012.gz')?.chain;
  assert.ok(
    wal?.of === 'wal' &&
      wal.lastCommitAt === '2026-11-22T18:11:43.833395Z' &&
      wal.segment === '000000010000000000000012',
  );
  const cut = facts('mariadb/binlog/nis-bin.000004.truncated')?.chain;
  assert.ok(cut?.of === 'binlog' && cut.end === 'cut' && cut.endPosition === 33605);
  assert.equal(
    facts('sqlserver-synthetic/variants/compressed_FULL.bak')?.finishedAt,
    '2025-03-01T01:02:30+08:00',
  );
});

test('rows are counted as a restore would bring them', async () => {
  const found = await corpus();
  // INSERT with one row per line, COPY as text, COPY inside zlib: 12 wards and 1,000 patients each time.
  assert.equal(
    found.get('postgresql/dump/nis_demo_plain.sql')?.facts.rows,
    found.get('postgresql/dump/nis_demo_plain.sql.gz')?.facts.rows,
  );
  assert.equal(found.get('mariadb/dump/nis_demo_limited_privs.sql')?.facts.rows, 12);
  assert.equal(
    found.get('postgresql/dump/nis_demo_fc.dump')?.facts.rows,
    found.get('postgresql/dump/nis_demo_fc_viapipe.dump')?.facts.rows,
  );
});

test('chains with a hole say so at the file before it, whose own content stands', async () => {
  const found = await corpus();
  const before = found.get('mariadb/binlog_gap/nis-bin.000003');
  assert.equal(before?.content, 'VERIFIED');
  assert.match(String(before?.facts.notices), /nis-bin\.000004.*gap/);
  assert.match(
    String(found.get('mariadb/mariabackup/inc_meta/xtrabackup_checkpoints.gap_example')?.facts.notices),
    /LSN 60000/,
  );
  assert.equal(found.get('mariadb/mariabackup/inc_meta/xtrabackup_checkpoints')?.facts.notices, undefined);
});

test('a repository tells each backup with its defects, without password or tool', async () => {
  const found = await corpus();
  const info = found.get('pgbackrest/repo/backup/nis/backup.info')?.facts.chain;
  assert.ok(info?.of === 'repository');
  assert.deepEqual(
    info.backups.map((b) => [b.kind, b.defects.length]),
    [
      ['full', 0],
      ['differential', 0],
      ['incremental', 0],
    ],
  );
  assert.deepEqual(info.wal?.runs, [{ first: '000000010000000000000008', last: '000000010000000000000011' }]);
  assert.equal(found.get('borg/repo_flip/data/0/2')?.content, 'CORRUPT');
});
