// What a test opened is closed last first: a program before the folder that it writes to, a mount before the folder below it.

export interface Scope {
  after(run: () => unknown): void;
}

const stacks = new WeakMap<Scope, (() => unknown)[]>();

/** Runs `close` when the test ends, before everything that was registered earlier. */
export function atEnd(t: Scope, close: () => unknown): void {
  const known = stacks.get(t);
  if (known) {
    known.push(close);
    return;
  }
  const stack = [close];
  stacks.set(t, stack);
  t.after(async () => {
    for (const each of stack.toReversed()) await each();
  });
}

/** For what lives longer than one test: closed when `close` is called. */
export function openScope(): Scope & { close(): Promise<void> } {
  const ends: (() => unknown)[] = [];
  return {
    after: (run) => void ends.push(run),
    async close() {
      for (const end of ends.splice(0).toReversed()) await end();
    },
  };
}
