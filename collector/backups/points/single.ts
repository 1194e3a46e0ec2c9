// What the runbooks of single dumps and archives have in common: one step over the files of one backup.

import type { Text } from '../../../shared/text.ts';
import { bytesOf, type Choice, type Step } from '../engine.ts';
import type { Part } from '../set.ts';

export function partChosen({ span }: Choice): Part {
  const [part] = span.base;
  if (!part) throw new Error('a point without its file');
  return part;
}

export function singleStep(part: Part, kind: Step['kind'], command: string, words: Text): Step {
  const bytes = bytesOf([part]);
  return {
    file: part.files[0]?.path ?? '',
    files: part.files,
    ...(bytes === undefined ? {} : { bytes }),
    kind,
    command,
    words,
    expect: { zh: '返回码 0', en: 'exit code 0' },
    stopIf: { zh: '出现任何错误就停下来', en: 'stop at any error' },
  };
}

export function spaceOf(part: Part): { spaceBytes?: number } {
  const bytes = part.facts.contentBytes ?? bytesOf([part]);
  return bytes === undefined ? {} : { spaceBytes: bytes };
}

export const ROWS: Text = {
  zh: '核对核心表的行数与各病区最新业务时间',
  en: 'count the rows of core tables and compare the newest business time of each ward',
};
