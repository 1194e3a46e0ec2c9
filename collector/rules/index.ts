// The list of rules: adding one is its folder and one line here.

import type { Fields, SectionField } from '../../shared/config/schema.ts';
import type { RuleUnit } from './rule.ts';
import { serviceDown } from './service-down/service-down.ts';

export const RULES: readonly RuleUnit[] = [serviceDown];

/** One section per rule, under its name. */
export const rulesConfig: SectionField<Fields> = {
  kind: 'section',
  help: 'What is judged, and from when on it is wrong.',
  fields: Object.fromEntries(RULES.map((rule) => [rule.name, rule.config])),
};
