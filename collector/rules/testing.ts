// A picture for rule tests: values and checks as given, read a moment ago, of a host that has been up for long.

import type { CheckStatus } from '../../shared/catalogue.ts';
import { readConfig, type Fields } from '../../shared/config/schema.ts';
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
}

export function pictureOf(given: Given): HostPicture {
  const at = NOW - (given.ageMs ?? 1_000);
  const interval = given.intervalMs === undefined ? {} : { intervalMs: given.intervalMs };
  const since = given.since ?? NOW - 3_600_000;
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
  };
}

export function evaluate<S extends Fields>(
  rule: RuleUnit<S>,
  given: Given,
  config: Record<string, unknown> = {},
): Evaluation {
  return rule.evaluate(readConfig(rule.config, config), pictureOf(given), NOW);
}

/** `critical nginx: 服务 nginx 已停止`, one line a finding; then what cannot be judged. */
export function tell(evaluation: Evaluation): string[] {
  const { findings, unknown } = evaluation;
  const lines = findings.map((f) => `${f.severity} ${f.subject}: ${f.summary.zh}`);
  if (unknown === 'all') return [...lines, 'unknown all'];
  return unknown === 'none' ? lines : [...lines, ...unknown.map((subject) => `unknown ${subject}`)];
}
