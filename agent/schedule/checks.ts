// Which check results a report carries: those whose status changed, a new sentence now and then, and all of them in the first
// report of a stream and every 10 min, so that a collector that lost its memory has the whole picture soon. Pure.

import type { CheckStatus } from '../../shared/catalogue.ts';
import { type CheckResult, LIMITS } from '../../shared/frame.ts';
import type { Judgement } from '../probes/probe.ts';

const ALL_EVERY_MS = 600_000;
/** A sentence with a figure in it changes at every reading. */
const TEXT_EVERY_MS = 60_000;
const TEXT_LENGTH = 300;

interface Sent {
  status: CheckStatus;
  text: string | undefined;
  at: number;
}

export interface CheckBook {
  /** The last judgements, by probe and check id. */
  known: ReadonlyMap<string, ReadonlyMap<string, CheckResult>>;
  sent: ReadonlyMap<string, Sent>;
  stream: string;
  allAt: number;
}

export const EMPTY_BOOK: CheckBook = { known: new Map(), sent: new Map(), stream: '', allAt: -Infinity };

/** The judgements of one reading replace the probe's former ones. */
export function judged(book: CheckBook, probe: string, checks: readonly Judgement[]): CheckBook {
  const own = new Map(checks.slice(0, LIMITS.checks).map((check) => [check.id, clipped(check)]));
  return { ...book, known: new Map(book.known).set(probe, own) };
}

/** A probe that cannot read leaves its checks unknown, not as they were. */
export function unjudged(book: CheckBook, probe: string): CheckBook {
  const own = [...(book.known.get(probe)?.keys() ?? [])].map((id) => ({ id, status: 'unknown' as const }));
  return judged(book, probe, own);
}

function clipped(check: Judgement): CheckResult {
  const { id, status, text } = check;
  return text === undefined ? { id, status } : { id, status, text: text.slice(0, TEXT_LENGTH) };
}

/** Whether a status differs from what the collector was told. */
export function hasNews(book: CheckBook): boolean {
  return allKnown(book).some((check) => book.sent.get(check.id)?.status !== check.status);
}

/** The checks for the next report of `stream`, and the book once it is appended. `now` is monotonic. */
export function takeChecks(
  book: CheckBook,
  stream: string,
  now: number,
): { checks: CheckResult[]; book: CheckBook } {
  const known = allKnown(book);
  const all = stream !== book.stream || now - book.allAt >= ALL_EVERY_MS;
  const checks = (all ? known : known.filter((check) => isDue(book.sent.get(check.id), check, now))).slice(
    0,
    LIMITS.checks,
  );
  const sent = new Map(book.sent);
  for (const check of checks) sent.set(check.id, { status: check.status, text: check.text, at: now });
  return { checks, book: { ...book, sent, stream, allAt: all ? now : book.allAt } };
}

function isDue(sent: Sent | undefined, check: CheckResult, now: number): boolean {
  if (!sent || sent.status !== check.status) return true;
  return sent.text !== check.text && now - sent.at >= TEXT_EVERY_MS;
}

const allKnown = (book: CheckBook): CheckResult[] =>
  [...book.known.values()].flatMap((own) => [...own.values()]);
