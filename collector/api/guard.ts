// The door of /api/v1: who asks, by which cookie or token, and may he. Promise: closed unless a route says otherwise; a
// request that changes something and comes with a cookie must come from our own page and carry the session's csrf value.

import type { FastifyReply, FastifyRequest } from 'fastify';
import { timingSafeEqual } from 'node:crypto';
import { isIPv4 } from 'node:net';
import { NamedError } from '../../shared/errors.ts';
import { confinementOf, type Confinement, mayActAs, type Principal } from '../access/principal.ts';
import type { Role } from '../state/schema.ts';
import type { Context } from './context.ts';

declare module 'fastify' {
  interface FastifyRequest {
    principal: Principal | null;
  }
  interface FastifyContextConfig {
    /** Who may: a role and all above it; `anyone` needs no login. Default: viewer. */
    access?: Role | 'anyone';
  }
}

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);
const COOKIE = 'niswatch_session';

const cookieName = (request: FastifyRequest): string =>
  request.protocol === 'https' ? `__Host-${COOKIE}` : COOKIE;

export function guard(context: Context) {
  return async (request: FastifyRequest): Promise<void> => {
    request.principal = (await identify(context, request)) ?? null;
    const needed = request.routeOptions.config.access ?? 'viewer';
    const changes = !SAFE.has(request.method);
    if (needed === 'anyone') {
      if (changes) refuseForeignOrigin(request, request.principal?.kind === 'session');
      return;
    }
    const principal = principalOf(request);
    if (changes && principal.kind === 'session') refuseForgery(request, principal);
    if (!mayActAs(principal, needed))
      throw new NamedError('FORBIDDEN', `${principal.role} may not do that; it takes ${needed}`);
  };
}

/** Throws NamedError UNAUTHENTICATED. */
export function principalOf(request: FastifyRequest): Principal {
  if (!request.principal) throw new NamedError('UNAUTHENTICATED', 'nobody is logged in');
  return request.principal;
}

export function confinement(request: FastifyRequest): Confinement {
  return confinementOf(principalOf(request));
}

export async function identify(context: Context, request: FastifyRequest): Promise<Principal | undefined> {
  const now = context.clock.now();
  const bearer = /^Bearer\s+(\S{1,200})$/i.exec(request.headers.authorization ?? '')?.[1];
  if (bearer) return await context.access.tokens.find(bearer, now);
  const secret = readCookie(request.headers.cookie, cookieName(request));
  return secret ? await context.access.sessions.find(secret, now) : undefined;
}

function readCookie(header: string | undefined, name: string): string | undefined {
  for (const part of (header ?? '').split(';')) {
    const [key, value] = part.trim().split('=', 2);
    if (key === name && value && value.length <= 200) return value;
  }
  return undefined;
}

export function setSessionCookie(
  request: FastifyRequest,
  reply: FastifyReply,
  secret: string,
  lifetimeMs: number,
) {
  const secure = request.protocol === 'https' ? '; Secure' : '';
  const age = Math.floor(lifetimeMs / 1000);
  reply.header(
    'set-cookie',
    `${cookieName(request)}=${secret}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${age}${secure}`,
  );
}

export function clearSessionCookie(request: FastifyRequest, reply: FastifyReply): void {
  setSessionCookie(request, reply, '', 0);
}

function refuseForgery(request: FastifyRequest, principal: Principal): void {
  refuseForeignOrigin(request, true);
  const sent = Buffer.from(String(request.headers['x-niswatch-csrf'] ?? ''));
  const wanted = Buffer.from(principal.csrf ?? '');
  if (wanted.length === 0 || sent.length !== wanted.length || !timingSafeEqual(sent, wanted))
    throw new NamedError('CSRF', 'the header X-Niswatch-Csrf is missing or of another session');
}

/** `needed`: without either header the request is refused too (a browser always sends one of them). */
function refuseForeignOrigin(request: FastifyRequest, needed: boolean): void {
  const site = request.headers['sec-fetch-site'];
  const origin = request.headers.origin;
  const own =
    site !== undefined ? site === 'same-origin' : origin !== undefined ? isOwn(origin, request) : !needed;
  if (!own) throw new NamedError('CSRF', 'the request does not come from our own page');
}

function isOwn(origin: string, request: FastifyRequest): boolean {
  try {
    return new URL(origin).host === request.host;
  } catch {
    return false;
  }
}

/** The person or program sits at this machine: loopback peer, no proxy in between, and a local name in the address (so that a
 * foreign page cannot come in by rebinding its own name to 127.0.0.1). */
export function isLocal(request: FastifyRequest): boolean {
  if (request.headers['x-forwarded-for'] !== undefined || request.headers.forwarded !== undefined)
    return false;
  return isLoopback(request.socket.remoteAddress ?? '') && isLocalName(request.hostname);
}

const isLocalName = (name: string): boolean =>
  name === 'localhost' || name === '[::1]' || name === '::1' || (isIPv4(name) && name.startsWith('127.'));

function isLoopback(address: string): boolean {
  const plain = address.replace(/^::ffff:/, '');
  return plain === '::1' || (isIPv4(plain) && plain.startsWith('127.'));
}
