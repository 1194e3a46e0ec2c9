// `/prom/api/v1`: the part of Prometheus' HTTP API that Grafana and other readers call. Promise: read only; every route passes the
// guard; a reader who is confined to a hospital gets that hospital's series, labels and alerts, as if there were no others.

import type { FastifyRequest } from 'fastify';
import { METRICS } from '../../../shared/catalogue.ts';
import type { App, Context } from '../../api/context.ts';
import { confinement, guard } from '../../api/guard.ts';
import { DERIVED } from '../derived/catalogue.ts';
import { derivedSource } from '../derived/derived.ts';
import { joinedSource } from '../joined-source.ts';
import { compareText, toRecord } from '../labels.ts';
import { PromFailure } from '../failure.ts';
import { readPlaces, readSilences } from '../places.ts';
import { DEFAULT_LIMITS, type EngineOptions, queryInstant, queryRange } from '../query.ts';
import type { SeriesSource, Window } from '../source.ts';
import { storeSource } from '../store-source.ts';
import { listOpenAlerts, listRules } from './alerts.ts';
import { answerError } from './answer.ts';
import { invalid, Parameters } from './parameters.ts';
import { renderInstant, renderRange, success } from './render.ts';

const JSON_TYPE = 'application/json; charset=utf-8';
/** What the answers are compatible with; Grafana decides by it what it may ask. */
const COMPATIBLE_WITH = '2.42.0';

type Handler = (request: FastifyRequest, parameters: Parameters) => Promise<string | Buffer>;

// eslint-disable-next-line typescript/require-await -- a plugin without `done` must be async
export async function promRoutes(app: App, context: Context): Promise<void> {
  app.addHook('onRequest', guard(context));
  app.setErrorHandler(answerError(context.log));
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    (_request, body, done) => done(null, new URLSearchParams(body as string)),
  );
  const on = (methods: ('GET' | 'POST')[], url: string, handler: Handler): void => {
    app.route({
      method: methods,
      url,
      schema: { hide: true },
      handler: async (request, reply) => {
        const form = request.body instanceof URLSearchParams ? request.body : undefined;
        const search = request.url.includes('?') ? request.url.slice(request.url.indexOf('?') + 1) : '';
        const body = await handler(request, new Parameters(search, form));
        return await reply.type(JSON_TYPE).send(body);
      },
    });
    if (!methods.includes('POST')) refusePost(app, url);
  };
  queryRoutes(on, context);
  labelRoutes(on, context);
  aboutRoutes(on, context);
}

/** Grafana tries POST first and takes 405, but not 404, as the word to use GET. */
function refusePost(app: App, url: string): void {
  app.post(url, { schema: { hide: true } }, (_request, reply) =>
    reply.code(405).header('allow', 'GET').send({ status: 'error', errorType: 'bad_data', error: 'use GET' }),
  );
}

type On = (methods: ('GET' | 'POST')[], url: string, handler: Handler) => void;

function sourceFor(context: Context, request: FastifyRequest): SeriesSource {
  const { state, store, config, version, own } = context;
  const confined = confinement(request);
  const places = once(() => readPlaces(state, confined));
  const url = config.publicUrl || `${request.protocol}://${request.host}`;
  return joinedSource([
    storeSource({ store, places, silences: (hosts, window) => readSilences(state, hosts, window) }),
    derivedSource({
      state,
      confinement: confined,
      places,
      now: context.clock.now(),
      build: { version, url },
    }),
    // What the collector tells of itself speaks of all hospitals together.
    ...(own && confined === undefined ? [own] : []),
  ]);
}

/** Of one request: the answer of the first call. */
function once<T>(read: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined;
  return () => (answer ??= read());
}

function queryRoutes(on: On, context: Context): void {
  const engine = (request: FastifyRequest, parameters: Parameters): EngineOptions => {
    const wanted = parameters.duration('timeout', DEFAULT_LIMITS.timeoutMs);
    return {
      source: sourceFor(context, request),
      monotonic: () => context.clock.monotonic(),
      limits: { timeoutMs: Math.min(DEFAULT_LIMITS.timeoutMs, wanted) },
    };
  };
  on(['GET', 'POST'], '/query', async (request, parameters) => {
    const at = parameters.instant('time', context.clock.now());
    const answer = await queryInstant(engine(request, parameters), parameters.text('query'), at).catch(named);
    return success(renderInstant(answer));
  });
  on(['GET', 'POST'], '/query_range', async (request, parameters) => {
    const wish = parameters.range();
    return renderRange(await queryRange(engine(request, parameters), wish).catch(named));
  });
  on(['GET', 'POST'], '/query_exemplars', () => Promise.resolve(success('[]')));
}

/** As Prometheus says it of the parameter. */
function named(error: unknown): never {
  if (error instanceof PromFailure && error.type === 'bad_data') throw invalid('query', error.message);
  throw error;
}

function labelRoutes(on: On, context: Context): void {
  const found = async (request: FastifyRequest, parameters: Parameters, window: Window) => {
    const selectors = parameters.selectors();
    const source = sourceFor(context, request);
    const lists = await Promise.all(
      (selectors.length === 0 ? [[]] : selectors).map((matchers) => source.labels(matchers, window)),
    );
    return lists.flat();
  };
  const limited = (items: readonly unknown[], parameters: Parameters): string => {
    const limit = parameters.limit();
    const cut = limit !== undefined && items.length > limit;
    return success(
      JSON.stringify(cut ? items.slice(0, limit) : items),
      cut ? ['results truncated due to limit'] : [],
    );
  };
  on(['GET', 'POST'], '/series', async (request, parameters) => {
    if (parameters.all('match[]').length === 0)
      throw new PromFailure('bad_data', 'no match[] parameter provided');
    const labels = await found(request, parameters, parameters.window());
    const texts = new Set(labels.map((l) => JSON.stringify(toRecord(l))));
    return limited(
      [...texts].map((text) => JSON.parse(text) as unknown),
      parameters,
    );
  });
  on(['GET', 'POST'], '/labels', async (request, parameters) => {
    const labels = await found(request, parameters, parameters.window());
    const names = new Set(labels.flatMap((l) => l.filter((_, i) => i % 2 === 0)));
    return limited([...names].sort(compareText), parameters);
  });
  on(['GET'], '/label/:name/values', async (request, parameters) => {
    const name = readLabelName((request.params as { name: string }).name);
    const labels = await found(request, parameters, parameters.window());
    const values = new Set(labels.map((l) => toRecord(l)[name]).filter((v) => v !== undefined));
    return limited([...values].sort(compareText), parameters);
  });
}

/** New versions of Grafana write names outside ASCII as `U__…` with code points between underscores. */
function readLabelName(text: string): string {
  const name = text.startsWith('U__')
    ? text
        .slice(3)
        .replaceAll(/__|_([0-9a-fA-F]{1,6})_/g, (_all, code?: string) =>
          code === undefined ? '_' : String.fromCodePoint(Number.parseInt(code, 16)),
        )
    : text;
  if (text !== name || /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name)) return name;
  throw new PromFailure('bad_data', `invalid label name: "${text}"`);
}

function aboutRoutes(on: On, context: Context): void {
  on(['GET'], '/metadata', (_request, parameters) => {
    const wanted = parameters.text('metric');
    const names = Object.entries({ ...METRICS, ...DERIVED }).filter(
      ([name]) => wanted === '' || name === wanted,
    );
    const items = names
      .slice(0, parameters.limit())
      .map(([name, { kind, help, unit }]) => [name, [{ type: kind, help: `${help.zh} · ${help.en}`, unit }]]);
    return Promise.resolve(success(JSON.stringify(Object.fromEntries(items))));
  });
  on(['GET'], '/status/buildinfo', () => {
    const about = { version: COMPATIBLE_WITH, revision: `niswatch ${context.version}` };
    const rest = { branch: '', buildUser: '', buildDate: '', goVersion: '' };
    return Promise.resolve(success(JSON.stringify({ ...about, ...rest })));
  });
  on(['GET'], '/rules', async (request, parameters) => {
    const groups = parameters.all('rule_group[]');
    const isOther = groups.length > 0 && !groups.includes('niswatch');
    if (parameters.text('type') === 'record' || isOther) return success('{"groups":[]}');
    const wish = {
      names: parameters.all('rule_name[]'),
      withAlerts: parameters.text('exclude_alerts') !== 'true',
    };
    const found = await listRules(context.state, confinement(request), context.clock.now(), wish);
    return success(JSON.stringify(found));
  });
  on(['GET'], '/alerts', async (request) => {
    return success(JSON.stringify({ alerts: await listOpenAlerts(context.state, confinement(request)) }));
  });
}
