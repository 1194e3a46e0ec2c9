/// <reference lib="esnext.temporal" preserve="true" />
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { workdaysOf } from './workdays.ts';

const NONE = { holidays: [], workdays: [] };

function count(year: number, works: ReturnType<typeof workdaysOf>): number {
  const days = Array.from({ length: 365 }, (_, i) => new Temporal.PlainDate(year, 1, 1).add({ days: i }));
  return days.filter((day) => works(day)).length;
}

test('2026 has 248 working days in China, six of them at week-ends', () => {
  const works = workdaysOf('Asia/Shanghai', NONE);
  assert.equal(count(2026, works), 248);
  assert.equal(works(Temporal.PlainDate.from('2026-02-14')), true);
  assert.equal(works(Temporal.PlainDate.from('2026-02-20')), false);
  assert.equal(works(Temporal.PlainDate.from('2027-02-05')), false);
});

test('elsewhere, and in years that nobody knows yet, Monday to Friday', () => {
  assert.equal(count(2026, workdaysOf('Europe/Berlin', NONE)), 261);
  assert.equal(count(2030, workdaysOf('Asia/Shanghai', NONE)), 261);
});

test('what the configuration names comes first', () => {
  const named = { holidays: ['2027-02-09..2027-02-12'], workdays: ['2027-02-20', '2026-10-01'] };
  const works = workdaysOf('Asia/Shanghai', named);
  const said = ['2027-02-10', '2027-02-20', '2026-10-01', '2026-10-02'].map((day) =>
    works(Temporal.PlainDate.from(day)),
  );
  assert.deepEqual(said, [false, true, true, false]);
});
