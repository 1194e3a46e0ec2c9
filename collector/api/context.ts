// What every route gets.

import type { FastifyBaseLogger, FastifyInstance, FastifyTypeProvider, RawServerDefault } from 'fastify';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Static, TSchema } from 'typebox';
import type { Clock } from '../../shared/clock.ts';
import type { Access } from '../access/access.ts';
import type { Metrics } from '../metrics.ts';
import type { SeriesSource } from '../prom/source.ts';
import type { Log } from '../services.ts';
import type { State } from '../state/state.ts';
import type { Store } from '../store/store.ts';
import type { HttpConfig } from './config.ts';
import type { PageFiles, Services } from './services.ts';

export interface Context {
  config: HttpConfig;
  state: State;
  store: Store;
  services: Services;
  access: Access;
  metrics: Metrics;
  /** The last day of them, for /prom. */
  own?: SeriesSource;
  clock: Clock;
  log: Log;
  page: PageFiles;
  version: string;
}

/** One TypeBox declaration gives the type, the check and the OpenAPI text. */
export interface TypeBoxProvider extends FastifyTypeProvider {
  validator: this['schema'] extends TSchema ? Static<this['schema']> : unknown;
  serializer: this['schema'] extends TSchema ? Static<this['schema']> : unknown;
}

export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxProvider
>;
