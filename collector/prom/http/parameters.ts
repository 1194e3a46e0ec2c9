// The parameters of a request, from the address or a form, as Prometheus reads them. Promise: what cannot be read is refused with
// the parameter's name.

import { PromFailure } from '../failure.ts';
import type { Matcher } from '../language/ast.ts';
import { check } from '../language/check.ts';
import { readDuration } from '../language/literals.ts';
import { parse } from '../language/parse.ts';
import type { RangeRequest } from '../query.ts';
import type { Window } from '../source.ts';

const MOST_POINTS = 11_000;
/** Years 1 to 9999. */
const EARLIEST = -62_135_596_800_000;
const LATEST = 253_402_300_799_999;

export class Parameters {
  private readonly values: URLSearchParams;

  constructor(query: string, form: URLSearchParams | undefined) {
    this.values = new URLSearchParams(query);
    for (const [name, value] of form ?? []) this.values.append(name, value);
  }

  text(name: string): string {
    return this.values.get(name) ?? '';
  }

  all(name: string): string[] {
    return this.values.getAll(name);
  }

  /** UTC ms of Unix seconds or RFC 3339. */
  instant(name: string, otherwise: number): number {
    const text = this.text(name);
    if (text === '') return otherwise;
    const seconds = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : NaN;
    const isDate = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i.test(text);
    const at = isDate ? Date.parse(text) : Math.round(seconds * 1000);
    if (!(at >= EARLIEST && at <= LATEST)) throw invalid(name, `cannot parse "${text}" to a valid timestamp`);
    return at;
  }

  duration(name: string, otherwise?: number): number {
    const text = this.text(name);
    if (text === '' && otherwise !== undefined) return otherwise;
    const seconds = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : NaN;
    const ms = Number.isNaN(seconds) ? readDuration(text) : Math.round(seconds * 1000);
    if (ms === undefined || !Number.isSafeInteger(ms))
      throw invalid(name, `cannot parse "${text}" to a valid duration`);
    return ms;
  }

  window(): Window {
    const window = { from: this.instant('start', EARLIEST), to: this.instant('end', LATEST) };
    if (window.to < window.from) throw invalid('end', 'end timestamp must not be before start time');
    return window;
  }

  range(): RangeRequest {
    const start = this.instant('start', NaN);
    const end = this.instant('end', NaN);
    if (Number.isNaN(start)) throw invalid('start', 'cannot parse "" to a valid timestamp');
    if (Number.isNaN(end)) throw invalid('end', 'cannot parse "" to a valid timestamp');
    if (end < start) throw invalid('end', 'end timestamp must not be before start time');
    const step = this.duration('step');
    if (step <= 0)
      throw invalid(
        'step',
        'zero or negative query resolution step widths are not accepted. Try a positive integer',
      );
    if ((end - start) / step > MOST_POINTS)
      throw new PromFailure(
        'bad_data',
        'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)',
      );
    return { query: this.text('query'), start, end, step };
  }

  /** undefined: all. */
  limit(): number | undefined {
    const text = this.text('limit');
    if (text === '' || text === '0') return undefined;
    if (!/^\d{1,9}$/.test(text)) throw invalid('limit', 'limit must be non-negative');
    return Number(text);
  }

  /** The selectors `match[]`, each alone. */
  selectors(): Matcher[][] {
    return this.all('match[]').map((text) => {
      const expr = parse(text);
      if (
        expr.kind !== 'selector' ||
        expr.rangeMs !== undefined ||
        expr.offsetMs !== 0 ||
        expr.at !== undefined
      )
        throw invalid('match[]', `${text} is no series selector`);
      check(text, expr);
      return expr.matchers;
    });
  }
}

export function invalid(name: string, what: string): PromFailure {
  return new PromFailure('bad_data', `invalid parameter "${name}": ${what}`);
}
