import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evaluate, type Given, NOW, tell } from '../testing.ts';
import { backupCleanup } from './backup-cleanup.ts';

const DAY = 86_400_000;
const ago = (...days: number[]) => days.map((d) => NOW - d * DAY);
const runs = (days: number) => Array.from({ length: days }, (_, i) => ({ at: NOW - i * DAY, bytes: 1 }));

const set = (deletions: number[], history = runs(14)): Given => ({ set: { deletions, history, copies: 19 } });

const cases: [string, Given, RegExp | undefined][] = [
  ['one goes each day', set(ago(0.5, 1.5, 2.5, 3.5, 4.5)), undefined],
  [
    'none has gone for five days',
    set(ago(5, 6, 7, 8, 9)),
    /^warning full: .*已 5 天 没有文件被清理（平时每 1 天），现有 19 个/,
  ],
  ['files of one round are one removal', set(ago(5, 5.01, 5.02, 5.03)), undefined],
  ['weekly clean-up is late after three weeks only', set(ago(10, 17, 24, 31, 38), runs(60)), undefined],
  ['where no new files come there is nothing to remove', set(ago(5, 6, 7, 8, 9), []), undefined],
  ['few removals say nothing yet', set(ago(5, 6)), undefined],
  [
    'the agent’s own finding counts at once',
    {
      set: { findings: [{ kind: 'cleanup-stopped', key: '', text: '31 kept, 7 wanted', since: 0, at: NOW }] },
    },
    /^warning full: .*31 kept, 7 wanted/,
  ],
];

for (const [what, given, want] of cases) {
  test(what, () => {
    const said = tell(evaluate(backupCleanup, given));
    if (want) assert.match(said.join('\n'), want);
    else assert.deepEqual(said, []);
  });
}
