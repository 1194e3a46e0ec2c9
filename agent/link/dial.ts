// One socket to the collector: plain or TLS, straight or through an HTTP(S) proxy by CONNECT. Promise: it ends in a connected
// socket or an Error that names the place that failed; never both, never after the time limit.

import { connect as netConnect, isIP, type Socket } from 'node:net';
import { connect as tlsConnect } from 'node:tls';

export interface DialOptions {
  /** `http://[user:password@]host:port` or `https://…`; empty = none. */
  proxy?: string | undefined;
  /** PEM; when given, only certificates of this authority are trusted. */
  ca?: string | undefined;
  timeoutMs: number;
}

/** Connects to the address of `url`; `https:` and `wss:` end in a verified TLS socket. */
export async function dial(url: URL, options: DialOptions): Promise<Socket> {
  const end = AbortSignal.timeout(options.timeoutMs);
  const secure = url.protocol === 'https:' || url.protocol === 'wss:';
  const target = { host: bareHost(url), port: portOf(url) };
  const open: Socket[] = [];
  try {
    let socket: Socket;
    if (options.proxy) {
      const proxy = new URL(options.proxy);
      socket = await plain(bareHost(proxy), portOf(proxy), end, open);
      if (proxy.protocol === 'https:') socket = await secured(socket, bareHost(proxy), options.ca, end, open);
      await tunnel(socket, target, proxy, end);
    } else socket = await plain(target.host, target.port, end, open);
    if (secure) socket = await secured(socket, target.host, options.ca, end, open);
    return socket;
  } catch (error) {
    for (const socket of open) socket.destroy();
    throw error;
  }
}

const bareHost = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '');
const portOf = (url: URL): number =>
  Number(url.port) || (url.protocol === 'https:' || url.protocol === 'wss:' ? 443 : 80);

function plain(host: string, port: number, end: AbortSignal, open: Socket[]): Promise<Socket> {
  const socket = netConnect({ host, port });
  open.push(socket);
  socket.setNoDelay(true);
  return settled(socket, 'connect', `${host}:${port}`, end);
}

function secured(
  under: Socket,
  host: string,
  ca: string | undefined,
  end: AbortSignal,
  open: Socket[],
): Promise<Socket> {
  const socket = tlsConnect({
    socket: under,
    host,
    ...(isIP(host) ? {} : { servername: host }),
    ...(ca === undefined ? {} : { ca }),
    ALPNProtocols: ['http/1.1'],
  });
  open.push(socket);
  return settled(socket, 'secureConnect', `TLS with ${host}`, end);
}

function settled<S extends Socket>(socket: S, event: string, what: string, end: AbortSignal): Promise<S> {
  return new Promise((resolve, reject) => {
    const finish = (error?: Error): void => {
      socket.off(event, done).off('error', failed).off('close', closed);
      end.removeEventListener('abort', late);
      if (error) reject(error);
      else resolve(socket);
    };
    const done = (): void => finish();
    const failed = (cause: Error): void =>
      finish(new Error(`${what}: ${cause.message || 'failed'}`, { cause }));
    const closed = (): void => finish(new Error(`${what}: closed`));
    const late = (): void => finish(new Error(`${what}: no answer in time`));
    socket.once(event, done).once('error', failed).once('close', closed);
    end.addEventListener('abort', late);
    if (end.aborted) late();
  });
}

/** Speaks CONNECT by hand: node's http client would keep the socket. */
async function tunnel(
  socket: Socket,
  target: { host: string; port: number },
  proxy: URL,
  end: AbortSignal,
): Promise<void> {
  const place = `${target.host.includes(':') ? `[${target.host}]` : target.host}:${target.port}`;
  const login = proxy.username
    ? `Proxy-Authorization: Basic ${Buffer.from(
        `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`,
      ).toString('base64')}\r\n`
    : '';
  socket.write(`CONNECT ${place} HTTP/1.1\r\nHost: ${place}\r\n${login}\r\n`);
  const head = await readHead(socket, end);
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1];
  if (status !== '200') throw new Error(`proxy ${proxy.host} answers CONNECT with ${status ?? 'no HTTP'}`);
}

const HEAD_BYTES = 16 * 1024;

function readHead(socket: Socket, end: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    let head = '';
    const finish = (error?: Error): void => {
      socket.off('data', take).off('error', finish).off('close', closed);
      end.removeEventListener('abort', late);
      socket.pause();
      if (error) reject(error);
      else resolve(head);
    };
    const take = (chunk: Buffer): void => {
      head += chunk.toString('latin1');
      // The far side speaks only after we do, so nothing can follow the empty line here.
      if (head.includes('\r\n\r\n')) finish();
      else if (head.length > HEAD_BYTES) finish(new Error('the proxy sends an endless answer'));
    };
    const closed = (): void => finish(new Error('the proxy closed the connection'));
    const late = (): void => finish(new Error('the proxy does not answer in time'));
    socket.on('data', take).once('error', finish).once('close', closed);
    end.addEventListener('abort', late);
  });
}
