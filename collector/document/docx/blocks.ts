// One block of a report as paragraphs and tables of Word.

import {
  BookmarkEnd,
  BookmarkStart,
  HeadingLevel,
  ImageRun,
  InternalHyperlink,
  PageBreak,
  Paragraph,
  type ParagraphChild,
  type Table,
  TextRun,
} from 'docx';
import {
  type Block,
  type Contents,
  type Cover,
  type Figure,
  type Heading,
  type ReportDocument,
  type Rich,
  runsOf,
} from '../document.ts';
import { MARK } from '../marks.ts';
import { renderPng } from '../picture/png.ts';
import { FAINT, INK, MAIN, PAGE_WIDTH, TONE_COLOUR } from './look.ts';
import { fieldsTable, gridTable, listTable, type Words } from './tables.ts';

type Piece = Paragraph | Table;

const LEVELS = {
  1: HeadingLevel.HEADING_1,
  2: HeadingLevel.HEADING_2,
  3: HeadingLevel.HEADING_3,
} as const;

export function docxBlock(block: Block, index: number, document: ReportDocument): Piece[] {
  switch (block.block) {
    case 'heading':
      return [heading(block, index)];
    case 'paragraph':
      return [new Paragraph({ children: rich(block.text, lookOf(block.look)) })];
    case 'list':
      return block.items.map((item) => new Paragraph({ children: rich(item), bullet: { level: 0 } }));
    case 'table':
      return listTable(block, rich);
    case 'fields':
      return [fieldsTable(block.rows, rich, block.sideBySide), gap()];
    case 'figure':
      return figure(block, index);
    case 'ratings':
      return [gridTable(block.tiles.map(tile)), gap()];
    case 'signature':
      return [gap(), gridTable(block.parties.map((p) => party(p.title, p.lines)))];
    case 'cover':
      return cover(block);
    case 'contents':
      return contents(block, document);
  }
}

interface Look {
  size?: number;
  color?: string;
  bold?: boolean;
}

const rich: Words = (text: Rich, look: Look = {}): TextRun[] =>
  runsOf(text).map(({ text, style, tone }) => {
    if (text === '\n') return new TextRun({ break: 1 });
    if (tone)
      return new TextRun({
        ...look,
        text: `${MARK[tone]}\u00a0${text}`,
        bold: true,
        color: TONE_COLOUR[tone],
      });
    if (style === 'strong') return new TextRun({ ...look, text, bold: true });
    return new TextRun({ ...look, text, ...(style === 'faint' ? { color: FAINT } : {}) });
  });

const lookOf = (look: 'lead' | 'note' | undefined): Look =>
  look === 'lead' ? { size: 22 } : look === 'note' ? { size: 17, color: FAINT } : {};

const gap = (): Paragraph => new Paragraph({ children: [], spacing: { after: 60 } });

const words = (text: string, look: Look, after = 60): Paragraph =>
  new Paragraph({ children: [new TextRun({ text, ...look })], spacing: { after } });

function heading({ level, text, onNewPage }: Heading, index: number): Paragraph {
  return new Paragraph({
    heading: LEVELS[level],
    pageBreakBefore: onNewPage ?? false,
    children: place(`s${index}`, index + 1, text),
  });
}

/** Numbered by the block: the library's own numbers of bookmarks go on counting from report to report. Its type of children forgets these two. */
const place = (name: string, id: number, text: string): ParagraphChild[] =>
  [new BookmarkStart(name, id), new TextRun({ text }), new BookmarkEnd(id)] as unknown as ParagraphChild[];

function figure({ picture, alt, caption }: Figure, index: number): Piece[] {
  // Word counts pictures in pixels of 1/96 inch.
  const width = Math.round((PAGE_WIDTH / 1440) * 96);
  const image = new ImageRun({
    type: 'png',
    data: renderPng(picture),
    transformation: { width, height: Math.round((width * picture.height) / picture.width) },
    altText: { id: String(index + 1), name: caption, description: alt, title: caption },
  });
  return [
    new Paragraph({ children: [image], keepNext: true, spacing: { before: 160, after: 40 } }),
    words(caption, { size: 17, color: FAINT }, 160),
  ];
}

function tile({
  tone,
  word,
  title,
  note,
}: {
  tone: keyof typeof MARK;
  word: string;
  title: string;
  note: string;
}) {
  return [
    words(title, { size: 17, color: FAINT }),
    words(`${MARK[tone]}\u00a0${word}`, { size: 30, bold: true, color: TONE_COLOUR[tone] }),
    words(note, { size: 17, color: INK }),
  ];
}

const party = (title: string, lines: readonly string[]): Paragraph[] => [
  words(title, { bold: true }, 300),
  ...lines.map((line) => words(line, {}, 400)),
];

function cover(block: Cover): Piece[] {
  return [
    new Paragraph({
      children: [new TextRun({ text: block.over, size: 26, color: FAINT })],
      spacing: { before: 1800 },
    }),
    words(block.title, { size: 54, bold: true, color: MAIN }, 500),
    new Paragraph({
      children: rich([{ text: block.verdict, tone: block.tone }], { size: 30 }),
      spacing: { after: 500 },
    }),
    fieldsTable(block.rows, rich),
    new Paragraph({
      spacing: { before: 600 },
      children: [new TextRun({ text: block.note, size: 17, color: FAINT }), new PageBreak()],
    }),
  ];
}

function contents({ title }: Contents, document: ReportDocument): Paragraph[] {
  const entries = document.blocks.flatMap((block, i) =>
    block.block === 'heading' && block.level < 3 ? [{ ...block, anchor: `s${i}` }] : [],
  );
  return [
    words(title, { size: 32, bold: true, color: MAIN }, 200),
    ...entries.map(({ anchor, level, text }) => {
      const link: ParagraphChild = new InternalHyperlink({ anchor, children: [new TextRun({ text })] });
      return new Paragraph({
        children: [link],
        indent: { left: level === 2 ? 400 : 0 },
        spacing: { after: 40 },
      });
    }),
  ];
}
