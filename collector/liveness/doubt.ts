// The collector's doubt in itself: when many hosts turn quiet at once, the common cause is here. Pure. Promise: while it
// doubts, no host is called silent; when the doubt ends, every silence is counted anew.

import * as say from './evidence.ts';
import type { Effect, Fleet } from './model.ts';

/** With fewer hospitals than this, all of them quiet together is no sign of the collector's own fault. */
const HOSPITALS_MIN = 3;

export function isDoubtful(fleet: Fleet): boolean {
  return fleet.doubt !== undefined;
}

export function judgeDoubt(fleet: Fleet, now: number, out: Effect[]): void {
  const picture = look(fleet, now);
  const reason = reasonFor(fleet, picture, now);
  if (reason !== undefined && !fleet.doubt) {
    fleet.doubt = { since: now, reason };
    const evidence = say.doubts(now, reason, picture.quiet, picture.expected);
    out.push({ kind: 'self-doubt', on: true, evidence });
  } else if (reason === undefined && fleet.doubt) {
    const evidence = say.doubts(fleet.doubt.since, fleet.doubt.reason, picture.quiet, picture.expected);
    fleet.doubt = undefined;
    fleet.listeningSince = now;
    out.push({ kind: 'self-doubt', on: false, evidence });
  }
}

interface Picture {
  /** Hosts that should be heard, and how many of them are. */
  expected: number;
  up: number;
  /** Suspect, undecided. */
  quiet: number;
  /** Of those, turned quiet within the window. */
  fresh: number;
  /** Hospitals with hosts that should be heard, all of them undecided. */
  wholeFleet: boolean;
}

function look(fleet: Fleet, now: number): Picture {
  const picture: Picture = { expected: 0, up: 0, quiet: 0, fresh: 0, wholeFleet: false };
  const hospitals = new Set<string>();
  for (const { verdict, suspectAt, hospital } of fleet.hosts.values()) {
    const { word } = verdict;
    if (word === 'never-seen' || word === 'stopped' || word === 'shutdown') continue;
    picture.expected++;
    hospitals.add(hospital);
    if (word === 'up') picture.up++;
    if (word !== 'suspect') continue;
    picture.quiet++;
    if (now - suspectAt < fleet.config.massWindow) picture.fresh++;
  }
  picture.wholeFleet =
    hospitals.size >= HOSPITALS_MIN && picture.quiet > 0 && picture.quiet === picture.expected;
  return picture;
}

function reasonFor(fleet: Fleet, picture: Picture, now: number): say.DoubtReason | undefined {
  if (fleet.ownTrouble) return 'own-trouble';
  if (picture.wholeFleet) return 'whole-fleet';
  const { massCount, massShare, doubtAtMost } = fleet.config;
  const many = Math.max(massCount, massShare * picture.expected);
  if (!fleet.doubt) return picture.fresh > many ? 'mass-silence' : undefined;
  if (picture.quiet <= many) return undefined;
  // Half of the fleet is heard for so long: then the collector does hear, and the others are truly silent.
  const proven = now - fleet.doubt.since >= doubtAtMost && picture.up * 2 >= picture.expected;
  return proven ? undefined : fleet.doubt.reason;
}
