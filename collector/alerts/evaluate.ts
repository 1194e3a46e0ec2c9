// Runs the rules over one host's picture. A rule that is switched off, or that no longer exists, finds nothing: what it had
// open is resolved.

import type { Fields, Values } from '../../shared/config/schema.ts';
import type { Evaluation, Finding, HostPicture, RuleUnit } from '../rules/rule.ts';
import type { Judged } from './lifecycle.ts';
import type { Alert } from './record.ts';

export type RulesConfig = { readonly [rule: string]: Values<Fields> };

export interface HostJudgement {
  host: Judged[];
  /** Findings that are one alert for the whole hospital. */
  hospital: { rule: string; finding: Finding }[];
}

const NOTHING: Evaluation = { findings: [], unknown: 'none' };

function evaluate(unit: RuleUnit, config: RulesConfig, picture: HostPicture, now: number): Evaluation {
  const values = config[unit.name];
  const enabled = values !== undefined && values.enabled !== false;
  return enabled ? unit.evaluate(values, picture, now) : NOTHING;
}

/** No rule finds anything, as in nearly all cases: what is asked first costs nothing but the rules. */
export function isClear(
  rules: readonly RuleUnit[],
  config: RulesConfig,
  picture: HostPicture,
  now: number,
): boolean {
  for (const unit of rules) if (evaluate(unit, config, picture, now).findings.length > 0) return false;
  return true;
}

export function judgeHost(
  rules: readonly RuleUnit[],
  config: RulesConfig,
  picture: HostPicture,
  now: number,
): HostJudgement {
  const host: Judged[] = [];
  const hospital: HostJudgement['hospital'] = [];
  for (const unit of rules) {
    const evaluation = evaluate(unit, config, picture, now);
    if (evaluation.findings.length === 0) {
      host.push({ rule: unit.name, evaluation });
      continue;
    }
    const wide = evaluation.findings.filter((finding) => finding.scope === 'hospital');
    for (const finding of wide) hospital.push({ rule: unit.name, finding });
    const own = evaluation.findings.filter((finding) => finding.scope !== 'hospital');
    host.push({
      rule: unit.name,
      evaluation: wide.length === 0 ? evaluation : { ...evaluation, findings: own },
    });
  }
  return { host, hospital };
}

/** Adds a clear judgement for open alerts that nothing judges any more. */
export function withOrphans(judged: readonly Judged[], alerts: readonly Alert[]): readonly Judged[] {
  if (alerts.length === 0) return judged;
  const orphan = alerts.filter((alert) => !judged.some((j) => j.rule === alert.rule));
  if (orphan.length === 0) return judged;
  const rules = new Set(orphan.map((alert) => alert.rule));
  return [...judged, ...[...rules].map((rule) => ({ rule, evaluation: NOTHING }))];
}
