import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderAge, renderBytes, renderFailure } from './words.ts';

const MINUTE = 60_000;
const AGES: [ms: number, text: string][] = [
  [-5, '不到 1 分钟'],
  [59_999, '不到 1 分钟'],
  [MINUTE, '1 分钟'],
  [60 * MINUTE, '1 小时'],
  [23 * 60 * MINUTE, '23 小时'],
  [26 * 60 * MINUTE, '1 天 2 小时'],
  [48 * 60 * MINUTE, '2 天'],
];
for (const [ms, text] of AGES) test(`${ms} ms is ${text}`, () => assert.equal(renderAge(ms), text));

const SIZES: [bytes: number, text: string][] = [
  [0, '0 B'],
  [1_023, '1023 B'],
  [1_536, '1.5 KB'],
  [2 * 1024 ** 3, '2 GB'],
  [300.4 * 1024 ** 2, '300 MB'],
];
for (const [bytes, text] of SIZES)
  test(`${bytes} bytes are ${text}`, () => assert.equal(renderBytes(bytes), text));

test('says what a failure means by its code, and its message where the code is none', () => {
  assert.equal(renderFailure(Object.assign(new Error('x'), { code: 'ENOENT' })), '不存在');
  assert.equal(renderFailure(Object.assign(new Error('x'), { code: 'EOTHER' })), 'EOTHER');
  assert.equal(renderFailure(new Error('第一行不是时间')), '第一行不是时间');
});
