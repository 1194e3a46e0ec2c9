// What every section of the report is made from.

import type { Rich, Tone } from '../../../document/document.ts';
import type { Format } from '../format.ts';
import type { InspectionInput } from '../input.ts';
import type { Finding, Judged } from '../judge.ts';
import type { Sources } from '../sources.ts';
import { listed } from '../sources.ts';
import type { Words } from '../words/words.ts';

export interface Context {
  input: InspectionInput;
  judged: Judged;
  words: Words;
  format: Format;
  sources: Sources;
}

export const mark = (tone: Tone, words: Words): Rich => [{ text: words.tone[tone], tone }];

/** `Q3`: how findings are called. */
export const nameOf = (finding: Pick<Finding, 'number'>): string => `Q${finding.number}`;

export function says(finding: Finding, { words, format }: Context): string {
  return words.rules[finding.rule].says(finding.values, format);
}

export function evidenceOf(finding: Finding, { sources, format }: Context): string {
  const marks = finding.evidence.map((each) => sources.mark(finding.host, finding.set, each));
  return listed([...new Set(marks)], format);
}

export function loss(last: number | undefined, { input, format, words }: Context): string {
  return last === undefined ? words.tone.unknown : format.duration(Math.max(0, input.madeAt - last));
}
