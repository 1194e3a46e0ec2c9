// What other hosts of the hospital found at the port of one that is not heard. Pure. Promise: only a fresh word of a witness that is
// itself heard counts; "it answers no more" counts only when the port answered until the host fell silent, so that a service which
// ended before, or a wrong address in the witness's file, is never taken for a host that is down.

import * as say from './evidence.ts';
import type { Fleet, HostLife, Testimony } from './model.ts';
import type { Evidence, WitnessAnswer } from './verdict.ts';

/** Witnesses look every 10 s, three times before they say no: older words are of another time. */
const FRESH_MS = 30_000;
/** The port must have accepted so shortly before the silence. */
const BEFORE_MS = 60_000;

/** What the witnesses say of a host, and the sentence behind it; undefined when they prove nothing. */
export interface Testified {
  word: 'answers' | 'gone';
  /** For how long it is so. */
  forMs: number;
  evidence: Evidence;
}

export function takeTestimony(life: HostLife, by: string, answer: WitnessAnswer, at: number): void {
  const all = (life.testimonies ??= new Map<string, Testimony>());
  const before = all.get(by);
  if (before && before.at >= at) return;
  const isSame = before !== undefined && (before.answer === 'accepts') === (answer === 'accepts');
  const acceptedAt = answer === 'accepts' ? at : (before?.acceptedAt ?? 0);
  all.set(by, { answer, at, since: isSame ? before.since : at, acceptedAt });
}

export function askWitnesses(fleet: Fleet, life: HostLife, now: number): Testified | undefined {
  let gone: Testified | undefined;
  for (const [by, testimony] of life.testimonies ?? []) {
    const witness = fleet.hosts.get(by);
    if (witness?.verdict.word !== 'up' || witness.hospital !== life.hospital) continue;
    const { answer, at, since, acceptedAt } = testimony;
    // What was seen before the host fell silent says nothing of the silence.
    if (now - at > FRESH_MS || at <= life.heardAt) continue;
    const said = { forMs: now - since, evidence: say.witnessed(at, life.timeZone, witness.name, answer) };
    // One that gets through is stronger than others that do not: those may stand behind a fault of their own.
    if (answer === 'accepts') return { word: 'answers', ...said };
    if (acceptedAt >= life.heardAt - BEFORE_MS) gone = { word: 'gone', ...said };
  }
  return gone;
}
