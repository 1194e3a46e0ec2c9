// A Store in memory for tests of ingest: it keeps the one promise that ingest leans on (exactly the next number of a stream, or
// the whole call fails) and breaks it loudly when ingest does not keep its own.

import { NamedError } from '../../../shared/errors.ts';
import type { Entry, Store } from '../../store/store.ts';

export interface MemoryStore extends Store {
  readonly entries: Entry[];
  /** Writes that broke the rule of exactly the next number. */
  readonly broken: string[];
  /** Makes the next writes fail. */
  failing: boolean;
  /** When set, a write waits until `release` is called. */
  held: boolean;
  release(): void;
}

export function memoryStore(): MemoryStore {
  const marks = new Map<string, number>();
  const known = new Map<string, readonly string[]>();
  const key = (host: string, name: string): string => `${host}/${name}`;
  const waiting: (() => void)[] = [];
  const none = (): never => {
    throw new Error('the memory store of ingest tests only writes');
  };
  const store: MemoryStore = {
    entries: [],
    broken: [],
    failing: false,
    held: false,
    release() {
      store.held = false;
      for (const go of waiting.splice(0)) go();
    },
    watermarks: (host) =>
      [...marks]
        .filter(([k]) => k.startsWith(`${host}/`))
        .map(([k, seq]) => ({ stream: k.slice(host.length + 1), seq })),
    watermark: (host, stream) => marks.get(key(host, stream)) ?? -1,
    declare: (host, series, columns) => void known.set(key(host, series), columns),
    columns: (host, series) => known.get(key(host, series)),
    async write(entries) {
      if (store.held) await new Promise<void>((resolve) => waiting.push(resolve));
      if (store.failing) throw new NamedError('STORE_UNAVAILABLE', 'told to fail');
      for (const entry of entries) {
        const from = entry.kind === 'row' ? entry.seq : entry.from;
        const expected = store.watermark(entry.host, entry.stream) + 1;
        if (from !== expected) {
          store.broken.push(`${from} where ${expected} is next`);
          throw new Error('the rule of exactly the next number is broken');
        }
        marks.set(key(entry.host, entry.stream), entry.kind === 'row' ? entry.seq : entry.to);
        store.entries.push(
          entry.kind === 'row' ? { ...entry, values: Float64Array.from(entry.values) } : entry,
        );
      }
    },
    latest: none,
    keys: none,
    points: none,
    buckets: none,
    gaps: none,
    stats: none,
    async maintain() {},
    async close() {},
  };
  return store;
}
