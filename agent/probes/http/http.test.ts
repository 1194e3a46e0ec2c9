// The http probe against real servers on this machine, with certificates made by openssl for the test.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { type Clock, manualClock, systemClock } from '../../../shared/clock.ts';
import { readConfig } from '../../../shared/config/schema.ts';
import { openHost } from '../../host/host.ts';
import type { Reading } from '../probe.ts';
import { HTTP } from './http.ts';
import { isExpected } from './judge.ts';
import { decodeBody } from './request.ts';

const signal = new AbortController().signal;

function read(targets: Record<string, unknown>[], clock: Clock = systemClock()): Promise<Reading> {
  const config = readConfig(HTTP.config, { targets: targets.map((target) => ({ name: 'page', ...target })) });
  return HTTP.open(config, openHost({ clock })).read(signal);
}

function valueOf(reading: Reading, metric: string): number | undefined {
  return reading.samples.find((sample) => sample.metric === metric)?.value;
}

async function serve(t: TestContext, server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

async function page(t: TestContext, answer: RequestListener): Promise<string> {
  return `http://127.0.0.1:${await serve(t, createServer(answer))}/`;
}

/** A self-signed certificate for 127.0.0.1, valid between the given days from now. */
async function securePage(t: TestContext, days: [from: number, to: number]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'niswatch-http-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const request = join(folder, 'request.pem');
  const at = (day: number): string =>
    `${new Date(Date.now() + day * 86_400_000).toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`;
  const openssl = (...args: string[]): void =>
    void execFileSync('openssl', args, { stdio: 'pipe', cwd: folder });
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl('req', ...ec, '-keyout', key, '-out', request, '-subj', '/CN=127.0.0.1');
  writeFileSync(join(folder, 'index.txt'), '');
  const ca = ['-config', caConfig(folder), '-selfsign', '-keyfile', key, '-batch', '-notext'];
  openssl('ca', ...ca, '-startdate', at(days[0]), '-enddate', at(days[1]), '-in', request, '-out', cert);
  const server = createTlsServer({ key: readFileSync(key), cert: readFileSync(cert) }, (_request, answer) => {
    answer.end('secure');
  });
  return `https://127.0.0.1:${await serve(t, server)}/`;
}

function caConfig(folder: string): string {
  const file = join(folder, 'ca.cnf');
  const lines = ['[ca]', 'default_ca=x', '[x]', `database=${folder}/index.txt`, `new_certs_dir=${folder}`];
  lines.push('default_md=sha256', 'rand_serial=yes', 'policy=p', '[p]', 'commonName=supplied');
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}

test('reports status and time of a page that answers as agreed', async (t) => {
  const url = await page(t, (_request, answer) => answer.end('<title>院感实时监控系统</title>'));
  const reading = await read([{ url, expectText: '院感实时监控' }]);
  assert.equal(valueOf(reading, 'http_up'), 1);
  assert.equal(valueOf(reading, 'http_status_code'), 200);
  assert.ok((valueOf(reading, 'http_response_seconds') ?? -1) >= 0);
  assert.deepEqual(reading.checks, [{ id: 'http:page', status: 'ok', text: '网页 page 正常（HTTP 200）' }]);
});

test('calls a page down that answers with another status or without the agreed text', async (t) => {
  const failing = await page(t, (_request, answer) => answer.writeHead(502).end());
  const changed = await page(t, (_request, answer) => answer.end('maintenance'));
  const reading = await read([
    { name: 'status', url: failing },
    { name: 'text', url: changed, expectText: 'login' },
    { name: 'agreed', url: failing, expectStatus: '200,500-503' },
  ]);
  assert.deepEqual(
    reading.checks?.map((check) => [check.status, check.text]),
    [
      ['critical', '网页 status 返回 HTTP 502'],
      ['critical', '网页 text 页面中没有约定的文字'],
      ['ok', '网页 agreed 正常（HTTP 502）'],
    ],
  );
});

test('says why there is no answer: refused, hung up, or silent; a silent page hides no other', async (t) => {
  const hangsUp = await page(t, (request) => request.socket.destroy());
  const silent = await page(t, () => {});
  const well = await page(t, (_request, answer) => answer.end());
  const reading = await read([
    { name: 'refused', url: 'http://127.0.0.1:1/' },
    { name: 'hangs up', url: hangsUp },
    { name: 'silent', url: silent, timeout: '200ms' },
    { name: 'well', url: well },
  ]);
  assert.deepEqual(
    reading.checks?.map((check) => check.text),
    [
      '网页 refused 没有应答：连接被拒绝',
      '网页 hangs up 没有应答：连接被重置',
      '网页 silent 没有应答：连接超时',
      '网页 well 正常（HTTP 200）',
    ],
  );
});

test('reads at most 256 KiB of a page that never ends', async (t) => {
  const url = await page(t, (_request, answer) => {
    const more = (): void => {
      while (answer.write('x'.repeat(65_536)));
    };
    answer.on('drain', more);
    more();
  });
  assert.equal(valueOf(await read([{ url }]), 'http_up'), 1);
  assert.equal(valueOf(await read([{ url, expectText: 'y' }]), 'http_up'), 0);
});

test('does not follow a redirect, which counts as well by default', async (t) => {
  const url = await page(t, (_request, answer) =>
    answer.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
  );
  assert.equal(valueOf(await read([{ url }]), 'http_status_code'), 302);
});

test('refuses a self-signed certificate, yet reports its days; accepts it when told to', async (t) => {
  const url = await securePage(t, [-1, 100.5]);
  const strict = await read([{ url }]);
  assert.equal(valueOf(strict, 'http_up'), 0);
  assert.equal(Math.floor(valueOf(strict, 'http_cert_days') ?? 0), 100);
  assert.equal(strict.checks?.[0]?.text, '网页 page 证书不可信，证书剩余 100 天（自签名证书）');
  const lax = await read([{ url, insecure: true }]);
  assert.equal(valueOf(lax, 'http_up'), 1);
  assert.equal(lax.checks?.[0]?.status, 'ok');
});

test('reports how long ago a certificate ended, and warns before one ends', async (t) => {
  const ended = await read([{ url: await securePage(t, [-30, -3.5]), insecure: true }]);
  assert.equal(Math.floor(valueOf(ended, 'http_cert_days') ?? 0), -4);
  assert.match(ended.checks?.[0]?.text ?? '', /证书已过期 4 天/);
  const ending = await read([{ url: await securePage(t, [-30, 5.5]), insecure: true }]);
  assert.equal(ending.checks?.[0]?.status, 'warning');
});

test('counts the wait by the given clock', async (t) => {
  const clock = manualClock();
  const url = await page(t, () => clock.advance(5_000));
  const reading = await read([{ url }], clock);
  assert.equal(reading.checks?.[0]?.text, '网页 page 没有应答：连接超时');
});

test('refuses an address that holds a password', () => {
  assert.throws(() => readConfig(HTTP.config, { targets: [{ name: 'a', url: 'http://u:p@host/' }] }), {
    code: 'CONFIG_BAD_VALUE',
  });
});

test('decodes the page by the charset that its header or its meta tag names', () => {
  const gbk = Buffer.from([0xd4, 0xba, 0xb8, 0xd0]);
  assert.equal(decodeBody(gbk, 'text/html; charset=GBK'), '院感');
  assert.ok(decodeBody(Buffer.concat([Buffer.from('<meta charset="gb2312">'), gbk])).endsWith('院感'));
  assert.equal(decodeBody(Buffer.from('院感')), '院感');
});

const RANGES: [status: number, ranges: string, expected: boolean][] = [
  [200, '200-399', true],
  [399, '200-399', true],
  [400, '200-399', false],
  [404, '200-399, 404', true],
  [201, '200', false],
];
for (const [status, ranges, expected] of RANGES) {
  test(`${status} is ${expected ? '' : 'not '}within ${ranges}`, () => {
    assert.equal(isExpected(status, ranges), expected);
  });
}
