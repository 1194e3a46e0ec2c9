// What every answer carries so that a browser cannot be turned against the page. No inline script but the import map, by its hash.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

export function contentSecurityPolicy(scriptHashes: readonly string[]): string {
  return [
    "default-src 'none'",
    `script-src 'self'${scriptHashes.map((h) => ` '${h}'`).join('')}`,
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join('; ');
}

const TWO_YEARS_S = 2 * 365 * 86_400;

export function addSecurityHeaders(app: FastifyInstance, scriptHashes: readonly string[]): void {
  app.addHook('onRequest', (request, reply, done) => {
    setSecurityHeaders(request, reply, scriptHashes);
    done();
  });
}

/** For answers that no hook comes by. */
export function setSecurityHeaders(
  request: FastifyRequest,
  reply: FastifyReply,
  scriptHashes: readonly string[],
): void {
  reply.headers({
    'content-security-policy': contentSecurityPolicy(scriptHashes),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'x-frame-options': 'DENY',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), microphone=(), geolocation=(), payment=()',
  });
  if (request.protocol === 'https') reply.header('strict-transport-security', `max-age=${TWO_YEARS_S}`);
  if (!request.url.startsWith('/assets/')) reply.header('cache-control', 'no-store');
}
