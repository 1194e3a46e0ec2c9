// Requests to the API. An answer that says "log in" sends the page to the login.

import type { SessionReply } from '../../api/shapes.ts';
import { observable } from './observable.ts';

export type Session = SessionReply | 'none' | 'unknown';
export const session = observable<Session>('unknown');
/** Collector's clock less this browser's, ms: ages are counted by the collector's clock. */
export const clockSkew = observable(0);

export class RequestError extends Error {
  readonly code: string;
  readonly status: number;
  constructor(code: string, message: string, status: number) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

export async function request<T>(method: string, path: string, body?: object): Promise<T> {
  const known = session.get();
  const headers: Record<string, string> = { accept: 'application/json' };
  if (body) headers['content-type'] = 'application/json';
  if (method !== 'GET' && typeof known === 'object' && known.csrf) headers['x-niswatch-csrf'] = known.csrf;
  const answer = await fetch(`/api/v1${path}`, {
    method,
    headers,
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const data = (await answer.json().catch(() => ({}))) as {
    error?: { code: string; message: string; mend: string };
  };
  if (answer.ok) return data as T;
  const { code = 'INTERNAL', message = answer.statusText, mend = '' } = data.error ?? {};
  if (answer.status === 401 && code === 'UNAUTHENTICATED') session.set('none');
  throw new RequestError(code, [message, mend].filter(Boolean).join(' — '), answer.status);
}

export const get = <T>(path: string): Promise<T> => request<T>('GET', path);
export const post = <T>(path: string, body: object = {}): Promise<T> => request<T>('POST', path, body);

export function enter(reply: SessionReply): void {
  clockSkew.set(reply.at - Date.now());
  session.set(reply);
}

export async function readSession(): Promise<void> {
  try {
    enter(await get<SessionReply>('/session'));
  } catch (error) {
    if (error instanceof RequestError && error.status === 401) session.set('none');
    else throw error;
  }
}

export function nowAt(): number {
  return Date.now() + clockSkew.get();
}
