import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KeptFinding } from '../../backups/kept.ts';
import { evaluate, type Given, NOW, tell } from '../testing.ts';
import { backupSuspect } from './backup-suspect.ts';

const found = (...kinds: KeptFinding['kind'][]): Given => ({
  set: { findings: kinds.map((kind) => ({ kind, key: kind, text: `seen ${kind}`, since: NOW, at: NOW })) },
});

const cases: [string, Given, string[]][] = [
  ['nothing was found', { set: {} }, []],
  ['smaller than before', found('shrinking'), ['warning full: 备份集 full：备份异常变小（seen shrinking）']],
  [
    'the same again',
    found('identical'),
    ['warning full: 备份集 full：连续备份内容完全相同（seen identical）'],
  ],
  [
    'the gravest of several speaks, in one alert',
    found('shrinking', 'magic-lost'),
    ['critical full: 备份集 full：备份文件不再是备份格式（seen magic-lost）'],
  ],
  ['findings of other rules are none of its business', found('same-volume', 'history-disagrees'), []],
];

for (const [what, given, want] of cases) {
  test(what, () => assert.deepEqual(tell(evaluate(backupSuspect, given)), want));
}

test('all findings are in the evidence', () => {
  const [finding] = evaluate(backupSuspect, found('shrinking', 'magic-lost')).findings;
  assert.deepEqual(Object.keys(finding?.evidence ?? {}).sort(), [
    'magic-lost magic-lost',
    'shrinking shrinking',
  ]);
});
