import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isNamedError } from '../../shared/errors.ts';
import { automaticStep, chooseKeys, ratePoints, readInstant, readTimes } from './series.ts';

const NOW = Date.UTC(2026, 2, 2, 2);
const HOUR = 3_600_000;

test('chooses a step that gives at most about 300 points and never fewer than 60 from an hour on', () => {
  fc.assert(
    fc.property(fc.integer({ min: HOUR, max: 300 * 24 * HOUR }), (range) => {
      const points = range / automaticStep(range);
      assert.ok(points <= 300 && points >= 60, `${points}`);
    }),
  );
});

test('reads times as ISO text, milliseconds, now, and back from now', () => {
  for (const [text, at] of [
    ['2026-03-02T02:00:00Z', NOW],
    ['2026-03-02T10:00:00+08:00', NOW],
    [String(NOW), NOW],
    [String(NOW / 1000), NOW],
    [`${NOW / 1000}.25`, NOW + 250],
    ['now', NOW],
    ['-6h', NOW - 6 * HOUR],
    ['', undefined],
  ] as const)
    assert.equal(readInstant('from', text, NOW), at, text);
  for (const text of ['6h', '-6', 'tomorrow', '1e99', '2026-99-99', '-'])
    assert.throws(
      () => readInstant('from', text, NOW),
      (e) => isNamedError(e, 'BAD_REQUEST'),
      text,
    );
});

test('reads a step as a duration, as seconds, and from 1,000 on as milliseconds', () => {
  for (const [step, stepMs] of [
    ['60s', 60_000],
    ['60', 60_000],
    ['60000', 60_000],
    ['1.5', 1_500],
  ] as const) {
    assert.equal(readTimes({ from: '-1h', step }, NOW).stepMs, stepMs, step);
  }
});

test('never plans more points than the limit, whatever is asked', () => {
  const text = fc.option(fc.oneof(fc.string(), fc.constantFrom('-1h', '-400d', 'now', '1s', '5m', '31d')), {
    nil: undefined,
  });
  fc.assert(
    fc.property(text, text, text, (from, to, step) => {
      try {
        const times = readTimes({ from, to, step }, NOW);
        assert.ok((times.to - times.from) / times.stepMs <= 11_001);
        assert.equal(times.from % times.stepMs, 0);
      } catch (error) {
        if (!isNamedError(error, 'BAD_REQUEST')) throw error;
      }
    }),
  );
});

test('takes a name for all its label sets and a whole key for one', () => {
  const keys = ['cpu', 'disk{path="/"}', 'disk{path="/data"}', 'diskio{name="sda"}'];
  assert.deepEqual(chooseKeys(keys, ['disk']), ['disk{path="/"}', 'disk{path="/data"}']);
  assert.deepEqual(chooseKeys(keys, ['disk{path="/"}', 'cpu']), ['cpu', 'disk{path="/"}']);
  assert.deepEqual(chooseKeys(keys, ['nothing', '{', 'disk{path=']), []);
});

test('a rate is never negative and never drawn across a hole', () => {
  const bucket = (at: number, last: number) => ({ at, last, min: last, max: last, mean: last, count: 1 });
  const buckets = [bucket(0, 100), bucket(10, 200), bucket(20, 50), bucket(30, 150), bucket(90, 9000)];
  assert.deepEqual(ratePoints(buckets, 10, 0), [
    [10, 10_000, 10_000, 10_000],
    [30, 10_000, 10_000, 10_000],
  ]);
});
