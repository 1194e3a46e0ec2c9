// `npm run bench -- ingest [--agents N] [--ticks N] [--profile FOLDER]`: simulated agents over real WebSockets into the whole
// collector with its embedded store and fsync'd acknowledgements, the fleet workload (60 series, 15 s apart), 8 reports under way
// per agent. Two processes, so that the collector's processor time (all its threads, and the packing of what is left, with
// rollups) is its own; its limits per agent are raised, since an agent here sends hours of reports in seconds.

import { type ChildProcess, fork } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SERIES } from '../data/fleet.mjs';
import type { BenchOptions } from './bench.ts';
import type { FromCollector, FromLoad, FromPack, Plan, ToCollector } from './ingest/plan.ts';

export const about =
  'agents → collector over WebSockets: samplesPerCpuSecond, bytesPerSample, peakRssMiB, ackP50Ms, ackP99Ms';

const AGENTS = 1_000;
/** Two hours and a half: every host is packed at least once while it runs. */
const TICKS = 600;

export async function bench({ args }: BenchOptions): Promise<Record<string, number>> {
  const folder = mkdtempSync(join(tmpdir(), 'niswatch-bench-ingest-'));
  const children: ChildProcess[] = [];
  try {
    return await run(folder, args, children);
  } finally {
    for (const child of children) if (child.exitCode === null) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}

async function run(
  folder: string,
  args: readonly string[],
  children: ChildProcess[],
): Promise<Record<string, number>> {
  const agents = numberOf(args, 'agents', AGENTS);
  const ticks = numberOf(args, 'ticks', TICKS);
  const plan = join(folder, 'plan.json');
  const keys = Array.from({ length: agents }, makeKey);
  writeFileSync(plan, JSON.stringify({ folder: join(folder, 'data'), agents, ticks, keys } satisfies Plan));
  const profile = args[args.indexOf('--profile') + 1];
  const profiling = args.includes('--profile') && profile ? ['--cpu-prof', `--cpu-prof-dir=${profile}`] : [];

  const collector = start('collector', [plan], profiling);
  children.push(collector);
  const ready = await answer<FromCollector, 'ready'>(collector, 'ready');
  const load = start('load', [plan, ready.url], []);
  children.push(load);
  const sent = await answer<FromLoad, 'sent'>(load, 'sent', collector);
  collector.send({ do: 'finish' } satisfies ToCollector);
  const stopped = await answer<FromCollector, 'stop'>(collector, 'stop');
  const packer = start('pack', [plan], profiling);
  children.push(packer);
  const packed = await answer<FromPack, 'pack'>(packer, 'pack');

  const reports = agents * ticks;
  if (packed.rows !== reports || packed.samples !== reports * SERIES) {
    throw new Error(`stored ${packed.rows} reports with ${packed.samples} samples, sent ${reports}`);
  }
  const cpuSeconds = stopped.cpuSeconds + packed.cpuSeconds;
  return {
    samplesPerCpuSecond: Math.round(packed.samples / cpuSeconds),
    bytesPerSample: Number((packed.diskBytes / packed.samples).toFixed(4)),
    peakRssMiB: Number(Math.max(stopped.peakRssMiB, packed.peakRssMiB).toFixed(1)),
    ackP50Ms: sent.ackP50Ms,
    ackP99Ms: sent.ackP99Ms,
    reports,
    cpuSeconds: Number(cpuSeconds.toFixed(2)),
    packCpuSeconds: Number(packed.cpuSeconds.toFixed(2)),
    packPeakRssMiB: Number(packed.peakRssMiB.toFixed(1)),
    sendSeconds: Number(sent.seconds.toFixed(2)),
    reopenMs: Math.round(packed.openMs),
  };
}

function numberOf(args: readonly string[], name: string, otherwise: number): number {
  const i = args.indexOf(`--${name}`);
  return i < 0 ? otherwise : Number(args[i + 1]);
}

function makeKey(): Plan['keys'][number] {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return {
    publicKey: publicKey.export({ format: 'jwk' }).x ?? '',
    privateKey: privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64url'),
  };
}

function start(name: string, args: string[], execArgv: string[]): ChildProcess {
  const options = ['--disable-warning=ExperimentalWarning', ...execArgv];
  return fork(join(import.meta.dirname, 'ingest', `${name}.ts`), args, { execArgv: options });
}

/** The next message of that kind; a process that ends before it (`also` included) is an error. */
function answer<M extends { did: string }, D extends M['did']>(
  child: ChildProcess,
  did: D,
  also?: ChildProcess,
): Promise<Extract<M, { did: D }>> {
  return new Promise((resolve, reject) => {
    const gone = (code: number | null): void =>
      reject(new Error(`a process of the bench ended with ${code}`));
    child.once('exit', gone);
    also?.once('exit', gone);
    child.on('message', (message) => {
      const told = message as M;
      if (told.did !== did) return;
      child.off('exit', gone);
      also?.off('exit', gone);
      resolve(told as Extract<M, { did: D }>);
    });
  });
}
