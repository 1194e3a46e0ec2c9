// Sizes and colours of the Word form; sizes are half points, widths twips (1/1440 inch).

import type { Tone } from '../document.ts';

export const FONT = {
  ascii: 'Microsoft YaHei',
  hAnsi: 'Microsoft YaHei',
  eastAsia: 'Microsoft YaHei',
  cs: 'Microsoft YaHei',
};
export const INK = '1C2733';
export const FAINT = '5F6B78';
export const LINE = 'C9D1D9';
export const BAND = 'F3F5F7';
export const MAIN = '24527A';
export const TONE_COLOUR: Readonly<Record<Tone, string>> = {
  good: '2E7D5B',
  attention: '8F5A0C',
  bad: 'B3261E',
  unknown: '5F6B78',
};

/** Between the margins of A4. */
export const PAGE_WIDTH = 11906 - 2 * 1134;
