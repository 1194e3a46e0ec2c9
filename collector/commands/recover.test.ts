import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { FileVerdict } from '../../shared/backup/facts.ts';
import { manualClock } from '../../shared/clock.ts';
import { isNamedError } from '../../shared/errors.ts';
import { dayWithout } from '../backups/sqlserver/example.ts';
import type { Invocation } from './options.ts';
import { parseCommandLine } from './options.ts';
import { RECOVER_SPECS, type RecoverPrinted, runRecover } from './recover.ts';

function verdictFile(t: TestContext, verdicts: readonly FileVerdict[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'niswatch-recover-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'verdicts.jsonl');
  writeFileSync(path, verdicts.map((v) => `${JSON.stringify(v)}\n`).join(''));
  return path;
}

function run(...argv: string[]): Promise<RecoverPrinted> {
  const call = parseCommandLine(RECOVER_SPECS, ['recover', ...argv]) as Invocation;
  return runRecover(call, { clock: manualClock(), env: {}, readFolder: async () => [] });
}

function otherDatabase(): FileVerdict[] {
  return dayWithout().map((v) => ({
    ...v,
    path: `HIS_${v.path}`,
    facts: {
      ...v.facts,
      database: 'HIS',
      chain: { ...v.facts.chain, familyGuid: 'family-2' } as typeof v.facts.chain & object,
    },
  }));
}

test('windows come as the pairs, points and gaps of each set', async (t) => {
  const { json, exitCode } = await run('windows', '--verdicts', verdictFile(t, dayWithout('LOG_10.trn')));
  const { sets } = json as {
    sets: { database: string; engine: string; windows: string[][]; gaps: { from: string }[] }[];
  };
  assert.equal(exitCode, 0);
  assert.deepEqual(
    sets.map((s) => [s.database, s.engine, s.windows, s.gaps.map((g) => g.from)]),
    [
      [
        'NIS_DEMO',
        'sqlserver',
        [
          ['2025-03-01T01:04:10+08:00', '2025-03-01T06:00:00+08:00'],
          ['2025-03-01T13:01:10+08:00', '2025-03-02T02:00:00+08:00'],
        ],
        ['2025-03-01T06:00:00+08:00'],
      ],
    ],
  );
});

test('a moment without a zone is read in --zone, and the output says so', async (t) => {
  const file = verdictFile(t, dayWithout());
  const made = await run('plan', '--verdicts', file, '--at', '2025-03-01 17:30');
  const { at, zoneNote } = made.json as { at: string; zoneNote: string };
  assert.equal(at, '2025-03-01T17:30:00+08:00');
  assert.match(zoneNote, /Asia\/Shanghai was taken/);
  const utc = await run('plan', '--verdicts', file, '--at', '2025-03-01 09:30', '--zone', 'UTC');
  assert.equal((utc.json as { at: string }).at, '2025-03-01T09:30:00Z');
});

test('exit code 1 and the nearest moments where nothing can be restored', async (t) => {
  const made = await run('plan', '--verdicts', verdictFile(t, dayWithout()), '--at', '2025-03-05T00:00:00Z');
  const json = made.json as { possible: boolean; steps: unknown[]; nearest: { before: string; after: null } };
  assert.equal(made.exitCode, 1);
  assert.deepEqual(
    [json.possible, json.steps, json.nearest],
    [false, [], { before: '2025-03-02T02:00:00+08:00', after: null }],
  );
});

test('several databases make a plan each; a named one alone makes its own; a wrong name lists what is there', async (t) => {
  const file = verdictFile(t, [...dayWithout(), ...otherDatabase()]);
  const at = ['--at', '2025-03-01T17:30:00+08:00'];
  const both = (await run('plan', '--verdicts', file, ...at)).json as { plans: { database: string }[] };
  assert.deepEqual(
    both.plans.map((p) => p.database),
    ['NIS_DEMO', 'HIS'],
  );
  const one = (await run('plan', '--verdicts', file, ...at, '--database', 'his')).json as {
    database: string;
  };
  assert.equal(one.database, 'HIS');
  await assert.rejects(
    run('plan', '--verdicts', file, ...at, '--database', 'LIS'),
    (e) => isNamedError(e, 'BAD_REQUEST') && /NIS_DEMO, HIS/.test(e.mend),
  );
});

test('the runbook for people has its steps, commands and stop criteria in both languages', async (t) => {
  const file = verdictFile(t, dayWithout());
  for (const [lang, words] of [
    ['zh', /## 步骤[\s\S]*停止条件/],
    ['en', /## Steps[\s\S]*stop: /],
  ] as const) {
    const { text } = await run(
      'plan',
      '--verdicts',
      file,
      '--at',
      '2025-03-01T17:30:00+08:00',
      '--lang',
      lang,
    );
    assert.match(text, words);
    assert.match(text, /4\. \[ \] .*\n\n {8}RESTORE LOG \[NIS_DEMO_check\]/);
  }
});

const wrong: [argv: string[], message: RegExp][] = [
  [['plan', '--files', '/x'], /--at is missing/],
  [['plan', '--files', '/x', '--at', 'noon'], /--at noon is not a moment/],
  [['windows'], /exactly one of --files and --verdicts/],
  [['windows', '--files', '/x', '--zone', 'Nowhere'], /--zone Nowhere/],
  [['windows', '--files', '/x', '--lang', 'de'], /--lang de/],
  [['windows', '--verdicts', '/no/such'], /\/no\/such/],
];
for (const [argv, message] of wrong) {
  test(`refuses recover ${argv.join(' ')}`, async () => {
    await assert.rejects(run(...argv), (e) => isNamedError(e, 'BAD_REQUEST') && message.test(e.message));
  });
}
