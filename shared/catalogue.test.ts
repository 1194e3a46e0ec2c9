import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { METRICS, parseSeriesKey, seriesKey } from './catalogue.ts';

test('every metric has a unit, help in both languages and a snake_case name', () => {
  for (const [name, metric] of Object.entries(METRICS)) {
    assert.match(name, /^[a-z][a-z0-9]*(_[a-z0-9]+)+$/);
    assert.ok(metric.help.en && /[\u4e00-\u9fff]/.test(metric.help.zh), name);
  }
});

test('a series key names its labels in key order, whatever order they came in', () => {
  assert.equal(seriesKey('disk_used_percent', { path: '/' }), 'disk_used_percent{path="/"}');
  assert.equal(seriesKey('x', { b: '1', a: '2' }), 'x{a="2",b="1"}');
  assert.equal(seriesKey('mem_used'), 'mem_used');
});

test('any label value survives a key and its parsing', () => {
  const label = fc.stringMatching(/^[a-z_][a-z0-9_]{0,9}$/);
  fc.assert(
    fc.property(
      fc.dictionary(label, fc.string({ unit: 'binary' }), { maxKeys: 4, noNullPrototype: true }),
      (labels) => {
        assert.deepEqual(parseSeriesKey(seriesKey('m_x', labels)), { name: 'm_x', labels });
      },
    ),
  );
});

test('a broken series key is undefined, never an exception', () => {
  for (const key of [
    '',
    '{',
    'a{',
    'a{b}',
    'a{b=1}',
    'a{b="1",}',
    'a{b="\\x"}',
    'a{b="1"}x',
    '9a',
    'a{="1"}',
  ]) {
    assert.equal(parseSeriesKey(key), undefined, key);
  }
  fc.assert(fc.property(fc.string(), (text) => void parseSeriesKey(text)));
});
