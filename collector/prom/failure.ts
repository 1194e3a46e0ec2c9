// Errors in Prometheus' words. Promise: clients branch on `type`, which is one of Prometheus' own; the message is for a person
// and says where in the query it is.

export type FailureType =
  'bad_data' | 'execution' | 'timeout' | 'canceled' | 'internal' | 'unavailable' | 'not_found';

export class PromFailure extends Error {
  readonly type: FailureType;
  constructor(type: FailureType, message: string, options: { cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'PromFailure';
    this.type = type;
  }
}

/** The query cannot be understood; `from` is where, counted in UTF-16 units. */
export function parseFailure(query: string, from: number, what: string): PromFailure {
  const before = query.slice(0, from).split('\n');
  const place = `${before.length}:${(before.at(-1) ?? '').length + 1}`;
  return new PromFailure('bad_data', `${place}: parse error: ${what}`);
}

/** The query is understood but has no answer on this data. */
export function executionFailure(what: string): PromFailure {
  return new PromFailure('execution', what);
}
