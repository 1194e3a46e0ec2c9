import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evaluate, type Given, NOW, tell } from '../testing.ts';
import { backupRpo } from './backup-rpo.ts';

const HOUR = 3_600_000;
const promised = (hours: number) => ({ policy: { rpoMs: hours * HOUR } as never });

const cases: [string, Given, string[]][] = [
  ['without a promise nothing is judged', { set: { lastAt: 0 } }, []],
  ['within the promise', { set: { ...promised(2), lastAt: NOW - HOUR } }, []],
  [
    'beyond it',
    { set: { ...promised(1), lastAt: NOW - 1.5 * HOUR } },
    ['warning full: 备份集 full：现在出事将丢失 1 小时 30 分钟，要求不超过 1 小时'],
  ],
  [
    'beyond twice of it',
    { set: { ...promised(1), lastAt: NOW - 50 * HOUR } },
    ['critical full: 备份集 full：现在出事将丢失 2 天 2 小时，要求不超过 1 小时'],
  ],
  [
    'a little beyond it while files are not read yet is not known',
    { set: { ...promised(1), lastAt: NOW - 1.5 * HOUR, unjudged: 1 } },
    ['unknown full'],
  ],
  [
    'files that bring back nothing',
    { set: { ...promised(1), lastAt: undefined as never, copies: 3 } },
    ['critical full: 备份集 full：现有 3 个文件恢复不出任何时刻'],
  ],
  [
    'files that nobody read yet',
    { set: { ...promised(1), lastAt: undefined as never, unjudged: 3 } },
    ['unknown full'],
  ],
  ['a host that is silent', { verdict: 'silent', set: promised(1) }, ['unknown all']],
  ['not read yet after a start', { backups: 'unread' }, ['unknown all']],
  ['a host without backups', {}, []],
];

for (const [what, given, want] of cases) {
  test(what, () => assert.deepEqual(tell(evaluate(backupRpo, given)), want));
}
