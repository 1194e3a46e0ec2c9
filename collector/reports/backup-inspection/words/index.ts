// The languages of the report.

import type { Language } from '../../../../shared/text.ts';
import { EN } from './en.ts';
import type { Words } from './words.ts';
import { ZH } from './zh.ts';

export const WORDS: Readonly<Record<Language, Words>> = { zh: ZH, en: EN };
