// Requests to engines. Promise: an answer is read to its end; what is wrong says which server and what it said.

import { EngineError } from './engine.ts';

const WITHIN_MS = 60_000;
const SHOWN = 300;

export interface Answer {
  status: number;
  text: string;
}

/** Throws EngineError `retry` when the server does not answer. */
export async function ask(url: string, init: RequestInit = {}): Promise<Answer> {
  try {
    const answer = await fetch(url, { ...init, signal: AbortSignal.timeout(WITHIN_MS) });
    return { status: answer.status, text: await answer.text() };
  } catch (cause) {
    const inner = (cause as { cause?: { code?: string; message?: string } }).cause;
    const why = inner?.code ?? inner?.message ?? (cause as Error).message;
    throw new EngineError('retry', `${new URL(url).origin} does not answer: ${why}`, { cause });
  }
}

/** Of a request that must succeed. */
export async function askText(url: string, init: RequestInit = {}): Promise<string> {
  const { status, text } = await ask(url, init);
  if (status >= 200 && status < 300) return text;
  const { origin, pathname } = new URL(url);
  throw new EngineError('retry', `${origin}${pathname} answers ${status}: ${text.trim().slice(0, SHOWN)}`);
}

/** `USER:PASSWORD` is basic authentication; anything else goes behind the scheme. */
export function authorization(token: string, scheme: string): Record<string, string> {
  if (token === '') return {};
  if (token.includes(':')) return { authorization: `Basic ${Buffer.from(token).toString('base64')}` };
  return { authorization: `${scheme} ${token}` };
}

/** Lines that the server will never take as they are; anything else may pass. */
export const isRefusal = (status: number): boolean => status === 400 || status === 413 || status === 422;
