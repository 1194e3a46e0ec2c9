// Backups by the real server over HTTP, from records as agents send them.

import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { dayWithout } from '../backups/sqlserver/example.ts';
import { fileReports, keepAll, POLICY, setReport } from '../backups/state/testing.ts';
import type { BackupList, BackupSetDetail, HostBackupList, PlansReply } from './backup-shapes.ts';
import { openStage, START_AT, tokenFor } from './testing/stage.ts';

const VOLUME = { path: '/backup', freeBytes: 200_000, totalBytes: 10_000_000 };

async function stageWith(t: TestContext, ...without: string[]) {
  const stage = await openStage();
  t.after(() => stage.close());
  const at = START_AT - 60_000;
  const files = fileReports('nis', dayWithout(...without), at);
  const policy = { ...POLICY, rpoMs: 400 * 86_400_000 };
  await keepAll(stage.state, 'a1', at, [
    ...files,
    setReport('nis', files, { at, stands: 4, policy, volume: VOLUME, readBytesPerSecond: 1_000 }),
    { of: 'finding', set: '', kind: 'database-without-set', key: 'HIS', text: 'HIS on port 1433' },
  ]);
  await stage.readBackups('a1');
  const headers = await tokenFor(stage, 'admin');
  const ask = async <T>(path: string, as = headers): Promise<{ status: number; body: T }> => {
    const answer = await fetch(`${stage.url}/api/v1${path}`, { headers: as });
    return { status: answer.status, body: (await answer.json()) as T };
  };
  return { stage, ask };
}

test('the list of all hospitals has rung, last moment, RPO and findings of each set', async (t) => {
  const { ask } = await stageWith(t);
  const { body } = await ask<BackupList>('/backups');
  const [item, ...more] = body.items;
  assert.deepEqual(more, []);
  assert.deepEqual(
    [item?.set, item?.host.id, item?.rung, item?.rungName.zh, item?.standing, item?.databases],
    ['nis', 'a1', 4, '完整可读', 'ok', ['NIS_DEMO']],
  );
  const last = Date.parse('2025-03-02T02:00:00+08:00');
  assert.deepEqual([item?.lastAt, item?.rpoMs], [last, START_AT - last]);
  assert.deepEqual(
    body.findings.map((f) => [f.host.id, f.title.zh, f.text]),
    [['a1', '数据库没有备份集', 'HIS on port 1433']],
  );
  // Full, differential and log that the last moment takes, by the measured speed with its stated share and spread.
  assert.deepEqual(item?.rto, { fromSeconds: 280, toSeconds: 720, by: 'read-speed' });
});

test('one set comes with its ladder, files, moments and history', async (t) => {
  const { ask } = await stageWith(t, 'LOG_10.trn');
  const { body } = await ask<BackupSetDetail>('/hosts/a1/backups/nis');
  assert.deepEqual(body.rungs.map((r) => [r.rung, r.state, r.name.en]).slice(3, 5), [
    [4, 'yes', 'readable to the end'],
    [5, 'no', 'second copy equal'],
  ]);
  assert.deepEqual([body.known, body.files.length, body.filesTotal, body.history.length], ['all', 9, 9, 9]);
  assert.equal(body.gapList.length, 1);
  assert.match(body.gapList[0]?.missing[0]?.zh ?? '', /41000000002000001/);
  assert.equal(body.standing, 'warning');
  const host = await ask<HostBackupList>('/hosts/a1/backups');
  assert.deepEqual(
    host.body.items.map((i) => i.set),
    ['nis'],
  );
});

test('a plan has its files in order, its commands, what is lost, and the text in both languages', async (t) => {
  const { ask } = await stageWith(t);
  const { body } = await ask<PlansReply>('/hosts/a1/backups/nis/plan?at=2025-03-01T17:30:00%2B08:00');
  const [plan] = body.plans;
  assert.equal(plan?.possible, true);
  assert.deepEqual(
    plan?.steps.map((s) => [s.number, s.file]),
    [
      [1, 'FULL_1.bak'],
      [2, 'DIFF.bak'],
      [3, 'LOG_14.trn'],
      [4, 'LOG_18.trn'],
    ],
  );
  assert.match(plan?.steps[3]?.command ?? '', /STOPAT=N'2025-03-01T17:30:00'/);
  assert.equal(plan?.spaceBytes, 9_000_000);
  assert.equal(plan?.loses?.from, '2025-03-01T17:30:00+08:00');
  assert.match(plan?.text.zh ?? '', /# 恢复方案/);
  assert.match(plan?.text.en ?? '', /# Recovery plan/);
});

test('a moment in a gap has no plan, but the nearest before and after, and why', async (t) => {
  const { ask } = await stageWith(t, 'LOG_10.trn', 'DIFF.bak');
  const { body } = await ask<PlansReply>('/hosts/a1/backups/nis/plan?at=2025-03-01T09:00:00');
  const [plan] = body.plans;
  assert.deepEqual(
    [plan?.possible, plan?.reason, plan?.nearest],
    [false, 'GAP', { before: '2025-03-01T06:00:00+08:00', after: '2025-03-02T01:04:20+08:00' }],
  );
  assert.match(plan?.whyZh ?? '', /日志/);
});

test('a moment that is none, a set that is not there, a database that is not in it are said', async (t) => {
  const { ask } = await stageWith(t);
  type Failure = { error: { code: string; message: string; mend: string } };
  for (const [path, status, words] of [
    ['/hosts/a1/backups/nis/plan?at=noon', 400, /noon is not a moment/],
    ['/hosts/a1/backups/other', 404, /no backup set other/],
    ['/hosts/a1/backups/nis/plan?at=2025-03-01T17:30:00&database=LIS', 400, /LIS/],
  ] as const) {
    const { status: got, body } = await ask<Failure>(path);
    assert.equal(got, status, path);
    assert.match(`${body.error.message} ${body.error.mend}`, words);
  }
});

test('a viewer of another hospital sees none of it', async (t) => {
  const { stage, ask } = await stageWith(t);
  const viewer = await tokenFor(stage, 'viewer', 'b');
  const { body } = await ask<BackupList>('/backups', viewer);
  assert.deepEqual(body, { items: [], findings: [] });
  assert.equal((await ask('/hosts/a1/backups/nis', viewer)).status, 404);
});
