// How an error becomes an answer: always `{error: {code, message, mend}}`, with a code of the catalogue. Promise: nothing of
// an unforeseen error but its request number leaves the process; the log has the rest.

import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { ERRORS, type ErrorCode, NamedError } from '../../shared/errors.ts';
import type { Log } from '../services.ts';

const STATUS: Partial<Record<ErrorCode, number>> = {
  NOT_FOUND: 404,
  BAD_REQUEST: 400,
  UNAUTHENTICATED: 401,
  LOGIN_FAILED: 401,
  LINK_INVALID: 410,
  PASSWORD_WEAK: 422,
  FORBIDDEN: 403,
  CSRF: 403,
  CONFLICT: 409,
  TOO_LARGE: 413,
  FRAME_TOO_LARGE: 413,
  RATE_LIMITED: 429,
  STORE_UNAVAILABLE: 503,
  STATE_UNAVAILABLE: 503,
  STORE_FULL: 503,
  CODE_UNKNOWN: 404,
  CODE_USED: 410,
  CODE_EXPIRED: 410,
  FRAME_MALFORMED: 400,
};

export interface Failure {
  error: { code: ErrorCode; message: string; mend: string };
}

export function failure(code: ErrorCode, message: string, mend: string = ERRORS[code].mend): Failure {
  return { error: { code, message, mend } };
}

export function answerFailure(log: Log) {
  return (error: FastifyError | NamedError | Error, request: FastifyRequest, reply: FastifyReply): void => {
    const named = nameError(error);
    if (named) {
      const status = STATUS[named.code] ?? 500;
      if (status === 429) reply.header('retry-after', '10');
      if (status >= 500) log.error({ err: error, request: request.id }, 'a request failed');
      void reply.code(status).send(failure(named.code, named.message, named.mend));
      return;
    }
    log.error(
      { err: error, request: request.id, url: request.routeOptions.url },
      'a request failed unforeseen',
    );
    void reply.code(500).send(failure('INTERNAL', `unforeseen fault in request ${request.id}`));
  };
}

/** What is known about an error of ours, of fastify or of the database; undefined: unforeseen. */
function nameError(error: FastifyError | NamedError | Error): NamedError | undefined {
  if (error instanceof NamedError) return error;
  const { code, statusCode, validation } = error as Partial<FastifyError>;
  if (validation) return new NamedError('BAD_REQUEST', error.message);
  if (code === 'ERR_SQLITE_ERROR')
    return new NamedError('STATE_UNAVAILABLE', 'the state database failed', { cause: error });
  if (code === 'FST_ERR_HANDLER_TIMEOUT')
    return new NamedError('STORE_UNAVAILABLE', 'the answer took too long', {
      mend: 'Ask for a shorter time or fewer series.',
    });
  if (statusCode === 413) return new NamedError('TOO_LARGE', 'the body is too large');
  if (statusCode !== undefined && statusCode < 500) return new NamedError('BAD_REQUEST', error.message);
  return undefined;
}
