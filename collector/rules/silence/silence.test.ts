import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evaluate, type Given, tell } from '../testing.ts';
import { silence } from './silence.ts';

const cases: [string, Given, string[]][] = [
  ['an up host is heard', { verdict: 'up' }, []],
  ['a silent host is critical at once', { verdict: 'silent' }, ['critical : 主机 nis-db 失联']],
  [
    'a host down by a witness says so',
    { verdict: 'down' },
    ['critical : 主机 nis-db 宕机：同院主机也无法连接'],
  ],
  [
    'a host that answers while its agent is not heard is a warning only',
    { verdict: 'agent-lost' },
    ['warning : 主机 nis-db 的探针失联：主机本身有应答'],
  ],
  ['of many hospitals cut off at once a host says nothing', { verdict: 'mass-silent' }, ['unknown all']],
  [
    'a silent hospital is one finding, and says nothing new of the host',
    { verdict: 'site-silent' },
    ['critical site: 市一院全院失联', 'unknown all'],
  ],
  ['a suspect host is neither silent nor heard', { verdict: 'suspect' }, ['unknown all']],
  ['while the collector was away nothing is said', { verdict: 'collector-away' }, ['unknown all']],
  ['an agent stopped on purpose is no alert', { verdict: 'stopped' }, []],
  ['a host shut down on purpose is no alert', { verdict: 'shutdown' }, []],
  ['a host never seen is no alert', { verdict: 'never-seen' }, []],
];

for (const [what, given, want] of cases) {
  test(what, () => assert.deepEqual(tell(evaluate(silence, given)), want));
}

test('the hospital finding is the same whichever host tells it', () => {
  const [finding] = evaluate(silence, { verdict: 'site-silent' }).findings;
  assert.deepEqual([finding?.scope, finding?.subject, finding?.forMs], ['hospital', 'site', 0]);
});
