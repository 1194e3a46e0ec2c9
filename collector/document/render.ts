// The three forms of a report. Promise: every character can be shown, or nothing is made.

import { renderDocx } from './docx/docx.ts';
import type { DocumentFormat, ReportDocument } from './document.ts';
import { drawable } from './fonts.ts';
import { requireGlyphs } from './glyphs.ts';
import { renderHtml } from './html/html.ts';
import { renderPdf } from './typst/pdf.ts';

export async function renderDocument(document: ReportDocument, format: DocumentFormat): Promise<Buffer> {
  requireGlyphs(document, drawable());
  switch (format) {
    case 'pdf':
      return renderPdf(document);
    case 'docx':
      return await renderDocx(document);
    case 'html':
      return Buffer.from(renderHtml(document), 'utf8');
  }
}
