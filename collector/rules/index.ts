// The list of rules: adding one is its folder and one line here.

import type { Fields, SectionField } from '../../shared/config/schema.ts';
import type { RuleUnit } from './rule.ts';
import { backupOld } from './backup-old/backup-old.ts';
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
