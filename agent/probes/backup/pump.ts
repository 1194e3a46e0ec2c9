// Reading beside the sampling: one file after the other over all sets, the most urgent first, until none is left. Promise: never two at a
// time; none in the quiet hours, and one that is under way then is broken off (it goes on where it stood, as far as its format allows);
// the reading process ends when nothing is left.

import type { Clock } from '../../../shared/clock.ts';
import type { Verifier } from '../probe.ts';
import { isQuiet, type NextTask } from './reading.ts';
import type { WatchedSet } from './watch.ts';

export interface Pump {
  /** Goes on if there is something to read. Called with each reading of the sets; waits for nothing. */
  wake(): void;
  close(): void;
}

export interface PumpOptions {
  sets: readonly WatchedSet[];
  verifier: Verifier | undefined;
  clock: Clock;
  quiet: readonly string[];
}

export function openPump({ sets, verifier, clock, quiet }: PumpOptions): Pump {
  let running: AbortController | undefined;
  let isClosed = false;

  const work = async (reader: Verifier, abort: AbortController): Promise<void> => {
    for (let next = mostUrgent(sets, clock.now()); next; next = mostUrgent(sets, clock.now())) {
      if (abort.signal.aborted || isQuiet(quiet, clock.now())) return;
      const found = await reader.run(next.task.task, abort.signal);
      await next.set.learn(next.task, found);
    }
  };
  return {
    wake() {
      if (isClosed || !verifier) return;
      if (isQuiet(quiet, clock.now())) return running?.abort(new Error('quiet hours'));
      if (running) return;
      const abort = new AbortController();
      running = abort;
      // A reading that was broken off is taken up by a later wake.
      void work(verifier, abort)
        .catch(() => {})
        .finally(() => {
          running = undefined;
          verifier.rest();
        });
    },
    close() {
      isClosed = true;
      running?.abort(new Error('the agent ends'));
      verifier?.rest();
    },
  };
}

function mostUrgent(
  sets: readonly WatchedSet[],
  now: number,
): { set: WatchedSet; task: NextTask } | undefined {
  let best: { set: WatchedSet; task: NextTask } | undefined;
  for (const set of sets) {
    const task = set.next(now);
    if (task && (!best || task.rank < best.task.rank)) best = { set, task };
  }
  return best;
}
