// Tables of Word: fixed widths, heads that repeat on every page, rows that do not break.

import type { TextRun } from 'docx';
import {
  BorderStyle,
  AlignmentType,
  LineRuleType,
  Paragraph,
  ShadingType,
  Table,
  TableCell,
  TableLayoutType,
  TableRow,
  WidthType,
} from 'docx';
import type { Column, Rich, Table as ListBlock } from '../document.ts';
import { BAND, FAINT, LINE, PAGE_WIDTH } from './look.ts';

export type Words = (text: Rich, look?: { size?: number; color?: string; bold?: boolean }) => TextRun[];

const NONE = { style: BorderStyle.NONE, size: 0, color: 'auto' };
const THIN = { style: BorderStyle.SINGLE, size: 4, color: LINE };
const LINES_ONLY = {
  top: THIN,
  bottom: THIN,
  left: NONE,
  right: NONE,
  insideHorizontal: THIN,
  insideVertical: NONE,
};
const MARGINS = { top: 50, bottom: 50, left: 70, right: 70 };

export function listTable(block: ListBlock, words: Words): (Paragraph | Table)[] {
  const caption = block.caption
    ? [
        new Paragraph({
          keepNext: true,
          spacing: { before: 160, after: 60 },
          children: words([{ text: block.caption, style: 'strong' }], { size: 18 }),
        }),
      ]
    : [];
  if (block.rows.length === 0)
    return block.empty ? [new Paragraph({ children: words(block.empty, { size: 18, color: FAINT }) })] : [];
  const widths = widthsOf(block.columns);
  const look = { size: block.small ? 15 : 18 };
  const cell = (children: TextRun[], i: number, head = false): TableCell =>
    new TableCell({
      width: { size: widths[i] ?? 0, type: WidthType.DXA },
      ...(head ? { shading: { type: ShadingType.CLEAR, fill: BAND, color: 'auto' } } : {}),
      children: [
        new Paragraph({
          children,
          spacing: { after: 0, line: 260, lineRule: LineRuleType.AUTO },
          alignment: block.columns[i]?.align === 'end' ? AlignmentType.RIGHT : AlignmentType.LEFT,
        }),
      ],
    });
  const head = block.columns.map((c, i) => cell(words([{ text: c.title, style: 'strong' }], look), i, true));
  return [
    ...caption,
    table(widths, [
      new TableRow({ tableHeader: true, cantSplit: true, children: head }),
      ...block.rows.map(
        (row) =>
          new TableRow({ cantSplit: true, children: row.map((text, i) => cell(words(text, look), i)) }),
      ),
    ]),
    new Paragraph({ children: [], spacing: { after: 60 } }),
  ];
}

export function fieldsTable(rows: readonly [string, Rich][], words: Words, sideBySide = false): Table {
  const shares = sideBySide ? [0.19, 0.31, 0.19, 0.31] : [0.26, 0.74];
  const widths = shares.map((share) => Math.round(PAGE_WIDTH * share));
  const cell = (text: Rich, i: number): TableCell =>
    new TableCell({
      width: { size: widths[i] ?? 0, type: WidthType.DXA },
      children: [
        new Paragraph({
          children: words(text, { size: 19, ...(i % 2 === 0 ? { color: FAINT } : {}) }),
          spacing: { after: 0, line: 270, lineRule: LineRuleType.AUTO },
        }),
      ],
    });
  const texts = rows.flat();
  while (texts.length % widths.length > 0) texts.push('');
  const lines = texts.flatMap((_, i) => (i % widths.length === 0 ? [texts.slice(i, i + widths.length)] : []));
  return table(
    widths,
    lines.map((line) => new TableRow({ cantSplit: true, children: line.map(cell) })),
  );
}

/** Boxes side by side. */
export function gridTable(cells: readonly Paragraph[][]): Table {
  const widths = cells.map(() => Math.floor(PAGE_WIDTH / cells.length));
  const box = { top: THIN, bottom: THIN, left: THIN, right: THIN };
  return new Table({
    width: { size: PAGE_WIDTH, type: WidthType.DXA },
    columnWidths: widths,
    layout: TableLayoutType.FIXED,
    margins: { top: 120, bottom: 120, left: 140, right: 140 },
    rows: [
      new TableRow({
        cantSplit: true,
        children: cells.map(
          (children, i) =>
            new TableCell({ width: { size: widths[i] ?? 0, type: WidthType.DXA }, borders: box, children }),
        ),
      }),
    ],
  });
}

function table(widths: readonly number[], rows: TableRow[]): Table {
  return new Table({
    width: { size: PAGE_WIDTH, type: WidthType.DXA },
    columnWidths: [...widths],
    layout: TableLayoutType.FIXED,
    borders: LINES_ONLY,
    margins: MARGINS,
    rows,
  });
}

function widthsOf(columns: readonly Column[]): number[] {
  const total = columns.reduce((sum, c) => sum + c.share, 0);
  return columns.map((c) => Math.floor((PAGE_WIDTH * c.share) / total));
}
