// The life of an alert, pure: (alerts of a scope, judgements, now) → changes. A scope is one host, one hospital, or the platform.
//
//            finding            held forMs            a person
//   (none) ──────────▶ pending ───────────▶ firing ───────────▶ acknowledged
//                        │ gone: forgotten     │  ▲ worse severity  │
//                        ▼                     │  └─────────────────┤
//                      (none)                  ▼ gone keepFiringMs  ▼
//                                           resolved ◀──────────────┘
//                                              │ found again within reopenMs: pending with the same id, then firing
//
// Invariants: at most one open alert per (rule, subject) of a scope. `unknown` neither fires nor resolves. The severity of an
// alert rises while it is open and never falls: somebody has been told. Everything the next step needs is in the alert
// itself, so that a restart between two steps changes nothing.

import type { Evaluation, Finding, Severity } from '../rules/rule.ts';
import { type Alert, isOpen } from './record.ts';

export interface Judged {
  rule: string;
  evaluation: Evaluation;
}

export interface LifecycleConfig {
  keepFiringMs: number;
  reopenMs: number;
}

export interface StepInput {
  scope: { hospitalId: string; hostId: string | null };
  /** Open ones, and those resolved within reopenMs. */
  alerts: readonly Alert[];
  judged: readonly Judged[];
  now: number;
  config: LifecycleConfig;
  newId: () => string;
}

/** fired, reopened, raised and resolved are told to people; the others are bookkeeping. `withdrawn`: the row goes, it never fired. */
export type ChangeKind =
  | 'pending'
  | 'fired'
  | 'reopened'
  | 'raised'
  | 'resolved'
  | 'inhibited'
  | 'relapsed'
  | 'withdrawn'
  | 'noted'
  | 'refreshed';

export interface Change {
  kind: ChangeKind;
  alert: Alert;
  note?: string;
}

const REFRESH_MS = 60_000;
/** Without a judgement for longer than this (or than forMs), a pending alert starts to count anew. */
const PENDING_GAP_MS = 60_000;
const RANK: Record<Severity, number> = { info: 0, warning: 1, critical: 2 };

export function worse(a: Severity, b: Severity): boolean {
  return RANK[a] > RANK[b];
}

export function step(input: StepInput): Change[] {
  const changes: Change[] = [];
  for (const { rule, evaluation } of input.judged) {
    if (evaluation.findings.length === 0 && input.alerts.length === 0) continue;
    if (evaluation.unknown === 'all' && evaluation.findings.length === 0) {
      holdAll(input, rule, changes);
      continue;
    }
    const findings = worstBySubject(evaluation.findings);
    for (const finding of findings.values()) {
      const same = input.alerts.filter((a) => a.rule === rule && a.subject === finding.subject);
      const known = same.find(isOpen) ?? same.at(-1);
      const change = known ? found(input, known, finding) : appeared(input, rule, finding);
      if (change) changes.push(change);
    }
    for (const alert of input.alerts) {
      if (alert.rule !== rule || !isOpen(alert) || findings.has(alert.subject)) continue;
      const sure =
        evaluation.unknown === 'none' ||
        (evaluation.unknown !== 'all' && !evaluation.unknown.includes(alert.subject));
      const change = sure ? missing(input, alert) : held(input, alert);
      if (change) changes.push(change);
    }
  }
  return [...changes, ...inhibited(input, changes)];
}

function worstBySubject(findings: readonly Finding[]): Map<string, Finding> {
  const bySubject = new Map<string, Finding>();
  for (const finding of findings) {
    const other = bySubject.get(finding.subject);
    if (!other || worse(finding.severity, other.severity)) bySubject.set(finding.subject, finding);
  }
  return bySubject;
}

function told(finding: Finding): Pick<Alert, 'value' | 'summary' | 'advice' | 'evidence'> {
  const { summary, advice, evidence } = finding;
  return { value: finding.value ?? null, summary, advice, evidence };
}

function appeared({ scope, now, newId }: StepInput, rule: string, finding: Finding): Change {
  const fires = finding.forMs <= 0;
  const alert: Alert = {
    id: newId(),
    rule,
    ...scope,
    subject: finding.subject,
    severity: finding.severity,
    state: fires ? 'firing' : 'pending',
    ...told(finding),
    pendingAt: now,
    firingAt: fires ? now : null,
    acknowledgedAt: null,
    acknowledgedBy: null,
    note: null,
    resolvedAt: null,
    clearingAt: null,
    updatedAt: now,
  };
  return { kind: fires ? 'fired' : 'pending', alert };
}

function found(input: StepInput, alert: Alert, finding: Finding): Change | undefined {
  const { now } = input;
  if (!isOpen(alert)) {
    if (now - (alert.resolvedAt ?? 0) > input.config.reopenMs) return appeared(input, alert.rule, finding);
    if (finding.forMs <= 0) return fire(alert, finding, now);
    return {
      kind: 'pending',
      alert: { ...alert, state: 'pending', pendingAt: now, clearingAt: null, updatedAt: now },
    };
  }
  if (alert.state === 'pending') {
    const gapMs = alert.clearingAt === null ? 0 : now - alert.clearingAt;
    // In the future, because the clock was set back, as in `missing`.
    const isAhead = alert.pendingAt > now;
    if (isAhead || gapMs > Math.max(finding.forMs, PENDING_GAP_MS)) {
      return { kind: 'noted', alert: { ...alert, pendingAt: now, clearingAt: null, updatedAt: now } };
    }
    if (now - alert.pendingAt >= finding.forMs) return fire(alert, finding, now);
    return alert.clearingAt === null
      ? undefined
      : { kind: 'noted', alert: { ...alert, clearingAt: null, updatedAt: now } };
  }
  return stillFound(alert, finding, now);
}

function fire(alert: Alert, finding: Finding, now: number): Change {
  const again = alert.firingAt !== null;
  const severity = again && worse(alert.severity, finding.severity) ? alert.severity : finding.severity;
  return {
    kind: again ? 'reopened' : 'fired',
    alert: {
      ...alert,
      ...told(finding),
      severity,
      state: 'firing',
      firingAt: alert.firingAt ?? now,
      acknowledgedAt: null,
      acknowledgedBy: null,
      resolvedAt: null,
      clearingAt: null,
      updatedAt: now,
    },
  };
}

function stillFound(alert: Alert, finding: Finding, now: number): Change | undefined {
  if (worse(finding.severity, alert.severity)) {
    return {
      kind: 'raised',
      note: `${alert.severity} → ${finding.severity}`,
      alert: {
        ...alert,
        ...told(finding),
        severity: finding.severity,
        state: 'firing',
        acknowledgedAt: null,
        acknowledgedBy: null,
        clearingAt: null,
        updatedAt: now,
      },
    };
  }
  if (alert.clearingAt !== null) {
    return { kind: 'noted', alert: { ...alert, clearingAt: null, updatedAt: now } };
  }
  const moved = alert.summary.zh !== finding.summary.zh && now - alert.updatedAt >= REFRESH_MS;
  return moved ? { kind: 'refreshed', alert: { ...alert, ...told(finding), updatedAt: now } } : undefined;
}

/** The rule looked and found nothing wrong. */
function missing({ now, config }: StepInput, alert: Alert): Change | undefined {
  if (alert.state === 'pending') {
    if (alert.firingAt === null) return { kind: 'withdrawn', alert };
    return { kind: 'relapsed', alert: { ...alert, state: 'resolved', clearingAt: null, updatedAt: now } };
  }
  // The clock was set back: an instant in the future would keep the alert until then.
  const clearingAt = Math.min(alert.clearingAt ?? now, now);
  if (now - clearingAt >= config.keepFiringMs) {
    return {
      kind: 'resolved',
      alert: { ...alert, state: 'resolved', resolvedAt: now, clearingAt: null, updatedAt: now },
    };
  }
  return alert.clearingAt === clearingAt
    ? undefined
    : { kind: 'noted', alert: { ...alert, clearingAt, updatedAt: now } };
}

/** The rule cannot tell. A pending alert remembers since when, so that a long gap does not count as held. */
function held({ now }: StepInput, alert: Alert): Change | undefined {
  if (alert.state !== 'pending' || alert.clearingAt !== null) return undefined;
  return { kind: 'noted', alert: { ...alert, clearingAt: now, updatedAt: now } };
}

function holdAll(input: StepInput, rule: string, changes: Change[]): void {
  for (const alert of input.alerts) {
    if (alert.rule !== rule) continue;
    const change = held(input, alert);
    if (change) changes.push(change);
  }
}

/** A silent host explains what else was about to fire: those are held back, on record. */
function inhibited({ alerts }: StepInput, changes: readonly Change[]): Change[] {
  const silence = changes.find(
    (c) => (c.kind === 'fired' || c.kind === 'reopened') && c.alert.rule === 'silence',
  );
  if (!silence) return [];
  return alerts
    .filter((alert) => alert.state === 'pending' && alert.id !== silence.alert.id)
    .map((alert) => ({
      kind: 'inhibited',
      alert: changes.find((c) => c.alert.id === alert.id)?.alert ?? alert,
      note: `silence ${silence.alert.id}`,
    }));
}
