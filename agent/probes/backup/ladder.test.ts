import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Content } from '../../../shared/backup/facts.ts';
import type { BackupDrillReport, BackupPolicy } from '../../../shared/backup/reported.ts';
import type { Copy, KnownFile } from './known.ts';
import { judgeLadder, type LadderFacts, standsOn } from './ladder.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const NOW = Date.UTC(2026, 0, 10, 8);

const POLICY: BackupPolicy = {
  engine: 'mariadb',
  kind: 'dump',
  schedule: '',
  maxAgeMs: 26 * HOUR_MS,
  rpoMs: 0,
  rtoMs: 0,
  keep: 2,
  minBytes: 100,
  secondCopy: '/copy',
  database: '',
};

function file(
  hours: number,
  more: { bytes?: number; content?: Content; copy?: Copy['state'] } = {},
): KnownFile {
  const { bytes = 1_000, content = 'VERIFIED', copy = 'equal' } = more;
  const modifiedAt = NOW - hours * HOUR_MS;
  const verdict = { format: 'mysqldump', content, reason: 'r', layer: 'L3', facts: {} } as const;
  return {
    path: `/b/${hours}.sql`,
    bytes,
    modifiedAt,
    verdict,
    judgedAt: NOW,
    copy: { state: copy, at: NOW },
  };
}

function unjudged(hours: number): KnownFile {
  const { path, bytes, modifiedAt } = file(hours);
  return { path, bytes, modifiedAt };
}

const DRILL: BackupDrillReport = {
  of: 'drill',
  set: 's',
  at: NOW - 30 * DAY_MS,
  ok: true,
  seconds: 61,
  bytes: 1_000,
  moment: '',
  rows: [],
  text: '',
};

const GOOD: LadderFacts = {
  policy: POLICY,
  files: [file(6), file(30)],
  future: [],
  plausible: { state: 'yes', evidence: 'size' },
  copyWithinMs: DAY_MS,
  drill: DRILL,
};

const CASES: [name: string, change: Partial<LadderFacts>, states: string][] = [
  ['all is proven', {}, 'yyyyyy'],
  ['there is no file', { files: [] }, 'nn???y'],
  ['the newest is from the future', { files: [], future: [file(-9)] }, 'y????y'],
  ['the newest is too old', { files: [file(27)] }, 'ynyyyy'],
  ['a planned run did not come', { dueAt: NOW - 5 * HOUR_MS }, 'ynyyyy'],
  ['the planned run came', { dueAt: NOW - 6 * HOUR_MS }, 'yyyyyy'],
  [
    'the planned run began a moment after the file by the share’s clock',
    { dueAt: NOW - 6 * HOUR_MS + 60_000 },
    'yyyyyy',
  ],
  ['the newest is too small', { files: [file(6, { bytes: 99 })] }, 'ynyyyy'],
  ['its size is odd', { plausible: { state: 'no', evidence: 'half the size' } }, 'yynyyy'],
  ['it was not read yet', { files: [unjudged(6), file(30)] }, 'yyy?yy'],
  ['it cannot be confirmed', { files: [file(6, { content: 'UNCONFIRMED' })] }, 'yyy?yy'],
  ['it is cut', { files: [file(6, { content: 'INCOMPLETE' })] }, 'yyynyy'],
  ['it holds no row', { files: [file(6, { content: 'NO_DATA' })] }, 'yyynyy'],
  ['an older one is cut', { files: [file(6), file(30, { content: 'CORRUPT' })] }, 'yyyyyy'],
  ['no second copy is promised', { policy: { ...POLICY, secondCopy: '' } }, 'yyyyny'],
  ['the copy has still time', { files: [file(6, { copy: 'missing' }), file(30)] }, 'yyyyyy'],
  ['the copy is late', { files: [file(25, { copy: 'missing' }), file(49)] }, 'yyyyny'],
  ['the copy differs', { files: [file(6, { copy: 'differs' }), file(30)] }, 'yyyyny'],
  ['no copy is due', { files: [file(6, { copy: 'missing' })] }, 'yyyy?y'],
  ['the folder of copies was never reached', { files: [unjudged(25)] }, 'yyy??y'],
  ['there was no drill', { drill: undefined }, 'yyyyyn'],
  ['the drill failed', { drill: { ...DRILL, ok: false } }, 'yyyyyn'],
  ['the drill is long ago', { drill: { ...DRILL, at: NOW - 184 * DAY_MS } }, 'yyyyyn'],
];
for (const [name, change, states] of CASES) {
  test(`rungs when ${name}`, () => {
    const rungs = judgeLadder({ ...GOOD, ...change }, NOW);
    assert.equal(rungs.map(({ state }) => (state === 'unknown' ? '?' : state[0])).join(''), states);
    assert.deepEqual(
      rungs.map(({ rung }) => rung),
      [1, 2, 3, 4, 5, 6],
    );
    assert.equal(standsOn(rungs), states.search(/[^y]|$/));
    for (const { evidence } of rungs) assert.ok(evidence.length > 0);
  });
}

test('remembers since when a rung stands as it does, whatever its evidence becomes', () => {
  const first = judgeLadder(GOOD, NOW);
  const later = judgeLadder({ ...GOOD, files: [file(1, { content: 'CORRUPT' })] }, NOW + 5, first);
  assert.deepEqual(
    later.map(({ at }) => at),
    [NOW, NOW, NOW, NOW + 5, NOW, NOW],
  );
});

const anyFile = fc.record({
  hours: fc.integer({ min: 0, max: 100 }),
  content: fc.constantFrom<Content>('VERIFIED', 'COMPLETE', 'UNCONFIRMED', 'CORRUPT', 'EMPTY'),
  copy: fc.constantFrom<Copy['state']>('equal', 'differs', 'missing'),
  bytes: fc.integer({ min: 0, max: 200 }),
});

test('a set without its newest files never stands higher than its remaining evidence allows, and never on rung 2 when stale', () => {
  fc.assert(
    fc.property(fc.array(anyFile, { maxLength: 6 }), (drawn) => {
      const files = drawn.sort((a, b) => a.hours - b.hours).map(({ hours, ...more }) => file(hours, more));
      const rungs = judgeLadder({ ...GOOD, files }, NOW);
      const on = standsOn(rungs);
      const [newest] = files;
      if (!newest) return assert.equal(on, 0);
      if (NOW - newest.modifiedAt > POLICY.maxAgeMs || newest.bytes < POLICY.minBytes) assert.equal(on, 1);
      if (on >= 4) assert.match(newest.verdict?.content ?? '', /VERIFIED|COMPLETE/);
      if (on >= 5) assert.ok(files.some(({ copy }) => copy?.state === 'equal'));
    }),
  );
});
