import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evaluate, type Given, tell } from '../testing.ts';
import { backupRto } from './backup-rto.ts';

const HOUR = 3_600_000;
const allowed = (hours: number, fromHours: number, toHours: number): Given => ({
  set: {
    policy: { rtoMs: hours * HOUR } as never,
    rto: { fromSeconds: fromHours * 3600, toSeconds: toHours * 3600, by: 'drill' },
  },
});

const cases: [string, Given, string[]][] = [
  ['without a promise nothing is judged', allowed(0, 9, 9), []],
  ['within the promise', allowed(4, 1, 4), []],
  [
    'over it at worst',
    allowed(4, 3, 6),
    ['warning full: 备份集 full：预计恢复需要 3 小时 至 6 小时（按演练实测），要求不超过 4 小时'],
  ],
  [
    'over it at best',
    allowed(2, 3, 6),
    ['critical full: 备份集 full：预计恢复需要 3 小时 至 6 小时（按演练实测），要求不超过 2 小时'],
  ],
  [
    'a promise that nothing was measured for',
    { set: { policy: { rtoMs: HOUR } as never } },
    ['unknown full'],
  ],
  ['a host that is silent', { ...allowed(2, 3, 6), verdict: 'silent' }, ['unknown all']],
];

for (const [what, given, want] of cases) {
  test(what, () => assert.deepEqual(tell(evaluate(backupRto, given)), want));
}
