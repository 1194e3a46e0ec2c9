import assert from 'node:assert/strict';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { FileVerdict } from '../../shared/backup/facts.ts';
import { readFlags, UsageError, type Io } from '../commands/command.ts';
import { VERIFY } from '../commands/verify.ts';

const CORPUS = join(import.meta.dirname, '..', '..', 'tests', 'data', 'backup-corpus');
const GOOD = readFileSync(join(CORPUS, 'mariadb/dump/nis_demo_full.sql'));

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'niswatch-verify-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

async function verify(
  args: string[],
  language: 'zh' | 'en' = 'en',
): Promise<{ code: number; out: string; err: string; verdicts: FileVerdict[] }> {
  const said = { out: '', err: '' };
  const io: Io = { out: (text) => (said.out += text), err: (text) => (said.err += text), env: {}, language };
  const { flags, words } = readFlags(VERIFY, args);
  const code = await VERIFY.run(flags, words, io);
  const lines = args.includes('--json') ? said.out.split('\n').filter((line) => line !== '') : [];
  return { code, ...said, verdicts: lines.map((line) => JSON.parse(line) as FileVerdict) };
}

test('one JSON line per file with exactly the promised keys, paths as they were given', async (t) => {
  const path = folder(t);
  mkdirSync(join(path, 'below'));
  writeFileSync(join(path, 'a.sql'), GOOD);
  writeFileSync(join(path, 'below', 'b.sql.gz'), gzipSync(GOOD));
  const { verdicts, code } = await verify([`${path}/`, '--json', '--zone', 'Asia/Shanghai']);
  assert.deepEqual(
    verdicts.map((v) => v.path),
    [`${path}/a.sql`, `${path}/below/b.sql.gz`],
  );
  for (const verdict of verdicts)
    assert.deepEqual(Object.keys(verdict), ['path', 'format', 'content', 'reason', 'layer', 'facts']);
  assert.deepEqual(
    verdicts.map((v) => v.content),
    ['COMPLETE', 'VERIFIED'],
  );
  assert.equal(verdicts[0]?.facts.finishedAt, '2026-11-22T18:14:12+08:00');
  assert.equal(code, 0);
});

test('the exit code is that of the worst file', async (t) => {
  const path = folder(t);
  writeFileSync(join(path, 'good.sql'), GOOD);
  assert.equal((await verify([path])).code, 0);
  writeFileSync(join(path, 'part.sql'), 'CREATE TABLE t (a int);\nINSERT INTO t VALUES (1);\n');
  assert.equal((await verify([path])).code, 1);
  writeFileSync(join(path, 'empty.sql'), '');
  assert.equal((await verify([path])).code, 2);
  const gone = await verify([join(path, 'gone.sql')]);
  assert.equal(gone.code, 2);
  assert.match(gone.err, /gone\.sql: there is no such file/);
});

test('people read a table and counts in their language', async (t) => {
  const path = folder(t);
  writeFileSync(join(path, 'good.sql'), GOOD);
  writeFileSync(join(path, 'cut.sql'), GOOD.subarray(0, 5000));
  const { out } = await verify([path], 'zh');
  assert.match(out, /完整 +mysqldump/);
  assert.match(out, /共 2 个文件: 完整 1，不完整 1/);
});

test('a wrong flag, rate or zone is refused with its mend', async (t) => {
  await assert.rejects(verify([]), UsageError);
  await assert.rejects(verify([folder(t), '--rate', 'fast']), /--rate fast is no size/);
  await assert.rejects(verify([folder(t), '--zone', 'Mars']), /--zone Mars is no time zone/);
});

test('links are not followed, and a file that cannot be read gets a line, not a stack', async (t) => {
  const path = folder(t);
  symlinkSync('/dev/zero', join(path, 'zero.bak'));
  symlinkSync(path, join(path, 'loop'));
  writeFileSync(join(path, 'secret.sql'), GOOD);
  chmodSync(join(path, 'secret.sql'), 0);
  const { verdicts } = await verify([path, '--json']);
  assert.equal(verdicts.length, 1);
  // As root every file can be read; anybody else is told why not.
  const [secret] = verdicts;
  if (process.getuid?.() === 0) assert.equal(secret?.content, 'COMPLETE');
  else assert.deepEqual([secret?.content, secret?.format], ['UNCONFIRMED', 'unreadable']);
});

test('an unchanged file is not read again; a changed one is, even with the same size and time', async (t) => {
  const path = folder(t);
  const file = join(path, 'nis.sql.gz');
  const cache = join(folder(t), 'cache');
  const stamp = new Date('2026-03-01T02:30:00Z');
  const write = (bytes: Buffer): void => {
    writeFileSync(file, bytes);
    utimesSync(file, stamp, stamp);
  };
  write(gzipSync(GOOD));
  const first = await verify([path, '--json', '--cache', cache]);
  // Damage in the middle with the old time: only a reading of the whole would show it, and none takes place.
  const damaged = readFileSync(file);
  damaged[20_000] = (damaged[20_000] ?? 0) ^ 1;
  write(damaged);
  assert.deepEqual((await verify([path, '--json', '--cache', cache])).verdicts, first.verdicts);
  damaged[damaged.length - 1] = (damaged.at(-1) ?? 0) ^ 1;
  write(damaged);
  assert.equal((await verify([path, '--json', '--cache', cache])).verdicts[0]?.content, 'CORRUPT');
  assert.equal((await verify([path, '--json', '--cache', cache, '--deep'])).verdicts[0]?.content, 'CORRUPT');
});

test('a cache that was cut or is none costs a reading, nothing else', async (t) => {
  const path = folder(t);
  const cache = join(folder(t), 'cache');
  writeFileSync(join(path, 'a.sql'), GOOD);
  const first = await verify([path, '--json', '--cache', cache]);
  writeFileSync(cache, `not json\n${readFileSync(cache, 'utf8').slice(0, -40)}`);
  assert.deepEqual((await verify([path, '--json', '--cache', cache])).verdicts, first.verdicts);
});
