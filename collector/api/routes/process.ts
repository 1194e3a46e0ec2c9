// What keeps the process itself observable: /healthz, /readyz, /metrics.

import { NamedError } from '../../../shared/errors.ts';
import type { App, Context } from '../context.ts';
import { identify, isLocal } from '../guard.ts';
import { ReadyReply } from '../shapes.ts';

export function processRoutes(app: App, context: Context): void {
  app.get('/healthz', { schema: { hide: true } }, () => ({ alive: true, version: context.version }));
  app.get(
    '/readyz',
    { schema: { hide: true, response: { 200: ReadyReply, 503: ReadyReply } } },
    async (_request, reply) => {
      const reasons = [...(await context.services.notReady())];
      return await reply
        .code(reasons.length === 0 ? 200 : 503)
        .send({ ready: reasons.length === 0, reasons });
    },
  );
  app.get('/metrics', { schema: { hide: true } }, async (request, reply) => {
    if (!isLocal(request)) {
      const principal = await identify(context, request);
      if (!principal) throw new NamedError('UNAUTHENTICATED', '/metrics takes a token from other machines');
      if (principal.role === 'viewer') throw new NamedError('FORBIDDEN', '/metrics is not for viewers');
    }
    const { type, body } = await context.metrics.render();
    return await reply.type(type).send(body);
  });
}
