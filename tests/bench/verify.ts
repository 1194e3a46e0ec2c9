// What a check of backups costs: a sparse set of 20 GB (`--gb N`: of less) and generated dumps, by the compiled agent as a user starts it.

import { spawn } from 'node:child_process';
import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { AGENT_FLAGS, buildAgent } from '../../tools/build.ts';
import type { BenchOptions } from './bench.ts';

export const about =
  'checking backups: sparse_gb, sparse_cpu_seconds, sparse_wall_seconds, *_extra_mib (memory beyond a small file), killed_at_gb and then_read_gb (the same set, killed and begun again), dump_cpu_mb_per_second, gzip_cpu_mb_per_second, gzip_killed_at_mb and gzip_then_read_mb (one gzip stream, killed and begun again), throttled_mib_per_second and throttled_busiest_second_mib (of 20); --gb N: a sparse set of N instead of 20 GB';

const CORPUS = join(import.meta.dirname, '..', 'data', 'backup-corpus');
const MB = 1_000_000;
const GB = 1000 * MB;

interface Run {
  cpuSeconds: number;
  wallSeconds: number;
  peakBytes: number;
  readBytes: number;
  /** In the second in which most was read. */
  busiestSecondBytes: number;
}

/** `killAtBytes`: killed as soon as it has read so much. */
async function run(
  args: string[],
  flags: readonly string[],
  killAtBytes = Number.POSITIVE_INFINITY,
): Promise<Run> {
  const start = performance.now();
  const child = spawn(process.execPath, [...flags, ...args], { stdio: 'ignore' });
  const seen: Run = { cpuSeconds: 0, wallSeconds: 0, peakBytes: 0, readBytes: 0, busiestSecondBytes: 0 };
  const samples: { at: number; bytes: number }[] = [];
  const look = (): void => {
    try {
      const stat = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
      seen.cpuSeconds = Math.max(seen.cpuSeconds, (Number(stat[11]) + Number(stat[12])) / 100);
      const high = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1];
      seen.peakBytes = Math.max(seen.peakBytes, Number(high ?? 0) * 1024);
      const read = /rchar: (\d+)/.exec(readFileSync(`/proc/${child.pid}/io`, 'utf8'))?.[1];
      seen.readBytes = Math.max(seen.readBytes, Number(read ?? 0));
      samples.push({ at: performance.now(), bytes: seen.readBytes });
      while ((samples[1]?.at ?? Number.POSITIVE_INFINITY) <= performance.now() - 1000) samples.shift();
      seen.busiestSecondBytes = Math.max(seen.busiestSecondBytes, seen.readBytes - (samples[0]?.bytes ?? 0));
      if (seen.readBytes > killAtBytes) child.kill('SIGKILL');
    } catch {
      // It has ended.
    }
  };
  const watch = setInterval(look, 20);
  await new Promise((resolve) => child.on('close', resolve));
  clearInterval(watch);
  return { ...seen, wallSeconds: (performance.now() - start) / 1000 };
}

function sparse(path: string, from: string, bytes: number): void {
  writeFileSync(path, readFileSync(join(CORPUS, from)));
  const file = openSync(path, 'r+');
  ftruncateSync(file, bytes);
  closeSync(file);
}

const USUAL_GB = 20;

function sparseGb(args: readonly string[]): number {
  const at = args.indexOf('--gb');
  const gb = at < 0 ? USUAL_GB : Number(args[at + 1]);
  if (!(gb >= 1)) throw new Error(`--gb ${args[at + 1]} is no size; give a number from 1, such as --gb 4`);
  return gb;
}

export async function bench({ args }: BenchOptions): Promise<Record<string, number>> {
  const gb = sparseGb(args);
  const folder = mkdtempSync(join(tmpdir(), 'niswatch-bench-'));
  try {
    return await measure(folder, gb);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The rows over and over, each time with other digits: what repeats exactly packs to nothing. */
function manyRows(rows: string, bytes: number): string {
  let state = 1;
  const digit = (): string => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return String((state >>> 16) % 10);
  };
  return Array.from({ length: Math.ceil(bytes / rows.length) }, () => rows.replaceAll(/[3-9]/g, digit)).join(
    '',
  );
}

async function measure(folder: string, gb: number): Promise<Record<string, number>> {
  const main = buildAgent();
  const compiled = AGENT_FLAGS.filter((flag) => flag !== '--jitless');
  const verify = (path: string, more: string[] = [], killAtBytes?: number): Promise<Run> =>
    run([main, 'verify', '--json', path, ...more], compiled, killAtBytes);
  const small = await verify(join(CORPUS, 'mariadb/dump/nis_demo_full.sql'));
  const set = join(folder, 'set');
  const dumpText = readFileSync(join(CORPUS, 'mariadb/dump/nis_demo_full.sql'), 'utf8');
  const rows = /INSERT INTO[\s\S]*?;\n/.exec(dumpText)?.[0] ?? '';
  const dump = Buffer.from(
    dumpText.replace('LOCK TABLES `nursing_record` WRITE;\n', (line) => line + manyRows(rows, 150 * MB)),
  );

  mkdirSync(set);
  sparse(
    join(set, 'nis.bak'),
    'sqlserver-synthetic/chain_ok/NIS_DEMO_FULL_20250301_010000.bak',
    (gb / 2) * GB,
  );
  sparse(join(set, 'nis.tar'), 'archives/filecopy.tar', (gb / 2) * GB);
  const sparseRun = await verify(set, ['--deep']);
  const cached = ['--deep', '--cache', join(folder, 'cache')];
  const killed = await verify(set, cached, 0.6 * gb * GB);
  const resumed = await verify(set, cached);
  writeFileSync(join(folder, 'nis.sql'), dump);
  writeFileSync(join(folder, 'nis.sql.gz'), gzipSync(dump, { level: 1 }));
  const plain = await verify(join(folder, 'nis.sql'));
  const packed = await verify(join(folder, 'nis.sql.gz'));
  const throttled = await verify(join(folder, 'nis.sql'), ['--rate', '20MiB']);
  const gzipCache = [
    '--cache',
    join(folder, 'cache.gz'),
    '--rate',
    `${Math.ceil(statSync(join(folder, 'nis.sql.gz')).size / 10)}`,
  ];
  const gzipKilled = await verify(
    join(folder, 'nis.sql.gz'),
    gzipCache,
    0.7 * statSync(join(folder, 'nis.sql.gz')).size,
  );
  const gzipResumed = await verify(join(folder, 'nis.sql.gz'), gzipCache);
  const extraMib = ({ peakBytes }: Run): number => (peakBytes - small.peakBytes) / 2 ** 20;
  return {
    sparse_gb: gb,
    sparse_cpu_seconds: sparseRun.cpuSeconds,
    sparse_wall_seconds: sparseRun.wallSeconds,
    sparse_extra_mib: extraMib(sparseRun),
    dump_extra_mib: extraMib(plain),
    gzip_extra_mib: extraMib(packed),
    killed_at_gb: killed.readBytes / GB,
    then_read_gb: resumed.readBytes / GB,
    dump_cpu_mb_per_second: dump.length / MB / Math.max(0.01, plain.cpuSeconds - small.cpuSeconds),
    gzip_cpu_mb_per_second: dump.length / MB / Math.max(0.01, packed.cpuSeconds - small.cpuSeconds),
    gzip_killed_at_mb: gzipKilled.readBytes / MB,
    gzip_then_read_mb: gzipResumed.readBytes / MB,
    throttled_busiest_second_mib: throttled.busiestSecondBytes / 2 ** 20,
    throttled_mib_per_second: dump.length / 2 ** 20 / (throttled.wallSeconds - small.wallSeconds),
  };
}
