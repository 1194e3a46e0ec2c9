import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compileGlob } from '../probes/glob.ts';
import { groupBackups, isDated, lookOf } from './backup-names.ts';

const file = (name: string) => ({ name, size: 1, mtimeMs: 0 });

const PATTERNS: [names: string[], patterns: string[]][] = [
  [['NIS_20260101.bak', 'NIS_20260102.bak'], ['NIS_[0-9]*.bak']],
  [['NIS_backup_2026_01_05_010003_1234567.bak'], ['NIS_backup_[0-9]*.bak']],
  [
    ['SRV$INST_NIS_FULL_20260101_010000.bak', 'SRV$INST_NIS_FULL_20260102_010000.bak'],
    ['SRV$INST_NIS_FULL_[0-9]*.bak'],
  ],
  [['nis-2026-01-05T03-00-00.sql.gz'], ['nis-[0-9]*.sql.gz']],
  [['nis2_20260101.dmp'], ['nis2_[0-9]*.dmp']],
  [['exp_01.dmp', 'exp_02.dmp'], ['exp_[0-9]*.dmp']],
  [['院感库20260101.bak'], ['院感库[0-9]*.bak']],
  [
    ['nis_20260101.bak', 'nis_20260101_log.bak'],
    ['nis_[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9].bak', 'nis_[0-9]*_log.bak'],
  ],
  [['jdk-8u202.tar.gz', 'nginx-1.22.1.tar.gz', 'notes.txt', 'setup_19.3.0.zip'], []],
];
for (const [names, patterns] of PATTERNS) {
  test(`${names.join(', ')} → ${patterns.join(', ') || 'no backup'}`, () => {
    assert.deepEqual(
      groupBackups(names.map(file)).map((group) => group.pattern),
      patterns,
    );
  });
}

const KINDS: [name: string, engine: string, kind: string][] = [
  ['NIS.trn', 'sqlserver', 'log'],
  ['S_NIS_DIFF_20260101_010000.bak', 'sqlserver', 'diff'],
  ['NIS.bak', 'sqlserver', 'full'],
  ['full.dmp', 'oracle', 'dump'],
  ['c-1234567890-20260101-00', 'oracle', 'other'],
  ['mysql_all.sql.gz', 'mysql', 'dump'],
  ['pg_nis.dump', 'postgresql', 'dump'],
  ['nis.sql', 'other', 'dump'],
  ['attachments_20260101.tar.gz', 'files', 'files'],
];
for (const [name, engine, kind] of KINDS) {
  test(`takes ${name} for ${engine} ${kind}`, () => {
    const look = lookOf(name);
    assert.deepEqual([look?.engine, look?.kind], [engine, kind]);
  });
}

test('takes no version or impossible day for a date', () => {
  for (const name of ['v20261345', 'a-1.22.1', 'x20260101123456789', 'tel13800138000'])
    assert.equal(isDated(name), false, name);
  for (const name of ['a20260101', '2026-01-01', 'a_2026.01.01_b', '20260101235959'])
    assert.ok(isDated(name), name);
});

const day = fc
  .date({ min: new Date('2020-01-01'), max: new Date('2035-01-01'), noInvalidDate: true })
  .map((at) => at.toISOString());
const stamp = fc.tuple(day, fc.constantFrom('compact', 'dashed', 'timed', 'number')).map(([iso, form]) => {
  if (form === 'compact') return iso.slice(0, 10).replaceAll('-', '');
  if (form === 'dashed') return iso.slice(0, 10);
  if (form === 'timed') return iso.slice(0, 19).replace(/[-:]/g, '').replace('T', '_');
  return String(Number(iso.slice(8, 10)));
});
const word = fc.stringMatching(/^[A-Za-z院感$ (){}[\]*?-]{1,8}$/u);
const backupName = fc
  .tuple(
    word,
    fc.constantFrom('_', '-', '.'),
    stamp,
    fc.constantFrom('', '_log', '_full', '_1'),
    fc.constantFrom('.bak', '.sql.gz', '.dmp', '.trn', '.tar.gz'),
  )
  .map((parts) => parts.join(''));

test('every group matches each of its files and none of another group; every backup is in exactly one group', () => {
  fc.assert(
    fc.property(fc.uniqueArray(backupName, { maxLength: 30 }), (names) => {
      const groups = groupBackups(names.map(file));
      const looks = names.filter((name) => lookOf(name));
      assert.deepEqual(groups.flatMap((group) => group.files.map(({ name }) => name)).sort(), looks.sort());
      for (const group of groups) {
        const re = compileGlob(group.pattern);
        for (const other of groups) {
          // A name that is all wildcards to a pattern (`*`, `[`) has no spelling of its own.
          if (other !== group && /[*?[\]{}]/.test(names.join(''))) continue;
          for (const { name } of other.files)
            assert.equal(re.test(name), other === group, `${group.pattern} and ${name}`);
        }
      }
    }),
    { numRuns: 500 },
  );
});

test('groups do not depend on the order of the files', () => {
  fc.assert(
    fc.property(fc.uniqueArray(backupName, { maxLength: 15 }), (names) => {
      const patterns = (list: string[]): string[] =>
        groupBackups(list.map(file))
          .map((group) => group.pattern)
          .sort();
      assert.deepEqual(patterns([...names].reverse()), patterns(names));
    }),
  );
});

test('files that differ only in their day fall into one group', () => {
  fc.assert(
    fc.property(
      word,
      fc.uniqueArray(day, { minLength: 2, maxLength: 8, selector: (iso) => iso.slice(0, 10) }),
      (prefix, days) => {
        const names = days.map((iso) => `${prefix}_${iso.slice(0, 10).replaceAll('-', '')}.bak`);
        assert.equal(groupBackups(names.map(file)).length, 1);
      },
    ),
  );
});
