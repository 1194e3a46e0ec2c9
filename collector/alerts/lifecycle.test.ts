import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Finding, Severity } from '../rules/rule.ts';
import { step } from './lifecycle.ts';
import type { Alert } from './record.ts';

const SECOND = 1_000;

const finding = (severity: Severity, forSeconds: number): Finding => ({
  subject: 'x',
  severity,
  forMs: forSeconds * SECOND,
  summary: { zh: severity, en: severity },
  advice: { zh: '', en: '' },
  evidence: {},
});

test('a clock that is set back keeps no alert and starts none', () => {
  const at = (now: number, alerts: Alert[], findings: Finding[]): Alert[] =>
    step({
      scope: { hospitalId: 'p', hostId: 'h' },
      alerts,
      judged: [{ rule: 'r', evaluation: { findings, unknown: 'none' } }],
      now,
      config: { keepFiringMs: 15 * SECOND, reopenMs: 60 * SECOND },
      newId: () => 'a1',
    }).map(({ alert }) => alert);
  const HOUR = 3600 * SECOND;
  const fired = at(HOUR, [], [finding('critical', 0)]);
  const clearing = at(HOUR + SECOND, fired, []);
  const again = at(2 * SECOND, clearing, []);
  assert.equal(again[0]?.clearingAt, 2 * SECOND);
  assert.equal(at(17 * SECOND, again, [])[0]?.state, 'resolved');
  const pending = at(HOUR, [], [finding('critical', 5)]);
  const later = at(2 * SECOND, pending, [finding('critical', 5)]);
  assert.equal(later[0]?.pendingAt, 2 * SECOND);
  assert.equal(at(7 * SECOND, later, [finding('critical', 5)])[0]?.state, 'firing');
});

/** A script: at second → what the rule says (`w5` warning for 5 s, `c5` critical, `?` cannot tell, `-` fine). Answers with the changes told. */
function play(script: Record<number, string>, until: number): string[] {
  let alerts: Alert[] = [];
  let says = '-';
  let ids = 0;
  const changes: string[] = [];
  for (let second = 0; second <= until; second++) {
    says = script[second] ?? says;
    const severity = says.startsWith('c') ? 'critical' : 'warning';
    const findings = /^[wc]/.test(says) ? [finding(severity, Number(says.slice(1)))] : [];
    const result = step({
      scope: { hospitalId: 'p', hostId: 'h' },
      alerts,
      judged: [{ rule: 'r', evaluation: { findings, unknown: says === '?' ? 'all' : 'none' } }],
      now: second * SECOND,
      config: { keepFiringMs: 15 * SECOND, reopenMs: 60 * SECOND },
      newId: () => `a${++ids}`,
    });
    for (const { kind, alert } of result) {
      alerts = alerts.filter((a) => a.id !== alert.id);
      if (kind !== 'withdrawn') alerts = [...alerts, alert];
      if (kind !== 'noted' && kind !== 'refreshed') changes.push(`${second} ${kind} ${alert.id}`);
    }
  }
  return changes;
}

const cases: [string, Record<number, string>, number, string[]][] = [
  ['fires after it held', { 1: 'w5' }, 10, ['1 pending a1', '6 fired a1']],
  ['fires at once when nothing is to be waited for', { 1: 'c0' }, 5, ['1 fired a1']],
  ['forgets what did not hold', { 1: 'w5', 4: '-' }, 10, ['1 pending a1', '4 withdrawn a1']],
  ['resolves when it is gone for long enough', { 1: 'w0', 5: '-' }, 30, ['1 fired a1', '20 resolved a1']],
  [
    'a short return starts that wait anew',
    { 1: 'w0', 5: '-', 15: 'w0', 16: '-' },
    40,
    ['1 fired a1', '31 resolved a1'],
  ],
  ['unknown neither fires nor resolves', { 1: 'w5', 3: '?', 100: '?' }, 200, ['1 pending a1']],
  ['unknown keeps a firing alert', { 1: 'w0', 3: '?' }, 200, ['1 fired a1']],
  [
    'a pending alert counts anew after a long time without judgement',
    { 1: 'w5', 3: '?', 100: 'w5' },
    110,
    ['1 pending a1', '105 fired a1'],
  ],
  ['and goes on after a short one', { 1: 'w5', 3: '?', 5: 'w5' }, 10, ['1 pending a1', '6 fired a1']],
  [
    'tells again when it gets worse, and never falls while it is open',
    { 1: 'w0', 5: 'c0', 10: 'w0', 15: 'c0' },
    30,
    ['1 fired a1', '5 raised a1'],
  ],
  [
    'opens the same alert again within the time for that',
    { 1: 'w0', 5: '-', 40: 'w5' },
    50,
    ['1 fired a1', '20 resolved a1', '40 pending a1', '45 reopened a1'],
  ],
  [
    'and a new one after it',
    { 1: 'w0', 5: '-', 100: 'w0' },
    100,
    ['1 fired a1', '20 resolved a1', '100 fired a2'],
  ],
  [
    'what comes back too shortly to fire stays resolved',
    { 1: 'w0', 5: '-', 40: 'w5', 42: '-' },
    60,
    ['1 fired a1', '20 resolved a1', '40 pending a1', '42 relapsed a1'],
  ],
];

for (const [what, script, until, want] of cases) {
  test(what, () => assert.deepEqual(play(script, until), want));
}
