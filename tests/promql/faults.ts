// Planted faults of meaning: the evaluator with one line changed, loaded beside the right one. They prove that the comparison sees
// what it is there to see.

import { registerHooks } from 'node:module';
import type { labelsTest } from '../../collector/prom/matching.ts';
import type { Engine } from './differential.ts';

interface Fault {
  file: string;
  right: string;
  wrong: string;
}

/** name → what is changed. */
export const FAULTS: Readonly<Record<string, Fault>> = {
  'left-open windows': {
    file: 'evaluate/grid.ts',
    right: '(at[a] as number) < end - rangeMs',
    wrong: '(at[a] as number) <= end - rangeMs',
  },
  'left-open lookback': {
    file: 'evaluate/instant.ts',
    right: '(at[p] as number) < end - lookback',
    wrong: '(at[p] as number) <= end - lookback + 15_000',
  },
  'rate without extrapolation': {
    file: 'evaluate/rates.ts',
    right: 'const near = distance * NEAR;',
    wrong: 'const near = distance * NEAR; toStart = 0;',
  },
  'extrapolation over any distance': {
    file: 'evaluate/rates.ts',
    right: 'const NEAR = 1.1',
    wrong: 'const NEAR = 99',
  },
  'counters that go below zero': {
    file: 'evaluate/rates.ts',
    right: 'if (isCounter && change > 0 &&',
    wrong: 'if (isCounter && change < 0 &&',
  },
  'resets that are not seen': {
    file: 'evaluate/rates.ts',
    right: 'change += value[(falls[f] as number) - 1] as number;',
    wrong: 'change += 0;',
  },
  'irate as rate': {
    file: 'evaluate/rates.ts',
    right: 'value[b - 1] as number',
    wrong: 'value[w.first[i] as number] as number',
  },
  'stddev of a sample instead of the population': {
    file: 'evaluate/aggregate.ts',
    right: 'finish((values[i] as number) / (n[i] as number))',
    wrong: 'finish((values[i] as number) / ((n[i] as number) - 1))',
  },
  'quantiles without interpolation': {
    file: 'evaluate/quantile.ts',
    right: 'const weight = rank - Math.floor(rank);',
    wrong: 'const weight = 0;',
  },
  'absent without labels': {
    file: 'evaluate/evaluate.ts',
    right: 'wanted[name] = isFirst ? value :',
    wrong: 'wanted[name] = isFirst ? "" :',
  },
  'group_left that forgets its labels': {
    file: 'evaluate/binary.ts',
    right: 'for (const name of matching.include)',
    wrong: 'for (const name of [] as string[])',
  },
  'filters that keep the wrong side': {
    file: 'evaluate/binary.ts',
    right: "keeps: swap ? 'right' : 'left'",
    wrong: "keeps: 'left'",
  },
  'names that stay': {
    file: 'evaluate/evaluate.ts',
    right: "expr.name === 'last_over_time' ? s.labels : withoutName(s.labels)",
    wrong: "expr.name !== '' ? s.labels : withoutName(s.labels)",
  },
  'topk from the wrong end': {
    file: 'evaluate/aggregate.ts',
    right: "op === 'topk' ? smaller : greater",
    wrong: "op === 'topk' ? greater : smaller",
  },
  'subqueries that begin with the query': {
    file: 'evaluate/grid.ts',
    right: 'Math.ceil(from / step) * step',
    wrong: 'from',
  },
  'offset into the future': {
    file: 'evaluate/grid.ts',
    right: 'first: grid.start - shift.offsetMs',
    wrong: 'first: grid.start + shift.offsetMs',
  },
  'offset that binds to the whole operation': {
    file: 'language/parse.ts',
    right: "if (expr.kind === 'binary') return { ...expr, right: this.attach(expr.right, node)",
    wrong: "if (expr.kind === 'binary') return { ...expr, left: this.attach(expr.left, node)",
  },
  'unless as and': {
    file: 'evaluate/binary.ts',
    right: "expr.op === 'and' ? 1 : 0",
    wrong: "expr.op === 'and' ? 0 : 1",
  },
  'regular expressions that are not anchored': {
    file: 'language/pattern.ts',
    right: '`^(?:${source})$`',
    wrong: '`(?:${source})`',
  },
  'bool that filters': {
    file: 'evaluate/binary.ts',
    right: 'if (!holds && !expr.bool) continue;',
    wrong: 'if (!holds) continue;',
  },
};

const BASE = new URL('../../collector/prom/', import.meta.url).href;
const MARK = /[?&]fault=(\d+)/;
let hooked = false;

/** Modules of the evaluator that are asked for with a mark hand it on, and get their line changed. */
function hook(): void {
  if (hooked) return;
  hooked = true;
  registerHooks({
    resolve(specifier, context, next) {
      const found = next(specifier, context);
      const mark = MARK.exec(context.parentURL ?? '')?.[1];
      const isOurs = found.url.startsWith(BASE) && !MARK.test(found.url);
      return mark !== undefined && isOurs ? { ...found, url: `${found.url}?fault=${mark}` } : found;
    },
    load(url, context, next) {
      const loaded = next(url, context);
      const mark = MARK.exec(url)?.[1];
      const fault = mark === undefined ? undefined : Object.values(FAULTS)[Number(mark)];
      if (!fault || url.split('?')[0] !== `${BASE}${fault.file}`) return loaded;
      const source = String(loaded.source instanceof Uint8Array ? Buffer.from(loaded.source) : loaded.source);
      if (!source.includes(fault.right)) throw new Error(`${fault.file} has no line ${fault.right}`);
      return { ...loaded, source: source.replace(fault.right, fault.wrong) };
    },
  });
}

export async function faultyEngine(name: string): Promise<Engine & { labelsTest: typeof labelsTest }> {
  hook();
  const mark = Object.keys(FAULTS).indexOf(name);
  const query = (await import(`${BASE}query.ts?fault=${mark}`)) as Engine;
  const render = (await import(`${BASE}http/render.ts?fault=${mark}`)) as Engine;
  const matching = (await import(`${BASE}matching.ts?fault=${mark}`)) as { labelsTest: typeof labelsTest };
  return {
    labelsTest: matching.labelsTest,
    queryInstant: query.queryInstant,
    queryRange: query.queryRange,
    renderInstant: render.renderInstant,
    renderRange: render.renderRange,
  };
}
