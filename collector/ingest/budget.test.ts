import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Report } from '../../shared/frame.ts';
import { openBudget, priceOf, priceOfText, spend } from './budget.ts';

test('a budget gives its burst at once and then its rate; what is too large for it costs the burst', () => {
  const budget = openBudget(10, 20, 0);
  assert.equal(spend(budget, 20, 0), 0);
  assert.equal(spend(budget, 1, 0), 100);
  assert.equal(spend(budget, 1, 100), 0);
  assert.equal(spend(budget, 1000, 1_100), 1_000);
  assert.equal(spend(budget, 1000, 2_200), 0);
});

test('a frame costs what it is: plain reports nothing more, answers, events, checks and columns by their number', () => {
  const report: Report = {
    t: 'report',
    stream: '',
    seq: 0,
    series: '',
    at: 0,
    off: 0,
    boot: '',
    v: Array.from({ length: 4000 }, () => 1),
  };
  const event = { at: 0, kind: 'host.boot' as const };
  const check = { id: 'disk:/', status: 'ok' as const };
  assert.equal(priceOf(report, 200), 0);
  assert.equal(priceOf({ ...report, checks: [check, check, check] }, 200), 0);
  assert.equal(priceOf({ ...report, checks: Array.from({ length: 40 }, () => check) }, 200), 10);
  assert.equal(priceOf({ ...report, events: [event, event] }, 200), 10);
  assert.equal(priceOf({ t: 'series', id: '', columns: Array.from({ length: 60 }, () => '') }, 200), 3);
  assert.equal(priceOf({ t: 'beat', n: 0, at: 0 }, 200), 10);
  // One that may send five a second must still be able to measure its clock.
  assert.equal(priceOf({ t: 'time', n: 0, a: 0 }, 5), 0);
  assert.deepEqual([priceOfText(100), priceOfText(1023), priceOfText(42_000)], [1, 1, 42]);
});
