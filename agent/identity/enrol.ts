// Enrolment: a key pair made here, its public half and a proof sent with the one-time code, and what the collector answers kept.
// Promise: the private key is not sent; a refusal leaves an existing identity untouched.

import { ENROL_PATH } from '../../shared/frame.ts';
import { ERRORS, type ErrorCode, NamedError } from '../../shared/errors.ts';
import type { DialOptions } from '../link/dial.ts';
import { openPoster, type Answer } from '../link/post.ts';
import { enrolText, type Identity, makeKeyPair, type NamedThing, signer } from './identity.ts';

export interface EnrolRequest {
  url: string;
  code: string;
  name?: string | undefined;
  machine: string;
  fingerprint: string;
  facts: { hostname: string; os: string; arch: string; version: string };
  dial: DialOptions;
  now: number;
}

/** Throws the collector's NamedError (CODE_UNKNOWN, CODE_USED, CODE_EXPIRED, …), or an Error that names the place that failed. */
export async function enrol(request: EnrolRequest): Promise<Identity> {
  const keys = makeKeyPair();
  const { code, name, fingerprint, facts } = request;
  const proof = signer(keys)(enrolText(code, keys.publicKey));
  const body = { code, publicKey: keys.publicKey, fingerprint, proof, facts, ...(name ? { name } : {}) };
  const poster = openPoster(request.url, request.dial);
  try {
    const answer = await poster.post(ENROL_PATH, 'application/json', JSON.stringify(body));
    const { host, hospital, collector } = readAnswer(answer, request.url);
    const { machine, now, url } = request;
    return { host, hospital, collector, urls: [url], ...keys, machine, enrolledAt: now };
  } finally {
    poster.close();
  }
}

interface Enrolled {
  host: NamedThing;
  hospital: NamedThing;
  collector: string;
}

function readAnswer(answer: Answer, url: string): Enrolled {
  let body: Partial<Enrolled> & { error?: { code?: unknown; message?: unknown } };
  try {
    body = (JSON.parse(answer.body) ?? {}) as typeof body;
  } catch {
    throw new Error(`${url} answers with ${answer.status} and no JSON: is it a niswatch collector?`);
  }
  if (body.error) throw refusal(body.error, url);
  const { host, hospital, collector } = body;
  const whole = isNamed(host) && isNamed(hospital) && typeof collector === 'string' && answer.status < 300;
  if (!whole) throw new Error(`${url} answers with ${answer.status} and not with an enrolment`);
  return { host, hospital, collector };
}

function refusal(error: { code?: unknown; message?: unknown }, url: string): Error {
  const code = String(error.code);
  const message = `${url}: ${String(error.message).slice(0, 500)}`;
  return Object.hasOwn(ERRORS, code)
    ? new NamedError(code as ErrorCode, message)
    : new Error(`${message} [${code}]`);
}

function isNamed(thing: unknown): thing is NamedThing {
  const { id, name } = (thing ?? {}) as Partial<NamedThing>;
  return typeof id === 'string' && id !== '' && id.length <= 64 && typeof name === 'string';
}
