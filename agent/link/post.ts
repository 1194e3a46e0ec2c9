// One HTTP request with a text body over a socket of `dial`: enrolment and the HTTP form of the link use it (node:http, because
// fetch needs WebAssembly, which the agent runs without). Promise: the answer is bounded in size and in time.

import { Agent, request } from 'node:http';
import type { Duplex } from 'node:stream';
import { dial, type DialOptions } from './dial.ts';

export interface Answer {
  status: number;
  body: string;
}

export interface Poster {
  post(path: string, type: string, body: string): Promise<Answer>;
  close(): void;
}

const ANSWER_BYTES = 4 * 1024 * 1024;

/** Adds an agreed path to a collector's address, which may lie below a prefix of a reverse proxy. */
export function addressOf(base: string, path: string): URL {
  const url = new URL(base);
  url.pathname = url.pathname.replace(/\/$/, '') + path;
  url.search = '';
  return url;
}

/** A client of one collector address; it keeps its connection between posts. */
export function openPoster(base: string, options: DialOptions): Poster {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const host = new URL(base).host;
  agent.createConnection = (_, done) => {
    dial(new URL(base), options).then(
      (socket) => done?.(null, socket),
      (error: unknown) => done?.(error as Error, undefined as unknown as Duplex),
    );
    return undefined as unknown as Duplex;
  };
  return {
    post: (path, type, body) => send(agent, host, addressOf(base, path), type, body, options.timeoutMs),
    close: () => agent.destroy(),
  };
}

function send(
  agent: Agent,
  host: string,
  url: URL,
  type: string,
  body: string,
  timeoutMs: number,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = { host, 'content-type': type, 'content-length': Buffer.byteLength(body) };
    const signal = AbortSignal.timeout(timeoutMs);
    const asked = request({ agent, method: 'POST', path: url.pathname, headers, signal }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk: string) => {
        text += chunk;
        if (text.length > ANSWER_BYTES) answer.destroy(new Error(`${host}: the answer is too long`));
      });
      answer.once('error', reject);
      answer.once('end', () => resolve({ status: answer.statusCode ?? 0, body: text }));
    });
    asked.once('error', (cause) =>
      reject(signal.aborted ? new Error(`${host}: no answer within ${timeoutMs} ms`, { cause }) : cause),
    );
    asked.end(body);
  });
}
