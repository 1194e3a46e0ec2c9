// Logging in and out, the one-time link, the own password.

import type { FastifyReply, FastifyRequest } from 'fastify';
import { NamedError } from '../../../shared/errors.ts';
import type { Principal } from '../../access/principal.ts';
import { whoIs } from '../../access/principal.ts';
import { checkPassword } from '../../access/passwords.ts';
import type { App, Context } from '../context.ts';
import { clearSessionCookie, identify, isLocal, principalOf, setSessionCookie } from '../guard.ts';
import { Done, FirstBody, LoginBody, PasswordBody, SessionReply } from '../shapes.ts';

export function sessionRoutes(app: App, context: Context): void {
  const { access, clock, config } = context;
  const enter = async (request: FastifyRequest, reply: FastifyReply, secret: string) => {
    setSessionCookie(request, reply, secret, config.sessionLifetime);
    const principal = await access.sessions.find(secret, clock.now());
    if (!principal) throw new NamedError('UNAUTHENTICATED', 'the session ended at once');
    return describe(context, principal);
  };
  app.get('/session', { schema: { response: { 200: SessionReply } } }, (request) =>
    describe(context, principalOf(request)),
  );
  app.post(
    '/session',
    { config: { access: 'anyone' }, schema: { body: LoginBody, response: { 200: SessionReply } } },
    async (request, reply) => {
      const attempt = { ...request.body, address: request.ip };
      return await enter(request, reply, (await access.login(attempt, clock.now())).secret);
    },
  );
  app.delete('/session', { schema: { response: { 200: Done } } }, async (request, reply) => {
    await access.logout(principalOf(request), clock.now());
    clearSessionCookie(request, reply);
    return { done: true as const };
  });
  app.post(
    '/session/first',
    { config: { access: 'anyone' }, schema: { body: FirstBody, response: { 200: SessionReply } } },
    async (request, reply) => {
      const { link, name, password } = request.body;
      const now = clock.now();
      if (await access.links.isClaimed())
        throw new NamedError('LINK_INVALID', 'an administrator has a password already');
      checkPassword(password, name);
      const session = await access.links.redeem(link, now, request.ip);
      await access.users.claim(session.userId, name, password, { who: name, now });
      return await enter(request, reply, (await access.sessions.open({ id: session.userId }, now)).secret);
    },
  );
  passwordRoute(app, context, enter);
}

type Enter = (request: FastifyRequest, reply: FastifyReply, secret: string) => Promise<SessionReply>;

/** Sets the own password; a session that came by the one-time link names no old one, because there is none. */
function passwordRoute(app: App, context: Context, enter: Enter): void {
  const { access, clock } = context;
  app.post(
    '/session/password',
    { schema: { body: PasswordBody, response: { 200: SessionReply } } },
    async (request, reply) => {
      const principal = principalOf(request);
      const now = clock.now();
      if (principal.kind !== 'session') throw new NamedError('FORBIDDEN', 'a token has no password');
      if (principal.passwordSet) {
        const attempt = {
          name: principal.name,
          password: request.body.current ?? '',
          address: request.ip,
        };
        const proof = await access.login(attempt, now);
        const session = await access.sessions.find(proof.secret, now);
        if (session) await access.sessions.close(session.hash);
        await access.users.change(
          principal.id,
          { password: request.body.password },
          { who: whoIs(principal), now },
        );
      } else {
        const name = request.body.name ?? principal.name;
        await access.users.claim(principal.id, name, request.body.password, { who: whoIs(principal), now });
      }
      // A fresh session: the old ones ended with the old password.
      return await enter(request, reply, (await access.sessions.open({ id: principal.id }, now)).secret);
    },
  );
}

function describe(context: Context, principal: Principal): SessionReply {
  return {
    user: {
      id: principal.id,
      name: principal.name,
      role: principal.role,
      hospitalId: principal.hospitalId ?? null,
      kind: principal.kind,
      passwordSet: principal.passwordSet ?? true,
    },
    csrf: principal.csrf ?? null,
    version: context.version,
    at: context.clock.now(),
  };
}

/** `/login?link=…`: at this machine, or once an administrator has a password, the link lets in at once; otherwise the page asks for
 * the administrator's name and password first. Answers the address to go to; undefined: show the page. */
export async function followLink(
  context: Context,
  request: FastifyRequest,
  reply: FastifyReply,
  link: string,
): Promise<string | undefined> {
  // A browser that fetches ahead of the person would use the link up.
  if (request.headers['sec-purpose'] !== undefined || request.headers.purpose !== undefined) return undefined;
  const { access, clock, config } = context;
  const now = clock.now();
  if (!(await access.links.isOpen(link, now)))
    return (await identify(context, request)) ? '/' : '/login?expired=1';
  if (!isLocal(request) && !(await access.links.isClaimed())) return undefined;
  const session = await access.links.redeem(link, now, request.ip);
  setSessionCookie(request, reply, session.secret, config.sessionLifetime);
  return '/';
}
