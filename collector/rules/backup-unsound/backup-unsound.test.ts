import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RungState } from '../../../shared/backup/reported.ts';
import { evaluate, type Given, NOW, tell } from '../testing.ts';
import { backupUnsound } from './backup-unsound.ts';

const rungs = (...no: RungState['rung'][]): RungState[] =>
  ([1, 2, 3, 4, 5, 6] as const).map((rung) => ({
    rung,
    state: no.includes(rung) ? 'no' : 'yes',
    at: NOW,
    evidence: `seen ${rung}`,
  }));
const unknown = rungs().map((each) => (each.rung === 4 ? { ...each, state: 'unknown' as const } : each));
const found = (kind: 'identical' | 'cleanup-stopped') => [
  { kind, key: 'k', text: 'seen', since: NOW, at: NOW },
];
const policy = { secondCopy: '/copy' } as NonNullable<Given['set']>['policy'] & object;

const cases: [string, Given, string[]][] = [
  ['all is well', { set: { rungs: rungs() } }, []],
  ['what could not be confirmed', { set: { rungs: unknown } }, []],
  ['too old is the matter of backup-old, no drill of nobody', { set: { rungs: rungs(2, 6) } }, []],
  [
    'not readable to its end',
    { set: { rungs: rungs(4) } },
    ['critical full: 备份集 full 未通过第 4 级“完整可读”：seen 4'],
  ],
  ['no second copy was promised', { set: { rungs: rungs(5) } }, []],
  [
    'the promised copy is missing',
    { set: { rungs: rungs(5), policy } },
    ['warning full: 备份集 full 未通过第 5 级“异地副本一致”：seen 5'],
  ],
  [
    'an odd size',
    { set: { rungs: rungs(3) } },
    ['warning full: 备份集 full 未通过第 3 级“大小与类型可信”：seen 3'],
  ],
  [
    'an odd size with a sign that is told already',
    { set: { rungs: rungs(3), findings: found('identical') } },
    [],
  ],
  [
    'an odd size of files that are also badly kept',
    { set: { rungs: rungs(3), findings: found('cleanup-stopped') } },
    ['warning full: 备份集 full 未通过第 3 级“大小与类型可信”：seen 3'],
  ],
  [
    'unreadable with a sign is told all the same, before the lesser',
    { set: { rungs: rungs(3, 4), findings: found('identical') } },
    ['critical full: 备份集 full 未通过第 4 级“完整可读”：seen 4'],
  ],
];

for (const [what, given, want] of cases) {
  test(what, () => assert.deepEqual(tell(evaluate(backupUnsound, given)), want));
}
