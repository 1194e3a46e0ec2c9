// What the liveness machine knows of the fleet, what it is told and what it answers. Shapes and bookkeeping only; the judgement
// is in liveness.ts.

import type { GoodbyeReason, RunJournal } from '../../shared/frame.ts';
import type { CloseKind } from '../services.ts';
import type { LivenessConfig } from './config.ts';
import type { DoubtReason } from './evidence.ts';
import type { Evidence, Verdict, VerdictWord } from './verdict.ts';

export interface HostLife {
  readonly host: string;
  readonly hospital: string;
  readonly timeZone: string;
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
  /** Before the collector was away: the verdict to go back to when it turns out that the host ran on. */
  former?: Verdict | undefined;
}

export interface Fleet {
  readonly config: LivenessConfig;
  readonly hosts: Map<string, HostLife>;
  readonly hospitals: Map<string, HostLife[]>;
  /** Silences are counted from here at the earliest. */
  listeningSince: number;
  /** Hosts awaited after a start or an absence; undefined when the wait is over. */
  awaited?: { hosts: Set<string>; total: number; until: number } | undefined;
  doubt?: { since: number; reason: DoubtReason } | undefined;
  ownTrouble: boolean;
  tickedAt: number;
}

export interface HelloFacts {
  boot: string;
  journal: RunJournal;
}

export type Input =
  | { kind: 'hello'; host: string; hello: HelloFacts }
  | { kind: 'heard'; host: string }
  | { kind: 'goodbye'; host: string; reason: GoodbyeReason }
  | { kind: 'closed'; host: string; how: CloseKind }
  | { kind: 'tick' }
  /** The collector did not run or was suspended. `restart`: connections are gone too. */
  | { kind: 'away'; from: number; restart: boolean }
  /** What the collector knows of its own health: event loop, uplink canary. */
  | { kind: 'own-trouble'; on: boolean };

export type Effect =
  | { kind: 'verdict'; host: string; verdict: Verdict; before: VerdictWord }
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
    listeningSince: now,
    ownTrouble: false,
    tickedAt: now,
  };
}

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
    ...life,
  };
  fleet.hosts.set(life.host, added);
  const siblings = fleet.hospitals.get(life.hospital);
  if (siblings) siblings.push(added);
  else fleet.hospitals.set(life.hospital, [added]);
  return added;
}

export function removeHost(fleet: Fleet, host: string): void {
  const life = fleet.hosts.get(host);
  if (!life) return;
  fleet.hosts.delete(host);
  const siblings = (fleet.hospitals.get(life.hospital) ?? []).filter((other) => other !== life);
  if (siblings.length > 0) fleet.hospitals.set(life.hospital, siblings);
  else fleet.hospitals.delete(life.hospital);
}
