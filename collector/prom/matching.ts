// Matchers against label sets.

import { getLabel, type Labels } from './labels.ts';
import type { Matcher } from './language/ast.ts';
import { compilePattern } from './language/pattern.ts';

/** A test for one value. A label that is not there has the empty value. */
export function valueTest({ type, value }: Matcher): (found: string) => boolean {
  if (type === '=') return (found) => found === value;
  if (type === '!=') return (found) => found !== value;
  const pattern = compilePattern(value);
  const answers = new Map<string, boolean>();
  return (found) => {
    let answer = answers.get(found);
    if (answer === undefined) answers.set(found, (answer = pattern.matches(found) === (type === '=~')));
    return answer;
  };
}

export function labelsTest(matchers: readonly Matcher[]): (labels: Labels) => boolean {
  const tests = matchers.map((matcher) => ({ name: matcher.name, test: valueTest(matcher) }));
  return (labels) => tests.every(({ name, test }) => test(getLabel(labels, name)));
}
