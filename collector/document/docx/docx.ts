// A report as a Word file. Promise: the same document gives the same bytes (the library's own clock is overwritten); real headings,
// table heads that repeat, pictures with their text. Fonts are named, not embedded: Word's readers have Microsoft YaHei.

import {
  AlignmentType,
  Document,
  Footer,
  LineRuleType,
  Packer,
  PageNumber,
  Paragraph,
  TabStopType,
  TextRun,
} from 'docx';
import type { ReportDocument } from '../document.ts';
import { escapeMarkup } from '../../../shared/markup.ts';
import { docxBlock } from './blocks.ts';
import { FAINT, FONT, INK, MAIN, PAGE_WIDTH } from './look.ts';
import { fixZipTimes } from './zip-times.ts';

export async function renderDocx(document: ReportDocument): Promise<Buffer> {
  const file = new Document({
    title: document.title,
    subject: document.subject,
    creator: document.author,
    description: document.footer,
    styles: styles(),
    sections: [
      {
        properties: {
          titlePage: true,
          page: {
            size: { width: 11906, height: 16838 },
            margin: { top: 1134, bottom: 1247, left: 1134, right: 1134 },
          },
        },
        footers: { default: footer(document.footer) },
        children: document.blocks.flatMap((block, i) => docxBlock(block, i, document)),
      },
    ],
  });
  const packed = await Packer.pack(file, 'nodebuffer', undefined, [
    { path: 'docProps/core.xml', data: coreProperties(document) },
  ]);
  return fixZipTimes(packed);
}

function styles(): object {
  const heading = (size: number, color: string, before: number) => ({
    run: { size, bold: true, color, font: FONT },
    paragraph: { spacing: { before, after: 120 }, keepNext: true },
  });
  return {
    default: {
      document: {
        run: { font: FONT, size: 20, color: INK },
        paragraph: { spacing: { after: 100, line: 300, lineRule: LineRuleType.AUTO } },
      },
      heading1: heading(32, MAIN, 360),
      heading2: heading(25, MAIN, 320),
      heading3: heading(21, INK, 240),
    },
  };
}

function footer(text: string): Footer {
  const small = { size: 16, color: FAINT };
  return new Footer({
    children: [
      new Paragraph({
        alignment: AlignmentType.LEFT,
        tabStops: [{ type: TabStopType.RIGHT, position: PAGE_WIDTH }],
        children: [
          new TextRun({ text: `${text}\t`, ...small }),
          new TextRun({ children: [PageNumber.CURRENT, ' / ', PageNumber.TOTAL_PAGES], ...small }),
        ],
      }),
    ],
  });
}

function coreProperties(document: ReportDocument): string {
  const at = new Date(Math.floor(document.madeAt / 1000) * 1000).toISOString().replace('.000', '');
  const author = escapeMarkup(document.author);
  return (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?><cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">' +
    `<dc:title>${escapeMarkup(document.title)}</dc:title><dc:subject>${escapeMarkup(document.subject)}</dc:subject><dc:creator>${author}</dc:creator><cp:lastModifiedBy>${author}</cp:lastModifiedBy><dc:language>${document.language === 'zh' ? 'zh-CN' : 'en'}</dc:language>` +
    `<dcterms:created xsi:type="dcterms:W3CDTF">${at}</dcterms:created><dcterms:modified xsi:type="dcterms:W3CDTF">${at}</dcterms:modified></cp:coreProperties>`
  );
}
