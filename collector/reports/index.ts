// The reports that there are.

import { NamedError } from '../../shared/errors.ts';
import { backupInspection } from './backup-inspection/backup-inspection.ts';
import type { ReportUnit } from './report.ts';

export const REPORTS: readonly ReportUnit[] = [backupInspection as ReportUnit];

export const KINDS: readonly string[] = REPORTS.map((unit) => unit.kind);

/** Throws NamedError BAD_REQUEST that lists the kinds. */
export function unitOf(kind: string): ReportUnit {
  const unit = REPORTS.find((each) => each.kind === kind);
  if (unit) return unit;
  throw new NamedError('BAD_REQUEST', `there is no report ${kind}`, { mend: `One of: ${KINDS.join(', ')}.` });
}
