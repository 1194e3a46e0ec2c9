// The comparison as one HTML page that stands alone: no script, nothing fetched, ready to be printed and signed. Pure; same input, same
// bytes.

import { escapeMarkup } from '../../shared/markup.ts';
import type { Language } from '../../shared/text.ts';
import type { Comparison, Difference } from './compare.ts';
import { SECTIONS } from './inventory.ts';
import { describe, SECTION_WORDS, VERDICT_WORDS, WEIGHT_WORDS } from './words.ts';

const STYLE = `
body{font:15px/1.6 "Noto Sans SC","Microsoft YaHei",sans-serif;color:#1c2430;max-width:960px;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem;margin:0 0 .5rem}h2{font-size:1.1rem;margin:2rem 0 .5rem}
.verdict{padding:.8rem 1rem;border-left:6px solid;font-weight:600}
.accepted{border-color:#1b7f4b;background:#eaf6ef}.check{border-color:#b07400;background:#fdf5e2}.refused{border-color:#b3261e;background:#fcebea}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.35rem .6rem;border-bottom:1px solid #d9dee5;vertical-align:top;overflow-wrap:anywhere}
th{background:#f3f5f8}.fault td:first-child{color:#b3261e;font-weight:600}.confirm td:first-child{color:#8a5a00;font-weight:600}
.sign td{height:3.2rem}@media print{body{margin:0;max-width:none}tr{break-inside:avoid}}`;

export function renderHtml(comparison: Comparison, language: Language): string {
  const zh = language === 'zh';
  const title = zh ? '迁移验收对照' : 'Migration acceptance';
  const { before, after, verdict } = comparison;
  return `<!doctype html>
<html lang="${zh ? 'zh-CN' : 'en'}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title><style>${STYLE}</style></head>
<body>
<h1>${title}</h1>
<p class="verdict ${verdict}">${escapeMarkup(VERDICT_WORDS[verdict][language])}</p>
${table([zh ? ['', '主机', '时间 (UTC)'] : ['', 'Host', 'Time (UTC)'], [zh ? '迁移前' : 'Before', before.host, before.at], [zh ? '迁移后' : 'After', after.host, after.at]])}
<h2>${zh ? '差异' : 'Differences'} (${comparison.differences.length})</h2>
${differences(comparison.differences, language)}
<h2>${zh ? '核对数量' : 'Compared'}</h2>
${table([
  zh ? ['项目', '迁移前', '迁移后', '一致'] : ['Section', 'Before', 'After', 'Equal'],
  ...SECTIONS.map((section) => {
    const { before: old, after: now, equal } = comparison.counts[section];
    return [SECTION_WORDS[section][language], String(old), String(now), String(equal)];
  }),
])}
<h2>${zh ? '签字' : 'Signatures'}</h2>
${table([zh ? ['实施方', '医院', '日期'] : ['Vendor', 'Hospital', 'Date'], ['', '', '']], 'sign')}
</body>
</html>
`;
}

const ORDER = { fault: 0, check: 1, note: 2 } as const;
const ROW_CLASS = { fault: 'fault', check: 'confirm', note: 'note' } as const;

function differences(all: readonly Difference[], language: Language): string {
  const zh = language === 'zh';
  if (all.length === 0) return `<p>${zh ? '没有差异。' : 'None.'}</p>`;
  const head = zh ? ['判定', '项目', '名称', '差异'] : ['Weight', 'Section', 'Name', 'Difference'];
  const rows = all
    .toSorted((a, b) => ORDER[a.weight] - ORDER[b.weight])
    .map((d) => {
      const cells = [
        WEIGHT_WORDS[d.weight][language],
        SECTION_WORDS[d.section][language],
        d.key,
        describe(d, language),
      ];
      return `<tr class="${ROW_CLASS[d.weight]}">${cells.map((cell) => `<td>${escapeMarkup(cell)}</td>`).join('')}</tr>`;
    });
  return `<table><tr>${head.map((cell) => `<th>${cell}</th>`).join('')}</tr>\n${rows.join('\n')}</table>`;
}

function table([head = [], ...rows]: readonly (readonly string[])[], name = ''): string {
  const line = (cells: readonly string[], tag: string): string =>
    `<tr>${cells.map((cell) => `<${tag}>${escapeMarkup(cell)}</${tag}>`).join('')}</tr>`;
  return `<table${name === '' ? '' : ` class="${name}"`}>${line(head, 'th')}\n${rows.map((row) => line(row, 'td')).join('\n')}</table>`;
}
