// What the liveness machine knows of the fleet, what it is told and what it answers. Shapes and bookkeeping only; the judgement
// is in liveness.ts.

import type { GoodbyeReason, Hello } from '../../shared/frame.ts';
import type { CloseKind } from '../services.ts';
import type { LivenessConfig } from './config.ts';
import { type Deadlines, openDeadlines } from './deadlines.ts';
import type { DoubtReason, Evidence, Verdict, VerdictWord, WitnessAnswer } from './verdict.ts';

export interface HostLife {
  readonly host: string;
  readonly hospital: string;
  readonly timeZone: string;
  /** Hosts are looked at in the order in which they came. */
  readonly order: number;
  /** As people call it. */
  name: string;
  verdict: Verdict;
  /** 0 = never. */
  heardAt: number;
  /** How the connection ended; undefined while one is open. */
  closed?: { kind: CloseKind; at: number } | undefined;
  connected: boolean;
  boot?: string;
  /** Start of the agent's process, by its own clock: another value is another process. */
  processAt?: number;
  plannedUntil: number;
  /** When it was called suspect last. */
  suspectAt: number;
  /** Its silence is counted from here at the earliest. */
  countFrom: number;
  /** What others in its hospital found at its port, by their host id. */
  testimonies?: Map<string, Testimony> | undefined;
  /** Before the collector was away: the verdict to go back to when it turns out that the host ran on. */
  former?: Verdict | undefined;
}

/** The newest word of one witness about one host. */
export interface Testimony {
  answer: WitnessAnswer;
  /** When it was read, and since when the port accepts or does not. */
  at: number;
  since: number;
  /** When the port accepted last; 0: never. */
  acceptedAt: number;
}

export interface Fleet {
  readonly config: LivenessConfig;
  readonly hosts: Map<string, HostLife>;
  readonly hospitals: Map<string, HostLife[]>;
  /** Whom which word stands for: kept by whatever gives a word, so that nobody counts the fleet. */
  readonly byWord: Readonly<Record<VerdictWord, Set<HostLife>>>;
  /** When time alone may make a host suspect, at the earliest. */
  readonly deadlines: Deadlines<HostLife>;
  added: number;
  /** Silences are counted from here at the earliest. */
  listeningSince: number;
  /** Hosts awaited after a start or an absence; undefined when the wait is over. */
  awaited?: { hosts: Set<string>; total: number; until: number } | undefined;
  doubt?: { since: number; reason: DoubtReason; quiet: number; expected: number } | undefined;
  /** Many hosts are cut off although the collector proved to hear: those keep their word until most of them are back. */
  mass?: { since: number } | undefined;
  ownTrouble: boolean;
  /** How many were late or suspect at most while much of the fleet is late at once; 0: it is not. */
  hushed: number;
  /** Until then the collector is behind with what it hears. */
  laggingUntil: number;
  tickedAt: number;
}

export type HelloFacts = Pick<Hello, 'boot' | 'bootAt' | 'at' | 'journal'>;

export type Input =
  | { kind: 'hello'; host: string; hello: HelloFacts }
  | { kind: 'heard'; host: string }
  | { kind: 'goodbye'; host: string; reason: GoodbyeReason }
  | { kind: 'closed'; host: string; how: CloseKind }
  | { kind: 'tick' }
  /** The collector did not run or was suspended. `restart`: connections are gone too. */
  | { kind: 'away'; from: number; restart: boolean }
  /** What a witness found at the port of `host`; `at`: when it began to look, `by`: its own host id. */
  | { kind: 'witness'; host: string; by: string; answer: WitnessAnswer; at: number }
  /** What the collector's uplink canary says. */
  | { kind: 'own-trouble'; on: boolean }
  /** The event loop is behind. */
  | { kind: 'lag' };

export type Effect =
  /** `at`: from when on it stands; `verdict.since` may lie before it, when the host turned out to have run on. */
  | {
      kind: 'verdict';
      host: string;
      verdict: Verdict;
      before: VerdictWord;
      at: number;
    }
  /** A finished span in the trail; `revises`: it corrects the last quiet verdict. */
  | {
      kind: 'record';
      host: string;
      word: VerdictWord;
      since: number;
      until: number;
      evidence: Evidence[];
      revises: boolean;
    }
  | { kind: 'self-doubt'; on: boolean; evidence: Evidence };

export function openFleet(config: LivenessConfig, now: number): Fleet {
  return {
    config,
    hosts: new Map(),
    hospitals: new Map(),
    byWord: nobody(),
    deadlines: openDeadlines(),
    added: 0,
    listeningSince: now,
    ownTrouble: false,
    hushed: 0,
    laggingUntil: 0,
    tickedAt: now,
  };
}

const nobody = (): Record<VerdictWord, Set<HostLife>> => ({
  'never-seen': new Set(),
  up: new Set(),
  suspect: new Set(),
  stopped: new Set(),
  'agent-lost': new Set(),
  shutdown: new Set(),
  crashed: new Set(),
  down: new Set(),
  silent: new Set(),
  'site-silent': new Set(),
  'mass-silent': new Set(),
  'collector-away': new Set(),
});

export function addHost(
  fleet: Fleet,
  life: Pick<HostLife, 'host' | 'hospital' | 'timeZone'> & Partial<HostLife>,
  now: number,
): HostLife {
  const known = fleet.hosts.get(life.host);
  if (known) return known;
  const added: HostLife = {
    verdict: { word: 'never-seen', since: now, evidence: [] },
    heardAt: 0,
    connected: false,
    plannedUntil: 0,
    suspectAt: 0,
    countFrom: 0,
    name: life.host,
    ...life,
    order: fleet.added++,
  };
  fleet.hosts.set(life.host, added);
  place(fleet, added);
  const siblings = fleet.hospitals.get(life.hospital);
  if (siblings) siblings.push(added);
  else fleet.hospitals.set(life.hospital, [added]);
  return added;
}

export function removeHost(fleet: Fleet, host: string): void {
  const life = fleet.hosts.get(host);
  if (!life) return;
  fleet.hosts.delete(host);
  fleet.byWord[life.verdict.word].delete(life);
  const siblings = (fleet.hospitals.get(life.hospital) ?? []).filter((other) => other !== life);
  if (siblings.length > 0) fleet.hospitals.set(life.hospital, siblings);
  else fleet.hospitals.delete(life.hospital);
}

/** Gives a host back what was written down of it. */
export function restoreHost(fleet: Fleet, life: HostLife, saved: Partial<HostLife>): void {
  fleet.byWord[life.verdict.word].delete(life);
  Object.assign(life, saved);
  place(fleet, life);
}

function place(fleet: Fleet, life: HostLife): void {
  const { word } = life.verdict;
  fleet.byWord[word].add(life);
  // Whatever stands in the way of its deadline is looked at then.
  if (word === 'up' || word === 'collector-away') fleet.deadlines.ask(life, life.heardAt);
}

/** `at`: since when it stands; `since`: what is said of it, when that lies before. */
export function change(
  fleet: Fleet,
  life: HostLife,
  word: VerdictWord,
  at: number,
  evidence: Evidence[],
  out: Effect[],
  since = at,
): void {
  const before = life.verdict.word;
  fleet.byWord[before].delete(life);
  life.verdict = { word, since, evidence };
  fleet.byWord[word].add(life);
  if (word === 'up' || word === 'collector-away') fleet.deadlines.ask(life, at + fleet.config.suspectAfter);
  out.push({ kind: 'verdict', host: life.host, verdict: life.verdict, before, at });
}

/** Words of a host of which nothing is heard and that did not say goodbye. */
const QUIET: ReadonlySet<VerdictWord> = new Set<VerdictWord>([
  'suspect',
  'agent-lost',
  'down',
  'silent',
  'site-silent',
  'mass-silent',
  'collector-away',
]);
export const isQuiet = (word: VerdictWord): boolean => QUIET.has(word);

/** It should be heard; one that said goodbye, or was never heard, proves nothing by its silence. */
export const isExpected = (word: VerdictWord): boolean => word === 'up' || QUIET.has(word);

/** In the order in which they came, as they are now: words may change while they are looked at. */
export function inOrder(fleet: Fleet, ...words: readonly VerdictWord[]): HostLife[] {
  const all = words.flatMap((word) => [...fleet.byWord[word]]);
  return all.sort((a, b) => a.order - b.order);
}

/** How long the collector has listened to this host in vain; one that has to come back first is given the time for its way. */
export function quietMs(fleet: Fleet, life: HostLife, now: number): number {
  const from = Math.max(life.countFrom, fleet.listeningSince);
  return life.heardAt >= from ? now - life.heardAt : now - from - fleet.config.wayBack;
}

/** When it will have been quiet for `ms`, unless it is heard. */
export function quietAt(fleet: Fleet, life: HostLife, ms: number): number {
  const from = Math.max(life.countFrom, fleet.listeningSince);
  return (life.heardAt >= from ? life.heardAt : from + fleet.config.wayBack) + ms;
}
