import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { manualClock } from '../../shared/clock.ts';
import { isNamedError } from '../../shared/errors.ts';
import { dayWithout } from '../backups/sqlserver/example.ts';
import { fileReports, keepAll, POLICY, setReport } from '../backups/state/testing.ts';
import { openState } from '../state/state.ts';
import type { Invocation } from './options.ts';
import { parseCommandLine } from './options.ts';
import { RECOVER_SPECS } from './recover.ts';
import { runRecoverHost } from './recover-host.ts';

async function collectorWith(t: TestContext, ...without: string[]) {
  const state = await openState(':memory:');
  t.after(() => state.destroy());
  const place = { timeZone: 'Asia/Shanghai', createdAt: 0 };
  for (const id of ['p', 'q'])
    await state
      .insertInto('hospitals')
      .values({ id, name: `医院 ${id}`, ...place })
      .execute();
  const learned = { boot: null, bootAt: null, offsetMs: null, revokedAt: null };
  const facts = {
    publicKey: '',
    fingerprint: '',
    enrolledAt: 0,
    os: '',
    arch: '',
    agentVersion: '',
    ...learned,
  };
  for (const [id, hospitalId, name] of [
    ['h1', 'p', 'NIS-DB'],
    ['h2', 'p', 'TWIN'],
    ['h3', 'q', 'TWIN'],
  ] as const)
    await state
      .insertInto('hosts')
      .values({ id, hospitalId, name, hostname: `${id}.local`, ...facts })
      .execute();
  const files = fileReports('nis', dayWithout(...without), 0);
  const other = fileReports('files', [], 0);
  await keepAll(state, 'h1', 0, [
    ...files,
    setReport('nis', files, { at: 0, stands: 4, readBytesPerSecond: 1_000 }),
    setReport('files', other, { at: 0, stands: 1, policy: { ...POLICY, engine: 'files' } }),
  ]);
  return (...argv: string[]) => {
    const call = parseCommandLine(RECOVER_SPECS, ['recover', ...argv]) as Invocation;
    return runRecoverHost(call, { state, clock: manualClock(), env: {} });
  };
}

const AT = '2025-03-01T17:30:00';

test('a plan from what the agent reported: steps in order with digest and size, in the hospital’s zone', async (t) => {
  const run = await collectorWith(t);
  const { json, exitCode } = await run(
    'plan',
    '--host',
    'nis-db',
    '--set',
    'nis',
    '--at',
    AT,
    '--target-dir',
    '/scratch',
  );
  const plan = json as {
    set: string;
    host: { id: string };
    at: string;
    possible: boolean;
    steps: { file: string; bytes: number; command: string }[];
    rto: object;
  };
  assert.deepEqual(
    [exitCode, plan.set, plan.host.id, plan.possible, plan.at],
    [0, 'nis', 'h1', true, `${AT}+08:00`],
  );
  assert.deepEqual(
    plan.steps.map((s) => [s.file, s.bytes]),
    ['FULL_1.bak', 'DIFF.bak', 'LOG_14.trn', 'LOG_18.trn'].map((f) => [f, 100_000]),
  );
  // Half of what reading alone was measured at.
  assert.deepEqual(plan.rto, { fromSeconds: 560, toSeconds: 1440, measured: true });
});

test('the runbook is there in both languages', async (t) => {
  const run = await collectorWith(t);
  for (const [lang, words] of [
    ['zh', /# 恢复方案[\s\S]*## 步骤/],
    ['en', /# Recovery plan[\s\S]*## Steps/],
  ] as const) {
    const { text } = await run('plan', '--host', 'h1', '--set', 'nis', '--at', AT, '--lang', lang);
    assert.match(text, words);
  }
});

test('a moment that cannot be had: exit code 1, why, and the nearest ones', async (t) => {
  const run = await collectorWith(t, 'LOG_10.trn', 'DIFF.bak');
  const { json, exitCode, text } = await run(
    'plan',
    '--host',
    'h1',
    '--set',
    'nis',
    '--at',
    '2025-03-01T09:00',
    '--lang',
    'zh',
  );
  assert.equal(exitCode, 1);
  assert.deepEqual((json as { nearest: object }).nearest, {
    before: '2025-03-01T06:00:00+08:00',
    after: '2025-03-02T01:04:20+08:00',
  });
  assert.match(text, /之前最近: 2025-03-01 06:00:00/);
});

test('windows of every set of the host, or of one', async (t) => {
  const run = await collectorWith(t, 'LOG_10.trn');
  const all = await run('windows', '--host', 'h1');
  const { backups } = all.json as {
    backups: { set: string; rung: number; last: string | null; sets: { gaps: object[] }[] }[];
  };
  assert.deepEqual(
    backups.map((b) => [b.set, b.rung, b.last, b.sets.length]),
    [
      ['files', 1, null, 0],
      ['nis', 4, '2025-03-02T02:00:00+08:00', 1],
    ],
  );
  assert.equal(backups[1]?.sets[0]?.gaps.length, 1);
  assert.match(all.text, /\[nis\] rung 4: readable to the end[\s\S]*┄✗┄/);
  const one = await run('windows', '--host', 'h1', '--set', 'nis', '--lang', 'zh');
  assert.match(one.text, /^【nis】第 4 级：完整可读/);
});

const wrong: [argv: string[], code: 'BAD_REQUEST' | 'NOT_FOUND', words: RegExp][] = [
  [['plan', '--host', 'nobody', '--set', 'nis', '--at', AT], 'NOT_FOUND', /nobody.*h1 \(医院 p · NIS-DB\)/],
  [['plan', '--host', 'twin', '--set', 'nis', '--at', AT], 'BAD_REQUEST', /2 hosts.*h2.*h3/],
  [['plan', '--host', 'h1', '--at', AT], 'BAD_REQUEST', /--set is missing.*files, nis/],
  [['plan', '--host', 'h1', '--set', 'x', '--at', AT], 'NOT_FOUND', /no backup set x.*files, nis/],
  [['plan', '--host', 'h1', '--set', 'nis'], 'BAD_REQUEST', /--at is missing/],
  [['plan', '--host', 'h1', '--set', 'files', '--at', AT], 'BAD_REQUEST', /no backup set among these files/],
  [['windows', '--host', 'h1', '--files', '/x'], 'BAD_REQUEST', /--host and --files exclude each other/],
];
for (const [argv, code, words] of wrong) {
  test(`refuses recover ${argv.join(' ')}`, async (t) => {
    const run = await collectorWith(t);
    await assert.rejects(run(...argv), (e) => isNamedError(e, code) && words.test(`${e.message} ${e.mend}`));
  });
}
