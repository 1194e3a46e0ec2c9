import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evaluate, type Given, tell } from '../testing.ts';
import { feedOld } from './feed-old.ts';

const cases: [string, Given, string[]][] = [
  ['what the agent calls ok is fine', { checks: { 'feed:full': { status: 'ok' } } }, []],
  [
    'what the agent could not read is not judged',
    { checks: { 'feed:full': { status: 'unknown' } } },
    ['unknown full'],
  ],
  [
    'the sentence of the agent names age and policy',
    {
      checks: { 'feed:full': { status: 'critical', text: '数据接口 full：最新数据已有 3 天，超过 1 小时' } },
    },
    ['critical full: 数据接口 full：最新数据已有 3 天，超过 1 小时'],
  ],
  [
    'without a sentence the age is told',
    { values: { 'feed_age_seconds{name="full"}': 259_200 }, checks: { 'feed:full': { status: 'warning' } } },
    ['warning full: 数据接口 full 已有 3 天没有新数据'],
  ],
  [
    'a check not told for half an hour says nothing',
    { checks: { 'feed:full': { status: 'critical' } }, ageMs: 1_800_000 },
    ['unknown full'],
  ],
  [
    'checks of other kinds are none of its business',
    { checks: { 'service:full': { status: 'critical' } } },
    [],
  ],
];

for (const [what, given, want] of cases) {
  test(what, () => assert.deepEqual(tell(evaluate(feedOld, given)), want));
}
