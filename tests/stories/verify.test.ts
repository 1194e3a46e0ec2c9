import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import {
  existsSync,
  ftruncateSync,
  openSync,
  closeSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { FileVerdict } from '../../shared/backup/facts.ts';
import { AGENT_FLAGS, buildAgent } from '../../tools/build.ts';
import { temporaryFolder, until } from '../support/programs.ts';

const CORPUS = join(import.meta.dirname, '..', 'data', 'backup-corpus');
const MIB = 1024 * 1024;
/** Beyond what the same program takes for a file of some kilobytes. */
const EXTRA_BYTES = 64 * MIB;

const without = AGENT_FLAGS.filter((flag) => flag !== '--jitless');
const verdictsOf = (out: string): FileVerdict[] =>
  out.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as FileVerdict]));

/** Runs the compiled agent; returns what it said and the most memory that it held. */
async function run(
  args: string[],
): Promise<{ verdicts: FileVerdict[]; peakBytes: number; readBytes: number }> {
  const child = spawn(process.execPath, [...without, buildAgent(), 'verify', '--json', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let out = '';
  let peakBytes = 0;
  let readBytes = 0;
  child.stdout.on('data', (bytes: Buffer) => (out += bytes.toString()));
  const watch = setInterval(() => {
    peakBytes = Math.max(peakBytes, numberOf(child, 'status', /VmHWM:\s+(\d+) kB/) * 1024);
    readBytes = Math.max(readBytes, numberOf(child, 'io', /rchar: (\d+)/));
  }, 20);
  await new Promise((resolve) => child.on('close', resolve));
  clearInterval(watch);
  return { verdicts: verdictsOf(out), peakBytes, readBytes };
}

/** What the kernel says of a process that may end at any instant. */
function numberOf(child: ChildProcess, file: string, pattern: RegExp): number {
  try {
    return Number(pattern.exec(readFileSync(`/proc/${child.pid}/${file}`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** A whole dump with so many more megabytes of rows. */
function largeDump(megabytes: number): string {
  const dump = readFileSync(join(CORPUS, 'mariadb/dump/nis_demo_full.sql'), 'utf8');
  const rows = `INSERT INTO \`t\` VALUES (1,'${'x'.repeat(2000)}'),(2,'y');\n`.repeat(500);
  return dump.replace('LOCK TABLES `nursing_record` WRITE;\n', (line) => line + rows.repeat(megabytes));
}

function grow(path: string, bytes: number): void {
  const file = openSync(path, 'r+');
  ftruncateSync(file, bytes);
  closeSync(file);
}

test('the compiled agent, which runs without a compiler, reads backups in a process that has one', () => {
  const done = spawnSync(
    process.execPath,
    [...AGENT_FLAGS, buildAgent(), 'verify', join(CORPUS, 'archives', 'filecopy.tar.xz'), '--json'],
    { encoding: 'utf8' },
  );
  assert.equal(done.status, 0, done.stderr);
  assert.equal(verdictsOf(done.stdout)[0]?.content, 'VERIFIED');
});

test('gigabytes take no more memory than a small file and 64 MiB', async (t) => {
  const path = temporaryFolder(t, 'niswatch-verify');
  writeFileSync(join(path, 'large.sql'), largeDump(40));
  const packed = spawnSync('zstd', ['-q', '-k', join(path, 'large.sql')]);
  assert.equal(packed.status, 0);
  for (const [name, from] of [
    ['sparse.bak', 'sqlserver-synthetic/chain_ok/NIS_DEMO_FULL_20250301_010000.bak'],
    ['sparse.tar', 'archives/filecopy.tar'],
    ['sparse.img', 'archives/filecopy_split.7z.002'],
  ] as const) {
    writeFileSync(join(path, name), readFileSync(join(CORPUS, from)));
    grow(join(path, name), 400 * MIB);
  }
  const small = await run([join(CORPUS, 'mariadb/dump/nis_demo_full.sql')]);
  const large = await run([path, '--deep']);
  const content = Object.fromEntries(large.verdicts.map((v) => [v.path.slice(path.length + 1), v.content]));
  assert.deepEqual(content, {
    'large.sql': 'COMPLETE',
    'large.sql.zst': 'VERIFIED',
    'sparse.bak': 'COMPLETE',
    'sparse.img': 'FOREIGN',
    'sparse.tar': 'COMPLETE',
  });
  const extra = large.peakBytes - small.peakBytes;
  assert.ok(extra <= EXTRA_BYTES, `${Math.round(extra / MIB)} MiB more`);
});

test('a kill in the middle of a long reading costs only the last seconds of it', async (t) => {
  const path = temporaryFolder(t, 'niswatch-verify');
  const file = join(path, 'large.sql');
  const cache = join(path, 'cache');
  writeFileSync(file, largeDump(70));
  const size = statSync(file).size;
  const args = [...without, buildAgent(), 'verify', '--json', '--cache', cache, '--rate', '15MiB', file];
  const first = spawn(process.execPath, args, { stdio: 'ignore' });
  const marks = (): { mark?: { offset: number } }[] =>
    existsSync(cache)
      ? readFileSync(cache, 'utf8')
          .split('\n')
          .flatMap((line) => (line === '' ? [] : [JSON.parse(line) as { mark?: { offset: number } }]))
      : [];
  const reached = (): number => Math.max(0, ...marks().map((line) => line.mark?.offset ?? 0));
  await until('half of the file is read', 60_000, () => reached() > size / 2);
  first.kill('SIGKILL');
  await new Promise((resolve) => first.on('close', resolve));
  const left = size - reached();
  const second = await run(['--cache', cache, '--rate', '60MiB', file]);
  const whole = await run([file]);
  assert.ok(second.readBytes < left + 20 * MIB, `${second.readBytes} bytes read for ${left} that were left`);
  assert.equal(second.verdicts[0]?.reason, whole.verdicts[0]?.reason);
  assert.equal(second.verdicts[0]?.facts.sha256, undefined, 'a reading in two parts has no digest');
});
