// One thread that runs a target: explores it with instrumented code, or judges single inputs with the code as it is. Before
// each run the input lies in shared memory, so that whoever watches has it should the run never end.

import { parentPort, workerData } from 'node:worker_threads';
import { judge, type Verdict } from '../judge.ts';
import type { Target } from '../target.ts';
import { isWorse, type Suspicion } from './suspicion.ts';
import { Corpus, minimise } from './corpus.ts';
import { branchesOf, type Coverage } from './coverage.ts';
import { explore, type Progress } from './explore.ts';
import { instrumentModules } from './hooks.ts';
import { writeInput } from './shared-input.ts';

export interface Task {
  /** A module that exports TARGETS, by name. */
  module: string;
  name: string;
  mode: 'guided' | 'blind' | 'judge';
  control: SharedArrayBuffer;
  seed: number;
  /** Inputs that stay in the corpus whatever they show. */
  fixed: readonly Uint8Array[];
  /** Inputs to go on from. */
  kept: readonly Uint8Array[];
  cpuSeconds: number;
  executions: number;
  /** Ends with the first suspicion. */
  first: boolean;
}

export interface Figures extends Progress {
  cpuSeconds: number;
  /** Branches met, and all of those in the modules that were loaded. */
  branches: number;
  branchesInAll: number;
}

export type Message =
  | { type: 'ready' }
  | { type: 'figures'; figures: Figures }
  | { type: 'news'; input: Uint8Array }
  | { type: 'found'; input: Uint8Array; verdict: Verdict }
  | { type: 'verdict'; verdict: Verdict | undefined }
  | { type: 'done'; figures: Figures; kept: Uint8Array[] };

/** What is looked into: our own code, the planted faults, and the YAML parser, which reads what people write. */
const INSTRUMENTED = /\/(?:shared|agent|collector|planted)\/[^?]*\.ts$|\/node_modules\/yaml\//;
/** One run asks for no more at once; what is allocated in small pieces is counted by the judge. */
const RUN_LIMITS = { turns: 1 << 22, bytes: 1 << 27 };
export const SUSPICIOUS_MS = 100;
const KEPT = { bytes: 48 * 1024, files: 40, fileBytes: 8 * 1024 };
const TELL_EVERY = 64;
const TELL_MS = 500;

const task = workerData as Task;
const port = parentPort;
const tell = (message: Message): void => port?.postMessage(message);
const cpuSeconds = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1e6;
};

async function loadTarget(): Promise<Target> {
  const { TARGETS } = (await import(task.module)) as { TARGETS: Record<string, () => Promise<Target>> };
  const open = TARGETS[task.name];
  if (!open) throw new Error(`no target ${task.name} in ${task.module}`);
  return open();
}

async function judgeInputs(): Promise<void> {
  const target = await loadTarget();
  port?.on('message', (input: Uint8Array) => {
    judge(target, input, { ms: SUSPICIOUS_MS }).then(
      (verdict) => tell({ type: 'verdict', verdict }),
      (error: unknown) =>
        tell({ type: 'verdict', verdict: { kind: 'throws', what: String(error), key: 'judge' } }),
    );
  });
  tell({ type: 'ready' });
}

async function exploreTarget(): Promise<void> {
  const coverage = task.mode === 'guided' ? instrumentModules(INSTRUMENTED, RUN_LIMITS) : undefined;
  const target = await loadTarget();
  const corpus = new Corpus();
  const keys = new Map<string, Suspicion>();
  let told = performance.now();
  const progress = await explore({
    target,
    coverage,
    corpus,
    seed: task.seed,
    kept: [...task.fixed, ...task.kept],
    slowMs: SUSPICIOUS_MS,
    running: (input) => writeInput(task.control, input),
    goOn(now) {
      if (now.executions >= task.executions || (task.first && keys.size > 0)) return false;
      if (now.executions % TELL_EVERY !== 0) return true;
      if (performance.now() - told > TELL_MS) {
        told = performance.now();
        tell({ type: 'figures', figures: figuresOf(now, corpus, coverage) });
      }
      return cpuSeconds() < task.cpuSeconds;
    },
    news: (input) => tell({ type: 'news', input }),
    found(input, verdict) {
      const known = keys.get(verdict.key);
      if (known && !isWorse({ input, verdict }, known)) return;
      keys.set(verdict.key, { input, verdict });
      tell({ type: 'found', input, verdict });
    },
  });
  const kept = coverage ? await smallest(target, coverage, corpus) : [];
  tell({ type: 'done', figures: figuresOf(progress, corpus, coverage), kept });
  await target.close?.();
}

function figuresOf(progress: Progress, corpus: Corpus, coverage: Coverage | undefined): Figures {
  const branches = new Set(corpus.entries.flatMap((entry) => branchesOf(entry.features)));
  return {
    ...progress,
    cpuSeconds: cpuSeconds(),
    branches: branches.size,
    branchesInAll: coverage?.branches ?? 0,
  };
}

/** The fewest inputs beside the fixed ones that show every branch. */
async function smallest(target: Target, coverage: Coverage, corpus: Corpus): Promise<Uint8Array[]> {
  const covered = new Set<number>();
  for (const input of [...target.samples, ...task.fixed]) {
    coverage.begin();
    await judgeQuietly(target, input);
    for (const branch of branchesOf(coverage.features())) covered.add(branch);
  }
  const small = corpus.entries.filter((entry) => entry.input.length <= KEPT.fileBytes);
  const entries = small.map(({ input, features }) => ({ input, features: branchesOf(features) }));
  return minimise(entries, KEPT, covered);
}

async function judgeQuietly(target: Target, input: Uint8Array): Promise<void> {
  try {
    await target.run(Buffer.from(new Uint8Array(input).buffer));
  } catch {
    // What it shows is all that counts here.
  }
}

await (task.mode === 'judge' ? judgeInputs() : exploreTarget());
if (task.mode !== 'judge') port?.close();
