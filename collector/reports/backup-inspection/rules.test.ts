import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Tone } from '../../document/document.ts';
import type { InspectedHost, InspectedSet, InspectionInput } from './input.ts';
import { judge, summaryOf } from './judge.ts';
import { type Rule, worst } from './rules.ts';
import {
  dailyFiles,
  DAY,
  drillOf,
  fileOf,
  FROM,
  hostOf,
  HOUR,
  inputOf,
  MADE_AT,
  policyOf,
  rungsUpTo,
  setOf,
  TO,
} from './testing.ts';

const recovery = (own: Partial<InspectedSet['recovery']>): Partial<InspectedSet> => ({
  recovery: { ...setOf().recovery, ...own },
});
const finding = (kind: InspectedSet['findings'][number]['kind'], goneAt?: number): Partial<InspectedSet> => ({
  findings: [{ kind, key: 'k', text: 't', since: FROM, at: TO, ...(goneAt === undefined ? {} : { goneAt }) }],
});
const gap = (hours: number, at = TO - 9 * DAY) =>
  recovery({ gaps: [{ from: at, to: at + hours * HOUR, missing: [], cause: { zh: '缺', en: 'missing' } }] });
const withPolicy = (own: Parameters<typeof policyOf>[0]): Partial<InspectedSet> => ({
  policy: policyOf({ rpoMs: 36 * HOUR, ...own }),
});
const damaged = fileOf({ name: 'x.bak', at: TO - 5 * DAY, bytes: 1, content: 'CORRUPT', reason: 'r' });
const gib = 1024 ** 3;

const TABLE: [what: string, set: Partial<InspectedSet>, tone: Tone, rules: Rule[]][] = [
  ['all six rungs and a fresh drill', {}, 'good', []],
  ['no file', { rungs: rungsUpTo(0, 'no') }, 'bad', ['missing', 'copy-differs']],
  ['overdue', { rungs: rungsUpTo(1, 'no') }, 'bad', ['stale', 'copy-differs']],
  ['implausible', { rungs: rungsUpTo(2, 'no') }, 'bad', ['implausible', 'copy-differs']],
  ['damaged', { rungs: rungsUpTo(3, 'no') }, 'bad', ['unreadable', 'copy-differs']],
  ['not looked at', { rungs: rungsUpTo(3, 'unknown') }, 'unknown', ['unconfirmed', 'copy-unconfirmed']],
  ['nothing told of any rung', { rungs: [] }, 'unknown', ['unconfirmed', 'copy-unconfirmed']],
  ['copy differs', { rungs: rungsUpTo(4, 'no') }, 'attention', ['copy-differs']],
  ['copy not readable', { rungs: rungsUpTo(4, 'unknown') }, 'unknown', ['copy-unconfirmed']],
  [
    'no copy agreed',
    { rungs: rungsUpTo(4, 'no'), ...withPolicy({ secondCopy: '' }) },
    'attention',
    ['copy-none'],
  ],
  ['silent agent', { told: 'old' }, 'unknown', ['not-told']],
  ['no policy', withPolicy({ schedule: '', maxAgeMs: 0 }), 'attention', ['no-policy']],
  ['age alone is a policy', withPolicy({ schedule: '' }), 'good', []],
  ['never a drill', { drills: [] }, 'attention', ['drill-never']],
  ['drill of 92 days is fresh', { drills: [drillOf({ at: MADE_AT - 92 * DAY })] }, 'good', []],
  ['drill of 93 days is old', { drills: [drillOf({ at: MADE_AT - 93 * DAY })] }, 'attention', ['drill-old']],
  [
    'newest drill failed',
    { drills: [drillOf(), drillOf({ at: TO - DAY, ok: false })] },
    'bad',
    ['drill-failed'],
  ],
  ['a failed drill before a good one', { drills: [drillOf({ at: FROM, ok: false }), drillOf()] }, 'good', []],
  ['one damaged file', { files: [...dailyFiles(30), damaged] }, 'attention', ['damaged-files']],
  ['a damaged file that is gone', { files: [...dailyFiles(30), { ...damaged, goneAt: TO }] }, 'good', []],
  ['short gap', gap(10), 'attention', ['gap']],
  ['gap longer than the RPO', gap(40), 'bad', ['gap']],
  ['gap before the period', gap(40, FROM - 5 * DAY), 'good', []],
  ['nothing restorable', recovery({ points: [], windows: [] }), 'bad', ['nothing-restorable']],
  ['nothing restorable by what was not looked at', recovery({ points: [], unjudged: 7 }), 'good', []],
  ['chain not understood', recovery({ trouble: 'x' }), 'unknown', ['unconfirmed']],
  ['loss above the RPO', recovery({ last: MADE_AT - 37 * HOUR }), 'bad', ['rpo']],
  ['loss just at the RPO', recovery({ last: MADE_AT - 36 * HOUR }), 'good', []],
  [
    'too slow',
    recovery({ rto: { fromSeconds: 1, toSeconds: 4 * 3600 + 1, by: 'drill' } }),
    'attention',
    ['rto'],
  ],
  ['too few kept', withPolicy({ keep: 8 }), 'attention', ['few-kept']],
  ['too few by an unfinished list', { known: 'some', ...withPolicy({ keep: 8 }) }, 'good', []],
  [
    'space tight',
    { volume: { path: 'D:', freeBytes: 50 * gib, totalBytes: 99 * gib } },
    'attention',
    ['space'],
  ],
  ['no space', { volume: { path: 'D:', freeBytes: 40 * gib, totalBytes: 99 * gib } }, 'bad', ['space']],
  [
    'two days without a run',
    { files: dailyFiles(30).toSpliced(10, 2), history: [] },
    'attention',
    ['runs-missed'],
  ],
  ['same volume', { sameVolumeAsData: true }, 'attention', ['same-volume']],
  [
    'same volume told twice',
    { sameVolumeAsData: true, ...finding('same-volume') },
    'attention',
    ['same-volume'],
  ],
  ['ransomware sign', finding('magic-lost'), 'bad', ['magic-lost']],
  ['a finding that is over', finding('magic-lost', TO), 'good', []],
];

for (const [what, own, tone, rules] of TABLE) {
  test(`${what}: ${tone}`, () => {
    const judged = judge(inputOf({ hosts: [hostOf({ sets: [setOf(own)] })] }));
    assert.deepEqual(judged.findings.map((f) => f.rule).sort(), [...rules].sort());
    assert.equal(judged.sets[0]?.tone, tone);
    assert.equal(judged.tone, tone);
  });
}

test('what cannot be confirmed ranks above attention and below bad', () => {
  assert.equal(worst(['attention', 'unknown', 'good']), 'unknown');
  assert.equal(worst(['unknown', 'bad']), 'bad');
  assert.equal(worst([]), 'good');
});

test('a hospital without sets cannot be confirmed', () => {
  assert.equal(judge(inputOf({ hosts: [] })).tone, 'unknown');
});

test('a host counts too: a clock that is off, a database without backup', () => {
  const rulesOf = (own: Partial<InspectedHost>): Rule[] =>
    judge(inputOf({ hosts: [hostOf(own)] })).findings.map((f) => f.rule);
  assert.deepEqual(rulesOf({ offsetMs: -61_000 }), ['clock']);
  assert.deepEqual(rulesOf({ offsetMs: 60_000 }), []);
  const unprotected = finding('database-without-set').findings ?? [];
  assert.deepEqual(rulesOf({ findings: unprotected }), ['database-without-set']);
});

test('the report before is compared by set and by finding', () => {
  const before = inputOf({ hosts: [hostOf({ sets: [setOf({ drills: [] }), setOf({ name: 'gone' })] })] });
  const now: InspectionInput = inputOf({
    hosts: [hostOf({ sets: [setOf({ sameVolumeAsData: true })] })],
    previous: summaryOf(before),
  });
  const { comparison } = judge(now);
  assert.deepEqual(
    comparison.fresh.map((f) => f.rule),
    ['same-volume'],
  );
  assert.deepEqual(comparison.settled, ['NIS01/nis-full/drill-never']);
  assert.deepEqual(
    comparison.sets.map((s) => [s.set, s.before?.tone, s.now?.tone]),
    [
      ['nis-full', 'attention', 'attention'],
      ['gone', 'good', undefined],
    ],
  );
});
