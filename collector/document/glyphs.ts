// Looks for characters that the reports' fonts cannot show, before anything is set. Typst would leave them out without a word, and a
// report with holes is worse than none. Promise: each is named with the place where it stands.

import { NamedError } from '../../shared/errors.ts';
import type { Block, Cover, ReportDocument, Rich, Table } from './document.ts';
import { plainText } from './document.ts';

export interface MissingGlyph {
  character: string;
  /** `U+2713` */
  code: string;
  where: string;
}

/** Every text of the document with the place where it stands. */
export function textsOf(document: ReportDocument): [where: string, text: string][] {
  const fixed: [string, string][] = [
    ['title', document.title],
    ['footer', document.footer],
  ];
  let heading = '';
  const inBlocks = document.blocks.flatMap((block, i) => {
    if (block.block === 'heading') heading = block.text;
    const place = heading === '' ? `block ${i + 1} (${block.block})` : `“${heading}”, ${block.block}`;
    return textsOfBlock(block).map(([where, text]): [string, string] => [
      where === '' ? place : `${place}, ${where}`,
      plainText(text),
    ]);
  });
  return [...fixed, ...inBlocks];
}

function textsOfBlock(block: Block): [string, Rich][] {
  switch (block.block) {
    case 'heading':
    case 'paragraph':
      return [['', block.text]];
    case 'list':
      return block.items.map((item, i) => [`item ${i + 1}`, item]);
    case 'table':
      return tableTexts(block);
    case 'fields':
      return block.rows.flatMap(([label, value]): [string, Rich][] => [
        [label, label],
        [label, value],
      ]);
    case 'figure':
      return [
        ['caption', block.caption],
        ...block.picture.shapes.flatMap((s): [string, Rich][] =>
          s.shape === 'text' ? [['picture', s.text]] : [],
        ),
      ];
    case 'ratings':
      return block.tiles.flatMap((tile): [string, Rich][] =>
        [tile.word, tile.title, tile.note].map((text) => [tile.title, text]),
      );
    case 'signature':
      return block.parties.flatMap((p): [string, Rich][] => [p.title, ...p.lines].map((text) => ['', text]));
    case 'cover':
      return coverTexts(block);
    case 'contents':
      return [['', block.title]];
  }
}

function tableTexts(table: Table): [string, Rich][] {
  const heads = table.columns.map((c): [string, Rich] => ['head', c.title]);
  const cells = table.rows.flatMap((row, r) =>
    row.map((cell, c): [string, Rich] => [`row ${r + 1}, column ${table.columns[c]?.title ?? c + 1}`, cell]),
  );
  return [...heads, ['caption', table.caption ?? ''], ['', table.empty ?? ''], ...cells];
}

function coverTexts(cover: Cover): [string, Rich][] {
  const rows = cover.rows.flatMap(([label, value]): [string, Rich][] => [
    [label, label],
    [label, value],
  ]);
  return [
    ['over', cover.over],
    ['title', cover.title],
    ['verdict', cover.verdict],
    ['note', cover.note],
    ...rows,
  ];
}

/** What needs no glyph: line ends and the spaces that a typesetter makes itself. */
const WITHOUT_GLYPH = new Set([0x0a, 0x20, 0xa0]);

export function missingGlyphs(document: ReportDocument, drawable: ReadonlySet<number>): MissingGlyph[] {
  const missing = new Map<string, MissingGlyph>();
  for (const [where, text] of textsOf(document)) {
    for (const character of text) {
      const point = character.codePointAt(0) ?? 0;
      if (drawable.has(point) || WITHOUT_GLYPH.has(point) || missing.has(character)) continue;
      missing.set(character, { character, code: codeOf(point), where });
    }
  }
  return [...missing.values()];
}

/** Text of other people's machines: what cannot be shown stands as its number, so that a strange file name stops no report. */
export function legible<Value>(value: Value, drawable: ReadonlySet<number>): Value {
  if (typeof value === 'string') return legibleText(value, drawable) as Value;
  if (Array.isArray(value)) return value.map((each: unknown) => legible(each, drawable)) as Value;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, legible(each as unknown, drawable)]),
  ) as Value;
}

function legibleText(text: string, drawable: ReadonlySet<number>): string {
  let shown = '';
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0;
    shown += point === 0x20 || drawable.has(point) ? character : `<${codeOf(point)}>`;
  }
  return shown;
}

const codeOf = (point: number): string => `U+${point.toString(16).toUpperCase().padStart(4, '0')}`;

/** Throws NamedError REPORT_GLYPH_MISSING that names each character and where it stands first. */
export function requireGlyphs(document: ReportDocument, drawable: ReadonlySet<number>): void {
  const missing = missingGlyphs(document, drawable);
  if (missing.length === 0) return;
  const named = missing.slice(0, 10).map((m) => `${m.character} (${m.code}) in ${m.where}`);
  const more = missing.length > 10 ? ` and ${missing.length - 10} more` : '';
  throw new NamedError('REPORT_GLYPH_MISSING', `the report's font cannot show ${named.join('; ')}${more}`);
}
