import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Severity } from '../rules/rule.ts';
import { type Message, plan, type Told } from './grouping.ts';

const NOW = 1_000_000;
const CONFIG = { groupWaitMs: 3_000, groupIntervalMs: 60_000 };

function message(alertIds: readonly string[], sentAgoMs: number): Message {
  return {
    id: 1,
    key: 'n1',
    groupKey: 'host:h1',
    channel: 'mail:duty',
    kind: 'firing',
    alertIds,
    state: 'delivered',
    createdAt: NOW - sentAgoMs,
    notBefore: NOW - sentAgoMs,
    attempts: 1,
    dropReason: null,
  };
}

/** When the message about `b` leaves, after `a` (critical) was told `agoMs` ago. */
function leavesAfter(
  severity: Severity,
  kind: Told,
  agoMs: number,
  told: readonly string[] = ['a'],
): number | undefined {
  const made = plan({
    groupKey: 'host:h1',
    told: [{ alertId: 'b', kind }],
    alert: (id) => ({ open: true, severity: id === 'a' ? 'critical' : severity }),
    messages: [message(told, agoMs)],
    channels: [{ id: 'mail:duty', minSeverity: 'warning' }],
    now: NOW,
    config: CONFIG,
    newKey: () => 'n2',
  });
  const [only] = made;
  return only && only.notBefore - NOW;
}

const cases: [what: string, got: number | undefined, want: number | undefined][] = [
  [
    'a critical alert never told waits 15 s behind the last message',
    leavesAfter('critical', 'fired', 5_000),
    10_000,
  ],
  ['and no longer than groupWait once those are over', leavesAfter('critical', 'fired', 30_000), 3_000],
  ['a warning waits the whole interval', leavesAfter('warning', 'fired', 5_000), 55_000],
  ['what flaps waits the whole interval', leavesAfter('critical', 'reopened', 5_000, ['a', 'c']), 55_000],
];
for (const [what, got, want] of cases) test(what, () => assert.equal(got, want));
