// Errors in Prometheus' form: `{"status":"error","errorType":…,"error":…}` with its status codes. Promise: nothing of an
// unforeseen error but its request number leaves the process.

import type { FastifyReply, FastifyRequest } from 'fastify';
import { type ErrorCode, NamedError } from '../../../shared/errors.ts';
import type { Log } from '../../services.ts';
import { type FailureType, PromFailure } from '../failure.ts';

const STATUS: Record<FailureType, number> = {
  bad_data: 400,
  execution: 422,
  timeout: 503,
  canceled: 503,
  internal: 500,
  unavailable: 503,
  not_found: 404,
};

const NAMED: Partial<Record<ErrorCode, { status: number; type: string }>> = {
  UNAUTHENTICATED: { status: 401, type: 'unauthorized' },
  FORBIDDEN: { status: 403, type: 'forbidden' },
  CSRF: { status: 403, type: 'forbidden' },
  BAD_REQUEST: { status: 400, type: 'bad_data' },
  NOT_FOUND: { status: 404, type: 'not_found' },
  STORE_UNAVAILABLE: { status: 503, type: 'unavailable' },
};

export function answerError(log: Log) {
  return (error: Error & { statusCode?: number }, request: FastifyRequest, reply: FastifyReply): void => {
    const send = (status: number, errorType: string, message: string): void =>
      void reply.code(status).send({ status: 'error', errorType, error: message });
    if (error instanceof PromFailure) return send(STATUS[error.type], error.type, error.message);
    const named = error instanceof NamedError ? NAMED[error.code] : undefined;
    if (named) return send(named.status, named.type, error.message);
    const { statusCode } = error;
    if (statusCode !== undefined && statusCode < 500) return send(statusCode, 'bad_data', error.message);
    log.error({ err: error, request: request.id }, 'a query failed unforeseen');
    send(500, 'internal', `unforeseen fault in request ${request.id}`);
  };
}
