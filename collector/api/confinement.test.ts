import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dayWithout } from '../backups/sqlserver/example.ts';
import { fileReports, keepAll, setReport } from '../backups/state/testing.ts';
import { makeReport } from '../reports/made.ts';
import { openStage, seedAlert, type Stage, START_AT, tokenFor } from './testing/stage.ts';

interface Operation {
  parameters?: { name: string; in: string; required?: boolean }[];
}

interface Attempt {
  method: string;
  url: string;
}

/** Ids of hospital a, for each place where an address or a query names a thing. */
const FOREIGN: Record<string, string> = { host: 'a1', hospital: 'a' };
const BY_PATH: [RegExp, string][] = [
  [/^\/api\/v1\/hosts\//, 'a1'],
  [/^\/api\/v1\/alerts\//, 'al-a'],
  [/^\/api\/v1\/reports\//, 'rep-a'],
  [/^\/api\/v1\/(users|tokens)\//, 'any'],
];

/** Every route of the API that names a thing, aimed at another hospital's things. */
async function attempts(stage: Stage): Promise<Attempt[]> {
  const answer = await fetch(`${stage.url}/api/openapi.json`);
  const { paths } = (await answer.json()) as { paths: Record<string, Record<string, Operation>> };
  const found: Attempt[] = [];
  for (const [path, methods] of Object.entries(paths))
    for (const [method, operation] of Object.entries(methods)) {
      const id = BY_PATH.find(([pattern]) => pattern.test(path))?.[1];
      const url = path.replace('{id}', id ?? '').replace('{set}', 'nis');
      assert.ok(!path.includes('{') || id, `${path}: say which foreign id it gets`);
      const query = (operation.parameters ?? []).filter((p) => p.in === 'query');
      const named = query.filter((p) => FOREIGN[p.name] !== undefined);
      const extra = query.some((p) => p.name === 'metric') ? '&metric=cpu_usage_active' : '';
      for (const p of named) found.push({ method, url: `${url}?${p.name}=${FOREIGN[p.name]}${extra}` });
      const moment = query.some((p) => p.name === 'at') ? '?at=2026-03-01T00:00:00Z' : '';
      const form = query.some((p) => p.name === 'format') ? '?format=html' : '';
      if (path.includes('{')) found.push({ method, url: `${url}${moment}${form}` });
    }
  return found;
}

test('another hospital’s viewer gets NOT_FOUND from every route that names a thing, or no entry at all', async (t) => {
  const stage = await openStage();
  t.after(() => stage.close());
  await seedAlert(stage.state, { id: 'al-a', host: 'a1', at: START_AT });
  const files = fileReports('nis', dayWithout(), START_AT);
  await keepAll(stage.state, 'a1', START_AT, [
    ...files,
    setReport('nis', files, { at: START_AT, stands: 4 }),
  ]);
  const period = { from: START_AT - 86_400_000, to: START_AT };
  const wanted = {
    kind: 'backup-inspection',
    hospitalId: 'a',
    period,
    language: 'zh',
    preparedBy: '甲',
  } as const;
  const { id } = await makeReport(stage.state, wanted, { who: '甲', now: START_AT });
  await stage.state.updateTable('reports').set({ id: 'rep-a' }).where('id', '=', id).execute();
  stage.store.add('a1', 'cpu_usage_active', [{ at: START_AT - 1000, value: 5 }]);
  const viewer = await tokenFor(stage, 'viewer', 'b');
  const admin = await tokenFor(stage, 'admin');
  const tried = await attempts(stage);
  let notFound = 0;
  for (const { method, url } of tried) {
    const send = (headers: Record<string, string>) =>
      fetch(`${stage.url}${url}`, {
        method: method.toUpperCase(),
        headers: method === 'get' ? headers : { ...headers, 'content-type': 'application/json' },
        ...(method === 'post' || method === 'patch' ? { body: '{}' } : {}),
        signal: AbortSignal.timeout(5000),
      });
    const answer = await send(viewer);
    const { error } = (await answer.json()) as { error: { code: string } };
    if (/^\/api\/v1\/(users|tokens)\//.test(url)) assert.equal(error.code, 'FORBIDDEN', url);
    else {
      notFound++;
      assert.deepEqual([answer.status, error.code], [404, 'NOT_FOUND'], `${method} ${url}`);
      // The same request by somebody who may: the refusal above is due to confinement alone.
      const allowed = await send(admin);
      assert.ok(allowed.status < 400, `${method} ${url}: ${allowed.status}`);
      await allowed.body?.cancel();
    }
  }
  assert.ok(notFound >= 11, `${notFound} addresses tried`);
});

test('lists hold a viewer’s own hospital only', async (t) => {
  const stage = await openStage();
  t.after(() => stage.close());
  await seedAlert(stage.state, { id: 'al-a', host: 'a1', at: START_AT });
  await seedAlert(stage.state, { id: 'al-b', host: 'b1', at: START_AT });
  const viewer = await tokenFor(stage, 'viewer', 'b');
  for (const [path, ids] of [
    ['/hosts', ['b1']],
    ['/hospitals', ['b']],
    ['/alerts?state=all', ['al-b']],
  ] as const) {
    const answer = await fetch(`${stage.url}/api/v1${path}`, { headers: viewer });
    const { items } = (await answer.json()) as { items: { id: string }[] };
    assert.deepEqual(
      items.map((i) => i.id),
      ids,
    );
  }
  for (const path of ['/users', '/tokens', '/audit'])
    assert.equal((await fetch(`${stage.url}/api/v1${path}`, { headers: viewer })).status, 403);
});

test('a viewer may look at an own alert but not take it over, and enrols nothing', async (t) => {
  const stage = await openStage();
  t.after(() => stage.close());
  await seedAlert(stage.state, { id: 'al-b', host: 'b1', at: START_AT });
  const viewer = { ...(await tokenFor(stage, 'viewer', 'b')), 'content-type': 'application/json' };
  for (const path of ['/alerts/al-b/ack', '/enrolments', '/hospitals']) {
    const body = path === '/hospitals' ? '{"name":"新院"}' : '{}';
    const answer = await fetch(`${stage.url}/api/v1${path}`, { method: 'POST', headers: viewer, body });
    assert.equal(answer.status, 403, path);
  }
  const row = await stage.state.selectFrom('alerts').select('state').executeTakeFirst();
  assert.equal(row?.state, 'firing');
});
