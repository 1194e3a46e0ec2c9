// One GET with its certificate. Promise: at most 256 KiB of the answer are kept, and only in memory; nothing is sent before the
// certificate was judged, unless the target says that it need not be; what a bad certificate holds is told all the same.
// node:http over an own socket in place of fetch: the agent runs without WebAssembly, which fetch needs.

import { request } from 'node:http';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, TLSSocket } from 'node:tls';
import type { Clock } from '../../../shared/clock.ts';

export interface Certificate {
  endsAt: number;
  /** Why it is not trusted: OpenSSL's or Node's code. */
  problem?: string;
}

export interface Page {
  certificate?: Certificate;
  answer?: { status: number; body: string; seconds: number };
  /** Why there is no answer. */
  error?: unknown;
}

export interface PageTarget {
  url: string;
  timeout: number;
  insecure: boolean;
}

const BODY_BYTES = 256 * 1024;

export async function readPage(target: PageTarget, clock: Clock, signal: AbortSignal): Promise<Page> {
  const url = new URL(target.url);
  const startedMs = clock.monotonic();
  const socket = openSocket(url);
  const giveUp = (): void => {
    socket.destroy(failure('ETIMEDOUT'));
  };
  const timer = clock.after(target.timeout, giveUp);
  signal.addEventListener('abort', giveUp, { once: true });
  const page: Page = {};
  try {
    await connected(socket);
    if (socket instanceof TLSSocket) {
      page.certificate = certificateOf(socket);
      if (page.certificate.problem !== undefined && !target.insecure) throw failure('CERTIFICATE');
    }
    const { status, body } = await exchange(socket, url);
    page.answer = { status, body, seconds: (clock.monotonic() - startedMs) / 1000 };
  } catch (error) {
    page.error = error;
  } finally {
    timer.cancel();
    signal.removeEventListener('abort', giveUp);
    socket.destroy();
  }
  return page;
}

function failure(code: string): Error {
  return Object.assign(new Error(code), { code });
}

function openSocket(url: URL): Socket {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const socket =
    url.protocol === 'https:'
      ? connectTls({
          host,
          port: Number(url.port || 443),
          ...(isIP(host) ? {} : { servername: host }),
          // Judged by us after the handshake, or its end date could not be read when it is bad.
          rejectUnauthorized: false,
        })
      : connectTcp({ host, port: Number(url.port || 80) });
  // An error after the answer was read has no other listener.
  return socket.on('error', () => {});
}

function connected(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once(socket instanceof TLSSocket ? 'secureConnect' : 'connect', () => resolve());
    socket.once('error', reject);
    socket.once('close', () => reject(failure('ECONNRESET')));
  });
}

function certificateOf(socket: TLSSocket): Certificate {
  const endsAt = Date.parse(socket.getPeerCertificate().valid_to);
  if (socket.authorized) return { endsAt };
  // Declared as Error; at run time mostly the bare code.
  const error: unknown = socket.authorizationError;
  const problem =
    error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.message) : String(error);
  return { endsAt, problem };
}

function exchange(socket: Socket, url: URL): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const sent = request({
      createConnection: () => socket,
      method: 'GET',
      path: `${url.pathname}${url.search}`,
      headers: { host: url.host, 'user-agent': 'niswatch-agent', accept: '*/*', connection: 'close' },
    });
    sent.on('error', reject);
    sent.on('response', (answer) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      const done = (): void => {
        const all = Buffer.concat(chunks).subarray(0, BODY_BYTES);
        resolve({ status: answer.statusCode ?? 0, body: decodeBody(all, answer.headers['content-type']) });
      };
      answer.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        bytes += chunk.length;
        if (bytes < BODY_BYTES) return;
        done();
        socket.destroy();
      });
      answer.on('end', done);
      answer.on('error', reject);
    });
    sent.end();
  });
}

/** Older Chinese systems answer in GBK; the header or the page's own meta tag says so. */
export function decodeBody(body: Buffer, contentType = ''): string {
  const head = body.subarray(0, 1024).toString('latin1');
  const charset = /charset=["']?([\w-]+)/i.exec(contentType)?.[1] ?? /charset=["']?([\w-]+)/i.exec(head)?.[1];
  if (charset === undefined || !/^(gbk|gb2312|gb18030)$/i.test(charset)) return body.toString('utf8');
  return new TextDecoder('gb18030').decode(body);
}
