import assert from 'node:assert/strict';
import { test } from 'node:test';
import { afterOutcome, HEALTHY, judgeChannels, lastTimeOfDay } from './canary.ts';
import type { Message } from './grouping.ts';

const at = (text: string): number => Date.parse(text);

for (const [now, zone, want] of [
  ['2026-11-22T00:59:59Z', 'Asia/Shanghai', '2026-11-21T01:00:00Z'],
  ['2026-11-22T01:00:00Z', 'Asia/Shanghai', '2026-11-22T01:00:00Z'],
  ['2026-11-22T23:30:00.250Z', 'Asia/Shanghai', '2026-11-22T01:00:00Z'],
  ['2026-11-22T08:59:00Z', 'UTC', '2026-11-21T09:00:00Z'],
] as const) {
  test(`at ${now} the last 09:00 of ${zone} was ${want}`, () => {
    assert.equal(lastTimeOfDay(at(now), '09:00', zone), at(want));
  });
}

const message: Message = {
  key: 'n1',
  groupKey: 'canary:a',
  channel: 'a',
  kind: 'canary',
  alertIds: [],
  state: 'waiting',
  createdAt: 0,
  notBefore: 0,
  attempts: 1,
  dropReason: null,
};
const judge = (result: 'delivered' | 'rejected' | 'unreachable', failedForMs: number): number => {
  const failed = afterOutcome(HEALTHY, { message, result, detail: 'x', at: 1_000 });
  return judgeChannels(new Map([['a', failed]]), 1_000 + failedForMs, 600_000).findings.length;
};

test('a channel that cannot be reached is given its time, one that refuses is not', () => {
  assert.equal(judge('unreachable', 599_999), 0);
  assert.equal(judge('unreachable', 600_000), 1);
  assert.equal(judge('rejected', 0), 1);
  assert.equal(judge('delivered', 600_000), 0);
});

test('one delivery makes a channel healthy again', () => {
  const failed = afterOutcome(HEALTHY, { message, result: 'rejected', detail: 'x', at: 1 });
  assert.deepEqual(afterOutcome(failed, { message, result: 'delivered', detail: 'ok', at: 2 }), HEALTHY);
});
