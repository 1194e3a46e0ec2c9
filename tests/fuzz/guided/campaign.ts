// A fuzzing campaign on one target: the thread that explores is watched from here, and begun anew from what it had kept when an
// input hangs or kills it. What it finds is tried again with the code as it is, and made small.

import { Worker } from 'node:worker_threads';
import type { Verdict } from '../judge.ts';
import type { Target } from '../target.ts';
import { Court, HANG_MS, HEAP_MIB, usedMs } from './court.ts';
import { newControl, readInput } from './shared-input.ts';
import { shrink } from './shrink.ts';
import { isWorse } from './suspicion.ts';
import type { Figures, Message, Task } from './worker.ts';

export interface CampaignOptions {
  /** URL of a module that exports TARGETS. */
  module: string;
  name: string;
  mode: 'guided' | 'blind';
  seed: number;
  fixed: readonly Uint8Array[];
  kept: readonly Uint8Array[];
  /** Processor time of the exploring thread. */
  cpuSeconds: number;
  executions?: number;
  /** Ends with the first suspicion. */
  first?: boolean;
  onFigures?(figures: Figures): void;
}

export interface Finding {
  input: Buffer;
  verdict: Verdict;
}

export interface CampaignResult {
  figures: Figures;
  /** Confirmed by the code as it is, one per key, made small. */
  findings: Finding[];
  /** Suspicions that the code as it is did not bear out. */
  cleared: number;
  kept: Uint8Array[];
}

const LOOK_MS = 200;
const MOST_STARTS = 12;

interface Leg {
  end: 'done' | 'hang' | 'died';
  figures: Figures;
  kept: Uint8Array[];
  culprit?: Buffer;
}

const NOTHING: Figures = {
  executions: 0,
  features: 0,
  inputs: 0,
  cpuSeconds: 0,
  branches: 0,
  branchesInAll: 0,
};

export async function campaign(options: CampaignOptions): Promise<CampaignResult> {
  const suspicions = new Map<string, Finding>();
  const suspect = (input: Uint8Array, verdict: Verdict): void => {
    const known = suspicions.get(verdict.key);
    if (!known || isWorse({ input, verdict }, known))
      suspicions.set(verdict.key, { input: Buffer.from(input), verdict });
  };
  let news: Uint8Array[] = [...options.kept];
  let { fixed } = options;
  let total = NOTHING;
  let kept: Uint8Array[] = [];
  for (let start = 0; start < MOST_STARTS; start++) {
    const left = {
      cpuSeconds: options.cpuSeconds - total.cpuSeconds,
      executions: (options.executions ?? Infinity) - total.executions,
    };
    if (left.cpuSeconds <= 0 || left.executions <= 0) break;
    const before = total;
    const leg = await runLeg(
      { ...options, ...left, seed: options.seed + start, fixed, kept: news },
      suspect,
      {
        news: (input) => news.push(input),
        figures: (figures) => options.onFigures?.(added(before, figures)),
      },
    );
    total = added(before, leg.figures);
    kept = leg.kept;
    if (leg.end === 'done' || (options.first && suspicions.size > 0)) break;
    // What hangs would hang again.
    const isOther = (input: Uint8Array): boolean => !leg.culprit?.equals(input);
    [news, fixed] = [news.filter(isOther), fixed.filter(isOther)];
  }
  return { figures: total, kept, ...(await confirm(options, [...suspicions.values()])) };
}

function added(before: Figures, leg: Figures): Figures {
  return {
    ...leg,
    executions: before.executions + leg.executions,
    cpuSeconds: before.cpuSeconds + leg.cpuSeconds,
    branches: Math.max(before.branches, leg.branches),
  };
}

interface Ears {
  news(input: Uint8Array): void;
  figures(figures: Figures): void;
}

function runLeg(
  options: CampaignOptions & { executions: number },
  suspect: (input: Uint8Array, verdict: Verdict) => void,
  ears: Ears,
): Promise<Leg> {
  const { module, name, mode, seed, fixed, kept, cpuSeconds, executions, first = false } = options;
  const control = newControl();
  const task: Task = { module, name, mode, control, seed, fixed, kept, cpuSeconds, executions, first };
  const worker = new Worker(new URL('./worker.ts', import.meta.url), {
    workerData: task,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB },
  });
  let figures = NOTHING;
  return new Promise((resolve, reject) => {
    const watch = watchProgress(control, () => {
      const { input } = readInput(control);
      const what = `did not end within ${HANG_MS} ms of processor time`;
      suspect(input, { kind: 'slow', what, key: 'hang' });
      void worker.terminate().then(() => resolve({ end: 'hang', figures, kept: [], culprit: input }));
    });
    worker.on('message', (message: Message) => {
      if (message.type === 'news') ears.news(message.input);
      else if (message.type === 'found') suspect(message.input, message.verdict);
      else if (message.type === 'figures') ears.figures((figures = message.figures));
      else if (message.type === 'done') {
        watch.stop();
        resolve({ end: 'done', figures: message.figures, kept: message.kept });
      }
    });
    worker.on('error', (error: Error & { code?: string }) => {
      watch.stop();
      const { runs, input } = readInput(control);
      if (runs === 0) return reject(error);
      suspect(input, deathOf(error));
      resolve({ end: 'died', figures, kept: [], culprit: input });
    });
    worker.on('exit', () => watch.stop());
  });
}

function deathOf(error: Error & { code?: string }): Verdict {
  if (error.code === 'ERR_WORKER_OUT_OF_MEMORY')
    return { kind: 'memory', what: `the heap grew beyond ${HEAP_MIB} MiB`, key: 'heap' };
  // A rejection that nobody handles ends a process.
  return {
    kind: 'throws',
    what: `unhandled: ${error.stack ?? error.message}`,
    key: `unhandled ${error.message}`,
  };
}

/** Calls `hang` once when the same run has taken HANG_MS of processor time. */
function watchProgress(control: SharedArrayBuffer, hang: () => void): { stop(): void } {
  let runs = 0;
  let startMs = 0;
  const timer = setInterval(() => {
    const now = readInput(control).runs;
    if (now !== runs || now === 0) [runs, startMs] = [now, usedMs()];
    else if (usedMs() - startMs > HANG_MS) {
      clearInterval(timer);
      hang();
    }
  }, LOOK_MS);
  return { stop: () => clearInterval(timer) };
}

async function confirm(
  { module, name }: CampaignOptions,
  suspicions: readonly Finding[],
): Promise<{ findings: Finding[]; cleared: number }> {
  const findings = new Map<string, Finding>();
  let cleared = 0;
  if (suspicions.length === 0) return { findings: [], cleared };
  const { TARGETS } = (await import(module)) as { TARGETS: Record<string, () => Promise<Target>> };
  const target = await TARGETS[name]?.();
  const court = new Court(module, name);
  for (const { input, verdict: suspicion } of suspicions) {
    // What was asked for and refused by the instrumented code is sure, and not to be tried.
    if (suspicion.cost === Infinity && suspicion.kind === 'memory') {
      findings.set(suspicion.key, { input, verdict: suspicion });
      continue;
    }
    const verdict = await court.judge(input);
    if (!verdict) cleared++;
    // Which loop it was only the instrumented code can tell.
    const key = verdict?.kind === 'throws' ? verdict.key : suspicion.key;
    if (!verdict || findings.has(key)) continue;
    const small = await shrink(input, target?.shape, {
      tries: verdict.kind === 'throws' ? 2000 : 100,
      isSame: async (candidate) => (await court.judge(candidate))?.key === verdict.key,
    });
    findings.set(key, { input: small, verdict: (await court.judge(small)) ?? verdict });
  }
  await court.close();
  await target?.close?.();
  return { findings: [...findings.values()], cleared };
}
