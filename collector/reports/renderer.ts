// Renders kept reports in a thread of its own, one at a time: a report of many pages takes longer than an agent should wait for its
// acknowledgement. The thread starts with the first report, is kept warm, and never keeps the process alive.

import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { type ErrorCode, NamedError } from '../../shared/errors.ts';
import type { DocumentFormat } from '../document/document.ts';

export interface RenderJob {
  id: number;
  kind: string;
  /** JSON of what was gathered. */
  data: string;
  format: DocumentFormat;
}

export type RenderAnswer =
  { id: number; bytes: Uint8Array } | { id: number; code: ErrorCode | undefined; message: string };

export interface Renderer {
  /** Rejects with NamedError REPORT_GLYPH_MISSING. */
  render(kind: string, data: string, format: DocumentFormat): Promise<Buffer>;
  close(): Promise<void>;
}

interface Waiting {
  resolve(bytes: Buffer): void;
  reject(error: Error): void;
}

export function openRenderer(): Renderer {
  const waiting = new Map<number, Waiting>();
  let worker: Worker | undefined;
  let next = 1;
  const failAll = (error: Error): void => {
    worker = undefined;
    for (const each of waiting.values()) each.reject(error);
    waiting.clear();
  };
  const started = (): Worker => {
    worker ??= startWorker((answer) => {
      const one = waiting.get(answer.id);
      waiting.delete(answer.id);
      if (waiting.size === 0) worker?.unref();
      if ('bytes' in answer) one?.resolve(Buffer.from(answer.bytes));
      else one?.reject(errorOf(answer));
    }, failAll);
    return worker;
  };
  return {
    render(kind, data, format) {
      const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
      const id = next++;
      waiting.set(id, { resolve, reject });
      const thread = started();
      // While somebody waits for a report the process must not end.
      thread.ref();
      thread.postMessage({ id, kind, data, format } satisfies RenderJob, []);
      return promise;
    },
    async close() {
      const thread = worker;
      failAll(new Error('the collector stops'));
      await thread?.terminate();
    },
  };
}

function startWorker(answered: (answer: RenderAnswer) => void, failed: (error: Error) => void): Worker {
  const worker = new Worker(new URL(`./render-worker${extname(import.meta.url)}`, import.meta.url));
  worker.on('message', answered);
  worker.on('error', failed);
  worker.on('exit', (code) => {
    if (code !== 0) failed(new Error(`the thread that renders reports ended with ${code}`));
  });
  worker.unref();
  return worker;
}

function errorOf({ code, message }: { code: ErrorCode | undefined; message: string }): Error {
  return code === undefined ? new Error(message) : new NamedError(code, message);
}
