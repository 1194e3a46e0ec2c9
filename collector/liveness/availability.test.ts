import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { judgeAvailability, type TrailRow } from './availability.ts';
import { VERDICT_WORDS, type VerdictWord } from './verdict.ts';

type Line = [word: VerdictWord, since: number, until: number | null, revises?: number];

const rowsOf = (lines: readonly Line[]): TrailRow[] =>
  lines.map(([word, since, until, revises = null], i) => ({ id: i + 1, word, since, until, revises }));

/** From 0 to 1000, seen at 1000. */
function tell(lines: readonly Line[], now = 1000): string[] {
  return judgeAvailability(rowsOf(lines), { from: 0, to: 1000 }, now).spans.map(
    (s) => `${s.word} ${s.from}-${s.to} ${s.standing}${s.corrected ? '*' : ''}`,
  );
}

const cases: [what: string, lines: Line[], want: string[]][] = [
  [
    'before the first verdict nothing is known',
    [['up', 400, null]],
    ['never-seen 0-400 unknown', 'up 400-1000 up'],
  ],
  [
    'a suspicion that passed was up time',
    [
      ['up', -50, 300],
      ['suspect', 300, 340],
      ['up', 340, null],
    ],
    ['up 0-300 up', 'suspect 300-340 up', 'up 340-1000 up'],
  ],
  [
    'a suspicion counts as what it became, and nobody knows while it is open',
    [
      ['up', -50, 300],
      ['suspect', 300, 340],
      ['down', 340, 800],
      ['up', 800, 950],
      ['suspect', 950, null],
    ],
    ['up 0-300 up', 'suspect 300-340 down', 'down 340-800 down', 'up 800-950 up', 'suspect 950-1000 unknown'],
  ],
  [
    'a silence that was corrected counts as what it was',
    [
      ['up', -50, 310],
      ['suspect', 310, 400],
      ['silent', 400, 800],
      ['up', 300, 500, 3],
      ['crashed', 500, 780, 3],
      ['up', 780, 800, 3],
      ['up', 800, null],
    ],
    ['up 0-300 up', 'up 300-500 up*', 'crashed 500-780 down*', 'up 780-800 up*', 'up 800-1000 up'],
  ],
  [
    'an absence of the collector that the host ran through was up time, one that it did not tell of is unknown',
    [
      ['up', -50, 200],
      ['collector-away', 200, 400],
      ['up', -50, 600, 2],
      ['collector-away', 500, 550],
      ['collector-away', 600, null],
    ],
    ['up 0-500 up*', 'collector-away 500-550 unknown', 'up 550-600 up*', 'collector-away 600-1000 unknown'],
  ],
  [
    'stopped and lost agents are neither up nor down',
    [
      ['up', -50, 100],
      ['stopped', 100, 200],
      ['agent-lost', 200, 300],
      ['shutdown', 300, 400],
      ['up', 400, null],
    ],
    [
      'up 0-100 up',
      'stopped 100-200 stopped',
      'agent-lost 200-300 stopped',
      'shutdown 300-400 down',
      'up 400-1000 up',
    ],
  ],
];
for (const [what, lines, want] of cases) test(what, () => assert.deepEqual(tell(lines), want));

test('the share is that of the time of which it is known whether the host was up or down', () => {
  const lines: Line[] = [
    ['up', 0, 600],
    ['down', 600, 800],
    ['silent', 800, null],
  ];
  const { ms, share, known } = judgeAvailability(rowsOf(lines), { from: 0, to: 1000 }, 1000);
  assert.deepEqual(ms, { up: 600, down: 200, stopped: 0, unknown: 200 });
  assert.deepEqual([share, known], [0.75, 0.8]);
  assert.deepEqual(judgeAvailability([], { from: 0, to: 10 }, 10).share, null);
});

test('a suspicion at the end of the period is judged by what followed behind it', () => {
  const lines: Line[] = [
    ['up', 0, 990],
    ['suspect', 990, 1030],
    ['down', 1030, null],
  ];
  assert.deepEqual(tell(lines, 5000), ['up 0-990 up', 'suspect 990-1000 down']);
});

test('property: the spans cover the whole period once, and each instant has the newest row that speaks of it', () => {
  const line = fc.tuple(
    fc.constantFrom(...VERDICT_WORDS),
    fc.integer({ min: -100, max: 1100 }),
    fc.option(fc.integer({ min: -100, max: 1100 })),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 30 }), (lines) => {
      const rows = rowsOf(lines as Line[]);
      const { spans, ms } = judgeAvailability(rows, { from: 0, to: 1000 }, 1000);
      assert.equal(ms.up + ms.down + ms.stopped + ms.unknown, 1000);
      let cursor = 0;
      for (const span of spans) {
        assert.equal(span.from, cursor);
        cursor = span.to;
        const at = (span.from + span.to) / 2;
        const newest = rows.findLast((row) => row.since <= at && at < (row.until ?? 1000));
        assert.equal(span.verdict, newest?.id ?? null);
      }
      assert.equal(cursor, 1000);
    }),
  );
});
