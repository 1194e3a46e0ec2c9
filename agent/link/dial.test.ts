import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { dial } from './dial.ts';
import { addressOf, openPoster } from './post.ts';

const fixture = (name: string): string => readFileSync(join(import.meta.dirname, 'fixtures', name), 'utf8');
const TLS = { key: fixture('server.key'), cert: fixture('server.pem') };
const ca = fixture('ca.pem');

async function listening(
  t: TestContext,
  server: Server | ReturnType<typeof createTcpServer>,
): Promise<number> {
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => open.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

const echo = (request: IncomingMessage, response: { end(text: string): void }): void => {
  let body = '';
  request.on('data', (chunk) => (body += String(chunk)));
  request.on('end', () => response.end(`${request.url} ${body}`));
};

/** A CONNECT proxy that keeps what it was asked. */
async function proxy(
  t: TestContext,
  asked: { place: string; login: string | undefined }[],
  allow = true,
): Promise<string> {
  const server = createServer();
  server.on('connect', (request, socket) => {
    asked.push({ place: request.url ?? '', login: request.headers['proxy-authorization'] });
    if (!allow) return void socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    const [host, port] = (request.url ?? '').split(':');
    const far = connect(Number(port), host);
    far.on('error', () => socket.destroy());
    socket.on('error', () => far.destroy());
    far.once('connect', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      socket.pipe(far).pipe(socket);
    });
  });
  return `http://127.0.0.1:${await listening(t, server)}`;
}

test('posts over TLS when the configured authority signed the certificate, and keeps the connection', async (t) => {
  const server = createSecureServer(TLS, echo);
  let connections = 0;
  server.on('secureConnection', () => (connections += 1));
  const port = await listening(t, server);
  const poster = openPoster(`https://127.0.0.1:${port}/prefix/`, { ca, timeoutMs: 5000 });
  t.after(() => poster.close());
  for (const body of ['one', 'two']) {
    const answer = await poster.post('/agent/v1/enrol', 'text/plain', body);
    assert.deepEqual(answer, { status: 200, body: `/prefix/agent/v1/enrol ${body}` });
  }
  assert.equal(connections, 1);
});

test('refuses a certificate of an unknown authority', async (t) => {
  const port = await listening(t, createSecureServer(TLS, echo));
  await assert.rejects(
    dial(new URL(`https://127.0.0.1:${port}`), { timeoutMs: 5000 }),
    /TLS with 127\.0\.0\.1/,
  );
});

test('goes through a proxy by CONNECT, with its login, and TLS reaches the collector itself', async (t) => {
  const asked: { place: string; login: string | undefined }[] = [];
  const port = await listening(t, createSecureServer(TLS, echo));
  const through = (await proxy(t, asked)).replace('//', '//user:p%40ss@');
  const poster = openPoster(`https://127.0.0.1:${port}`, { ca, proxy: through, timeoutMs: 5000 });
  t.after(() => poster.close());
  assert.equal((await poster.post('/x', 'text/plain', 'b')).body, '/x b');
  const login = `Basic ${Buffer.from('user:p@ss').toString('base64')}`;
  assert.deepEqual(asked, [{ place: `127.0.0.1:${port}`, login }]);
});

test('names the proxy that refuses', async (t) => {
  const through = await proxy(t, [], false);
  const dialled = dial(new URL('https://collector.example'), { proxy: through, timeoutMs: 5000 });
  await assert.rejects(dialled, /proxy 127\.0\.0\.1:\d+ answers CONNECT with 403/);
});

test('gives up on a place that accepts and says nothing', async (t) => {
  const port = await listening(
    t,
    createTcpServer(() => {}),
  );
  await assert.rejects(dial(new URL(`https://127.0.0.1:${port}`), { timeoutMs: 200 }), /no answer in time/);
  const poster = openPoster(`http://127.0.0.1:${port}`, { timeoutMs: 200 });
  t.after(() => poster.close());
  await assert.rejects(poster.post('/x', 'text/plain', ''), /no answer within 200 ms/);
});

test('an address keeps its prefix and loses its query', () => {
  assert.equal(String(addressOf('https://h/a/?q=1', '/agent/v1/link')), 'https://h/a/agent/v1/link');
});
