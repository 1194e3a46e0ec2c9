import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { manualClock } from '../../shared/clock.ts';
import { ERRORS } from '../../shared/errors.ts';
import { openStage, seedAlert, type Stage, START_AT, tokenFor } from './testing/stage.ts';

interface Body {
  error: { code: string; message: string; mend: string };
  items: Record<string, unknown>[];
  values: Record<string, number>;
  paths: Record<string, object>;
  series: { key: string; labels: object; points: number[][] }[];
  [key: string]: unknown;
}
const json = async (answer: Response) => (await answer.json()) as Body;

async function get(stage: Stage, path: string, headers: Record<string, string> = {}) {
  const answer = await fetch(`${stage.url}${path}`, { headers });
  return { status: answer.status, body: await json(answer), headers: answer.headers };
}

describe('what a program reads', () => {
  let stage: Stage;
  let engineer: { authorization: string };
  before(async () => {
    stage = await openStage();
    engineer = await tokenFor(stage, 'engineer');
    for (let i = 0; i < 240; i++) {
      const at = START_AT - 3_600_000 + i * 15_000;
      // A hole of five minutes in the middle.
      if (i >= 100 && i < 120) continue;
      stage.store.add('a1', 'cpu_usage_active', [{ at, value: i % 10 }]);
      stage.store.add('a1', 'disk_used_percent{path="/"}', [{ at, value: 40 }]);
      stage.store.add('a1', 'disk_used_percent{path="/data"}', [{ at, value: 91.5 }]);
      stage.store.add('a1', 'mem_used_percent', [{ at, value: 63.25 }]);
      stage.store.add('a1', 'net_bytes_recv{interface="eth0"}', [{ at, value: i < 180 ? i * 1500 : i }]);
      stage.store.add('a1', 'service_up{name="nginx"}', [{ at, value: 1 }]);
      stage.store.add('a1', 'service_up{name="nis-web"}', [{ at, value: 0 }]);
    }
    stage.setVerdict('a1', {
      word: 'up',
      since: START_AT - 1000,
      evidence: [{ at: START_AT - 1000, kind: 'last-heard', text: { zh: '刚刚收到', en: 'heard' } }],
    });
    await seedAlert(stage.state, { id: 'al-a1', host: 'a1', at: START_AT - 60_000 });
  });
  after(() => stage.close());

  test('lists hosts with verdict, key figures and open alerts', async () => {
    const { status, body } = await get(stage, '/api/v1/hosts', engineer);
    assert.equal(status, 200);
    const { items } = body;
    assert.deepEqual(items.map((i) => i.id).sort(), ['a1', 'a2', 'b1']);
    const a1 = items.find((i) => i.id === 'a1');
    assert.deepEqual(a1?.hospital, { id: 'a', name: '市第一人民医院' });
    assert.equal((a1?.verdict as { word: string } | undefined)?.word, 'up');
    assert.equal(a1?.cpu, 9);
    assert.equal(a1?.mem, 63.25);
    assert.deepEqual(a1?.disks, [
      { path: '/data', usedPercent: 91.5 },
      { path: '/', usedPercent: 40 },
    ]);
    assert.deepEqual(a1?.services, { up: 1, total: 2 });
    assert.deepEqual(a1?.alerts, { critical: 1, warning: 0 });
  });

  test('tells how long a host was up, down or unknown, and on which verdicts that rests', async () => {
    const HOUR = 3_600_000;
    const lines = [
      ['up', START_AT - 30 * HOUR, START_AT - 6 * HOUR, null],
      ['silent', START_AT - 6 * HOUR, START_AT - 2 * HOUR, null],
      ['crashed', START_AT - 6 * HOUR, START_AT - 3 * HOUR, 2],
      ['up', START_AT - 3 * HOUR, START_AT - 2 * HOUR, 2],
      ['up', START_AT - 2 * HOUR, null, null],
    ] as const;
    for (const [i, [word, since, until, revises]] of lines.entries()) {
      const row = { id: 1 + i, hostId: 'a2', word, since, until, evidence: '[]', recordedAt: since, revises };
      await stage.state.insertInto('verdicts').values(row).execute();
    }
    const { status, body } = await get(stage, '/api/v1/hosts/a2/availability?from=-24h', engineer);
    assert.equal(status, 200);
    assert.deepEqual(body.hours, { up: 21, down: 3, stopped: 0, unknown: 0 });
    assert.deepEqual([body.availability, body.known], [21 / 24, 1]);
    const spans = body.spans as { word: string; verdict: number; corrected: boolean }[];
    assert.deepEqual(
      spans.map((span) => [span.word, span.verdict, span.corrected]),
      [
        ['up', 1, false],
        ['crashed', 3, true],
        ['up', 4, true],
        ['up', 5, false],
      ],
    );
    const before = await get(stage, '/api/v1/hosts/a2/availability', engineer);
    assert.deepEqual((before.body.hours as { unknown: number }).unknown, 30 * 24 - 30);
  });

  test('refuses a period of availability that cannot be told', async () => {
    for (const query of ['from=now', 'from=-500d', 'from=yesterday']) {
      const { status, body } = await get(stage, `/api/v1/hosts/a2/availability?${query}`, engineer);
      assert.deepEqual([status, body.error.code], [400, 'BAD_REQUEST'], query);
    }
  });

  test('gives the newest values by series key', async () => {
    const { body } = await get(stage, '/api/v1/hosts/a1/latest', engineer);
    assert.equal(body.at, START_AT - 15_000);
    assert.equal(body.values['disk_used_percent{path="/"}'], 40);
  });

  test('answers a series by name with all its label sets, holes left open', async () => {
    const { body } = await get(
      stage,
      '/api/v1/series?host=a1&metric=disk_used_percent&metric=cpu_usage_active&from=-1h&step=1m',
      engineer,
    );
    assert.equal(body.step, 60_000);
    const { series } = body;
    assert.deepEqual(
      series.map((s) => s.key),
      ['cpu_usage_active', 'disk_used_percent{path="/"}', 'disk_used_percent{path="/data"}'],
    );
    assert.deepEqual(series[2]?.labels, { path: '/data' });
    const cpu = series[0]?.points ?? [];
    assert.equal(cpu.length, 55);
    assert.deepEqual(cpu[0], [START_AT - 3_600_000, 0, 1.5, 3]);
    const jumps = cpu.slice(1).filter((p, i) => (p[0] ?? 0) - (cpu[i]?.[0] ?? 0) > 60_000);
    assert.equal(jumps.length, 1);
  });

  test('turns a counter into change per second and leaves a restart out', async () => {
    const { body } = await get(
      stage,
      '/api/v1/series?host=a1&metric=net_bytes_recv&from=-1h&step=1m&rate=true',
      engineer,
    );
    const points = body.series[0]?.points ?? [];
    assert.equal(
      points.find((p) => (p[2] ?? 0) < 0),
      undefined,
    );
    assert.deepEqual(
      [...new Set(points.map((p) => p[2]))].sort(),
      [0.06666666667, 100].map((v) => Number(v.toPrecision(9))),
    );
  });

  test('a number of hundreds of digits, which would be infinite', async () => {
    const { status, body } = await get(stage, `/api/v1/alerts?limit=${'2'.repeat(400)}`, engineer);
    assert.deepEqual([status, body.error.code], [400, 'BAD_REQUEST']);
  });

  test('a path that cannot be decoded or is too long, on a route or on none', async () => {
    for (const path of ['/api/v1/hosts/%ff%00/latest', '/api/none/%ff', `/api/v1/hosts/${'x'.repeat(300)}`]) {
      const { statusCode, headers, body } = await stage.app.inject({ url: path, headers: engineer });
      const { error } = JSON.parse(body) as { error: { code: string; mend: string } };
      assert.deepEqual([statusCode, error.code], [400, 'BAD_REQUEST'], path);
      assert.notEqual(error.mend, '');
      assert.equal(headers['x-content-type-options'], 'nosniff');
    }
  });

  test('names the parameter that is wrong', async () => {
    for (const [query, word] of [
      ['host=a1&metric=cpu_usage_active&from=yesterday', /from/],
      ['host=a1&metric=cpu_usage_active&step=0s', /step/],
      ['host=a1&metric=cpu_usage_active&from=-400d&step=1s', /step/],
      ['host=a1&metric=cpu_usage_active&from=-1h&to=-2h', /from/],
      ['host=a1', /metric/],
      ['metric=cpu_usage_active', /host/],
      ['host=a1&metric=cpu_usage_active&colour=red', /additional/],
    ] as const) {
      const { status, body } = await get(stage, `/api/v1/series?${query}`, engineer);
      const { error } = body;
      assert.equal(status, 400, query);
      assert.equal(error.code, 'BAD_REQUEST');
      assert.match(error.message, word);
    }
  });

  test('acknowledges an alert with who and note on record', async () => {
    await seedAlert(stage.state, { id: 'al-ack', host: 'a2', at: START_AT });
    const answer = await fetch(`${stage.url}/api/v1/alerts/al-ack/ack`, {
      method: 'POST',
      headers: { ...engineer, 'content-type': 'application/json' },
      body: JSON.stringify({ note: '正在处理' }),
    });
    const body = await json(answer);
    assert.equal(answer.status, 200);
    assert.equal(body.state, 'acknowledged');
    assert.equal(body.acknowledgedBy, 'token:engineer-all');
    assert.equal(body.note, '正在处理');
    const audit = await stage.state
      .selectFrom('audit')
      .selectAll()
      .where('what', '=', 'alert.acknowledge')
      .execute();
    assert.equal(audit[0]?.subject, 'al-ack');
  });

  test('describes every route of the API in OpenAPI', async () => {
    const { body } = await get(stage, '/api/openapi.json');
    const paths = Object.keys(body.paths);
    assert.ok(paths.includes('/api/v1/hosts/{id}/latest'), paths.join(' '));
    assert.equal(body.openapi, '3.1.0');
  });

  test('gives its own metrics at this machine, and asks for a token when a proxy stands between', async () => {
    const local = await fetch(`${stage.url}/metrics`);
    assert.equal(local.status, 200);
    const text = await local.text();
    assert.match(text, /^niswatch_store_pending_rows 4$/m);
    assert.match(text, /^niswatch_ingest_reports_stored_total 7$/m);
    const far = await fetch(`${stage.url}/metrics`, { headers: { 'x-forwarded-for': '203.0.113.9' } });
    assert.equal(far.status, 401);
  });
});

describe('what the server refuses', () => {
  let stage: Stage;
  before(async () => {
    stage = await openStage();
  });
  after(() => stage.close());

  test('every address of the API without login, but for logging in', async () => {
    const { body } = await get(stage, '/api/openapi.json');
    let tried = 0;
    for (const [path, methods] of Object.entries(body.paths))
      for (const method of Object.keys(methods)) {
        if (path.startsWith('/api/v1/session') && method === 'post') continue;
        tried++;
        const answer = await fetch(`${stage.url}${path.replace('{id}', 'a1')}`, {
          method: method.toUpperCase(),
        });
        assert.equal(answer.status, 401, `${method} ${path}`);
        assert.equal((await json(answer)).error.code, 'UNAUTHENTICATED');
      }
    assert.ok(tried >= 20, `${tried} routes`);
  });

  test('a body above the limit, broken JSON, unknown keys and unknown addresses, by name', async () => {
    const admin = await tokenFor(stage, 'admin');
    const post = (body: string, path = '/api/v1/hospitals') =>
      fetch(`${stage.url}${path}`, {
        method: 'POST',
        headers: { ...admin, 'content-type': 'application/json' },
        body,
      });
    for (const [answer, status, code] of [
      [await post(JSON.stringify({ name: 'x'.repeat(300_000) })), 413, 'TOO_LARGE'],
      [await post('{"name":'), 400, 'BAD_REQUEST'],
      [await post('{"name":"新院","__proto__":{"x":1}}'), 400, 'BAD_REQUEST'],
      [await post('{"name":"新院","colour":"red"}'), 400, 'BAD_REQUEST'],
      [await post('{"name":"新院","timeZone":"Mars/Base"}'), 400, 'BAD_REQUEST'],
      [await post('{}', '/api/v1/nothing'), 404, 'NOT_FOUND'],
    ] as const) {
      const { error } = await json(answer);
      assert.deepEqual([answer.status, error.code], [status, code]);
      assert.ok(error.mend.length > 0 && Object.hasOwn(ERRORS, error.code));
    }
  });

  test('sends the headers that keep a browser safe with every answer', async () => {
    for (const path of ['/', '/api/v1/hosts', '/nothing']) {
      const { headers } = await fetch(`${stage.url}${path}`);
      assert.match(headers.get('content-security-policy') ?? '', /default-src 'none'; script-src 'self'/);
      assert.equal(headers.get('x-content-type-options'), 'nosniff');
      assert.equal(headers.get('cross-origin-opener-policy'), 'same-origin');
    }
  });

  test('hides an unforeseen fault behind its request number and logs it', async () => {
    const admin = await tokenFor(stage, 'admin');
    stage.context.services.verdicts.verdict = () => {
      throw new TypeError('secret inner detail');
    };
    const { status, body } = await get(stage, '/api/v1/hosts', admin);
    assert.equal(status, 500);
    assert.equal(body.error.code, 'INTERNAL');
    assert.ok(!JSON.stringify(body).includes('secret'));
    assert.equal(stage.faults.length, 1);
  });

  test('a request that never ends its headers is cut off by configuration', () => {
    assert.equal(stage.app.server.requestTimeout, 20_000);
    assert.equal(stage.app.server.headersTimeout, 10_000);
    assert.equal(stage.app.server.maxConnections, 25_000);
  });

  test('bytes that are not HTTP, without falling', async () => {
    const port = Number(new URL(stage.url).port);
    await new Promise<void>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => socket.write('\x16\x03\x01nonsense\r\n\r\n'));
      socket.on('close', () => resolve());
      socket.on('error', () => resolve());
      socket.resume();
    });
    assert.equal((await fetch(`${stage.url}/healthz`)).status, 200);
  });
});

describe('the live stream', () => {
  test('sends one picture per changed host and second, confined to the reader’s hospital', async (t) => {
    const clock = manualClock(START_AT);
    const stage = await openStage({ clock });
    t.after(() => stage.close());
    const viewer = await tokenFor(stage, 'viewer', 'b');
    const answer = await fetch(`${stage.url}/api/v1/live`, { headers: viewer });
    assert.equal(answer.headers.get('content-type'), 'text/event-stream; charset=utf-8');
    const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
    const decoder = new TextDecoder();
    let text = decoder.decode((await reader.read()).value);
    assert.match(text, /^retry: 2000/);
    for (const word of ['suspect', 'up'] as const)
      for (const host of ['a1', 'b1']) stage.setVerdict(host, { word, since: START_AT, evidence: [] });
    clock.advance(1000);
    text = decoder.decode((await reader.read()).value);
    const events = text.split('\n\n').filter(Boolean);
    assert.equal(events.length, 1);
    const item = JSON.parse(events[0]?.split('data: ')[1] ?? '') as { id: string; verdict: { word: string } };
    assert.deepEqual([item.id, item.verdict.word], ['b1', 'up']);
    await reader.cancel();
  });

  test('ends when the token behind it is revoked', async (t) => {
    const clock = manualClock(START_AT);
    const stage = await openStage({ clock });
    t.after(() => stage.close());
    const admin = await tokenFor(stage, 'admin');
    const answer = await fetch(`${stage.url}/api/v1/live`, { headers: admin });
    const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    const [token] = await stage.context.access.tokens.list();
    await stage.context.access.tokens.revoke(token?.id ?? '', { who: 'test', now: clock.now() });
    clock.advance(60_000);
    await assert.rejects(async () => {
      for (;;) if ((await reader.read()).done) throw new Error('ended');
    });
  });
});
