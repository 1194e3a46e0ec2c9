import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readConfig } from '../../../shared/config/schema.ts';
import { CONFIG, policyOf } from './config.ts';
import type { KnownFile } from './known.ts';
import { isShrinking, judgeSize, mergeHistory, type Run } from './plausible.ts';
import { countRetention, findSigns, judgePlausible, type Picture } from './signs.ts';
import { findUnprotected } from './unprotected.ts';

const DAY_MS = 86_400_000;
const runs = (...sizes: number[]): Run[] => sizes.map((bytes, i) => ({ at: i * DAY_MS, bytes }));

const SIZES: [name: string, earlier: number[], bytes: number, kind: 'full' | 'log', state: string][] = [
  ['too few to compare with', [100, 100], 1, 'full', 'unknown'],
  ['the same as ever', [100, 100, 100], 100, 'full', 'yes'],
  ['a little less where all were equal', [100, 100, 100], 81, 'full', 'yes'],
  ['a quarter less where all were equal', [100, 100, 100], 75, 'full', 'no'],
  ['a quarter less where sizes vary so', [100, 80, 120, 90, 110], 75, 'full', 'yes'],
  ['a tenth of them', [100, 80, 120, 90, 110], 10, 'full', 'no'],
  ['less than half, whatever the spread', [100, 20, 500, 40, 300], 45, 'full', 'no'],
  ['a small log among logs that vary', [100, 20, 500, 40, 300], 1, 'log', 'yes'],
  ['twice as much', [100, 101, 99, 100], 200, 'full', 'yes'],
  ['four times as much', [100, 101, 99, 100], 400, 'full', 'no'],
  ['one outlier before it', [100, 100, 9_000, 100, 100], 100, 'full', 'yes'],
  ['all were empty', [0, 0, 0], 5, 'full', 'no'],
];
for (const [name, earlier, bytes, kind, state] of SIZES)
  test(`size: ${name} → ${state}`, () => assert.equal(judgeSize(bytes, earlier, kind).state, state));

test('a size among those seen before is always plausible for a log, and order and scale change nothing', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 1_000 }), { minLength: 3, maxLength: 30 });
  fc.assert(
    fc.property(sizes, fc.nat(), fc.integer({ min: 2, max: 1_000 }), (earlier, bytes, scale) => {
      const { state } = judgeSize(bytes, earlier, 'log');
      assert.equal(judgeSize(bytes, earlier.toReversed(), 'log').state, state);
      const scaled = earlier.map((x) => x * scale);
      assert.equal(judgeSize(bytes * scale, scaled, 'log').state, state);
    }),
  );
});

test('shrinking is five smaller each time and a fifth lost', () => {
  assert.equal(isShrinking(runs(100, 95, 90, 85, 80)), true);
  assert.equal(isShrinking(runs(100, 95, 90, 85, 81)), false);
  assert.equal(isShrinking(runs(100, 95, 95, 85, 70)), false);
  assert.equal(isShrinking(runs(95, 90, 85, 70)), false);
});

test('history keeps the newest sixty, and what is seen again replaces what was remembered', () => {
  const merged = mergeHistory(runs(...Array(60).fill(1)), [
    { at: 59 * DAY_MS, bytes: 2 },
    { at: 60 * DAY_MS, bytes: 3 },
  ]);
  assert.equal(merged.length, 60);
  assert.deepEqual(
    merged.slice(-2).map(({ bytes }) => bytes),
    [2, 3],
  );
});

const SET = readConfig(CONFIG, {
  sets: [{ name: 's', folder: '/b', engine: 'mariadb', kind: 'dump', keep: 7 }],
}).sets[0];
const POLICY = policyOf(SET as NonNullable<typeof SET>, undefined);

function file(day: number, format?: string, more: Partial<KnownFile> = {}): KnownFile {
  const verdict =
    format === undefined
      ? {}
      : { verdict: { format, content: 'VERIFIED', reason: '', layer: 'L2', facts: {} } as const };
  return { path: `/b/nis_${day}.sql.gz`, bytes: 100, modifiedAt: day * DAY_MS, ...verdict, ...more };
}

const QUIET: Picture = {
  policy: POLICY,
  files: [9, 8, 7, 6, 5].map((day) => file(day, 'mysqldump+gzip')),
  copies: 5,
  history: runs(...Array(10).fill(100)),
  digests: [
    { at: 8 * DAY_MS, sha256: 'a' },
    { at: 9 * DAY_MS, sha256: 'b' },
  ],
  renamed: [],
  retention: { added: 0, removedAt: 0 },
};

const SAME = [
  { at: 8 * DAY_MS, sha256: 'a' },
  { at: 9 * DAY_MS, sha256: 'a' },
];
const names = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `/b/nis_${i}.sql.gz.locked`);

const SIGNS: [name: string, change: Partial<Picture>, kinds: string[]][] = [
  ['nothing is wrong', {}, []],
  ['two backups in a row are the same', { digests: SAME }, ['identical']],
  ['logs are the same', { digests: SAME, policy: { ...POLICY, kind: 'log' } }, []],
  ['copied files are the same', { digests: SAME, policy: { ...POLICY, engine: 'files' } }, []],
  ['the same file lies there under two names', { digests: SAME.map((d, i) => ({ ...d, at: i })) }, []],
  ['five files bear a new ending', { renamed: names(5), copies: 100 }, ['extension-changed']],
  ['one of a hundred bears a new ending', { renamed: names(1), copies: 100 }, []],
  ['all bear a new ending', { renamed: names(2), copies: 0 }, ['extension-changed']],
  ['the newest is of no format', { files: [file(9, 'unknown'), ...QUIET.files.slice(1)] }, ['magic-lost']],
  ['none ever was of a known format', { files: [9, 8, 7].map((day) => file(day, 'unknown')) }, []],
  [
    'an old one lost its format',
    { files: [...QUIET.files, file(1, 'unknown', { formerFormat: 'mysqldump+gzip' })] },
    ['magic-lost'],
  ],
  ['the newest could not be read', { files: [file(9, 'unreadable'), ...QUIET.files.slice(1)] }, []],
  ['clean-up stopped', { copies: 21, retention: { added: 3, removedAt: 0 } }, ['cleanup-stopped']],
  ['many are kept and some go', { copies: 21, retention: { added: 2, removedAt: 0 } }, []],
  ['the data are beside', { sameVolume: { data: '/var/lib/mysql' } }, ['same-volume']],
];
for (const [name, change, kinds] of SIGNS) {
  test(`signs when ${name}`, () => {
    const picture = { ...QUIET, ...change };
    const signs = findSigns(picture);
    assert.deepEqual(
      signs.map(({ kind }) => kind),
      kinds,
    );
    const spoils = kinds.some((kind) => !['same-volume', 'cleanup-stopped'].includes(kind));
    if (picture.copies > 0) assert.equal(judgePlausible(picture, signs).state, spoils ? 'no' : 'yes');
  });
}

test('files that come are counted until one goes; what is there at the first look did not come', () => {
  let retention = countRetention(undefined, { added: 40, removed: 0 }, 1);
  assert.deepEqual(retention, { added: 0, removedAt: 1 });
  retention = countRetention(retention, { added: 2, removed: 0 }, 2);
  retention = countRetention(retention, { added: 1, removed: 0 }, 3);
  assert.deepEqual(retention, { added: 3, removedAt: 1 });
  assert.deepEqual(countRetention(retention, { added: 1, removed: 1 }, 4), { added: 0, removedAt: 4 });
});

const UNPROTECTED: [name: string, running: string[], engines: string[], found: string[]][] = [
  ['no set at all', ['mariadb', 'oracle'], [], ['mariadb', 'oracle']],
  ['a set of its family', ['mysql'], ['mariadb'], []],
  ['a set of another engine', ['postgresql'], ['sqlserver', 'files'], ['postgresql']],
  ['a set that does not tell its engine', ['postgresql', 'sqlserver'], ['other'], ['sqlserver']],
];
for (const [name, running, engines, found] of UNPROTECTED) {
  test(`databases without a set: ${name}`, () => {
    const servers = running.map((engine) => ({ name: `${engine}.service`, engine }) as never);
    const findings = findUnprotected(servers, engines as never, []);
    assert.deepEqual(
      findings.map(({ key }) => key),
      found.map((engine) => `${engine}.service`),
    );
    assert.ok(findUnprotected([], [], findings).every(({ gone }) => gone === true));
  });
}
