import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evaluate, type Given, tell } from '../testing.ts';
import { clockOff } from './clock-off.ts';

const cases: [string, Given, string[]][] = [
  ['a second and a half is fine', { values: { clock_offset_seconds: 1.5 } }, []],
  ['just below the limit nothing changes', { values: { clock_offset_seconds: -1.8 } }, ['unknown ']],
  [
    'three seconds slow are a warning',
    { values: { clock_offset_seconds: 3 } },
    ['warning : 主机时钟慢了 3 秒'],
  ],
  [
    'five minutes fast are critical',
    { values: { clock_offset_seconds: -300 } },
    ['critical : 主机时钟快了 5 分钟'],
  ],
];

for (const [what, given, want] of cases) {
  test(what, () => assert.deepEqual(tell(evaluate(clockOff, given)), want));
}
