import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evaluate, type Given, tell } from '../testing.ts';
import { memory } from './memory.ts';

const cases: [string, Given, string[]][] = [
  ['94 % of memory changes nothing', { values: { mem_used_percent: 94 } }, ['unknown memory']],
  ['92 % is fine', { values: { mem_used_percent: 92 } }, []],
  [
    '96 % is a warning with what is left',
    { values: { mem_used_percent: 96, mem_available: 512 * 1024 ** 2 } },
    ['warning memory: 内存已用 96.0%，可用 512.0 MB'],
  ],
  [
    'swap in heavy use is a warning',
    { values: { mem_used_percent: 50, swap_used_percent: 85 } },
    ['warning swap: 交换空间已用 85.0%'],
  ],
];

for (const [what, given, want] of cases) {
  test(what, () => assert.deepEqual(tell(evaluate(memory, given)), want));
}

test('it must hold for five minutes', () => {
  assert.equal(evaluate(memory, { values: { mem_used_percent: 99 } }).findings[0]?.forMs, 300_000);
});
