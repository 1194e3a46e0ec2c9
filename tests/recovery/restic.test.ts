// A real restic repository: two snapshots, one forgotten and pruned, a pack that is deleted, one that is damaged. What is said of it
// is held against what restic itself says, and the printed commands bring the files back.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, globSync, openSync, readFileSync, renameSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { execute, planFor, windowsOf } from './niswatch.ts';
import { scratchFolder, sh } from './scratch.ts';

const AGENT = join(import.meta.dirname, '..', '..', 'agent', 'main.ts');

interface VerdictJson {
  path: string;
  content: string;
  reason: string;
}

function verify(repo: string): VerdictJson[] {
  const flags = ['--disable-warning=ExperimentalWarning', AGENT, 'verify', '--json', repo];
  const done = spawnSync(process.execPath, flags, { encoding: 'utf8', maxBuffer: 2 ** 26 });
  return done.stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as VerdictJson);
}

const contents = (verdicts: readonly VerdictJson[]): string[] =>
  [...new Set(verdicts.map((v) => v.content))].sort();

/** One byte in the middle is another one. */
function damage(file: string): void {
  const at = Math.floor(statSync(file).size / 2);
  const handle = openSync(file, 'r+');
  writeSync(handle, Buffer.of((readFileSync(file)[at] ?? 0) ^ 255), 0, 1, at);
  closeSync(handle);
}

test('a real restic repository: its snapshots, its damage, and the printed commands', async (t) => {
  const folder = scratchFolder(t, 'nisrestic');
  const [repo, source] = [join(folder, 'repo'), join(folder, 'nis')];
  const env = { RESTIC_PASSWORD: 'only of this test', XDG_CACHE_HOME: join(folder, 'cache') };
  const restic = (words: string): string => sh(`restic -q -r ${repo} ${words}`, env);
  const restored = (at: string): string => {
    const into = join(scratchFolder(t, 'nisre'), 'd');
    const made = planFor(repo, at, '--target-dir', into);
    assert.equal(made.possible, true, made.why ?? '');
    execute(made, env);
    return sh(`cd ${into}${source} && head -c 40 *`);
  };
  sh(`mkdir ${source} && cd ${source} && echo one > a.txt && head -c 300000 /dev/urandom > b.bin`);
  restic('init');
  restic(`backup ${source}`);
  const first = sh(`cd ${source} && head -c 40 *`);
  // Snapshots are told by the times of their files, to the second.
  sh('sleep 1.1');
  sh(
    `cd ${source} && echo two > a.txt && echo new > c.txt && rm b.bin && head -c 300000 /dev/urandom > d.bin`,
  );
  restic(`backup ${source}`);
  const second = sh(`cd ${source} && head -c 40 *`);

  await t.test('each snapshot is a moment, and comes back', () => {
    const [set, ...others] = windowsOf(repo);
    assert.deepEqual([others.length, set?.method, set?.points.length], [0, 'restic', 2]);
    assert.deepEqual(contents(verify(repo)), ['UNCONFIRMED', 'VERIFIED']);
    assert.equal(restored(set?.points[0]?.at ?? ''), first);
    assert.equal(restored(set?.points[1]?.at ?? ''), second);
  });

  await t.test('what was forgotten and pruned is no moment any more', () => {
    const before = windowsOf(repo)[0]?.points ?? [];
    restic('forget --prune --keep-last 1');
    const after = windowsOf(repo)[0]?.points ?? [];
    assert.deepEqual(
      after.map((p) => p.at),
      [before[1]?.at],
    );
    assert.equal(planFor(repo, before[0]?.at ?? '').possible, false);
    assert.equal(restored(after[0]?.at ?? ''), second);
  });

  const pack = globSync(`${repo}/data/*/*`).sort((a, b) => statSync(b).size - statSync(a).size)[0] ?? '';
  const at = windowsOf(repo)[0]?.points[0]?.at ?? '';

  await t.test('a deleted pack shows only with the password: the first printed command stops at it', () => {
    renameSync(pack, join(folder, 'gone'));
    const config = verify(repo).find((v) => v.path.endsWith('/config'));
    assert.equal(config?.content, 'UNCONFIRMED');
    const made = planFor(repo, at, '--target-dir', join(folder, 'never'));
    assert.ok(
      made.cautions?.some((c) => /missing does not show without the password/.test(JSON.stringify(c))),
    );
    assert.throws(() => execute(made, env), /check --read-data/);
    renameSync(join(folder, 'gone'), pack);
  });

  await t.test('a damaged pack is CORRUPT, and no snapshot is a moment', () => {
    damage(pack);
    assert.throws(() => restic('check --read-data'));
    const bad = verify(repo).filter((v) => v.content === 'CORRUPT');
    assert.deepEqual(
      bad.map((v) => v.path),
      [pack],
    );
    const [set] = windowsOf(repo);
    assert.deepEqual([set?.points, set?.windows], [[], []]);
    assert.deepEqual(
      set?.excluded.map((e) => e.reason),
      ['DEFECTS'],
    );
    assert.equal(planFor(repo, at).possible, false);
  });
});
