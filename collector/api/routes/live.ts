// The route of the live stream; live.ts feeds it.

import Type from 'typebox';
import type { App, Context } from '../context.ts';
import { confinement, principalOf } from '../guard.ts';
import { findHost } from '../hosts.ts';
import type { LiveHub } from '../live.ts';
import { Id } from '../shapes.ts';

const LiveQuery = Type.Object({ host: Type.Optional(Id) }, { additionalProperties: false });

export function liveRoute(app: App, context: Context, hub: LiveHub): void {
  // A HEAD request would hold a stream open that nobody can read.
  app.get('/live', { exposeHeadRoute: false, schema: { querystring: LiveQuery } }, async (request, reply) => {
    const principal = principalOf(request);
    const { host } = request.query;
    if (host !== undefined) await findHost(context, host, confinement(request));
    hub.checkRoom(principal);
    const headers = Object.entries(reply.getHeaders()).filter(([, value]) => value !== undefined);
    reply.hijack();
    reply.raw.writeHead(200, {
      ...(Object.fromEntries(headers) as Record<string, string>),
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      // nginx would otherwise hold events back.
      'x-accel-buffering': 'no',
    });
    hub.add(reply.raw, principal, host);
  });
}
