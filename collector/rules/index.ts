// The list of rules: adding one is its folder and one line here.

import type { Fields, SectionField } from '../../shared/config/schema.ts';
import type { RuleUnit } from './rule.ts';
import { backupOld } from './backup-old/backup-old.ts';
import { backupCleanup } from './backup-cleanup/backup-cleanup.ts';
import { backupHistory } from './backup-history/backup-history.ts';
import { backupRpo } from './backup-rpo/backup-rpo.ts';
import { backupRto } from './backup-rto/backup-rto.ts';
import { backupRungLost } from './backup-rung-lost/backup-rung-lost.ts';
import { backupSameVolume } from './backup-same-volume/backup-same-volume.ts';
import { backupSpace } from './backup-space/backup-space.ts';
import { backupSuspect } from './backup-suspect/backup-suspect.ts';
import { backupUnprotected } from './backup-unprotected/backup-unprotected.ts';
import { backupUnsound } from './backup-unsound/backup-unsound.ts';
import { certificate } from './certificate/certificate.ts';
import { clockOff } from './clock-off/clock-off.ts';
import { diskFilling } from './disk-filling/disk-filling.ts';
import { feedOld } from './feed-old/feed-old.ts';
import { httpDown } from './http-down/http-down.ts';
import { memory } from './memory/memory.ts';
import { portDown } from './port-down/port-down.ts';
import { serviceDown } from './service-down/service-down.ts';
import { silence } from './silence/silence.ts';

export const RULES: readonly RuleUnit[] = [
  silence,
  serviceDown,
  portDown,
  httpDown,
  diskFilling,
  memory,
  backupOld,
  backupSpace,
  backupRpo,
  backupRto,
  backupRungLost,
  backupSuspect,
  backupUnsound,
  backupHistory,
  backupCleanup,
  backupSameVolume,
  backupUnprotected,
  feedOld,
  certificate,
  clockOff,
];

/** One section per rule, under its name. */
export const rulesConfig: SectionField<Fields> = {
  kind: 'section',
  help: 'What is judged, and from when on it is wrong.',
  fields: Object.fromEntries(RULES.map((rule) => [rule.name, rule.config])),
};
