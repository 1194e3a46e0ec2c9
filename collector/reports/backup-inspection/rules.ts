// The rating rules. Promise: pure; each takes one set (or host) as gathered and says what is wrong in terms of a rule, a state and what it
// rests on; words come later. 无法确认 ranks above 注意: what nobody could look at must not pass as a small matter.

import type { Proof } from '../../../shared/backup/proof.ts';
import type { BackupFindingReport } from '../../../shared/backup/reported.ts';
import type { Tone } from '../../document/document.ts';
import { isDamaged, standing } from './files.ts';
import type { InspectedFinding, InspectedHost, InspectedSet, InspectionInput } from './input.ts';
import type { RunsSeen } from './runs.ts';

export type Rule =
  | 'missing'
  | 'stale'
  | 'implausible'
  | 'unreadable'
  | 'unconfirmed'
  | 'not-told'
  | 'no-policy'
  | 'copy-none'
  | 'copy-differs'
  | 'copy-unconfirmed'
  | 'drill-never'
  | 'drill-old'
  | 'drill-failed'
  | 'damaged-files'
  | 'gap'
  | 'nothing-restorable'
  | 'rpo'
  | 'rto'
  | 'few-kept'
  | 'space'
  | 'runs-failed'
  | 'runs-missed'
  | 'clock'
  | BackupFindingReport['kind'];

export type Priority = 'high' | 'middle' | 'low';

/** What a finding rests on; the appendix gives each its number. */
export type Evidence =
  | { of: 'file'; path: string }
  | { of: 'set'; at: number }
  | { of: 'rung'; rung: number; at: number; text: string; proof?: Proof | undefined }
  | { of: 'run'; startedAt: number; text: string }
  | { of: 'drill'; at: number }
  | { of: 'finding'; at: number; text: string; proof?: Proof | undefined }
  | { of: 'clock' };

export interface Reason {
  rule: Rule;
  tone: Exclude<Tone, 'good'>;
  priority: Priority;
  evidence: Evidence[];
  /** Figures that its sentence tells. */
  values: Readonly<Record<string, number | string>>;
}

const HOUR = 3_600_000;
export const DRILL_OLD_MS = 92 * 24 * HOUR;
export const DRILL_OVERDUE_MS = 183 * 24 * HOUR;
export const CLOCK_OFF_MS = 60_000;
/** Free space against the largest of the last runs. */
export const SPACE_TIGHT = 1.5;

const RANK: Readonly<Record<Tone, number>> = { good: 0, attention: 1, unknown: 2, bad: 3 };

export function worst(tones: readonly Tone[]): Tone {
  return tones.reduce<Tone>((a, b) => (RANK[b] > RANK[a] ? b : a), 'good');
}

type SetRule = (set: InspectedSet, input: InspectionInput, seen: RunsSeen) => Reason[];

const SET_RULES: readonly SetRule[] = [
  told,
  ladder,
  policy,
  secondCopy,
  drills,
  damaged,
  moments,
  objectives,
  kept,
  space,
  runs,
  reported,
];

export function reasonsOfSet(set: InspectedSet, input: InspectionInput, seen: RunsSeen): Reason[] {
  const reasons = SET_RULES.flatMap((rule) => rule(set, input, seen));
  return reasons.sort((a, b) => RANK[b.tone] - RANK[a.tone]);
}

export function reasonsOfHost(host: InspectedHost): Reason[] {
  const open = host.findings.filter((f) => f.goneAt === undefined).map(fromFinding);
  const off = Math.abs(host.offsetMs ?? 0);
  if (off <= CLOCK_OFF_MS) return open;
  const clock = {
    rule: 'clock',
    tone: 'attention',
    priority: 'middle',
    evidence: [{ of: 'clock' }],
  } as const;
  return [...open, { ...clock, evidence: [...clock.evidence], values: { seconds: Math.round(off / 1000) } }];
}

const reason = (
  rule: Rule,
  tone: Reason['tone'],
  evidence: Evidence[],
  values: Reason['values'] = {},
  priority: Priority = tone === 'bad' ? 'high' : 'middle',
): Reason => ({ rule, tone, priority, evidence, values });

function told(set: InspectedSet): Reason[] {
  if (set.told === 'fresh') return [];
  return [reason('not-told', 'unknown', [{ of: 'set', at: set.at }], { at: set.at }, 'high')];
}

const FAILED_RUNG: Readonly<Record<number, Rule>> = {
  1: 'missing',
  2: 'stale',
  3: 'implausible',
  4: 'unreadable',
};

/** Rungs 1 to 4: whether there is a backup that can be read. The lowest that is not proven speaks; those above it follow from it. */
function ladder(set: InspectedSet): Reason[] {
  const found = set.rungs.filter((r) => r.rung >= 1 && r.rung <= 4);
  const failed = found.find((r) => r.state === 'no');
  const open = found.find((r) => r.state === 'unknown');
  const rest = (r: (typeof found)[number]): Evidence[] => [
    { of: 'rung', rung: r.rung, at: r.at, text: r.evidence, proof: r.proof },
  ];
  const reasons: Reason[] = [];
  if (failed) reasons.push(reason(FAILED_RUNG[failed.rung] ?? 'missing', 'bad', rest(failed)));
  if (open && (!failed || open.rung < failed.rung))
    reasons.push(reason('unconfirmed', 'unknown', rest(open), { rung: open.rung }));
  if (found.length === 0 && set.told === 'fresh')
    reasons.push(reason('unconfirmed', 'unknown', [{ of: 'set', at: set.at }], { rung: 1 }));
  return reasons;
}

function policy(set: InspectedSet): Reason[] {
  const { schedule, maxAgeMs } = set.policy;
  if (set.told === 'never' || schedule !== '' || maxAgeMs > 0) return [];
  return [reason('no-policy', 'attention', [{ of: 'set', at: set.at }])];
}

function secondCopy(set: InspectedSet): Reason[] {
  if (set.told === 'never') return [];
  const at: Evidence[] = [{ of: 'set', at: set.at }];
  if (set.policy.secondCopy === '') return [reason('copy-none', 'attention', at)];
  const rung = set.rungs.find((r) => r.rung === 5);
  const evidence: Evidence[] = rung
    ? [{ of: 'rung', rung: 5, at: rung.at, text: rung.evidence, proof: rung.proof }]
    : at;
  if (rung?.state === 'no') return [reason('copy-differs', 'attention', evidence, {}, 'high')];
  if (rung?.state === 'yes') return [];
  return [reason('copy-unconfirmed', 'unknown', evidence)];
}

function drills(set: InspectedSet, { madeAt }: InspectionInput): Reason[] {
  const [newest] = [...set.drills].sort((a, b) => b.at - a.at);
  if (newest && !newest.ok)
    return [reason('drill-failed', 'bad', [{ of: 'drill', at: newest.at }], { at: newest.at })];
  if (!newest) return [reason('drill-never', 'attention', [], {}, 'high')];
  const age = madeAt - newest.at;
  if (age <= DRILL_OLD_MS) return [];
  const priority = age > DRILL_OVERDUE_MS ? 'high' : 'middle';
  const days = Math.floor(age / (24 * HOUR));
  return [
    reason('drill-old', 'attention', [{ of: 'drill', at: newest.at }], { at: newest.at, days }, priority),
  ];
}

function damaged(set: InspectedSet): Reason[] {
  const bad = set.files.filter((f) => f.goneAt === undefined && isDamaged(f));
  if (bad.length === 0) return [];
  const evidence = bad.map((f): Evidence => ({ of: 'file', path: f.path }));
  return [reason('damaged-files', 'attention', evidence, { count: bad.length })];
}

function moments(set: InspectedSet, { period }: InspectionInput): Reason[] {
  const { windows, points, gaps, trouble, unjudged } = set.recovery;
  const at: Evidence[] = [{ of: 'set', at: set.at }];
  const there = set.files.filter((f) => f.goneAt === undefined);
  const judgedFiles = there.length - unjudged;
  if (trouble) return [reason('unconfirmed', 'unknown', at, { rung: 4, trouble })];
  if (windows.length + points.length === 0) {
    return judgedFiles > 0 && unjudged === 0 ? [reason('nothing-restorable', 'bad', at)] : [];
  }
  return gaps
    .filter((gap) => gap.to > period.from && gap.from < period.to)
    .map((gap) => {
      const long = set.policy.rpoMs > 0 && gap.to - gap.from > set.policy.rpoMs;
      const evidence = gap.missing
        .filter((path) => set.files.some((f) => f.path === path))
        .map((path): Evidence => ({ of: 'file', path }));
      return reason('gap', long ? 'bad' : 'attention', evidence.length > 0 ? evidence : at, {
        from: gap.from,
        to: gap.to,
        ...(set.policy.rpoMs > 0 ? { rpoMs: set.policy.rpoMs } : {}),
      });
    });
}

function objectives(set: InspectedSet, { madeAt }: InspectionInput): Reason[] {
  const { rpoMs, rtoMs } = set.policy;
  const { last, rto } = set.recovery;
  const at: Evidence[] = [{ of: 'set', at: set.at }];
  const behind = last === undefined ? 0 : madeAt - last;
  const reasons: Reason[] = [];
  if (rpoMs > 0 && behind > rpoMs) reasons.push(reason('rpo', 'bad', at, { rpoMs, behind, last: last ?? 0 }));
  if (rtoMs > 0 && rto && rto.toSeconds * 1000 > rtoMs)
    reasons.push(reason('rto', 'attention', at, { rtoMs, estimate: rto.toSeconds * 1000 }));
  return reasons;
}

function kept(set: InspectedSet): Reason[] {
  const { keep, kind } = set.policy;
  if (keep <= 0 || set.known === 'some') return [];
  const bases = set.files.filter((f) => f.goneAt === undefined && standing(f));
  const counted = kind === '' ? bases : bases.filter((f) => (f.facts?.kind ?? kind) === kind);
  if (counted.length >= keep) return [];
  return [reason('few-kept', 'attention', [{ of: 'set', at: set.at }], { keep, found: counted.length })];
}

function space(set: InspectedSet): Reason[] {
  const largest = Math.max(0, ...set.history.slice(-10).map((run) => run.bytes));
  if (!set.volume || largest === 0) return [];
  const { freeBytes } = set.volume;
  if (freeBytes >= largest * SPACE_TIGHT) return [];
  const tone = freeBytes < largest ? 'bad' : 'attention';
  return [reason('space', tone, [{ of: 'set', at: set.at }], { free: freeBytes, largest })];
}

function runs(set: InspectedSet, { period }: InspectionInput, { missed }: RunsSeen): Reason[] {
  const failed = set.runs.filter((r) => !r.ok && r.finishedAt >= period.from && r.finishedAt < period.to);
  const reasons: Reason[] = [];
  if (failed.length > 0) {
    const evidence = failed.map((r): Evidence => ({ of: 'run', startedAt: r.startedAt, text: r.text ?? '' }));
    reasons.push(reason('runs-failed', 'attention', evidence, { count: failed.length }));
  }
  if (missed.length > 0) {
    const values = { count: missed.length, first: missed[0] ?? 0 };
    reasons.push(reason('runs-missed', 'attention', [{ of: 'set', at: set.at }], values));
  }
  return reasons;
}

function reported(set: InspectedSet): Reason[] {
  const open = set.findings.filter((f) => f.goneAt === undefined);
  const said = new Set(open.map((f) => f.kind));
  const sameVolume =
    set.sameVolumeAsData && !said.has('same-volume')
      ? [reason('same-volume', 'attention', [{ of: 'set', at: set.at }], {}, 'high')]
      : [];
  return [...open.map(fromFinding), ...sameVolume];
}

/** How grave each kind of finding of an agent is. */
const KIND_TONE: Readonly<Record<InspectedFinding['kind'], Reason['tone']>> = {
  'database-without-set': 'bad',
  'extension-changed': 'bad',
  'magic-lost': 'bad',
  'history-disagrees': 'attention',
  'cleanup-stopped': 'attention',
  'same-volume': 'attention',
  shrinking: 'attention',
  identical: 'attention',
};

function fromFinding({ kind, key, text, proof, at }: InspectedFinding): Reason {
  const priority = kind === 'same-volume' || KIND_TONE[kind] === 'bad' ? 'high' : 'middle';
  return reason(kind, KIND_TONE[kind], [{ of: 'finding', at, text, proof }], { key }, priority);
}
