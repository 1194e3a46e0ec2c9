import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evaluate, type Given, tell } from '../testing.ts';
import { serviceDown } from './service-down.ts';

const cases: [string, Given, string[]][] = [
  ['a running service is fine', { values: { 'service_up{name="nginx"}': 1 } }, []],
  [
    'a stopped service is critical',
    { values: { 'service_up{name="nginx"}': 0 } },
    ['critical nginx: 服务 nginx 已停止'],
  ],
  [
    'a reading older than 5 min says nothing',
    { values: { 'service_up{name="nginx"}': 0 }, ageMs: 301_000 },
    ['unknown nginx'],
  ],
  [
    'a slow probe is given five of its intervals',
    { values: { 'service_up{name="nginx"}': 0 }, ageMs: 700_000, intervalMs: 300_000 },
    ['critical nginx: 服务 nginx 已停止'],
  ],
  [
    'a service taken out of the configuration a day ago is no longer watched',
    { values: { 'service_up{name="nginx"}': 0 }, ageMs: 90_000_000, since: 0 },
    [],
  ],
  [
    'a host back after two days is not judged by what was before',
    { values: { 'service_up{name="nginx"}': 0 }, ageMs: 180_000_000 },
    ['unknown nginx'],
  ],
  [
    'a host that is not up is not judged',
    { values: { 'service_up{name="nginx"}': 0 }, verdict: 'suspect' },
    ['unknown all'],
  ],
  ['a host without any value is not judged', {}, ['unknown all']],
  [
    'three restarts in ten minutes are a warning',
    { values: { 'service_up{name="nginx"}': 1, 'service_restarts{name="nginx"}': 9 }, rise: 3 },
    ['warning nginx restarts: 服务 nginx 在 10 分钟内重启了 3 次'],
  ],
  [
    'two restarts are not',
    { values: { 'service_up{name="nginx"}': 1, 'service_restarts{name="nginx"}': 9 }, rise: 2 },
    [],
  ],
  [
    'a loop that ended in a stop is told as a stop',
    { values: { 'service_up{name="nginx"}': 0, 'service_restarts{name="nginx"}': 9 }, rise: 5 },
    ['critical nginx: 服务 nginx 已停止'],
  ],
];

for (const [what, given, want] of cases) {
  test(what, () => assert.deepEqual(tell(evaluate(serviceDown, given)), want));
}

test('the judgement rests on the reading, its time and what the agent saw', () => {
  const given = {
    values: { 'service_up{name="nginx"}': 0 },
    checks: { 'service:nginx': { status: 'critical' as const, text: '服务 nginx 已停止：主进程不在' } },
  };
  const [finding] = evaluate(serviceDown, given).findings;
  assert.deepEqual(Object.keys(finding?.evidence ?? {}), ['service_up{name="nginx"}', 'readAt', 'check']);
  assert.equal(finding?.forMs, 5_000);
});
