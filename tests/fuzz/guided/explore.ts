// The loop of the guided fuzzer: pick an input, edit it, run it, keep it when it shows something new, tell when it breaks a
// promise. Without coverage it is the blind loop over the samples. Promise: the same target, seed and number of runs give the
// same inputs in the same order; no clock decides anything but what is slow.

import { seededRandom } from '../../sim/random.ts';
import { allocated, attempt, LIMITS, type Verdict } from '../judge.ts';
import { drawPlan, mutate } from '../mutate.ts';
import type { Target } from '../target.ts';
import type { Corpus } from './corpus.ts';
import type { Coverage, Miss } from './coverage.ts';

export interface Exploration {
  target: Target;
  coverage: Coverage | undefined;
  corpus: Corpus;
  seed: number;
  /** Kept inputs of earlier runs. */
  kept: readonly Uint8Array[];
  /** Asked before each run; false ends the loop. */
  goOn(progress: Progress): boolean;
  /** Just before an input is run: should it never come back, this is it. */
  running?(input: Uint8Array): void;
  /** A promise seems to be broken; the same key may come many times. */
  found(input: Buffer, verdict: Verdict): void;
  /** An input that showed something new. */
  news?(input: Buffer): void;
  /** Processor time of one run that is worth a closer look; none when no clock may decide. */
  slowMs?: number;
}

export interface Progress {
  executions: number;
  features: number;
  inputs: number;
}

/** Misses of the input that is edited are worth more than those of whatever ran last. */
const MISSES_KEPT = 400;
const MAX_WORD = 200;
/** Edits of one input before another is picked. */
const BURST = 16;

export async function explore(options: Exploration): Promise<Progress> {
  const { target, coverage, corpus } = options;
  const random = seededRandom(options.seed);
  const progress: Progress = { executions: 0, features: 0, inputs: 0 };
  const samples = [...target.samples, ...options.kept];
  const misses: Miss[] = [];
  const words = coverage ? [...coverage.words].filter((word) => String(word).length <= MAX_WORD) : [];
  const run = async (input: Buffer): Promise<void> => {
    progress.executions++;
    options.running?.(input);
    const verdict = await runOnce(options, input);
    if (verdict) options.found(input, verdict);
    // From what is slow something slower may be bred; what throws or would not fit in memory leads no further.
    if (!coverage || (verdict && verdict.kind !== 'slow')) return;
    for (const miss of coverage.misses()) misses[Math.floor(random() * MISSES_KEPT)] = miss;
    if (corpus.offer(input, coverage.features(), coverage.steps()) === 'new') options.news?.(input);
    progress.features = corpus.seen;
    progress.inputs = corpus.entries.length;
  };
  for (const sample of samples) {
    if (!options.goOn(progress)) return progress;
    await run(Buffer.from(sample));
  }
  const solid = (): Miss[] => misses.filter((miss) => miss !== undefined);
  for (let hints = { words, misses: solid() }; ;) {
    const pool = coverage ? corpus.entries.map((entry) => entry.input) : samples;
    const picked = coverage ? corpus.pick(random()) : Math.floor(random() * samples.length);
    for (let i = 0; i < BURST; i++) {
      if (!options.goOn(progress)) return progress;
      await run(mutate(pool, drawPlan(random, picked), { shape: target.shape, hints }));
    }
    hints = { words, misses: solid() };
  }
}

async function runOnce(options: Exploration, input: Buffer): Promise<Verdict | undefined> {
  const { target, coverage, slowMs } = options;
  coverage?.begin();
  const before = allocated();
  const start = performance.now();
  const failure = await attempt(target, input);
  const breach = coverage?.breach;
  // Caught by the code under test or not: the limit was broken.
  if (breach?.kind === 'slow') return slowMs === undefined ? breach : timed(options, input, slowMs);
  if (breach) return breach;
  if (failure) return failure;
  const bytes = allocated() - before;
  if (bytes > (target.bytes ?? LIMITS.bytes)) {
    const key = `memory ${coverage?.hottest()}`;
    return { kind: 'memory', what: `allocated ${bytes} bytes`, key, cost: bytes };
  }
  const isLong = slowMs !== undefined && performance.now() - start > slowMs;
  return isLong ? timed(options, input, slowMs) : undefined;
}

/** Once more, in processor time: others may have had the processor, and many turns may be fast ones. */
async function timed(
  { target, coverage }: Exploration,
  input: Buffer,
  slowMs: number,
): Promise<Verdict | undefined> {
  coverage?.begin(Infinity);
  const used = process.threadCpuUsage();
  const failure = await attempt(target, input);
  const { user, system } = process.threadCpuUsage(used);
  const ms = (user + system) / 1000;
  if (ms <= slowMs) return coverage?.breach ?? failure;
  return { kind: 'slow', what: `took ${Math.round(ms)} ms`, key: `slow ${coverage?.hottest()}`, cost: ms };
}
