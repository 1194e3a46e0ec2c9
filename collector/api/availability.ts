// How long a host was up over a period, from the trail with its corrections, as the page and programs ask for it.

import { NamedError } from '../../shared/errors.ts';
import type { Context } from './context.ts';
import { readInstant } from './series.ts';
import type { AvailabilityReply } from './shapes.ts';
import { readTrail } from './trail.ts';

const HOUR = 3_600_000;
const MONTH_MS = 30 * 24 * HOUR;
const MOST_MS = 400 * 24 * HOUR;

/** Throws NamedError BAD_REQUEST. Default: the last 30 days; what lies ahead is left out. */
export async function readAvailability(
  { state, clock }: Context,
  host: string,
  wish: { from?: string | undefined; to?: string | undefined },
): Promise<AvailabilityReply> {
  const now = clock.now();
  const to = Math.min(now, readInstant('to', wish.to, now) ?? now);
  const from = readInstant('from', wish.from, now) ?? to - MONTH_MS;
  if (from >= to) throw new NamedError('BAD_REQUEST', 'from: must lie before to and before now');
  if (to - from > MOST_MS) throw new NamedError('BAD_REQUEST', 'from: at most 400 days are told at once');
  const { spans, ms, share, known } = await readTrail(state, host, { from, to }, now);
  const hours = {
    up: ms.up / HOUR,
    down: ms.down / HOUR,
    stopped: ms.stopped / HOUR,
    unknown: ms.unknown / HOUR,
  };
  return { host, from, to, hours, availability: share, known, spans };
}
