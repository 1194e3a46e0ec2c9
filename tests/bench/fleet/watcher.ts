// The people of the fleet bench: one page that is watched (the live stream) and a few queries per second.

import { Latencies } from '../ingest/speech.ts';
import { hostId } from '../ingest/plan.ts';

const QUERIES_PER_SECOND = 4;
const HOUR_MS = 3_600_000;

export interface Watcher {
  stop(): Promise<{ liveBytes: number; queries: number; queryP99Ms: number }>;
}

export function watch(url: string, token: string, agents: number): Watcher {
  const headers = { authorization: `Bearer ${token}` };
  const ending = new AbortController();
  const took = new Latencies();
  let liveBytes = 0;
  let failure: unknown;
  const query = async (n: number): Promise<void> => {
    const host = hostId((n * 97) % agents);
    const from = Date.now() - HOUR_MS;
    const path =
      n % 2 === 0
        ? '/api/v1/hosts?limit=50'
        : `/api/v1/series?host=${host}&metric=mem_used_percent&from=${from}`;
    const startedAt = performance.now();
    const answer = await fetch(url + path, { headers });
    const body = await answer.text();
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${body.slice(0, 200)}`);
    took.add(performance.now() - startedAt);
  };
  const keep = (error: unknown): void => void (failure ??= error);
  const live = readLive(`${url}/api/v1/live`, headers, ending.signal, (bytes) => (liveBytes += bytes)).catch(
    (error: unknown) => ending.signal.aborted || keep(error),
  );
  let asked = 0;
  const timer = setInterval(() => void query(asked++).catch(keep), 1000 / QUERIES_PER_SECOND);
  return {
    async stop() {
      clearInterval(timer);
      ending.abort();
      await live;
      if (failure) throw failure;
      return { liveBytes, queries: asked, queryP99Ms: took.quantile(0.99) };
    },
  };
}

async function readLive(
  url: string,
  headers: Record<string, string>,
  signal: AbortSignal,
  each: (bytes: number) => void,
): Promise<void> {
  const answer = await fetch(url, { headers, signal });
  if (!answer.ok || !answer.body) throw new Error(`${url}: ${answer.status}`);
  for await (const chunk of answer.body) each(chunk.length);
}
