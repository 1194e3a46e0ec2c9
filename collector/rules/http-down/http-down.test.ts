import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evaluate, type Given, tell } from '../testing.ts';
import { httpDown } from './http-down.ts';

const cases: [string, Given, string[]][] = [
  ['a page that answers is fine', { values: { 'http_up{target="nis"}': 1 } }, []],
  [
    'a page that fails is critical, with its status',
    { values: { 'http_up{target="nis"}': 0, 'http_status_code{target="nis"}': 502 } },
    ['critical nis: 网页 nis 无法正常访问 (HTTP 502)'],
  ],
  [
    'a page that does not answer has no status',
    { values: { 'http_up{target="nis"}': 0 } },
    ['critical nis: 网页 nis 无法正常访问'],
  ],
];

for (const [what, given, want] of cases) {
  test(what, () => assert.deepEqual(tell(evaluate(httpDown, given)), want));
}
