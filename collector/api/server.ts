// The HTTP side of the collector, hardened, not yet listening. Promise: slow, oversized and malformed requests end with a
// named error and cost little; every route of /api/v1 passes the guard; everything is described at /api/openapi.json.

import swagger from '@fastify/swagger';
import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import { randomUUID } from 'node:crypto';
import { NamedError } from '../../shared/errors.ts';
import type { App, Context } from './context.ts';
import { answerFailure } from './failure.ts';
import { guard } from './guard.ts';
import { openLiveHub } from './live.ts';
import { accountRoutes } from './routes/accounts.ts';
import { backupRoutes } from './routes/backups.ts';
import { alertRoutes } from './routes/alerts.ts';
import { hospitalRoutes } from './routes/hospitals.ts';
import { hostRoutes } from './routes/hosts.ts';
import { liveRoute } from './routes/live.ts';
import { pageRoutes } from './routes/pages.ts';
import { processRoutes } from './routes/process.ts';
import { reportRoutes } from './routes/reports.ts';
import { sessionRoutes } from './routes/session.ts';
import { promRoutes } from '../prom/http/routes.ts';
import { addSecurityHeaders, setSecurityHeaders } from './security.ts';

const SWEEP_MS = 3_600_000;

/** The caller may add routes of its own (the agents' ones) before it listens. `close()` ends the live pages too. */
export async function createServer(context: Context): Promise<FastifyInstance> {
  const app: App = instance(context);
  app.decorateRequest('principal', null);
  app.setErrorHandler(answerFailure(context.log));
  addSecurityHeaders(app, context.page.scriptHashes);
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'none';
    context.metrics.observeRequest(route, request.method, reply.statusCode, reply.elapsedTime / 1000);
    done();
  });
  await app.register(swagger, { openapi: describeApi(context.version) });
  const hub = openLiveHub(context);
  await app.register(
    // eslint-disable-next-line typescript/require-await -- a plugin without `done` must be async
    async (api: App) => {
      api.addHook('onRequest', guard(context));
      api.addHook('preValidation', refuseHugeNumbers);
      sessionRoutes(api, context);
      hostRoutes(api, context);
      backupRoutes(api, context);
      reportRoutes(api, context);
      alertRoutes(api, context);
      hospitalRoutes(api, context);
      accountRoutes(api, context);
      liveRoute(api, context, hub);
    },
    { prefix: '/api/v1' },
  );
  await app.register((prom: App) => promRoutes(prom, context), { prefix: '/prom/api/v1' });
  app.get('/api/openapi.json', { schema: { hide: true } }, () => app.swagger());
  processRoutes(app, context);
  pageRoutes(app, context);
  const sweep = context.clock.every(SWEEP_MS, () => {
    context.access.sessions.sweep(context.clock.now()).catch((error: unknown) => {
      context.log.error({ err: error }, 'expired sessions cannot be removed');
    });
  });
  // Before the connections are waited for: an open live page would hold the closing up for ever.
  app.addHook('preClose', (done) => {
    sweep.cancel();
    hub.close();
    done();
  });
  return app as unknown as FastifyInstance;
}

function instance({ config, log, page }: Context): App {
  const fail = answerFailure(log);
  const app = fastify({
    logger: false,
    genReqId: () => randomUUID(),
    trustProxy: config.trustProxy.length > 0 ? [...config.trustProxy] : false,
    bodyLimit: 256 * 1024,
    requestTimeout: 20_000,
    handlerTimeout: 30_000,
    keepAliveTimeout: 65_000,
    maxRequestsPerSocket: 1000,
    forceCloseConnections: 'idle',
    http: { headersTimeout: 10_000, connectionsCheckingInterval: 5_000 },
    // A URL that cannot be decoded or is too long reaches no hook and no error handler.
    frameworkErrors(error, request, reply) {
      setSecurityHeaders(request, reply, page.scriptHashes);
      fail(error, request, reply);
    },
    routerOptions: { maxParamLength: 200, ignoreTrailingSlash: true },
    // Unknown keys are refused, not dropped in silence.
    ajv: { customOptions: { removeAdditional: false, coerceTypes: 'array', useDefaults: true } },
  });
  app.server.maxConnections = config.maxConnections;
  return app as unknown as App;
}

/** Coercion makes Infinity of a number with hundreds of digits, which then passes every maximum. */
function refuseHugeNumbers(request: FastifyRequest, _reply: unknown, done: (error?: Error) => void): void {
  for (const [name, value] of Object.entries(request.query as Record<string, unknown>)) {
    if (typeof value === 'string' && /^[+-]?\d{20,}/.test(value)) {
      return done(new NamedError('BAD_REQUEST', `${name}: a number of ${value.length} digits`));
    }
  }
  done();
}

function describeApi(version: string) {
  return {
    openapi: '3.1.0',
    info: {
      title: 'niswatch',
      version,
      description:
        'Hosts, their values, verdicts and alerts. Programs send `Authorization: Bearer TOKEN`; instants are UTC milliseconds; an error is `{error: {code, message, mend}}`.',
    },
    components: {
      securitySchemes: { token: { type: 'http' as const, scheme: 'bearer' } },
    },
    security: [{ token: [] }],
  };
}
