// A report as a tree of blocks that knows nothing of PDF, Word or HTML. Promise: plain data (it crosses to the worker that renders
// it), no clock and no chance inside, so that the same tree gives the same bytes; colour never carries a meaning that a word does not.

import type { Language } from '../../shared/text.ts';
import type { Picture } from './picture/picture.ts';

/** The four states that a report can give: 正常, 注意, 异常, 无法确认. The last is its own, neither green nor red. */
export type Tone = 'good' | 'attention' | 'bad' | 'unknown';

export type DocumentFormat = 'pdf' | 'docx' | 'html';

export interface Run {
  /** A run of one line end breaks the line. */
  text: string;
  /** `path`: may be broken anywhere that a path has a joint. */
  style?: 'strong' | 'faint' | 'path';
  /** Printed as a coloured mark before the text. */
  tone?: Tone;
}

/** What a line of text is made of; a string is one plain run. */
export type Rich = string | readonly (string | Run)[];

export interface Heading {
  block: 'heading';
  level: 1 | 2 | 3;
  text: string;
  /** A new page begins before it. */
  onNewPage?: boolean;
}

export interface Paragraph {
  block: 'paragraph';
  text: Rich;
  look?: 'lead' | 'note';
}

export interface List {
  block: 'list';
  items: Rich[];
}

export interface Column {
  title: string;
  /** Share of the width; all shares of a table are added up. */
  share: number;
  align?: 'end';
}

export interface Table {
  block: 'table';
  columns: Column[];
  rows: Rich[][];
  caption?: string;
  /** For appendices. */
  small?: boolean;
  /** What stands there when there are no rows; without it such a table is left out. */
  empty?: string;
}

/** Names and values, without a head. */
export interface Fields {
  block: 'fields';
  rows: [label: string, value: Rich][];
  /** Two pairs in a row where there is room. */
  sideBySide?: boolean;
}

export interface Figure {
  block: 'figure';
  picture: Picture;
  caption: string;
  /** For people who do not see it: what it shows, in words and figures. */
  alt: string;
}

/** Large marks side by side. */
export interface Ratings {
  block: 'ratings';
  tiles: { tone: Tone; word: string; title: string; note: string }[];
}

export interface Signature {
  block: 'signature';
  parties: { title: string; lines: string[] }[];
}

export interface Cover {
  block: 'cover';
  over: string;
  title: string;
  tone: Tone;
  verdict: string;
  rows: [label: string, value: Rich][];
  note: string;
}

/** Where what is. Made from the headings of levels 1 and 2. */
export interface Contents {
  block: 'contents';
  title: string;
}

export type Block =
  Heading | Paragraph | List | Table | Fields | Figure | Ratings | Signature | Cover | Contents;

export interface ReportDocument {
  language: Language;
  title: string;
  author: string;
  subject: string;
  /** Stands in the foot of every page, with the page's number. */
  footer: string;
  /** UTC ms: what every format's own metadata say. */
  madeAt: number;
  blocks: Block[];
}

export function runsOf(text: Rich): Run[] {
  if (typeof text === 'string') return text === '' ? [] : [{ text }];
  return text.map((run) => (typeof run === 'string' ? { text: run } : run));
}

export function plainText(text: Rich): string {
  return runsOf(text)
    .map((run) => run.text)
    .join('');
}
