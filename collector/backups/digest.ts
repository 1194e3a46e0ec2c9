// The short form of a host's backups that stays in memory: what the rules, the board and the lists read each second. Promise: pure,
// small (no facts of files), and nothing in it that is not in the full picture.

import type { BackupKind, Engine } from '../../shared/backup/facts.ts';
import type { BackupPolicy, BackupSetReport, Rung } from '../../shared/backup/reported.ts';
import type { HostBackups, KeptFile, KeptFinding, Recovery, SetBackups } from './kept.ts';
import { toldFinding, type ToldFinding, toldRung, type ToldRung } from './told.ts';

export interface HostDigest {
  hostId: string;
  timeZone: string;
  sets: SetDigest[];
  /** Open ones that concern the host and no set of it. */
  findings: ToldFinding[];
}

export interface SetDigest {
  name: string;
  at: number;
  told: SetBackups['told'];
  engine: Engine | '';
  kind: BackupKind | '';
  policy: BackupPolicy;
  rung: Rung;
  rungs: ToldRung[];
  trail: { at: number; rung: Rung }[];
  databases: string[];
  /** Last moment that can be restored, UTC ms. */
  lastAt?: number;
  rto?: NonNullable<Recovery['rto']>;
  gaps: number;
  /** Of the files that are there. */
  copies: number;
  bytes: number;
  newest?: { path: string; bytes: number; modifiedAt: number };
  unjudged: number;
  volume?: NonNullable<BackupSetReport['volume']>;
  sameVolumeAsData?: boolean;
  history: BackupSetReport['history'];
  /** When files went, newest first, at most `DELETIONS`. */
  deletions: number[];
  drill?: { at: number; ok: boolean };
  findings: ToldFinding[];
}

const DELETIONS = 30;

export function digestOf({ hostId, timeZone, sets, findings }: HostBackups): HostDigest {
  return {
    hostId,
    timeZone,
    sets: sets.map((set) => digestSet(set, timeZone)),
    findings: open(findings, timeZone),
  };
}

const open = (findings: readonly KeptFinding[], timeZone: string): ToldFinding[] =>
  findings.filter((f) => f.goneAt === undefined).map((f) => toldFinding(f, timeZone));

function digestSet(set: SetBackups, timeZone: string): SetDigest {
  const { recovery, policy } = set;
  const there = set.files.filter((f) => f.goneAt === undefined);
  const [newest] = there;
  const [drill] = set.drills;
  return {
    name: set.name,
    at: set.at,
    told: set.told,
    engine: policy.engine || (recovery.sets[0]?.engine ?? ''),
    kind: policy.kind || (newest?.facts?.kind ?? ''),
    policy,
    rung: set.rung,
    rungs: set.rungs.map((rung) => toldRung(rung, timeZone)),
    trail: set.trail,
    databases: recovery.sets.flatMap((s) => s.database ?? []),
    ...(recovery.last ? { lastAt: Math.floor(recovery.last.us / 1000) } : {}),
    ...(recovery.rto ? { rto: recovery.rto } : {}),
    gaps: recovery.gaps.length,
    copies: there.length,
    bytes: there.reduce((sum, f) => sum + f.bytes, 0),
    ...(newest ? { newest: { path: newest.path, bytes: newest.bytes, modifiedAt: newest.modifiedAt } } : {}),
    unjudged: recovery.unjudged,
    ...(set.volume ? { volume: set.volume } : {}),
    ...(set.sameVolumeAsData === undefined ? {} : { sameVolumeAsData: set.sameVolumeAsData }),
    history: set.history,
    deletions: deletionsOf(set.files),
    ...(drill ? { drill: { at: drill.at, ok: drill.ok } } : {}),
    findings: open(set.findings, timeZone),
  };
}

function deletionsOf(files: readonly KeptFile[]): number[] {
  return files
    .flatMap((f) => f.goneAt ?? [])
    .sort((a, b) => b - a)
    .slice(0, DELETIONS);
}

export type Standing = 'ok' | 'warning' | 'critical' | 'unknown';

/** Findings that cast doubt on what the files hold. */
const GRAVE: ReadonlySet<KeptFinding['kind']> = new Set([
  'magic-lost',
  'extension-changed',
  'history-disagrees',
]);

/** How a set stands at a glance: by its ladder, its RPO and its findings. */
export function standingOf(set: SetDigest, now: number): Standing {
  if (set.told !== 'fresh') return 'unknown';
  const next = set.rungs.find((r) => r.rung === set.rung + 1);
  const fails = next?.state === 'no';
  const late = set.policy.rpoMs > 0 && set.lastAt !== undefined && now - set.lastAt > set.policy.rpoMs;
  if ((set.rung < 2 && fails) || set.findings.some((f) => GRAVE.has(f.kind))) return 'critical';
  if (late || set.gaps > 0 || set.findings.length > 0 || (set.rung < 4 && fails)) return 'warning';
  return set.rung < 2 ? 'unknown' : 'ok';
}
