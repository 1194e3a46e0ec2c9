// Where requests go and what they carry: cluster URLs and tenants, InfluxDB 2.x. The servers behind are real where Debian has
// one that knows the path; for the cluster's addresses it is a proxy that rewrites them, as a cluster's front door does.

import assert from 'node:assert/strict';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import { influxdbConfig } from '../../collector/store/influxdb/config.ts';
import { EngineError } from '../../collector/store/outside/engine.ts';
import { engineOf } from '../../collector/store/outside/engines.ts';
import { outsideSeries } from '../../collector/store/outside/names.ts';
import { victoriametricsConfig } from '../../collector/store/victoriametrics/config.ts';
import { readConfig } from '../../shared/config/schema.ts';
import { type EngineServer, makeDatabase, startInflux, startVictoria } from '../support/engines.ts';
import { temporaryFolder } from '../support/programs.ts';
import { atEnd, type Scope } from '../support/scope.ts';

const AT = Math.floor(Date.now() / 1000) * 1000 - 60_000;
const LINE = `cpu,host=a,host_id=h1,hospital=b usage_active=1.5 ${AT}`;
const SERIES = [outsideSeries('cpu_usage_active') ?? assert.fail()];

interface Door {
  url: string;
  seen: { path: string; authorization: string | undefined }[];
}

/** Passes on to the server what begins with one of the prefixes, without it. */
async function door(t: Scope, server: EngineServer, prefixes: readonly string[]): Promise<Door> {
  const seen: Door['seen'] = [];
  const pass = async (request: IncomingMessage): Promise<Response> => {
    const path = request.url ?? '';
    seen.push({ path, authorization: request.headers.authorization });
    const prefix = prefixes.find((p) => path.startsWith(p));
    if (prefix === undefined) return new Response('no such path', { status: 404 });
    return await fetch(server.url + path.slice(prefix.length), {
      method: request.method ?? 'GET',
      headers: {
        ...(request.headers['content-encoding']
          ? { 'content-encoding': request.headers['content-encoding'] }
          : {}),
        ...(request.headers['content-type'] ? { 'content-type': request.headers['content-type'] } : {}),
      },
      ...(request.method === 'POST' ? { body: new Uint8Array(await buffer(request)) } : {}),
    });
  };
  const proxy = createServer((request, response) => {
    pass(request).then(
      async (answer) => response.writeHead(answer.status).end(Buffer.from(await answer.arrayBuffer())),
      (error: Error) => response.writeHead(502).end(error.message),
    );
  });
  await new Promise<void>((done) => proxy.listen(0, '127.0.0.1', done));
  atEnd(t, () => {
    proxy.closeAllConnections();
    proxy.close();
  });
  return { url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, seen };
}

test('a cluster is written by vminsert and read by vmselect, under its tenant', async (t) => {
  const server = await startVictoria(t, temporaryFolder(t));
  const insert = await door(t, server, ['/insert/42:7/influx']);
  const select = await door(t, server, ['/select/42:7/prometheus']);
  const { sender, reader } = engineOf({
    kind: 'victoriametrics',
    config: readConfig(victoriametricsConfig, {
      url: insert.url,
      selectUrl: select.url,
      tenant: '42:7',
      token: 'secret',
    }),
  });
  assert.equal(await sender.send([LINE]), 0);
  await fetch(`${server.url}/internal/force_flush`);
  const query = { host: 'h1', series: SERIES, from: AT - 1000, to: AT + 1000 };
  const samples = await reader.samples(query);
  assert.deepEqual(samples.get('cpu_usage_active'), { at: Float64Array.of(AT), value: Float64Array.of(1.5) });
  assert.equal(
    (await reader.buckets({ ...query, stepMs: 60_000 })).found.get('cpu_usage_active')?.[0]?.count,
    1,
  );
  assert.deepEqual(insert.seen, [
    { path: '/insert/42:7/influx/write?precision=ms', authorization: 'Bearer secret' },
  ]);
  assert.ok(select.seen.every(({ path }) => path.startsWith('/select/42:7/prometheus/api/v1/')));
});

test('InfluxDB 2.x is written by /api/v2/write with its token, organisation and bucket', async (t) => {
  const server = await startVictoria(t, temporaryFolder(t));
  const front = await door(t, server, ['']);
  const { sender } = engineOf({
    kind: 'influxdb',
    config: readConfig(influxdbConfig, {
      url: front.url,
      version: '2',
      org: '集团',
      bucket: 'b 1',
      token: 'secret',
    }),
  });
  assert.equal(await sender.send([LINE]), 0);
  await fetch(`${server.url}/internal/force_flush`);
  const found = await (await fetch(`${server.url}/api/v1/export?match[]={host_id="h1"}`)).text();
  assert.match(found, /"cpu_usage_active".*"values":\[1\.5\]/);
  const [first] = front.seen;
  assert.equal(first?.authorization, 'Token secret');
  assert.match(first?.path ?? '', /^\/api\/v2\/write\?org=%E9%9B%86%E5%9B%A2&bucket=b%201&precision=ms/);
});

test('points older than an InfluxDB keeps are counted and hold up nothing', async (t) => {
  const server = await startInflux(t, temporaryFolder(t));
  await makeDatabase(server, 'short', '1d');
  const config = readConfig(influxdbConfig, { url: server.url, database: 'short' });
  const { sender, reader } = engineOf({ kind: 'influxdb', config });
  const old = LINE.replace(String(AT), String(AT - 3 * 86_400_000));
  assert.equal(await sender.send([old, LINE, old.replace('=1.5', '=2')]), 2);
  const found = await reader.samples({ host: 'h1', series: SERIES, from: 0, to: AT + 1 });
  assert.deepEqual(found.get('cpu_usage_active')?.at, Float64Array.of(AT));
});

test('what an engine answers decides whether lines are kept or taken apart', async (t) => {
  const answers = [400, 401, 404, 500, 503];
  const server = createServer((_request, response) =>
    response.writeHead(answers[0] ?? 500).end('{"error":"no"}'),
  );
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  atEnd(t, () => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const senders = [
    engineOf({ kind: 'victoriametrics', config: readConfig(victoriametricsConfig, { url }) }).sender,
    engineOf({ kind: 'influxdb', config: readConfig(influxdbConfig, { url, database: 'db' }) }).sender,
  ];
  for (const wanted of ['split', 'retry', 'retry', 'retry', 'retry']) {
    for (const sender of senders)
      await assert.rejects(
        sender.send([LINE]),
        (error) => error instanceof EngineError && error.kind === wanted,
      );
    answers.shift();
  }
  server.closeAllConnections();
});
