// A thread that owns a store's files, as the main thread speaks to it: questions and answers by number. Promise: when the thread
// ends, whoever waits for it is told.

import type { MessagePort, Transferable, Worker } from 'node:worker_threads';
import { ERRORS, type ErrorCode, isNamedError, NamedError } from '../../shared/errors.ts';
import type { Log } from './engine.ts';

export type Answer =
  | { id: number; ok: true; result: unknown }
  | { id: number; ok: false; code?: string; message: string }
  | { log: 'info' | 'warn' | 'error'; fields: object; message: string };

/** Number 0 is its own word that it is open, or why not. */
export class Thread<Opened> {
  readonly opened: Promise<Opened>;
  private readonly worker: Worker;
  private readonly log: Log;
  private readonly waiting = new Map<number, { resolve: (v: never) => void; reject: (e: Error) => void }>();
  private nextId = 1;
  private dead: NamedError | undefined;

  constructor(worker: Worker, log: Log) {
    this.worker = worker;
    this.log = log;
    this.opened = this.expect(0);
    worker.on('message', (answer: Answer) => this.take(answer));
    worker.on('error', (error) => this.die(error instanceof Error ? error : new Error(String(error))));
    worker.on('exit', () => this.die(undefined));
  }

  ask<T>(request: object, transfer: ArrayBuffer[] = []): Promise<T> {
    if (this.dead) return Promise.reject(this.dead);
    const id = this.nextId++;
    const answer = this.expect<T>(id);
    this.worker.postMessage({ id, request }, transfer);
    return answer;
  }

  private expect<T>(id: number): Promise<T> {
    return new Promise<T>((resolve, reject) => this.waiting.set(id, { resolve, reject }));
  }

  private take(answer: Answer): void {
    if ('log' in answer) {
      this.log[answer.log](answer.fields, answer.message);
      return;
    }
    const waiting = this.waiting.get(answer.id);
    this.waiting.delete(answer.id);
    if (answer.ok) waiting?.resolve(answer.result as never);
    else waiting?.reject(errorOf(answer.code, answer.message));
  }

  private die(error: Error | undefined): void {
    if (this.dead) return;
    this.dead = new NamedError(
      'STORE_UNAVAILABLE',
      `the store's writer ended${error ? `: ${error.message}` : ''}`,
    );
    if (error) this.log.error({ err: error }, "the store's writer ended");
    for (const { reject } of this.waiting.values()) reject(this.dead);
    this.waiting.clear();
  }
}

function errorOf(code: string | undefined, message: string): NamedError {
  const known = code !== undefined && Object.hasOwn(ERRORS, code) ? (code as ErrorCode) : 'STORE_UNAVAILABLE';
  return new NamedError(known, message);
}

/** The thread's own side: what it answers and what it logs. */
export interface Voice {
  answer(id: number, result: unknown, transfer?: Transferable[]): void;
  refuse(id: number, error: unknown): void;
  log: Log;
}

export function voiceOf(port: MessagePort): Voice {
  const post = (answer: Answer, transfer: Transferable[] = []): void => port.postMessage(answer, transfer);
  const say =
    (log: 'info' | 'warn' | 'error') =>
    (fields: object, message: string): void =>
      post({ log, fields: plain(fields), message });
  return {
    answer: (id, result, transfer) => post({ id, ok: true, result }, transfer),
    refuse(id, error) {
      const message = error instanceof Error ? error.message : String(error);
      post({ id, ok: false, message, ...(isNamedError(error) ? { code: error.code } : {}) });
    },
    log: { info: say('info'), warn: say('warn'), error: say('error') },
  };
}

/** Errors do not cross threads with their codes: told as text. */
function plain(fields: object): object {
  return Object.fromEntries(Object.entries(fields).map(([k, v]) => [k, v instanceof Error ? v.message : v]));
}
