// A picture for rule tests: values and checks as given, read a moment ago, of a host that has been up for long.

import type { CheckStatus } from '../../shared/catalogue.ts';
import { readConfig, type Fields } from '../../shared/config/schema.ts';
import type { RungState } from '../../shared/backup/reported.ts';
import type { HostDigest, SetDigest } from '../backups/digest.ts';
import type { KeptFinding } from '../backups/kept.ts';
import { toldFinding, type ToldFinding, toldRung } from '../backups/told.ts';
import type { VerdictWord } from '../liveness/verdict.ts';
import type { Evaluation, HostPicture, RuleUnit } from './rule.ts';

export const NOW = Date.UTC(2026, 10, 22, 4);

export interface Given {
  values?: Record<string, number>;
  checks?: Record<string, { status: CheckStatus; text?: string }>;
  verdict?: VerdictWord;
  /** Since when the verdict stands. */
  since?: number;
  /** How old the values and checks are. */
  ageMs?: number;
  intervalMs?: number;
  trend?: { perHour: number; overMs: number };
  rise?: number;
  /** A set of this host, as far as it differs from one in best order. */
  set?: GivenSet;
  backups?: HostDigest | 'unread';
  /** Default `NOW`, a Sunday noon in Shanghai. */
  now?: number;
}

/** Findings and rungs as they are kept; how they are worded follows from that. */
export interface GivenSet extends Partial<Omit<SetDigest, 'findings' | 'rungs'>> {
  findings?: readonly KeptFinding[];
  rungs?: readonly RungState[];
}

export function pictureOf(given: Given): HostPicture {
  const now = given.now ?? NOW;
  const at = now - (given.ageMs ?? 1_000);
  const interval = given.intervalMs === undefined ? {} : { intervalMs: given.intervalMs };
  const since = given.since ?? now - 3_600_000;
  return {
    host: { id: 'h1', name: 'nis-db', hospitalId: 'p1', hospitalName: '市一院' },
    verdict: { word: given.verdict ?? 'up', since, evidence: [] },
    latest: new Map(
      Object.entries(given.values ?? {}).map(([key, value]) => [key, { at, value, ...interval }]),
    ),
    checks: new Map(
      Object.entries(given.checks ?? {}).map(([id, check]) => [id, { ...check, since: at, at }]),
    ),
    trend: () => given.trend,
    rise: () => given.rise,
    backups: given.set ? digestWith(given.set) : given.backups,
  };
}

const ZONE = 'Asia/Shanghai';

export const findingHere = (finding: KeptFinding): ToldFinding => toldFinding(finding, ZONE);

export function digestWith(...sets: GivenSet[]): HostDigest {
  return {
    hostId: 'h1',
    timeZone: ZONE,
    findings: [],
    sets: sets.map(({ findings = [], rungs = [], ...set }) => ({
      ...GOOD_SET,
      ...set,
      policy: { ...GOOD_SET.policy, ...set.policy },
      findings: findings.map(findingHere),
      rungs: rungs.map((rung) => toldRung(rung, ZONE)),
    })),
  };
}

const GOOD_SET: SetDigest = {
  name: 'full',
  at: NOW - 60_000,
  told: 'fresh',
  engine: 'sqlserver',
  kind: 'full',
  policy: {
    engine: 'sqlserver',
    kind: 'full',
    schedule: '0 1 * * *',
    maxAgeMs: 0,
    rpoMs: 0,
    rtoMs: 0,
    keep: 7,
    minBytes: 1,
    secondCopy: '',
    database: '',
  },
  rung: 4,
  rungs: [],
  trail: [{ at: 0, rung: 4 }],
  databases: ['NIS'],
  lastAt: NOW - 3_600_000,
  gaps: 0,
  copies: 7,
  bytes: 700,
  unjudged: 0,
  history: [],
  deletions: [],
  findings: [],
};

export function evaluate<S extends Fields>(
  rule: RuleUnit<S>,
  given: Given,
  config: Record<string, unknown> = {},
): Evaluation {
  return rule.evaluate(readConfig(rule.config, config), pictureOf(given), given.now ?? NOW);
}

/** `critical nginx: 服务 nginx 已停止`, one line a finding; then what cannot be judged. */
export function tell(evaluation: Evaluation): string[] {
  const { findings, unknown } = evaluation;
  const lines = findings.map((f) => `${f.severity} ${f.subject}: ${f.summary.zh}`);
  if (unknown === 'all') return [...lines, 'unknown all'];
  return unknown === 'none' ? lines : [...lines, ...unknown.map((subject) => `unknown ${subject}`)];
}
