// label_replace and label_join: labels change, values stay.

import { executionFailure } from '../failure.ts';
import { getLabel, type Labels, withLabel } from '../labels.ts';
import { compilePattern, type Pattern } from '../language/pattern.ts';
import { joinSame, type StepSeries } from './step-series.ts';

const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

export function labelReplace(series: readonly StepSeries[], texts: readonly string[]): StepSeries[] {
  const [target, template, source, regex] = texts as [string, string, string, string];
  const pattern = compile(regex);
  checkName(target, 'destination label name in label_replace()');
  return relabel(series, (labels) => {
    const value = pattern.expand(getLabel(labels, source), template);
    return value === undefined ? labels : withLabel(labels, target, value);
  });
}

export function labelJoin(series: readonly StepSeries[], texts: readonly string[]): StepSeries[] {
  const [target, separator, ...sources] = texts as [string, string, ...string[]];
  checkName(target, 'destination label name in label_join()');
  for (const source of sources) checkName(source, 'source label name in label_join()');
  return relabel(series, (labels) =>
    withLabel(labels, target, sources.map((source) => getLabel(labels, source)).join(separator)),
  );
}

function relabel(series: readonly StepSeries[], change: (labels: Labels) => Labels): StepSeries[] {
  return joinSame(series.map((s) => ({ labels: change(s.labels), values: s.values, has: s.has })));
}

function compile(regex: string): Pattern {
  try {
    return compilePattern(regex);
  } catch (cause) {
    throw executionFailure(`invalid regular expression in label_replace(): ${regex}: ${String(cause)}`);
  }
}

function checkName(name: string, what: string): void {
  if (!LABEL_NAME.test(name)) throw executionFailure(`invalid ${what}: ${name}`);
}
