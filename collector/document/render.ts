// The three forms of a report. Promise: every character can be shown, or nothing is made.

import type { DocumentFormat, ReportDocument } from './document.ts';
import { drawable } from './fonts.ts';
import { requireGlyphs } from './glyphs.ts';

export async function renderDocument(document: ReportDocument, format: DocumentFormat): Promise<Buffer> {
  requireGlyphs(document, drawable());
  // Each form loads its own library, and only when it is asked for: together they take a second to load.
  switch (format) {
    case 'pdf':
      return (await import('./typst/pdf.ts')).renderPdf(document);
    case 'docx':
      return await (await import('./docx/docx.ts')).renderDocx(document);
    case 'html':
      return Buffer.from((await import('./html/html.ts')).renderHtml(document), 'utf8');
  }
}
