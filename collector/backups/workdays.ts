// Which days people work on, where it matters that somebody reads a warning in time. Promise: pure; what the configuration names comes first,
// then what is known of the zone's country, then Monday to Friday.

/// <reference lib="esnext.temporal" preserve="true" />

export type IsWorkday = (date: Temporal.PlainDate) => boolean;

/** Days, or stretches `2027-02-05..2027-02-11` with both ends in them. */
export interface NamedDays {
  holidays: readonly string[];
  workdays: readonly string[];
}

/**
 * 2026: the State Council's notice of 2025-11-04, make-up days included. 2027: the days of the law alone (decree as of 2025-01-01), which
 * hold whatever the year's notice adds; what it moves is named in the configuration.
 */
const CHINA: NamedDays = {
  holidays: [
    '2026-01-01..2026-01-03',
    '2026-02-15..2026-02-23',
    '2026-04-04..2026-04-06',
    '2026-05-01..2026-05-05',
    '2026-06-19..2026-06-21',
    '2026-09-25..2026-09-27',
    '2026-10-01..2026-10-07',
    '2027-01-01',
    '2027-02-05..2027-02-08',
    '2027-04-05',
    '2027-05-01..2027-05-02',
    '2027-06-09',
    '2027-09-15',
    '2027-10-01..2027-10-03',
  ],
  workdays: ['2026-01-04', '2026-02-14', '2026-02-28', '2026-05-09', '2026-09-20', '2026-10-10'],
};
const CHINESE_ZONES = [
  'Asia/Shanghai',
  'Asia/Urumqi',
  'Asia/Chongqing',
  'Asia/Harbin',
  'Asia/Kashgar',
  'PRC',
];

export const STRETCH = /^\d{4}-\d\d-\d\d(?:\.\.\d{4}-\d\d-\d\d)?$/;

export function workdaysOf(zone: string, named: NamedDays): IsWorkday {
  const known = CHINESE_ZONES.includes(zone) ? CHINA : { holidays: [], workdays: [] };
  // The first that names the day decides.
  const order: readonly [days: readonly string[], works: boolean][] = [
    [named.workdays, true],
    [named.holidays, false],
    [known.workdays, true],
    [known.holidays, false],
  ];
  return (date) => {
    const day = date.toString();
    const [, works] = order.find(([days]) => days.some((stretch) => holds(stretch, day))) ?? [];
    return works ?? date.dayOfWeek <= 5;
  };
}

/** ISO dates compare as text. */
function holds(stretch: string, day: string): boolean {
  const [from = '', to = from] = stretch.split('..');
  return day >= from && day <= to;
}
