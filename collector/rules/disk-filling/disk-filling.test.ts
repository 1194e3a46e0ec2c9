import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evaluate, type Given, tell } from '../testing.ts';
import { diskFilling } from './disk-filling.ts';

const cases: [string, Given, string[]][] = [
  ['84 % is fine only below the hysteresis', { values: { 'disk_used_percent{path="/"}': 82.9 } }, []],
  ['just below the limit nothing changes', { values: { 'disk_used_percent{path="/"}': 84 } }, ['unknown /']],
  ['85 % is a warning', { values: { 'disk_used_percent{path="/"}': 85 } }, ['warning /: 磁盘 / 已用 85.0%']],
  [
    '95 % is critical, with what is left',
    { values: { 'disk_used_percent{path="/data"}': 96.27, 'disk_free{path="/data"}': 3.1 * 1024 ** 3 } },
    ['critical /data: 磁盘 /data 已用 96.2%，剩余 3.1 GB'],
  ],
  [
    '94.99 % is not shown as 95 %',
    { values: { 'disk_used_percent{path="/"}': 94.99 } },
    ['warning /: 磁盘 / 已用 94.9%'],
  ],
  [
    'inodes are judged likewise',
    { values: { 'disk_inodes_used_percent{path="/"}': 96 } },
    ['critical / inodes: 磁盘 / 的 inode 已用 96.0%'],
  ],
  [
    'a volume that became read-only is critical',
    { values: { 'disk_read_only{path="/"}': 1 } },
    ['critical / read-only: 磁盘 / 变为只读'],
  ],
  [
    'a volume that is read-only on purpose is none of its business',
    {
      values: { 'disk_read_only{path="/cd"}': 1 },
      checks: { 'disk:/cd': { status: 'ok' } },
    },
    [],
  ],
  [
    'a volume that is gone is critical, by the word of its check',
    { values: { mem_used: 1 }, checks: { 'disk:/data': { status: 'critical', text: '磁盘不存在或未挂载' } } },
    ['critical /data missing: 磁盘 /data 读取不到：磁盘不存在或未挂载'],
  ],
  [
    'a Windows drive keeps its name',
    { values: { 'disk_used_percent{path="D:\\\\"}': 99 } },
    ['critical D:\\: 磁盘 D:\\ 已用 99.0%'],
  ],
];

for (const [what, given, want] of cases) {
  test(what, () => assert.deepEqual(tell(evaluate(diskFilling, given)), want));
}

const filling = (usedPercent: number, freeGb: number, perHourGb: number, overMs = 7_200_000): Given => ({
  values: { 'disk_used_percent{path="/"}': usedPercent, 'disk_free{path="/"}': freeGb * 1024 ** 3 },
  trend: { perHour: perHourGb * 1024 ** 3, overMs },
});
const forecasts: [string, Given, string[]][] = [
  [
    'full within a day is a warning',
    filling(60, 100, 5),
    ['warning /: 磁盘 / 预计 20 小时后写满，现已用 60.0%，剩余 100.0 GB'],
  ],
  [
    'full within four hours is critical, though the present is only a warning',
    filling(90, 30, 10),
    ['critical /: 磁盘 / 预计 3 小时后写满，现已用 90.0%，剩余 30.0 GB'],
  ],
  [
    'a present beyond its limit is told as it is',
    filling(96, 30, 10),
    ['critical /: 磁盘 / 已用 96.0%，剩余 30.0 GB'],
  ],
  ['a forecast a little better than the limit changes nothing', filling(60, 100, 3.6), ['unknown /']],
  ['a day and more is fine', filling(60, 100, 3), []],
  ['half an hour of past is no forecast', filling(60, 100, 50, 1_800_000), []],
  ['an emptyish volume is not forecast', filling(40, 100, 50), []],
  ['a shrinking one neither', filling(60, 100, -50), []],
];
for (const [what, given, want] of forecasts) {
  test(what, () => assert.deepEqual(tell(evaluate(diskFilling, given)), want));
}
