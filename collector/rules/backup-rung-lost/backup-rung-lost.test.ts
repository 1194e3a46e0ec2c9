import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evaluate, type Given, NOW, tell } from '../testing.ts';
import { backupRungLost } from './backup-rung-lost.ts';

const DAY = 86_400_000;
type Trail = [daysAgo: number, rung: number][];

function stood(...trail: Trail): Given {
  const rung = trail.at(-1)?.[1] ?? 0;
  return {
    set: { rung: rung as never, trail: trail.map(([ago, r]) => ({ at: NOW - ago * DAY, rung: r as never })) },
  };
}

const cases: [string, Given, string[]][] = [
  ['what stands as it stood', stood([100, 2], [90, 4]), []],
  ['what rose', stood([100, 4], [1, 5]), []],
  ['what was never proven is not lost', stood([100, 3], [1, 1]), []],
  [
    'readable, and no longer',
    stood([100, 4], [2, 1]),
    ['critical full: 备份集 full 的可信度从第 4 级（完整可读）降到第 1 级（文件存在），已 2 天'],
  ],
  [
    'a drill that has grown old',
    stood([100, 6], [1, 5]),
    ['warning full: 备份集 full 的可信度从第 6 级（已演练恢复）降到第 5 级（异地副本一致），已 1 天'],
  ],
  ['a fall that is long past', stood([100, 4], [60, 2]), []],
  [
    'two falls: the first one counts from when the height was left',
    stood([100, 5], [3, 4], [1, 2]),
    ['critical full: 备份集 full 的可信度从第 5 级（异地副本一致）降到第 2 级（按时且已写完），已 3 天'],
  ],
  ['up and down again within the time', stood([100, 2], [5, 4], [4, 2], [1, 4]), []],
];

for (const [what, given, want] of cases) {
  test(what, () => assert.deepEqual(tell(evaluate(backupRungLost, given)), want));
}
