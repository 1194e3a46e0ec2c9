import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evaluate, type Given, tell } from '../testing.ts';
import { backupOld } from './backup-old.ts';

const cases: [string, Given, string[]][] = [
  ['what the agent calls ok is fine', { checks: { 'backup:full': { status: 'ok' } } }, []],
  [
    'what the agent could not read is not judged',
    { checks: { 'backup:full': { status: 'unknown' } } },
    ['unknown full'],
  ],
  [
    'the sentence of the agent names age and policy',
    {
      checks: { 'backup:full': { status: 'critical', text: '备份集 full：最新备份已有 3 天，超过 26 小时' } },
    },
    ['critical full: 备份集 full：最新备份已有 3 天，超过 26 小时'],
  ],
  [
    'without a sentence the age is told',
    {
      values: { 'backup_age_seconds{set="full"}': 259_200 },
      checks: { 'backup:full': { status: 'warning' } },
    },
    ['warning full: 备份集 full 最新备份距今 3 天'],
  ],
  [
    'a check not told for half an hour says nothing',
    { checks: { 'backup:full': { status: 'critical' } }, ageMs: 1_800_000 },
    ['unknown full'],
  ],
  [
    'checks of other kinds are none of its business',
    { checks: { 'service:full': { status: 'critical' } } },
    [],
  ],
];

for (const [what, given, want] of cases) {
  test(what, () => assert.deepEqual(tell(evaluate(backupOld, given)), want));
}
