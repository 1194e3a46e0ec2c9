// Promise jobs on demand: the simulation runs without giving the thread back, and after each of its events all that follows from it
// through promises has run before the next one does.

/** Node's own step behind every callback of its event loop: runs all promise jobs and ticks. Nothing public does so in place. */
export const runJobs = (process as unknown as { _tickCallback(): void })._tickCallback;

/** Inside a promise job none of the others could run: whatever simulates must start from a turn of the event loop. */
export function onTurn<T>(run: () => T): Promise<T> {
  return new Promise((resolve, reject) => {
    setImmediate(() => {
      try {
        resolve(run());
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    });
  });
}

/** What the promise comes to, when nothing but promise jobs stands before that. */
export function settled<T>(promise: Promise<T>): T {
  let outcome: { value: T } | { error: unknown } | undefined;
  promise.then(
    (value) => {
      outcome = { value };
    },
    (error: unknown) => {
      outcome = { error };
    },
  );
  runJobs();
  if (outcome === undefined)
    throw new Error('it waits for more than promises, or this is a promise job itself');
  if ('error' in outcome) throw outcome.error;
  return outcome.value;
}
