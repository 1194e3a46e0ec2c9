// PromQL drawn from its grammar, types right by construction. Each part says whether its values are exact: what jumps (comparisons,
// floor, topk, …) is only put on exact values, since two right programs may round a long calculation differently.

import type { Random } from '../sim/random.ts';
import { END, METRICS, START } from './dataset.ts';

interface Part {
  text: string;
  exact: boolean;
}

const exact = (text: string): Part => ({ text, exact: true });
const rounded = (text: string): Part => ({ text, exact: false });

const LABELS = ['hospital', 'host', 'path', 'interface', 'name', 'code', 'kind', 'le', 'os', 'version'];
const RANGES = ['1m', '90s', '5m', '7m', '15m', '1h', '2h30m', '30s'];
const OFFSETS = ['1m', '5m', '-3m', '37s', '1h', '2h', '-90s'];
const NUMBERS = [
  '0',
  '0.5',
  '1',
  '2',
  '3',
  '10',
  '50',
  '100',
  '-1',
  '0.125',
  '1e3',
  '0x10',
  'Inf',
  'NaN',
  '-Inf',
  '.5',
];
const PLAIN = ['0', '1', '2', '3', '10', '50', '0.5'];

const ON_GAUGES = [
  'delta',
  'idelta',
  'deriv',
  'changes',
  'resets',
  'avg_over_time',
  'min_over_time',
  'max_over_time',
].concat([
  'sum_over_time',
  'count_over_time',
  'last_over_time',
  'present_over_time',
  'stddev_over_time',
  'stdvar_over_time',
]);
const ON_COUNTERS = [
  'rate',
  'rate',
  'increase',
  'increase',
  'irate',
  'irate',
  'resets',
  'changes',
  'delta',
  'count_over_time',
];
/** Exact on exact samples. */
const EXACT_OVER = new Set(
  [
    'idelta',
    'changes',
    'resets',
    'min_over_time',
    'max_over_time',
    'sum_over_time',
    'count_over_time',
  ].concat(['last_over_time', 'present_over_time']),
);
const CONTINUOUS = [
  'abs',
  'sqrt',
  'ln',
  'log2',
  'log10',
  'sin',
  'cos',
  'tan',
  'atan',
  'tanh',
  'asinh',
  'deg',
  'rad',
];
const JUMPING = ['ceil', 'floor', 'sgn', 'acos', 'acosh', 'asin', 'atanh'];
const CALENDAR = [
  'minute',
  'hour',
  'day_of_week',
  'day_of_month',
  'day_of_year',
  'days_in_month',
  'month',
  'year',
];
const ARITHMETIC = ['+', '-', '*', '/', '%', '^', 'atan2'];
const SAFE_ARITHMETIC = ['+', '-', '*'];
const COMPARISON = ['==', '!=', '<', '>', '<=', '>='];

export class Generator {
  private readonly r: Random;

  constructor(random: Random) {
    this.r = random;
  }

  query(): string {
    if (this.r.chance(0.04)) return this.scalar(2).text;
    return this.vector(this.r.pick([1, 2, 2, 3, 3, 4])).text;
  }

  private one(...makers: (() => Part)[]): Part {
    return this.r.pick(makers)();
  }

  vector(depth: number): Part {
    if (depth <= 0) return this.selector();
    const { r } = this;
    const roll = r();
    if (roll < 0.1) return this.selector();
    if (roll < 0.33) return this.overRange(depth);
    if (roll < 0.55) return this.aggregation(depth);
    if (roll < 0.68) return this.withScalar(depth);
    if (roll < 0.82) return this.matched(depth);
    if (roll < 0.87) return this.setOperation(depth);
    return this.function(depth);
  }

  private metric(): { name: string; isCounter: boolean } {
    const { r } = this;
    const roll = r();
    if (roll < 0.5) return { name: r.pick(METRICS.gauges), isCounter: false };
    if (roll < 0.8) return { name: r.pick(METRICS.counters), isCounter: true };
    if (roll < 0.87) return { name: r.pick(METRICS.flags), isCounter: false };
    if (roll < 0.93) return { name: r.pick(METRICS.odd), isCounter: false };
    return roll < 0.97
      ? { name: 'latency_bucket', isCounter: true }
      : { name: 'host_info', isCounter: false };
  }

  private matchers(): string {
    const { r } = this;
    const all: string[] = [];
    if (r.chance(0.25))
      all.push(
        `hospital${r.pick(['="St. Mary"', '!="St. Mary"', '=~"市.*|青山.*"', '!~"St\\\\. M.+"', '=~".*"'])}`,
      );
    if (r.chance(0.2))
      all.push(
        `host${r.pick(['=~"nis-(main|db)"', '="nis-main"', '!="nis-db"', '=~"[a-n]+-.*"', '=~"(?i:NIS).*"', '!~""'])}`,
      );
    if (r.chance(0.08))
      all.push(
        r.pick([
          'interface="eth0"',
          'path!~"/.*"',
          'code=~"4..|500"',
          'absent=""',
          'nothing="x"',
          "path='D:\\\\'",
        ]),
      );
    return all.length === 0 ? '' : `{${all.join(r.pick([',', ', ']))}${r.chance(0.1) ? ',' : ''}}`;
  }

  private shift(): string {
    const { r } = this;
    const offset = r.chance(0.12) ? ` offset ${r.pick(OFFSETS)}` : '';
    if (!r.chance(0.07)) return offset;
    const instant = r.pick([`${START / 1000 + 5000.5}`, `${END / 1000 - 600}`, 'start()', 'end()']);
    return r.chance(0.5) ? ` @ ${instant}${offset}` : `${offset} @ ${instant}`;
  }

  selector(): Part {
    return exact(`${this.metric().name}${this.matchers()}${this.shift()}`);
  }

  private overRange(depth: number): Part {
    const { r } = this;
    const { name, isCounter } = this.metric();
    if (depth > 1 && r.chance(0.22)) return this.overSubquery(depth);
    const range = `${name}${this.matchers()}[${r.pick(RANGES)}]${this.shift()}`;
    return this.fold(range, true, isCounter);
  }

  private fold(range: string, isExact: boolean, isCounter: boolean): Part {
    const { r } = this;
    const roll = r();
    if (roll < 0.05)
      return rounded(
        `quantile_over_time(${r.pick(['0', '0.5', '0.9', '0.99', '1', '1.5', '-1'])}, ${range})`,
      );
    // Not with `@`: 2.42 lets the window of predict_linear wander after the first step, against its own documentation.
    if (roll < 0.1 && !isCounter && !range.includes('@'))
      return rounded(`predict_linear(${range}, ${r.pick(['60', '3600', '-600', '0'])})`);
    if (roll < 0.14 && !isCounter)
      return rounded(`holt_winters(${range}, ${r.pick(['0.1', '0.5', '0.9'])}, ${r.pick(['0.1', '0.5'])})`);
    if (roll < 0.17) return exact(`absent_over_time(${range})`);
    const names = (isCounter && r.chance(0.85) ? ON_COUNTERS : ON_GAUGES).filter(
      (n) => isExact || !['changes', 'resets'].includes(n),
    );
    const name = r.pick(names);
    return { text: `${name}(${range})`, exact: isExact && EXACT_OVER.has(name) };
  }

  private overSubquery(depth: number): Part {
    const { r } = this;
    const inner = this.vector(Math.min(2, depth - 1));
    const step = r.pick(['30s', '1m', '', '45s', '5m', '2m']);
    const shift = r.chance(0.2) ? this.shift() : '';
    const text = `${grouped(inner.text)}[${r.pick(['5m', '10m', '30m', '1h'])}:${step}]${shift}`;
    return this.fold(text, inner.exact, false);
  }

  private grouping(): string {
    const { r } = this;
    if (r.chance(0.2)) return '';
    const labels = r.chance(0.1) ? [] : LABELS.slice(0, 6).filter(() => r.chance(0.35));
    return `${r.pick(['by', 'by', 'without'])} (${labels.join(', ')})`;
  }

  private aggregation(depth: number): Part {
    const { r } = this;
    const inner = this.vector(depth - 1);
    const grouping = this.grouping();
    const make = (op: string, isExact: boolean, param = ''): Part => {
      const body = `(${param}${inner.text})`;
      const text = grouping && r.chance(0.3) ? `${op}${body} ${grouping}` : `${op} ${grouping} ${body}`;
      return { text: text.replace(/ {2,}/, ' '), exact: isExact && inner.exact };
    };
    const roll = r();
    if (roll < 0.12) return this.best(grouping);
    if (roll < 0.2) return make('quantile', false, `${r.pick(['0', '0.25', '0.5', '0.95', '1', '2'])}, `);
    // Names that sort last: 2.42 mixes up groups when the new label sorts before one of `by`.
    if (roll < 0.27 && inner.exact) return make('count_values', true, `"${r.pick(['value', 'v'])}", `);
    if (roll < 0.37) return make(r.pick(['stddev', 'stdvar', 'avg', 'avg']), false);
    return make(r.pick(['sum', 'sum', 'sum', 'min', 'max', 'count', 'group']), true);
  }

  /** Only over values of which no two are equal: which of equal ones is kept depends on the order in which they were met. */
  private best(grouping: string): Part {
    const { r } = this;
    const counted = `net_bytes_recv${this.matchers()}`;
    const part = r.pick([
      exact(`${counted}${this.shift()}`),
      exact(`sum by (hospital, host) (${counted})`),
      exact(`max_over_time(${counted}[10m])`),
      rounded(`rate(${counted}[${r.pick(['5m', '10m', '1h'])}])`),
      rounded(`avg_over_time(mem_used_percent${this.matchers()}[47m])`),
      exact(`-${counted}`),
    ]);
    const op = r.pick(['topk', 'bottomk']);
    return {
      text: `${op} ${grouping} (${r.pick(['1', '2', '3', '5', '0'])}, ${part.text})`.replace(/ {2,}/, ' '),
      exact: part.exact,
    };
  }

  scalar(depth: number): Part {
    const { r } = this;
    if (depth <= 0) return exact(r.pick(NUMBERS));
    return this.one(
      () => exact(r.pick(NUMBERS)),
      () => exact(r.pick(['time()', 'pi()', '-time()', '-2 ^ 2', '1 + 2 * 3 ^ 2 ^ 0.5', '(1 - -1)'])),
      () => {
        const of = this.vector(depth - 1);
        return { text: `scalar(${of.text})`, exact: of.exact };
      },
      () => {
        const [a, b] = [this.scalar(depth - 1), this.scalar(depth - 1)];
        const op = r.pick(a.exact && b.exact ? ARITHMETIC : SAFE_ARITHMETIC);
        return {
          text: `${grouped(a.text)} ${op} ${grouped(b.text)}`,
          exact: a.exact && b.exact && '+-*'.includes(op),
        };
      },
      () => {
        const [a, b] = [exact(r.pick(NUMBERS)), exact(r.pick(NUMBERS))];
        return exact(`(${a.text} ${r.pick(COMPARISON)} bool ${b.text})`);
      },
    );
  }

  private withScalar(depth: number): Part {
    const { r } = this;
    const vector = this.vector(depth - 1);
    const scalar = r.chance(0.8) ? exact(r.pick(NUMBERS)) : this.scalar(1);
    const isExact = vector.exact && scalar.exact;
    const compares = isExact && r.chance(0.45);
    const op = compares
      ? `${r.pick(COMPARISON)}${r.chance(0.3) ? ' bool' : ''}`
      : r.pick(isExact ? ARITHMETIC : scalar.text === '0' ? SAFE_ARITHMETIC : [...SAFE_ARITHMETIC, '/']);
    const swap = r.chance(0.3) && (isExact || op !== '/');
    const [left, right] = swap ? [scalar, vector] : [vector, scalar];
    return {
      text: `${grouped(left.text)} ${op} ${grouped(right.text)}`,
      exact: isExact && (compares || '+-*'.includes(op)),
    };
  }

  /** Two vectors that meet. */
  private matched(depth: number): Part {
    const { r } = this;
    const op = (isExact: boolean): string =>
      isExact && r.chance(0.4)
        ? `${r.pick(COMPARISON)}${r.chance(0.35) ? ' bool' : ''}`
        : r.pick(isExact ? ARITHMETIC : SAFE_ARITHMETIC);
    const isKept = (o: string): boolean => !/[/%^]|atan2/.test(o);
    return this.one(
      () => {
        const by = r.pick(['(hospital)', '(hospital, host)', '(host)']);
        const sides = [0, 1].map(() => this.vector(depth - 1)) as [Part, Part];
        const isExact = sides[0].exact && sides[1].exact;
        const o = op(isExact);
        const [a, b] = sides.map((s) => `${r.pick(['sum', 'max', 'min', 'count'])} by ${by} (${s.text})`);
        return { text: `${a} ${o} ${r.chance(0.3) ? `on ${by} ` : ''}${b}`, exact: isExact && isKept(o) };
      },
      () => {
        const o = op(true);
        const many = `${r.pick([...METRICS.gauges, ...METRICS.counters, ...METRICS.flags])}${this.matchers()}${this.shift()}`;
        const one = `host_info${this.matchers()}`;
        const include = r.pick(['', '', '(os)', '(os, version)', '(version, nothing)', '()']);
        const on = r.pick(['on (hospital, host)', 'on (host)', 'on(host, hospital)']);
        return r.chance(0.6)
          ? { text: `${many} ${o} ${on} group_left${include} ${one}`, exact: isKept(o) }
          : { text: `${one} ${o} ${on} group_right${include} ${many}`, exact: isKept(o) };
      },
      () => {
        const o = `${r.pick(COMPARISON)}${r.chance(0.3) ? ' bool' : ''}`;
        const sides = [
          'max by (host) (mem_used_percent)',
          `on (host) group_right () ${r.pick(METRICS.gauges)}`,
        ];
        return exact(`${sides[0]} ${o} ${sides[1]}`);
      },
      () => {
        const o = op(true);
        return {
          text: `net_bytes_recv{interface="eth0"} ${o} ignoring (interface) net_bytes_recv{interface="eth1"}`,
          exact: isKept(o),
        };
      },
      () => {
        const o = op(true);
        const [a, b] = [0, 1].map(() =>
          r.pick(['cpu_usage_active', 'mem_used_percent', 'temperature', 'seldom', 'odd_values']),
        );
        return { text: `${a}${this.shift()} ${o} ${b}${this.matchers()}`, exact: isKept(o) };
      },
      () => {
        // Each host's disks against the fullest of them, and whatever else: also what cannot be matched.
        const o = op(true);
        const m = r.pick([...METRICS.gauges, ...METRICS.counters]);
        return {
          text: `${m} ${o} on (${r.pick(['host', 'hospital', 'host, hospital'])}) ${r.pick(['group_left', 'group_left', ''])} max by (host, hospital) (${m})`,
          exact: isKept(o),
        };
      },
    );
  }

  private setOperation(depth: number): Part {
    const { r } = this;
    const [a, b] = [this.vector(depth - 1), this.vector(depth - 1)];
    const by = r.pick(['', '', 'on (host)', 'on (hospital, host)', 'ignoring (interface, path)', 'on ()']);
    const text = `${grouped(a.text)} ${r.pick(['and', 'or', 'unless'])} ${by} ${grouped(b.text)}`;
    return { text: text.replace(/ {2,}/, ' '), exact: a.exact && b.exact };
  }

  private function(depth: number): Part {
    const { r } = this;
    const inner = this.vector(depth - 1);
    const of = (name: string, ...more: string[]): string => `${name}(${[inner.text, ...more].join(', ')})`;
    const number = (): string => r.pick(PLAIN);
    return this.one(
      () => rounded(of(r.pick(CONTINUOUS))),
      // Short of where one program already says infinity and the other not yet.
      () => rounded(`${r.pick(['exp', 'sinh', 'cosh'])}(clamp(${inner.text}, -700, 700))`),
      () => (inner.exact ? { text: of(r.pick(JUMPING.slice(0, 3))), exact: true } : rounded(of('abs'))),
      () => (inner.exact ? rounded(of(r.pick(JUMPING))) : rounded(of('atan'))),
      () =>
        inner.exact
          ? exact(of('round', ...(r.chance(0.6) ? [r.pick(['0.5', '5', '10', '0.25'])] : [])))
          : rounded(of('tanh')),
      () => ({ text: of('clamp', number(), r.pick(['50', '100', '1', 'Inf'])), exact: inner.exact }),
      () => ({ text: of(r.pick(['clamp_min', 'clamp_max']), number()), exact: inner.exact }),
      () => exact(of('absent')),
      () =>
        exact(
          `absent(${this.metric().name}{nothing="x", host${r.pick(['=~', '!=', '='])}"y", other="z"}${this.shift()})`,
        ),
      () => ({ text: of(r.pick(['sort', 'sort_desc'])), exact: inner.exact }),
      () => ({ text: `-${grouped(inner.text)}`, exact: inner.exact }),
      () => {
        const [target, template, source, regex] = r.pick([
          ['short', '$1', 'host', 'nis-(.*)'],
          ['host', '${1}x', 'host', '(.*)'],
          ['copy', '$2-$1', 'hospital', '(.)(.*)'],
          ['gone', '', 'host', '.*'],
          ['host', '$named', 'host', '(?P<named>[a-z]+).*'],
          ['same', 'fixed $$', 'nothing', ''],
        ] as const);
        return {
          text: of('label_replace', ...[target, template, source, regex].map((x) => JSON.stringify(x))),
          exact: inner.exact,
        };
      },
      () => ({ text: of('label_join', '"joined"', '"/"', '"hospital"', '"host"'), exact: inner.exact }),
      // Less the first one: the squares of large numbers lose what is to be compared.
      () => exact(`(timestamp(${this.metric().name}${this.matchers()}) - ${START / 1000})`),
      () => exact(`(${of('timestamp')} - ${START / 1000})`),
      () =>
        exact(
          `${r.pick(CALENDAR)}(${r.pick(['', 'vector(time())', 'timestamp(cpu_usage_active) * 25', 'cpu_usage_active * 1e6'])})`,
        ),
      () => {
        const s = this.scalar(1);
        return { text: `vector(${s.text})`, exact: s.exact };
      },
      () =>
        rounded(
          `histogram_quantile(${r.pick(['0.5', '0.9', '0.99', '0', '1', '2', '-1'])}, ${r.pick([
            'latency_bucket',
            'rate(latency_bucket[5m])',
            'sum by (le) (rate(latency_bucket[10m]))',
            'sum by (le, hospital) (increase(latency_bucket[15m]))',
            'latency_bucket{le!="+Inf"}',
            'latency_bucket{le=~"0.5|.Inf"}',
          ])})`,
        ),
    );
  }
}

/** In parentheses unless it is one word, a call or a selector. */
function grouped(text: string): string {
  return /^[\w:.]+(\{[^{}()]*\})?$/.test(text) ? text : `(${text})`;
}
