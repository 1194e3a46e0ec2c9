// An alert as the engine holds it, and as the state's row holds it.

import type { Selectable } from 'kysely';
import type { Text } from '../../shared/text.ts';
import type { Severity } from '../rules/rule.ts';
import type { AlertState, AlertTable } from '../state/schema.ts';

export interface Alert {
  id: string;
  rule: string;
  /** '' for alerts of the platform itself. */
  hospitalId: string;
  /** null: of the hospital, or of the platform. */
  hostId: string | null;
  subject: string;
  severity: Severity;
  state: AlertState;
  value: number | null;
  summary: Text;
  advice: Text;
  evidence: Record<string, number | string>;
  pendingAt: number;
  firingAt: number | null;
  acknowledgedAt: number | null;
  acknowledgedBy: string | null;
  note: string | null;
  resolvedAt: number | null;
  clearingAt: number | null;
  updatedAt: number;
}

type AlertRow = Selectable<AlertTable>;

/** Open: not resolved; a pending one that had fired before is open again. */
export function isOpen(alert: Pick<Alert, 'state'>): boolean {
  return alert.state !== 'resolved';
}

export function toRow(alert: Alert): AlertRow {
  return {
    ...alert,
    summary: JSON.stringify(alert.summary),
    advice: JSON.stringify(alert.advice),
    evidence: JSON.stringify(alert.evidence),
    open: isOpen(alert) ? 1 : 0,
  };
}

export function fromRow(row: AlertRow): Alert {
  const { open: _open, ...rest } = row;
  return {
    ...rest,
    summary: JSON.parse(row.summary) as Text,
    advice: JSON.parse(row.advice) as Text,
    evidence: JSON.parse(row.evidence) as Record<string, number | string>,
  };
}
