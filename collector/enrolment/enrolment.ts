// Enrolment: a one-time code registers an agent's own public key. Promise: a code works exactly once, whatever interleaves;
// the code itself is never stored; whoever enrols proves that it holds the private key; every step leaves an audit row.

import type { Transaction } from 'kysely';
import type { Clock } from '../../shared/clock.ts';
import { NamedError } from '../../shared/errors.ts';
import type { Tables } from '../state/schema.ts';
import type { State } from '../state/state.ts';
import { hashCode, parseCode, renderCode } from './code.ts';
import { isSignedBy, parsePublicKey } from './signature.ts';

export const CODE_TTL_MS = 30 * 60_000;

export interface CodeRequest {
  hospitalId: string;
  /** Name that the host gets, whatever the agent proposes. */
  hostName?: string;
  /** The code gives a rebuilt machine the identity of this host. */
  hostId?: string;
  ttlMs?: number;
  /** Who asked, for the audit trail. */
  who: string;
  now: number;
}

export interface EnrolRequest {
  code: string;
  /** base64url, raw 32 bytes. */
  publicKey: string;
  name?: string;
  fingerprint: string;
  /** base64url signature of `enrolText(code, publicKey)`. */
  proof: string;
  facts: { hostname: string; os: string; arch: string; version: string };
}

export interface Enrolled {
  host: { id: string; name: string };
  hospital: { id: string; name: string };
  collector: string;
}

export interface Enrolment {
  /** The code's text, shown once. Throws NamedError NOT_FOUND for an unknown hospital or host. */
  createCode(request: CodeRequest): Promise<string>;
  /** Throws NamedError CODE_UNKNOWN, CODE_USED, CODE_EXPIRED, BAD_SIGNATURE or BAD_REQUEST. */
  enrol(request: EnrolRequest): Promise<Enrolled>;
}

export interface EnrolmentOptions {
  state: State;
  clock: Clock;
  /** Cryptographic random bytes. */
  random: (bytes: number) => Uint8Array;
  collectorName: string;
}

/** What the agent signs with its new key. */
export function enrolText(code: string, publicKey: string): string {
  return `niswatch-enrol-v1\n${code}\n${publicKey}`;
}

export function openEnrolment(options: EnrolmentOptions): Enrolment {
  return {
    createCode: (request) => createCode(options, request),
    async enrol(request) {
      checkRequest(request);
      const bare = parseCode(request.code);
      if (bare === undefined) {
        throw new NamedError('CODE_UNKNOWN', 'the code is mistyped: its check character does not fit');
      }
      if (!isSignedBy(request.publicKey, enrolText(request.code, request.publicKey), request.proof)) {
        throw new NamedError('BAD_SIGNATURE', 'the proof was not made with the key that is to be enrolled');
      }
      return options.state.transaction().execute((tx) => redeem(options, tx, hashCode(bare), request));
    },
  };
}

async function createCode({ state, random }: EnrolmentOptions, request: CodeRequest): Promise<string> {
  const text = renderCode(random(16));
  await state.transaction().execute(async (tx) => {
    await mustExist(tx, request);
    await tx
      .insertInto('enrolmentCodes')
      .values({
        hash: hashCode(parseCode(text) ?? ''),
        hospitalId: request.hospitalId,
        hostName: request.hostName ?? null,
        hostId: request.hostId ?? null,
        createdAt: request.now,
        createdBy: request.who,
        expiresAt: request.now + (request.ttlMs ?? CODE_TTL_MS),
        usedAt: null,
        usedByHost: null,
      })
      .execute();
    await audit(tx, request.now, request.who, 'enrolment.code', request.hostId ?? request.hospitalId);
  });
  return text;
}

async function mustExist(tx: Transaction<Tables>, { hospitalId, hostId }: CodeRequest): Promise<void> {
  const hospital = await tx
    .selectFrom('hospitals')
    .select('id')
    .where('id', '=', hospitalId)
    .executeTakeFirst();
  if (!hospital) throw new NamedError('NOT_FOUND', `no hospital ${hospitalId}`);
  if (hostId === undefined) return;
  const host = await tx
    .selectFrom('hosts')
    .select('id')
    .where('id', '=', hostId)
    .where('hospitalId', '=', hospitalId)
    .executeTakeFirst();
  if (!host) throw new NamedError('NOT_FOUND', `no host ${hostId} in hospital ${hospitalId}`);
}

async function redeem(
  { clock, random, collectorName }: EnrolmentOptions,
  tx: Transaction<Tables>,
  hash: string,
  request: EnrolRequest,
): Promise<Enrolled> {
  const now = clock.now();
  const code = await tx
    .selectFrom('enrolmentCodes')
    .innerJoin('hospitals', 'hospitals.id', 'enrolmentCodes.hospitalId')
    .select(['hospitalId', 'hospitals.name as hospitalName', 'hostName', 'hostId', 'expiresAt', 'usedAt'])
    .where('hash', '=', hash)
    .executeTakeFirst();
  if (!code) throw new NamedError('CODE_UNKNOWN', 'no such code was given out');
  if (code.usedAt !== null) throw new NamedError('CODE_USED', 'the code was used already');
  if (now >= code.expiresAt) throw new NamedError('CODE_EXPIRED', 'the code has run out');
  const id = code.hostId ?? Buffer.from(random(10)).toString('hex');
  // The condition decides between two users of one code on any database, not only on one with a single writer.
  const taken = await tx
    .updateTable('enrolmentCodes')
    .set({ usedAt: now, usedByHost: id })
    .where('hash', '=', hash)
    .where('usedAt', 'is', null)
    .executeTakeFirst();
  if (taken.numUpdatedRows !== 1n) throw new NamedError('CODE_USED', 'the code was used already');
  const name =
    code.hostId === null
      ? await addHost(tx, id, code, request, now)
      : await replaceKey(tx, id, code.hostName, request, now);
  await audit(tx, now, `host:${id}`, code.hostId === null ? 'host.enrolled' : 'host.key-replaced', id, {
    hostname: request.facts.hostname,
    publicKey: request.publicKey,
  });
  return {
    host: { id, name },
    hospital: { id: code.hospitalId, name: code.hospitalName },
    collector: collectorName,
  };
}

async function addHost(
  tx: Transaction<Tables>,
  id: string,
  code: { hospitalId: string; hostName: string | null },
  request: EnrolRequest,
  now: number,
): Promise<string> {
  const name = code.hostName ?? request.name ?? request.facts.hostname;
  const learned = { boot: null, bootAt: null, offsetMs: null, revokedAt: null };
  await tx
    .insertInto('hosts')
    .values({ id, hospitalId: code.hospitalId, name, ...identity(request, now), ...learned })
    .execute();
  return name;
}

async function replaceKey(
  tx: Transaction<Tables>,
  id: string,
  hostName: string | null,
  request: EnrolRequest,
  now: number,
): Promise<string> {
  const host = await tx
    .updateTable('hosts')
    .set({ ...identity(request, now), revokedAt: null, ...(hostName === null ? {} : { name: hostName }) })
    .where('id', '=', id)
    .returning('name')
    .executeTakeFirst();
  if (!host) throw new NamedError('NOT_FOUND', `host ${id} was removed since the code was made`);
  return host.name;
}

function identity(request: EnrolRequest, now: number) {
  const { hostname, os, arch, version } = request.facts;
  const { publicKey, fingerprint } = request;
  return { publicKey, fingerprint, enrolledAt: now, hostname, os, arch, agentVersion: version };
}

async function audit(
  tx: Transaction<Tables>,
  at: number,
  who: string,
  what: string,
  subject: string,
  detail?: object,
): Promise<void> {
  await tx
    .insertInto('audit')
    .values({ at, who, what, subject, detail: detail ? JSON.stringify(detail) : null })
    .execute();
}

const isShort = (value: unknown, max: number): boolean =>
  typeof value === 'string' && value !== '' && value.length <= max;

/** The request comes from the open network: shape first. */
function checkRequest(request: EnrolRequest): void {
  const wrong = (field: string): never => {
    throw new NamedError('BAD_REQUEST', `enrolment: ${field} is missing or too long`);
  };
  if (typeof request !== 'object' || request === null) wrong('the body');
  for (const field of ['code', 'publicKey', 'proof'] as const)
    if (!isShort(request[field], 200)) wrong(field);
  if (!isShort(request.fingerprint, 128)) wrong('fingerprint');
  if (request.name !== undefined && !isShort(request.name, 100)) wrong('name');
  if (typeof request.facts !== 'object' || request.facts === null) wrong('facts');
  for (const field of ['hostname', 'os', 'arch', 'version'] as const) {
    if (!isShort(request.facts[field], 100)) wrong(`facts.${field}`);
  }
  if (!parsePublicKey(request.publicKey)) wrong('publicKey');
}
