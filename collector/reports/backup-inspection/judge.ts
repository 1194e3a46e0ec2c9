// From the gathered data to ratings and numbered findings. Promise: pure; the worst finding of a set rates it, the worst of a hospital the
// hospital; findings stand in the order of what to do first.

import type { Tone } from '../../document/document.ts';
import { finishedAt, standing } from './files.ts';
import type { InspectedHost, InspectedSet, InspectionInput, InspectionSummary, SetSummary } from './input.ts';
import { lookAtRuns, type RunsSeen } from './runs.ts';
import { type Reason, reasonsOfHost, reasonsOfSet, worst } from './rules.ts';

export interface JudgedSet {
  host: InspectedHost;
  set: InspectedSet;
  tone: Tone;
  reasons: Finding[];
  runs: RunsSeen;
}

export interface Finding extends Reason {
  /** From 1, in the order of the list. */
  number: number;
  host: InspectedHost;
  /** Absent: it concerns the host. */
  set?: InspectedSet;
}

export interface Judged {
  tone: Tone;
  sets: JudgedSet[];
  findings: Finding[];
  counts: Record<Tone, number>;
  comparison: Comparison;
}

/** Against the report before: by set, and by finding. */
export interface Comparison {
  sets: { host: string; set: string; now?: SetSummary; before?: SetSummary }[];
  fresh: Finding[];
  staying: Finding[];
  /** `host/set/rule` of the report before that no longer hold. */
  settled: string[];
}

const PRIORITY = { high: 0, middle: 1, low: 2 } as const;

export function judge(input: InspectionInput): Judged {
  const seen = new Map(
    input.hosts.flatMap((host) => {
      const since = watchedSince(host, input);
      return host.sets.map((set) => [set, lookAtRuns(set, input, since)] as const);
    }),
  );
  const findings = numbered(input, seen);
  const sets = input.hosts.flatMap((host) =>
    host.sets.map((set): JudgedSet => {
      const reasons = findings.filter((f) => f.host === host && f.set === set);
      return { host, set, reasons, runs: seenOf(seen, set), tone: worst(reasons.map((r) => r.tone)) };
    }),
  );
  const counts: Record<Tone, number> = { good: 0, attention: 0, bad: 0, unknown: 0 };
  for (const { tone } of sets) counts[tone]++;
  // Without a set nothing is known to be good.
  const tone =
    sets.length === 0
      ? worst(['unknown', ...findings.map((f) => f.tone)])
      : worst(findings.map((f) => f.tone));
  const found = { tone, sets, findings, counts };
  return { ...found, comparison: compare(found, input) };
}

type Seen = ReadonlyMap<InspectedSet, RunsSeen>;

const seenOf = (seen: Seen, set: InspectedSet): RunsSeen =>
  seen.get(set) ?? { runs: [], planned: [], missed: [] };

function numbered(input: InspectionInput, seen: Seen): Finding[] {
  const all = input.hosts.flatMap((host) => [
    ...reasonsOfHost(host).map((reason) => ({ ...reason, host })),
    ...host.sets.flatMap((set) =>
      reasonsOfSet(set, input, seenOf(seen, set)).map((reason) => ({ ...reason, host, set })),
    ),
  ]);
  return all
    .sort((a, b) => PRIORITY[a.priority] - PRIORITY[b.priority])
    .map((finding, i) => ({ ...finding, number: i + 1 }));
}

export const keyOf = (finding: Pick<Finding, 'host' | 'set' | 'rule'>): string =>
  `${finding.host.name}/${finding.set?.name ?? ''}/${finding.rule}`;

function compare({ sets, findings }: Pick<Judged, 'sets' | 'findings'>, input: InspectionInput): Comparison {
  const { previous } = input;
  const now = sets.map(summaryOfSet);
  const names = new Set([...now, ...(previous?.sets ?? [])].map((s) => `${s.host}\n${s.set}`));
  const find = (list: readonly SetSummary[] | undefined, host: string, set: string) =>
    list?.find((s) => s.host === host && s.set === set);
  const before = new Set(previous?.findings);
  const keys = new Set(findings.map(keyOf));
  return {
    sets: [...names].map((name) => {
      const [host = '', set = ''] = name.split('\n');
      const [a, b] = [find(now, host, set), find(previous?.sets, host, set)];
      return { host, set, ...(a ? { now: a } : {}), ...(b ? { before: b } : {}) };
    }),
    fresh: findings.filter((f) => !before.has(keyOf(f))),
    staying: findings.filter((f) => before.has(keyOf(f))),
    settled: [...before].filter((key) => !keys.has(key)),
  };
}

function summaryOfSet({ host, set, tone }: JudgedSet): SetSummary {
  const bytes = latestFile(set)?.bytes;
  const { last } = set.recovery;
  return {
    host: host.name,
    set: set.name,
    tone,
    rung: set.rung,
    ...(last === undefined ? {} : { last }),
    ...(bytes === undefined ? {} : { bytes }),
  };
}

/** The newest that stands, of those that are there. */
export function latestFile(set: InspectedSet) {
  const there = set.files.filter((f) => f.goneAt === undefined && standing(f));
  return there.reduce<(typeof there)[number] | undefined>(
    (a, b) => (a && finishedAt(a) >= finishedAt(b) ? a : b),
    undefined,
  );
}

/** What is kept for the next report. */
export function summaryOf(input: InspectionInput): InspectionSummary {
  const judged = judge(input);
  return {
    number: input.number,
    period: input.period,
    madeAt: input.madeAt,
    tone: judged.tone,
    sets: judged.sets.map(summaryOfSet),
    findings: [...new Set(judged.findings.map(keyOf))],
  };
}

/** Since when its agent could tell of its backups. */
function watchedSince({ silences }: InspectedHost, { period }: InspectionInput): number {
  return Math.max(period.from, ...silences.filter(({ word }) => word === 'never-seen').map(({ to }) => to));
}
