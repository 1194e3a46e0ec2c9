// The same queries to our evaluator and to Prometheus.

import type { PromFailure } from '../../collector/prom/failure.ts';
import type * as Query from '../../collector/prom/query.ts';
import type * as Render from '../../collector/prom/http/render.ts';
import type { SeriesSource } from '../../collector/prom/source.ts';
import { seededRandom } from '../sim/random.ts';
import { END, START } from './dataset.ts';
import { Generator } from './generate.ts';
import type { Reference, Reply } from './reference.ts';

/** Our programs; a faulty copy can stand in. */
export type Engine = Pick<typeof Query, 'queryInstant' | 'queryRange'> &
  Pick<typeof Render, 'renderInstant' | 'renderRange'>;

export interface Ask {
  query: string;
  /** Absent: at the instant `start`. */
  range?: { end: number; step: number };
  start: number;
}

/** Each query twice: over an hour that begins anywhere in steps that go into nothing, and over all in wide steps, or at an instant. */
export function drawAsks(seed: number, count: number): Ask[] {
  const random = seededRandom(seed);
  const generator = new Generator(random);
  return Array.from({ length: count }, () => generator.query()).flatMap((query) => {
    const start = START + 3_600_000 + random.int(0, 3_600_000);
    const narrow = {
      query,
      start,
      range: { end: start + 3_600_000, step: random.pick([60_000, 97_000, 61_500]) },
    };
    const wide = {
      query,
      start: START,
      range: { end: END + 600_000, step: random.pick([397_000, 600_000]) },
    };
    const instant = { query, start: random.pick([START + 7_200_000, END - 31_000]) };
    return [narrow, random.chance(0.7) ? wide : instant];
  });
}

export async function askReference(reference: Reference, { query, start, range }: Ask): Promise<Reply> {
  if (!range) return await reference.ask('/api/v1/query', { query, time: String(start / 1000) });
  const { end, step } = range;
  const times = { start: String(start / 1000), end: String(end / 1000), step: String(step / 1000) };
  return await reference.ask('/api/v1/query_range', { query, ...times });
}

export async function askOurs(
  engine: Engine,
  source: SeriesSource,
  { query, start, range }: Ask,
): Promise<Reply> {
  const options = { source, monotonic: () => 0 };
  try {
    if (range) {
      const answer = engine.renderRange(await engine.queryRange(options, { query, start, ...range }));
      return JSON.parse(answer.toString()) as Reply;
    }
    const data = engine.renderInstant(await engine.queryInstant(options, query, start));
    return { status: 'success', data: JSON.parse(data) as NonNullable<Reply['data']> };
  } catch (error) {
    const { name, type, message } = error as PromFailure;
    // A faulty copy has a class of its own: told by name.
    if (name !== 'PromFailure') throw error;
    return { status: 'error', errorType: type, error: message };
  }
}
