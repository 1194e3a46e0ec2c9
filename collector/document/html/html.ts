// A report as one HTML file: nothing is loaded from elsewhere, no script runs in it. Promise: the same document gives the same bytes;
// every text is escaped; the figures are drawn inside and follow the reader's light or dark screen.

import {
  type Block,
  type Cover,
  type ReportDocument,
  type Rich,
  type Run,
  runsOf,
  type Table,
} from '../document.ts';
import { MARK } from '../marks.ts';
import { escapeMarkup } from '../../../shared/markup.ts';
import { renderSvg } from '../picture/svg.ts';
import { STYLE } from './style.ts';

export function renderHtml(document: ReportDocument): string {
  const language = document.language === 'zh' ? 'zh-CN' : 'en';
  const body = document.blocks.map((block, i) => htmlBlock(block, i, document)).join('\n');
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="author" content="${escapeMarkup(document.author)}">
<meta name="description" content="${escapeMarkup(document.subject)}">
<meta name="date" content="${new Date(document.madeAt).toISOString()}">
<meta http-equiv="content-security-policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeMarkup(document.title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
${body}
<footer>${escapeMarkup(document.footer)}</footer>
</main>
</body>
</html>
`;
}

function htmlBlock(block: Block, index: number, document: ReportDocument): string {
  switch (block.block) {
    case 'heading': {
      const tag = `h${block.level}`;
      return `<${tag} id="s${index}"${block.onNewPage ? ' class="new-page"' : ''}>${escapeMarkup(block.text)}</${tag}>`;
    }
    case 'paragraph':
      return `<p${block.look ? ` class="${block.look}"` : ''}>${rich(block.text)}</p>`;
    case 'list':
      return `<ul>${block.items.map((item) => `<li>${rich(item)}</li>`).join('')}</ul>`;
    case 'table':
      return table(block);
    case 'fields':
      return fields(block.rows, block.sideBySide);
    case 'figure': {
      const svg = renderSvg(block.picture, {
        prefix: `p${index}`,
        ink: (name) => `var(--${name})`,
        title: block.alt,
        family: 'inherit',
      });
      return `<figure>${svg}<figcaption>${escapeMarkup(block.caption)}</figcaption></figure>`;
    }
    case 'ratings':
      return `<div class="tiles">${block.tiles.map(tile).join('')}</div>`;
    case 'signature':
      return `<div class="parties">${block.parties.map(party).join('')}</div>`;
    case 'cover':
      return cover(block);
    case 'contents':
      return contents(block.title, document);
  }
}

const rich = (text: Rich): string => runsOf(text).map(run).join('');

function run({ text, style, tone }: Run): string {
  if (text === '\n') return '<br>';
  const words = escapeMarkup(text);
  if (tone) return `<span class="tone ${tone}">${MARK[tone]}&nbsp;${words}</span>`;
  if (style === 'strong') return `<strong>${words}</strong>`;
  if (style === 'faint') return `<span class="faint">${words}</span>`;
  return style === 'path' ? words.replaceAll(/[\\/_.-]+/g, '$&<wbr>') : words;
}

function table(block: Table): string {
  const caption = block.caption ? `<caption>${escapeMarkup(block.caption)}</caption>` : '';
  if (block.rows.length === 0) return block.empty ? `<p class="note">${escapeMarkup(block.empty)}</p>` : '';
  const total = block.columns.reduce((sum, c) => sum + c.share, 0);
  const end = (i: number): string => (block.columns[i]?.align === 'end' ? ' class="end"' : '');
  const widths = block.columns
    .map((c) => `<col style="width:${Math.round((1000 * c.share) / total) / 10}%">`)
    .join('');
  const heads = block.columns
    .map((c, i) => `<th scope="col"${end(i)}>${escapeMarkup(c.title)}</th>`)
    .join('');
  const rows = block.rows
    .map((row) => `<tr>${row.map((cell, i) => `<td${end(i)}>${rich(cell)}</td>`).join('')}</tr>`)
    .join('\n');
  return `<div class="wide"><table${block.small ? ' class="small"' : ''}>${caption}<colgroup>${widths}</colgroup><thead><tr>${heads}</tr></thead>\n<tbody>${rows}</tbody></table></div>`;
}

function fields(rows: readonly [string, Rich][], sideBySide = false): string {
  const step = sideBySide ? 2 : 1;
  const lines = rows.flatMap((_, i) => (i % step === 0 ? [rows.slice(i, i + step)] : []));
  const cells = (pairs: readonly [string, Rich][]): string =>
    pairs
      .map(([label, value]) => `<th scope="row">${escapeMarkup(label)}</th><td>${rich(value)}</td>`)
      .join('');
  const body = lines.map((pairs) => `<tr>${cells(pairs)}</tr>`).join('');
  return `<table class="fields${sideBySide ? ' pairs' : ''}"><tbody>${body}</tbody></table>`;
}

function tile({
  tone,
  word,
  title,
  note,
}: {
  tone: string;
  word: string;
  title: string;
  note: string;
}): string {
  const mark = MARK[tone as keyof typeof MARK];
  return `<div class="tile ${tone}"><p>${escapeMarkup(title)}</p><p class="word"><strong>${mark}&nbsp;${escapeMarkup(word)}</strong></p><p>${escapeMarkup(note)}</p></div>`;
}

function party({ title, lines }: { title: string; lines: string[] }): string {
  return `<div class="party"><strong>${escapeMarkup(title)}</strong>${lines.map((line) => `<p>${escapeMarkup(line)}</p>`).join('')}</div>`;
}

function cover(block: Cover): string {
  return `<header class="cover"><p class="faint">${escapeMarkup(block.over)}</p><h1>${escapeMarkup(block.title)}</h1><p class="verdict">${run({ text: block.verdict, tone: block.tone })}</p>${fields(block.rows)}<p class="note">${escapeMarkup(block.note)}</p></header>`;
}

function contents(title: string, document: ReportDocument): string {
  const items = document.blocks.flatMap((block, i) =>
    block.block === 'heading' && block.level < 3
      ? [
          `<li${block.level === 2 ? ' class="sub"' : ''}><a href="#s${i}">${escapeMarkup(block.text)}</a></li>`,
        ]
      : [],
  );
  return `<nav aria-label="${escapeMarkup(title)}"><h1>${escapeMarkup(title)}</h1><ol>${items.join('')}</ol></nav>`;
}
