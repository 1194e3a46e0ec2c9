// Work that is tried until it succeeds: a store whose history lies outside may be without it for hours. Promise: one try at a
// time; a failure is told once.

import type { Clock } from '../../shared/clock.ts';

export interface Patience {
  /** Resolves when the work has succeeded or was given up. */
  done: Promise<void>;
  /** Gives it up; resolves when nothing of it runs any more. */
  stop(): Promise<void>;
}

const AGAIN_MS = 30_000;

export function patiently(options: {
  work: () => Promise<void>;
  clock: Pick<Clock, 'after'>;
  onFailure: (error: unknown) => void;
}): Patience {
  const { work, clock, onFailure } = options;
  const state = { isStopped: false, hasFailed: false, wake: (): void => undefined };
  const attempt = async (): Promise<void> => {
    try {
      await work();
      return;
    } catch (error) {
      if (!state.hasFailed) onFailure(error);
      state.hasFailed = true;
    }
    if (state.isStopped) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = clock.after(AGAIN_MS, resolve);
    state.wake = resolve;
    await promise;
    timer.cancel();
    if (!state.isStopped) await attempt();
  };
  const done = attempt();
  return {
    done,
    stop() {
      state.isStopped = true;
      state.wake();
      return done;
    },
  };
}
