// Waiting for a condition instead of sleeping: tests end as soon as what they wait for is true, and say what was missing when it never is.

/** Polls until `probe` returns something other than undefined, false or null. Throws after `withinMs` with what was last seen. */
export async function until<T>(
  what: string,
  withinMs: number,
  probe: () => T | undefined | false | null | Promise<T | undefined | false | null>,
  pollMs = 50,
): Promise<T> {
  const end = performance.now() + withinMs;
  let lastError: unknown;
  for (;;) {
    try {
      const value = await probe();
      if (value !== undefined && value !== false && value !== null) return value;
      lastError = undefined;
    } catch (error) {
      lastError = error;
    }
    if (performance.now() > end) {
      throw new Error(
        `waited ${withinMs} ms in vain for: ${what}`,
        lastError === undefined ? undefined : { cause: lastError },
      );
    }
    await new Promise((done) => setTimeout(done, pollMs));
  }
}
