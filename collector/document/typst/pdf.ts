// PDF by Typst: PDF/A-2a, tagged, fonts embedded as far as they are used. Promise: the same document gives the same bytes.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Block, type ReportDocument, runsOf } from '../document.ts';
import { typeset } from './compiler.ts';

const TEMPLATE = readFileSync(join(import.meta.dirname, 'template.typ'), 'utf8');

export function renderPdf(document: ReportDocument): Buffer {
  const inputs = { document: JSON.stringify({ ...document, blocks: document.blocks.map(prepared) }) };
  return typeset(TEMPLATE, inputs, (compiler, made) =>
    compiler.pdf(made, {
      pdfStandard: 'a-2a',
      creationTimestamp: Math.floor(document.madeAt / 1000),
    }),
  );
}

/** A block as the template reads it: rich text as runs. */
function prepared(block: Block): object {
  switch (block.block) {
    case 'paragraph':
      return { ...block, text: runsOf(block.text) };
    case 'list':
      return { ...block, items: block.items.map(runsOf) };
    case 'table':
      return { ...block, rows: block.rows.map((row) => row.map(runsOf)) };
    case 'fields':
    case 'cover':
      return { ...block, rows: block.rows.map(([label, value]) => [label, runsOf(value)]) };
    default:
      return block;
  }
}
