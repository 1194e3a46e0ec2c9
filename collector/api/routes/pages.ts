// The page's own addresses: its files, and the one document that every address of the page answers.

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { App, Context } from '../context.ts';
import { failure } from '../failure.ts';
import type { PageFile } from '../services.ts';
import { followLink } from './session.ts';

export function pageRoutes(app: App, context: Context): void {
  const { page } = context;
  app.get('/assets/*', { schema: { hide: true } }, (request, reply) => {
    const file = page.asset((request.params as { '*': string })['*']);
    return file ? sendFile(request, reply, file) : notFound(reply);
  });
  app.get('/login', { schema: { hide: true } }, async (request, reply) => {
    const { link } = request.query as { link?: unknown };
    const next =
      typeof link === 'string' && link.length <= 100
        ? await followLink(context, request, reply, link)
        : undefined;
    return next === undefined ? sendFile(request, reply, page.index) : await reply.redirect(next, 303);
  });
  for (const url of [
    '/',
    '/open',
    '/hosts/*',
    '/backups',
    '/alerts',
    '/alerts/*',
    '/reports',
    '/settings',
    '/settings/*',
  ])
    app.get(url, { schema: { hide: true } }, (request, reply) => sendFile(request, reply, page.index));
  app.setNotFoundHandler((_request, reply) => notFound(reply));
}

function notFound(reply: FastifyReply): FastifyReply {
  return reply.code(404).send(failure('NOT_FOUND', 'nothing is at this address'));
}

function sendFile(request: FastifyRequest, reply: FastifyReply, file: PageFile): FastifyReply {
  reply.headers({
    'content-type': file.type,
    etag: file.etag,
    vary: 'accept-encoding',
    'cache-control': file.immutable ? 'public, max-age=31536000, immutable' : 'no-cache',
  });
  if (request.headers['if-none-match'] === file.etag) return reply.code(304).send();
  if (file.gzip && /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? '')))
    return reply.header('content-encoding', 'gzip').send(file.gzip);
  return reply.send(file.body);
}
