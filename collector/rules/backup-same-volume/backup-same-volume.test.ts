import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evaluate, type Given, NOW, tell } from '../testing.ts';
import { backupSameVolume } from './backup-same-volume.ts';

const volume = { path: '/data', freeBytes: 1, totalBytes: 2 };

const cases: [string, Given, string[]][] = [
  ['not known', { set: { volume } }, []],
  ['on another volume', { set: { volume, sameVolumeAsData: false } }, []],
  [
    'on the same one',
    { set: { volume, sameVolumeAsData: true } },
    ['warning full: 备份集 full：备份与数据在同一块盘 /data'],
  ],
  [
    'on the same one, with an equal copy elsewhere',
    { set: { volume, sameVolumeAsData: true, rung: 5 } },
    ['info full: 备份集 full：备份与数据在同一块盘 /data，另有一致的异地副本'],
  ],
  [
    'as the agent’s finding',
    { set: { findings: [{ kind: 'same-volume', key: '', text: 'D:', since: NOW, at: NOW }] } },
    ['warning full: 备份集 full：备份与数据在同一块盘 D:'],
  ],
];

for (const [what, given, want] of cases) {
  test(what, () => assert.deepEqual(tell(evaluate(backupSameVolume, given)), want));
}
