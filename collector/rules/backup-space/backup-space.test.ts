import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evaluate, type Given, tell } from '../testing.ts';
import { backupSpace } from './backup-space.ts';

const GIB = 1024 ** 3;
const HOUR = 3_600_000;
/** Friday 2026-11-20, 10:00, in Shanghai; the schedule is 01:00. */
const FRIDAY = Date.UTC(2026, 10, 20, 2);
/** The last working day before eight days of rest, and the Saturday that makes up for one of them. */
const EVE = Date.UTC(2026, 8, 30, 2);
const MAKE_UP = Date.UTC(2026, 9, 10, 2);
const MONDAY = FRIDAY + 72 * HOUR;
const THURSDAY = FRIDAY - 24 * HOUR;

/** Daily runs up to `now`, each a little larger. */
function growing(now: number, gib = 10, step = 0.1) {
  const start = Math.floor(now / HOUR) * HOUR - 9 * HOUR;
  return Array.from({ length: 14 }, (_, i) => ({
    at: start - (13 - i) * 24 * HOUR,
    bytes: (gib + (i - 13) * step) * GIB,
  }));
}

/** Fewer copies than are kept: each run adds one. */
const filling = (now: number, freeGib: number): Given => {
  const given = at(now, freeGib);
  return { ...given, set: { ...given.set, copies: 3 } };
};

const at = (now: number, freeGib: number, more: Partial<Given> = {}): Given => ({
  now,
  set: {
    volume: { path: '/b', freeBytes: 999 * GIB, totalBytes: 999 * GIB },
    history: growing(now),
    at: now,
  },
  values: { 'disk_free{path="/b"}': freeGib * GIB },
  ...more,
});

const cases: [string, Given, RegExp | undefined, config?: Record<string, unknown>][] = [
  ['plenty is free', at(THURSDAY, 100), undefined],
  [
    'half as much again as the need is tight',
    at(THURSDAY, 14),
    /^warning full: .*15 小时后开始，预计需要 11\.1 GB，届时 \/b 只剩 14\.0 GB：偏紧$/,
  ],
  ['less than the need does not fit', at(THURSDAY, 11), /^critical full: .*放不下$/],
  ['the newest reading counts, not what its agent told yesterday', at(THURSDAY, 3), /只剩 3\.0 GB/],
  ['without a reading what its agent told counts', { ...at(THURSDAY, 0), values: {} }, undefined],
  [
    'a disk that fills is smaller by then',
    at(THURSDAY, 40, { trend: { perHour: 2 * GIB, overMs: 6 * HOUR } }),
    /^critical full: .*只剩 10\.0 GB：放不下$/,
  ],
  [
    'one run that was ten times as large moves nothing',
    {
      ...at(THURSDAY, 100),
      set: {
        ...at(THURSDAY, 100).set,
        history: growing(THURSDAY).map((r, i) => (i === 6 ? { ...r, bytes: 10 * r.bytes } : r)),
      },
    },
    undefined,
  ],
  ['on Friday the night to Saturday is looked at', at(FRIDAY, 11), /放不下/],
  [
    'and those to Sunday and Monday: each run before takes its part',
    filling(FRIDAY, 25),
    /^critical full: .*2 天 15 小时后开始，.*只剩 5\.\d GB：放不下$/,
  ],
  ['where each new copy lets an old one go, they take nothing more', at(FRIDAY, 25), undefined],
  ['on the eve of a holiday its nights are looked at', filling(EVE, 60), /^critical full: .*放不下$/],
  [
    'on a Saturday that makes up for one it is a working day, which looks at its own night alone',
    filling(MAKE_UP, 30),
    undefined,
  ],
  [
    'days that the configuration names count before the calendar',
    filling(MAKE_UP, 30),
    /放不下/,
    { holidays: ['2026-10-11..2026-10-14'] },
  ],
  ['at night only what does not fit speaks', at(THURSDAY + 13 * HOUR, 14), /^unknown full$/],
  ['and what does not fit speaks at night too', at(THURSDAY + 13 * HOUR, 11), /放不下/],
  [
    'a set without any run is not judged',
    { ...at(THURSDAY, 1), set: { ...at(THURSDAY, 1).set, history: [] } },
    undefined,
  ],
  [
    'a run behind the next working day is that day’s matter',
    { ...at(MONDAY, 1), set: { ...at(MONDAY, 1).set, policy: { schedule: '0 1 * * 6' } as never } },
    undefined,
  ],
  [
    'a set that is no longer told of is not judged',
    { ...at(THURSDAY, 1), set: { ...at(THURSDAY, 1).set, told: 'old' } },
    /^unknown full$/,
  ],
];

for (const [what, given, want, config] of cases) {
  test(what, () => {
    const said = tell(evaluate(backupSpace, given, config));
    if (want) assert.match(said.join('\n'), want);
    else assert.deepEqual(said, []);
  });
}
