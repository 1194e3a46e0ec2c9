// Backups as /api/v1 tells them: lists from the digests in memory, one set with everything from the state. Promise: what a confined
// reader may not see is as if it did not exist.

import { digestOf, type HostDigest, type SetDigest, standingOf } from '../backups/digest.ts';
import type { KeptFile, SetBackups } from '../backups/kept.ts';
import type { Moment } from '../backups/moment.ts';
import type { NoPlan, RestorePlan } from '../backups/plan.ts';
import { findSet } from '../backups/plans.ts';
import { toldFinding, type ToldFinding, toldRung } from '../backups/told.ts';
import { FINDING_WORDS, RUNG_WORDS } from '../backups/words.ts';
import { planData, renderPlan } from '../backups/render/plan.ts';
import { readBackups } from '../backups/state/read.ts';
import type { Confinement } from '../access/principal.ts';
import type {
  BackupItem,
  BackupList,
  BackupSetDetail,
  BackupSetItem,
  HostBackupList,
} from './backup-shapes.ts';
import type { Context } from './context.ts';
import type { findHost } from './hosts.ts';
import { hostRows } from './hosts.ts';

type Host = Awaited<ReturnType<typeof findHost>>;

export async function listBackups(
  context: Context,
  wish: { confinement: Confinement; hospital?: string | undefined },
): Promise<BackupList> {
  const items: BackupItem[] = [];
  const findings: BackupList['findings'] = [];
  for (const host of await hostRows(context.state, { ...wish, limit: 20_000 })) {
    const digest = context.services.backups.digest(host.id);
    if (!digest) continue;
    for (const set of digest.sets) items.push({ ...itemOf(context, digest, set), ...placeOf(host) });
    const { host: of, hospital } = placeOf(host);
    for (const finding of digest.findings) findings.push({ ...findingOf(finding), host: of, hospital });
  }
  return { items, findings };
}

export async function hostBackups(context: Context, host: Host): Promise<HostBackupList> {
  const digest = digestOf(await readBackups(context.state, host.id, context.clock.now()));
  return {
    items: digest.sets.map((set) => itemOf(context, digest, set)),
    findings: digest.findings.map(findingOf),
  };
}

export async function backupSet(context: Context, host: Host, name: string): Promise<BackupSetDetail> {
  const kept = await readBackups(context.state, host.id, context.clock.now());
  const set = findSet(kept, name);
  const digest = digestOf({ ...kept, sets: [set] });
  return {
    ...itemOf(context, digest, digest.sets[0] as SetDigest),
    ...placeOf(host),
    ...detailOf(set, kept.timeZone),
    findings: set.findings.map((each) => findingOf(toldFinding(each, kept.timeZone))),
  };
}

function placeOf(host: Host): Pick<BackupItem, 'host' | 'hospital' | 'timeZone'> {
  return {
    host: { id: host.id, name: host.name },
    hospital: { id: host.hospitalId, name: host.hospitalName },
    timeZone: host.timeZone,
  };
}

function itemOf(context: Context, { hostId, timeZone }: HostDigest, set: SetDigest): BackupSetItem {
  const now = context.clock.now();
  const { lastAt, rto, newest, drill } = set;
  const forecast = context.services.backups.forecast(hostId, set, timeZone);
  return {
    set: set.name,
    standing: standingOf(set, now),
    told: set.told,
    at: set.at,
    engine: set.engine,
    kind: set.kind,
    databases: set.databases,
    rung: set.rung,
    rungName: RUNG_WORDS[set.rung],
    ...(lastAt === undefined ? {} : { lastAt, rpoMs: Math.max(0, now - lastAt) }),
    rpoPromisedMs: set.policy.rpoMs,
    ...(rto ? { rto } : {}),
    rtoPromisedMs: set.policy.rtoMs,
    gaps: set.gaps,
    copies: set.copies,
    bytes: set.bytes,
    ...(newest ? { newest } : {}),
    unjudged: set.unjudged,
    ...(drill ? { drill } : {}),
    ...(forecast ? { forecast } : {}),
    findings: set.findings.map(findingOf),
  };
}

function findingOf({ proof: _proof, ...finding }: ToldFinding): BackupSetItem['findings'][number] {
  return { ...finding, ...FINDING_WORDS[finding.kind] };
}

const FILES = 2_000;

type Details = Omit<BackupSetDetail, keyof BackupItem>;

function detailOf(set: SetBackups, timeZone: string): Details {
  const { recovery, policy, volume, sameVolumeAsData } = set;
  const { schedule, maxAgeMs, keep, minBytes, secondCopy, database } = policy;
  return {
    folder: set.folder,
    pattern: set.pattern,
    policy: { schedule, maxAgeMs, keep, minBytes, secondCopy, database },
    known: set.known,
    ...(volume ? { volume } : {}),
    ...(sameVolumeAsData === undefined ? {} : { sameVolumeAsData }),
    rungs: set.rungs.map((each) => {
      const { proof: _proof, ...rung } = toldRung(each, timeZone);
      return { ...rung, name: RUNG_WORDS[rung.rung] };
    }),
    trail: set.trail,
    ...momentsOf(recovery),
    ...(recovery.trouble === undefined ? {} : { trouble: recovery.trouble }),
    files: set.files.slice(0, FILES).map(fileOf),
    filesTotal: set.files.length,
    history: set.history,
    runs: set.runs.slice(0, 200),
    drills: set.drills,
  };
}

function momentsOf(
  recovery: SetBackups['recovery'],
): Pick<Details, 'windows' | 'points' | 'gapList' | 'excluded'> {
  return {
    windows: recovery.windows.map((w) => ({ ...w, from: instantOf(w.from), to: instantOf(w.to) })),
    points: recovery.points.map((p) => ({ ...p, at: instantOf(p.at) })),
    gapList: recovery.gaps.map((g) => ({
      ...g,
      from: instantOf(g.from),
      to: instantOf(g.to),
      missing: g.missing.map((m) => m.words),
    })),
    excluded: recovery.excluded,
  };
}

const instantOf = ({ us, text }: Moment): { at: number; text: string } => ({ at: us / 1000, text });

function fileOf({ facts = {}, ...file }: KeptFile): Details['files'][number] {
  const { kind, database, startedAt, finishedAt, sha256 } = facts;
  return {
    ...file,
    ...(kind === undefined ? {} : { kind }),
    ...(database === undefined ? {} : { database }),
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(finishedAt === undefined ? {} : { finishedAt }),
    ...(sha256 === undefined ? {} : { sha256 }),
  };
}

export function planReply(made: RestorePlan | NoPlan): object {
  return { ...planData(made), text: { zh: renderPlan(made, 'zh'), en: renderPlan(made, 'en') } };
}
