// Judges inputs in a thread of its own with the code as it is, so that one that hangs or kills its thread is judged too.

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Verdict } from '../judge.ts';
import { newControl } from './shared-input.ts';
import type { Message, Task } from './worker.ts';

/** An input that takes this much processor time does not come back. */
export const HANG_MS = 1500;
const LOOK_MS = 100;
export const HEAP_MIB = 1024;

/** Of the whole process, in which one thread works at a time: a thread within a regular expression cannot be asked. */
export function usedMs(since?: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
}

export class Court {
  private readonly task: Task;
  private worker: Worker | undefined;

  constructor(module: string, name: string) {
    const nothing = { seed: 0, fixed: [], kept: [], cpuSeconds: 0, executions: 0, first: false };
    this.task = { ...nothing, module, name, mode: 'judge', control: newControl() };
  }

  async judge(input: Uint8Array): Promise<Verdict | undefined> {
    const worker = (this.worker ??= await this.start());
    const start = process.cpuUsage();
    worker.postMessage(new Uint8Array(input), []);
    return new Promise((resolve) => {
      const settle = (verdict: Verdict | undefined): void => {
        clearInterval(timer);
        worker.off('message', answered).off('error', died);
        resolve(verdict);
      };
      const answered = (message: Message): void => {
        if (message.type === 'verdict') settle(message.verdict);
      };
      const died = (error: Error): void => {
        this.worker = undefined;
        settle({ kind: 'throws', what: error.stack ?? error.message, key: `died ${error.message}` });
      };
      const timer = setInterval(() => {
        if (usedMs(start) < HANG_MS) return;
        this.worker = undefined;
        void worker.terminate();
        settle({ kind: 'slow', what: `did not end within ${HANG_MS} ms of processor time`, key: 'hang' });
      }, LOOK_MS);
      worker.on('message', answered).on('error', died);
    });
  }

  async close(): Promise<void> {
    if (!this.worker) return;
    const ended = once(this.worker, 'exit');
    await this.worker.terminate();
    await ended.catch(() => undefined);
    this.worker = undefined;
  }

  private async start(): Promise<Worker> {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), {
      workerData: this.task,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB },
    });
    await once(worker, 'message');
    return worker;
  }
}
