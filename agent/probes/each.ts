// Runs one thing over many items, a bounded number at a time. Promise: the answers keep the items' order, and a slow item
// delays only itself.

const AT_ONCE = 32;

/** What gives undefined is left out. Rejects with the first failure. */
export async function readEach<T, R>(
  items: readonly T[],
  read: (item: T) => Promise<R | undefined>,
  signal?: AbortSignal,
): Promise<R[]> {
  const out = new Map<number, R>();
  const rest = items.entries();
  const work = async (): Promise<void> => {
    for (const [index, item] of rest) {
      signal?.throwIfAborted();
      const found = await read(item);
      if (found !== undefined) out.set(index, found);
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, work));
  return items.flatMap((_, index) => (out.has(index) ? [out.get(index) as R] : []));
}
