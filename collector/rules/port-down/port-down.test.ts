import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evaluate, type Given, tell } from '../testing.ts';
import { portDown } from './port-down.ts';

const cases: [string, Given, string[]][] = [
  ['an open port is fine', { values: { 'port_up{target="127.0.0.1:3306"}': 1 } }, []],
  [
    'a closed port is critical',
    { values: { 'port_up{target="127.0.0.1:3306"}': 0 } },
    ['critical 127.0.0.1:3306: 端口 127.0.0.1:3306 连接不上'],
  ],
];

for (const [what, given, want] of cases) {
  test(what, () => assert.deepEqual(tell(evaluate(portDown, given)), want));
}
