import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openStage, type Stage, START_AT } from './testing/stage.ts';

const secret = 'correct horse battery';
const JSON_TYPE = { 'content-type': 'application/json' };
const OWN_PAGE = { 'sec-fetch-site': 'same-origin' };

async function stageWith(t: { after(run: () => unknown): void }): Promise<Stage> {
  const stage = await openStage();
  t.after(() => stage.close());
  await stage.context.access.users.add(
    { name: 'wang', password: secret, role: 'admin' },
    { who: 'test', now: START_AT },
  );
  return stage;
}

async function login(stage: Stage): Promise<{ cookie: string; csrf: string }> {
  const answer = await fetch(`${stage.url}/api/v1/session`, {
    method: 'POST',
    headers: { ...JSON_TYPE, ...OWN_PAGE },
    body: JSON.stringify({ name: 'wang', password: secret }),
  });
  assert.equal(answer.status, 200);
  const set = answer.headers.get('set-cookie') ?? '';
  assert.match(set, /^niswatch_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=\d+$/);
  const { csrf } = (await answer.json()) as { csrf: string };
  return { cookie: set.split(';')[0] ?? '', csrf };
}

const addHospital = (stage: Stage, headers: Record<string, string>, name: string) =>
  fetch(`${stage.url}/api/v1/hospitals`, {
    method: 'POST',
    headers: { ...JSON_TYPE, ...headers },
    body: JSON.stringify({ name }),
  });

const codeOf = async (answer: Response) =>
  ((await answer.json()) as { error?: { code: string } }).error?.code ?? answer.status;

describe('logging in', () => {
  test('takes a change only from our own page and with the session’s csrf value', async (t) => {
    const stage = await stageWith(t);
    const { cookie, csrf } = await login(stage);
    const own = { cookie, ...OWN_PAGE };
    const good = { ...own, 'x-niswatch-csrf': csrf };
    for (const [headers, wanted] of [
      [own, 'CSRF'],
      [{ ...own, 'x-niswatch-csrf': `${csrf.slice(0, -1)}~` }, 'CSRF'],
      [{ ...good, 'sec-fetch-site': 'cross-site' }, 'CSRF'],
      [{ ...good, 'sec-fetch-site': 'same-site' }, 'CSRF'],
      [{ ...good, 'sec-fetch-site': 'none' }, 'CSRF'],
      [{ cookie, 'x-niswatch-csrf': csrf }, 'CSRF'],
      [{ cookie, 'x-niswatch-csrf': csrf, origin: 'https://evil.example' }, 'CSRF'],
      [{ cookie, 'x-niswatch-csrf': csrf, origin: 'null' }, 'CSRF'],
      [{ cookie, 'x-niswatch-csrf': csrf, origin: stage.url }, 201],
      [good, 201],
    ] as [Record<string, string>, string | number][])
      assert.equal(
        await codeOf(await addHospital(stage, headers, `院 ${JSON.stringify(headers)}`.slice(0, 190))),
        wanted,
      );
  });

  test('refuses a login that a foreign page sends', async (t) => {
    const stage = await stageWith(t);
    const answer = await fetch(`${stage.url}/api/v1/session`, {
      method: 'POST',
      headers: { ...JSON_TYPE, 'sec-fetch-site': 'cross-site' },
      body: JSON.stringify({ name: 'wang', password: secret }),
    });
    assert.equal(await codeOf(answer), 'CSRF');
  });

  test('logs out for good', async (t) => {
    const stage = await stageWith(t);
    const { cookie, csrf } = await login(stage);
    const headers = { cookie, ...OWN_PAGE, 'x-niswatch-csrf': csrf };
    const out = await fetch(`${stage.url}/api/v1/session`, { method: 'DELETE', headers });
    assert.equal(out.status, 200);
    assert.equal((await fetch(`${stage.url}/api/v1/session`, { headers })).status, 401);
  });

  test('changes the own password only with the current one, and ends the other sessions', async (t) => {
    const stage = await stageWith(t);
    const [mine, other] = [await login(stage), await login(stage)];
    const change = (current: string) =>
      fetch(`${stage.url}/api/v1/session/password`, {
        method: 'POST',
        headers: { ...JSON_TYPE, ...OWN_PAGE, cookie: mine.cookie, 'x-niswatch-csrf': mine.csrf },
        body: JSON.stringify({ current, password: 'another long secret' }),
      });
    assert.equal(await codeOf(await change('wrong password')), 'LOGIN_FAILED');
    assert.equal((await change(secret)).status, 200);
    const asked = await fetch(`${stage.url}/api/v1/session`, { headers: { cookie: other.cookie } });
    assert.equal(asked.status, 401);
  });

  test('behind TLS the cookie is host-bound and secure', async (t) => {
    const stage = await openStage({ config: { trustProxy: ['127.0.0.1'] } });
    t.after(() => stage.close());
    await stage.context.access.users.add(
      { name: 'wang', password: secret, role: 'admin' },
      { who: 'test', now: START_AT },
    );
    const answer = await fetch(`${stage.url}/api/v1/session`, {
      method: 'POST',
      headers: { ...JSON_TYPE, ...OWN_PAGE, 'x-forwarded-proto': 'https', 'x-forwarded-for': '203.0.113.5' },
      body: JSON.stringify({ name: 'wang', password: secret }),
    });
    assert.match(answer.headers.get('set-cookie') ?? '', /^__Host-niswatch_session=.*; Path=\/;.*; Secure$/);
    assert.match(answer.headers.get('strict-transport-security') ?? '', /max-age/);
    const audit = await stage.state.selectFrom('audit').selectAll().where('what', '=', 'login').execute();
    assert.equal(audit[0]?.detail, JSON.stringify({ from: '203.0.113.5' }));
  });
});

describe('the one-time link', () => {
  const follow = (stage: Stage, path: string, headers: Record<string, string> = {}) =>
    fetch(`${stage.url}${path}`, { redirect: 'manual', headers });

  test('lets the person at the machine in once', async (t) => {
    const stage = await openStage();
    t.after(() => stage.close());
    const path = await stage.context.access.links.create(START_AT);
    const first = await follow(stage, path);
    assert.deepEqual([first.status, first.headers.get('location')], [303, '/']);
    const cookie = (first.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    const me = await fetch(`${stage.url}/api/v1/session`, { headers: { cookie } });
    const { user } = (await me.json()) as { user: { name: string; passwordSet: boolean } };
    assert.deepEqual([user.name, user.passwordSet], ['admin', false]);
    const second = await follow(stage, path);
    assert.equal(second.headers.get('location'), '/login?expired=1');
    assert.equal(second.headers.get('set-cookie'), null);
  });

  test('is not used up by a browser that fetches ahead', async (t) => {
    const stage = await openStage();
    t.after(() => stage.close());
    const path = await stage.context.access.links.create(START_AT);
    assert.equal((await follow(stage, path, { 'sec-purpose': 'prefetch;prerender' })).status, 200);
    assert.equal((await follow(stage, path)).status, 303);
  });

  test('asks a person at another machine for the administrator’s first password', async (t) => {
    const stage = await openStage();
    t.after(() => stage.close());
    const path = await stage.context.access.links.create(START_AT);
    const page = await follow(stage, path, { 'x-forwarded-for': '203.0.113.5' });
    assert.equal(page.status, 200);
    const claim = (password: string) =>
      fetch(`${stage.url}/api/v1/session/first`, {
        method: 'POST',
        headers: { ...JSON_TYPE, ...OWN_PAGE },
        body: JSON.stringify({ link: path.slice('/login?link='.length), name: '管理员', password }),
      });
    assert.equal(await codeOf(await claim('short')), 'PASSWORD_WEAK');
    const done = await claim(secret);
    assert.equal(done.status, 200);
    assert.match(done.headers.get('set-cookie') ?? '', /^niswatch_session=/);
    assert.equal(await codeOf(await claim(secret)), 'LINK_INVALID');
  });

  test('a foreign name that was rebound to this machine does not count as being at it', async (t) => {
    const stage = await openStage();
    t.after(() => stage.close());
    const answer = await stage.app.inject({ url: '/metrics', headers: { host: 'evil.example:8080' } });
    assert.equal(answer.statusCode, 401);
  });
});
