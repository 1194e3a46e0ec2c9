// What a file's verdict means for a report.

import type { Content } from '../../../shared/backup/facts.ts';
import type { Tone } from '../../document/document.ts';
import type { InspectedFile } from './input.ts';

const TONE_OF: Readonly<Record<Content, Tone>> = {
  VERIFIED: 'good',
  COMPLETE: 'good',
  UNCONFIRMED: 'unknown',
  INCOMPLETE: 'bad',
  CORRUPT: 'bad',
  EMPTY: 'bad',
  NO_DATA: 'bad',
  FOREIGN: 'bad',
};

/** Never judged is not known; it is neither good nor bad. */
export function toneOfFile(file: Pick<InspectedFile, 'content'>): Tone {
  return file.content === undefined ? 'unknown' : TONE_OF[file.content];
}

export const isDamaged = (file: InspectedFile): boolean => toneOfFile(file) === 'bad';

export const standing = (file: InspectedFile): boolean => toneOfFile(file) !== 'bad';

/** When the backup was finished: by the file itself, else by its time on disk. */
export function finishedAt(file: InspectedFile): number {
  const own = file.facts?.finishedAt ?? file.facts?.capturedAt;
  const at = own && /(?:Z|[+-]\d\d:\d\d)$/.test(own) ? Date.parse(own) : Number.NaN;
  return Number.isNaN(at) ? file.modifiedAt : at;
}
