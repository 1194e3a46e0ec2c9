// The people of the fleet benches: pages that are watched (live streams of events) and queries at a steady rate.

import { hostId } from '../ingest/plan.ts';
import { Latencies } from '../ingest/speech.ts';

const HOUR_MS = 3_600_000;

export interface PeopleOptions {
  url: string;
  token: string;
  agents: number;
  /** Live pages; every second one looks at one host, the others at the board. */
  pages: number;
  queriesPerSecond: number;
}

export interface People {
  /** Forgets what was counted so far. */
  count(): void;
  tell(): { liveBytes: number; liveEvents: number; queries: number; queryP50Ms: number; queryP99Ms: number };
  /** Throws what went wrong for any of them. */
  stop(): Promise<void>;
}

/** What is asked, in turn: a chart of an hour and of a day, newest values, a screen of the board. */
const QUESTIONS: ((host: string, now: number) => string)[] = [
  (host, now) => `/api/v1/series?host=${host}&metric=mem_used_percent&from=${now - HOUR_MS}`,
  (host) => `/api/v1/hosts/${host}/latest`,
  () => '/api/v1/hosts?limit=50',
  (host, now) => `/api/v1/series?host=${host}&metric=disk_used_percent&from=${now - 24 * HOUR_MS}&step=5m`,
  (host) => `/api/v1/hosts/${host}/latest`,
  () => '/api/v1/hosts?limit=50&offset=500',
];

export function admitPeople(options: PeopleOptions): People {
  const { url, token, agents, pages, queriesPerSecond } = options;
  const headers = { authorization: `Bearer ${token}` };
  const ending = new AbortController();
  const took = new Latencies();
  let [liveBytes, liveEvents, queries, asked] = [0, 0, 0, 0];
  let failure: unknown;
  const keep = (error: unknown): void => {
    if (!ending.signal.aborted) failure ??= error;
  };
  const query = async (n: number): Promise<void> => {
    const path = QUESTIONS[n % QUESTIONS.length]?.(hostId((n * 97) % agents), Date.now()) ?? '';
    const startedAt = performance.now();
    const answer = await fetch(url + path, { headers, signal: ending.signal });
    const body = await answer.text();
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${body.slice(0, 200)}`);
    took.add(performance.now() - startedAt);
    queries++;
  };
  const look = async (n: number): Promise<void> => {
    const path = n % 2 === 0 ? '/api/v1/live' : `/api/v1/live?host=${hostId(n % agents)}`;
    const answer = await fetch(url + path, { headers, signal: ending.signal });
    if (!answer.ok || !answer.body) throw new Error(`${path}: ${answer.status}`);
    for await (const chunk of answer.body) {
      liveBytes += chunk.length;
      liveEvents += countOf(Buffer.from(chunk), EVENT);
    }
  };
  const looking = Array.from({ length: pages }, (_, n) => look(n).catch(keep));
  const timer =
    queriesPerSecond > 0
      ? setInterval(() => void query(asked++).catch(keep), 1000 / queriesPerSecond)
      : undefined;
  return {
    count() {
      took.clear();
      [liveBytes, liveEvents, queries] = [0, 0, 0];
    },
    tell: () => ({
      liveBytes,
      liveEvents,
      queries,
      queryP50Ms: took.quantile(0.5),
      queryP99Ms: took.quantile(0.99),
    }),
    async stop() {
      clearInterval(timer);
      ending.abort();
      await Promise.all(looking);
      if (failure) throw failure;
    },
  };
}

const EVENT = 'event: ';

function countOf(chunk: Buffer, text: string): number {
  let count = 0;
  for (let at = chunk.indexOf(text); at >= 0; at = chunk.indexOf(text, at + 1)) count++;
  return count;
}
