// History against disk, and what is told of it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareHistory, type Comparing, type FileOnDisk } from './compare.ts';
import { recordsToTell } from './tell.ts';

const NOW = 100 * 3_600_000;
const disk = (path: string, bytes = 10, modifiedAt = 0): FileOnDisk => ({ path, bytes, modifiedAt });

function comparing(present: readonly string[], rest: Partial<Comparing> = {}): Comparing {
  const expected = ['a', 'b', 'c'].map((file, at) => ({ file, at, kind: 'full', bytes: 10 }));
  const seen = new Map(expected.map(({ file }) => [file, present.includes(file) ? disk(file) : undefined]));
  return { expected, seen, folder: [], ...rest };
}

const told = (given: Comparing) =>
  compareHistory(given, NOW).map((one) => `${one.key}: ${one.en.replace(/^.*: /, '')}`);

test('what retention took in order is fine; a hole and a missing newest are not', () => {
  assert.deepEqual(told(comparing(['a', 'b', 'c'])), []);
  assert.deepEqual(told(comparing(['b', 'c'])), []);
  assert.deepEqual(told(comparing(['a', 'c'])), ['missing: b']);
  assert.deepEqual(told(comparing(['a', 'b'])), ['missing: c']);
  assert.deepEqual(told(comparing([])), ['missing: c']);
});

test('a file smaller than its run wrote is told with both sizes', () => {
  const seen = new Map([['a', disk('a', 4)]]);
  const expected = [{ file: 'a', at: 0, kind: 'full', bytes: 10 }];
  assert.deepEqual(told({ expected, seen, folder: [] }), ['smaller: a (4 < 10)']);
});

test('a file without a run is told once it is old enough, and only while the history is whole', () => {
  const folder = [disk('/b/A.bak', 1, 50), disk('/b/x.bak', 1, 60), disk('/b/new.bak', 1, NOW - 60_000)];
  const given = { ...comparing(['a', 'b', 'c']), folder };
  assert.deepEqual(told(given), []);
  assert.deepEqual(told({ ...given, since: 10 }), ['unrecorded: /b/A.bak, /b/x.bak']);
  assert.deepEqual(told({ ...given, since: 10, ignores: /^a/i }), ['unrecorded: /b/x.bak']);
});

const RUN = {
  source: 'msdb',
  kind: 'full',
  database: 'NIS',
  startedAt: 1,
  finishedAt: 2,
  ok: true,
  file: 'a',
} as const;

test('records are told when they are new or changed; a finding that ended is told to be gone', () => {
  const complaints = [{ key: 'missing', zh: '缺', en: 'missing: b' }];
  const reading = { connection: 'sql', set: 'nis', runs: [RUN], keys: ['missing', 'smaller'], complaints };
  const first = recordsToTell(reading, new Map());
  assert.deepEqual(
    first.records.map((r) => [r.of, r.of === 'finding' ? [r.key, r.gone] : r.of]),
    [
      ['finding', ['sql:missing', undefined]],
      ['finding', ['sql:smaller', true]],
      ['run', 'run'],
    ],
  );
  assert.deepEqual(recordsToTell(reading, first.told).records, []);
  const later = recordsToTell({ ...reading, complaints: [] }, first.told);
  assert.deepEqual(later.records, [
    { of: 'finding', set: 'nis', kind: 'history-disagrees', key: 'sql:missing', text: '', gone: true },
  ]);
});

test('a long history goes out in parts, the newest first', () => {
  const runs = Array.from({ length: 250 }, (_, i) => ({ ...RUN, startedAt: i, finishedAt: i }));
  const reading = { connection: 'sql', set: 'nis', runs, keys: [], complaints: [] };
  let state = recordsToTell(reading, new Map());
  const counts = [state.records.length];
  assert.equal(state.records[0]?.of === 'run' && state.records[0].finishedAt, 249);
  for (let turn = 0; turn < 3; turn++) {
    state = recordsToTell(reading, state.told);
    counts.push(state.records.length);
  }
  assert.deepEqual(counts, [100, 100, 50, 0]);
});
