import assert from 'node:assert/strict';
import { test } from 'node:test';
import { METRICS, parseSeriesKey } from '../../../shared/catalogue.ts';
import { bootOf } from './episodes.ts';
import { DAY, HOUR, localText, workUntil, busyAt } from './rhythm.ts';
import { openValues } from './values.ts';
import { makeWorld } from './world.ts';

const END = Date.UTC(2026, 10, 20, 2);
const world = makeWorld({ seed: 7, hospitals: 12, days: 10, endAt: END });

test('the same seed, size and end make the same world', () => {
  const again = makeWorld({ seed: 7, hospitals: 12, days: 10, endAt: END });
  const other = makeWorld({ seed: 8, hospitals: 12, days: 10, endAt: END });
  const text = (w: typeof world): string =>
    JSON.stringify(w.hosts.map(({ hospital, ...host }) => ({ ...host, hospital: hospital.name })));
  assert.equal(text(again), text(world));
  assert.notEqual(text(other), text(world));
});

test('every hospital says that it is a demonstration, and no two are called alike', () => {
  const names = makeWorld({ seed: 1, hospitals: 120, days: 1, endAt: END }).list.map((h) => h.name);
  assert.equal(new Set(names).size, 120);
  assert.deepEqual(
    names.filter((name) => !name.includes('演示')),
    [],
  );
});

test('every column is a series of the catalogue with its labels', () => {
  for (const host of world.hosts) {
    const { columns } = openValues(world, host);
    assert.equal(new Set(columns).size, columns.length);
    for (const key of columns) {
      const { name = '', labels = {} } = parseSeriesKey(key) ?? {};
      const metric = (METRICS as Record<string, { labels: readonly string[] }>)[name];
      assert.deepEqual(metric && [...metric.labels], Object.keys(labels), key);
    }
  }
});

test('a value is a function of the instant, whoever asks first; counters fall at a boot only', () => {
  const [host] = world.hosts;
  assert.ok(host);
  const { columns, read } = openValues(world, host);
  const counters = columns.flatMap((key, i) =>
    (METRICS as Record<string, { kind: string }>)[parseSeriesKey(key)?.name ?? '']?.kind === 'counter'
      ? [i]
      : [],
  );
  const [first, later, again] = [0, 1, 2].map(() => new Float64Array(columns.length)) as Float64Array[];
  for (let at = world.startAt; at < END; at += 37 * 60_000) {
    read(at, first as Float64Array);
    read(at + 15_000, later as Float64Array);
    read(at, again as Float64Array);
    assert.deepEqual(again, first);
    if (bootOf(host, at) !== bootOf(host, at + 15_000)) continue;
    for (const i of counters)
      assert.ok((later?.[i] ?? 0) >= (first?.[i] ?? 0), `${columns[i]} at ${localText(at)}`);
  }
});

test('work is the integral of how busy it is', () => {
  let sum = 0;
  for (let at = END - 7 * DAY; at < END; at += 60_000) sum += (busyAt(at) + busyAt(at + 60_000)) * 30_000;
  assert.ok(Math.abs(sum - (workUntil(END) - workUntil(END - 7 * DAY))) < HOUR / 60);
});

test('of each thing that can go wrong one is going on', () => {
  const open = world.hosts.flatMap((host) =>
    host.episodes.filter((e) => e.to === Infinity).map((e) => e.kind),
  );
  assert.deepEqual([...new Set(open)].sort(), [
    'backup-missed',
    'clock-off',
    'disk-full',
    'link-cut',
    'ransom',
    'service-down',
  ]);
});
