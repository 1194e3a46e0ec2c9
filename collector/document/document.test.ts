import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isNamedError } from '../../shared/errors.ts';
import { drawable } from './fonts.ts';
import { legible, missingGlyphs, textsOf } from './glyphs.ts';
import { renderDocument } from './render.ts';
import { exampleDocument, pdfText, readPdf, unzip } from './testing.ts';

const FORMATS = ['pdf', 'docx', 'html'] as const;
const squeezed = (text: string): string => text.replaceAll(/\s/g, '');

for (const format of FORMATS) {
  test(`the same document makes the same ${format}, and another one another`, async () => {
    const first = await renderDocument(exampleDocument(), format);
    await renderDocument(exampleDocument({ title: '别的' }), format);
    assert.ok(first.equals(await renderDocument(exampleDocument(), format)));
    assert.ok(!first.equals(await renderDocument(exampleDocument({ title: '别的' }), format)));
  });

  test(`a character without a glyph makes no ${format} and is named with its place`, async () => {
    const document = exampleDocument();
    document.blocks.push({ block: 'heading', level: 1, text: '附录' });
    document.blocks.push({ block: 'table', columns: [{ title: '名', share: 1 }], rows: [['好'], ['a😀b']] });
    await assert.rejects(
      renderDocument(document, format),
      (e) =>
        isNamedError(e, 'REPORT_GLYPH_MISSING') &&
        /😀 \(U\+1F600\) in “附录”, table, row 2, column 名/.test(e.message),
    );
  });
}

test('the PDF claims and carries PDF/A-2a: metadata, structure, language, text of pictures, embedded fonts', async () => {
  const pdf = await renderDocument(exampleDocument(), 'pdf');
  const inside = pdfText(pdf);
  assert.match(inside, /<pdfaid:part>2<\/pdfaid:part>/);
  assert.match(inside, /<pdfaid:conformance>A<\/pdfaid:conformance>/);
  assert.match(inside, /\/MarkInfo\s*<<[^>]*\/Marked true/);
  assert.match(inside, /\/StructTreeRoot \d+ 0 R/);
  for (const role of ['H1', 'H2', 'H3', 'Table', 'TH', 'TD', 'L', 'LI', 'Figure'])
    assert.match(inside, new RegExp(`/S /${role}\\b`), role);
  assert.match(inside, /\/Lang \(zh\)/);
  assert.match(inside, /\/OutputIntents/);
  assert.doesNotMatch(inside, /\/JavaScript|\/Launch|\/EmbeddedFile/);
  const fonts = readPdf(pdf, 'pdffonts').split('\n').slice(2).filter(Boolean);
  assert.equal(fonts.length, 2);
  for (const font of fonts) assert.match(font, /^[A-Z]{6}\+NotoSansSC.*yes yes yes/);
});

test('every text of the PDF stands in a tagged element or an artifact, is mapped to Unicode, and nothing is transparent', async () => {
  const inside = pdfText(await renderDocument(exampleDocument(), 'pdf'));
  const operators = [...inside.matchAll(/(?<=\s)(BDC|BMC|EMC|TJ|Tj)(?=\s)/g)].map(([name]) => name);
  let depth = 0;
  let [shown, untagged] = [0, 0];
  for (const name of operators) {
    if (name === 'EMC') depth--;
    else if (name === 'BDC' || name === 'BMC') depth++;
    else {
      shown++;
      if (depth === 0) untagged++;
    }
  }
  assert.ok(shown > 20);
  assert.equal(untagged, 0);
  assert.equal(depth, 0);
  const count = (what: RegExp): number => [...inside.matchAll(what)].length;
  assert.equal(count(/\/Subtype \/Type0/g), 2);
  assert.equal(count(/\/ToUnicode \d+ 0 R/g), 2);
  assert.equal(count(/\/S \/Figure\b/g), count(/\/Alt \(|\/Alt </g));
  assert.doesNotMatch(inside, /\/SMask \d|\/(CA|ca) 0?\.\d/);
});

test('the pages say when they were made by the document, not by the clock', async () => {
  const info = readPdf(await renderDocument(exampleDocument(), 'pdf'), 'pdfinfo', ['-isodates']);
  assert.match(info, /CreationDate: +2026-11-26T08:30:00Z/);
  assert.match(info, /Tagged: +yes/);
  assert.match(info, /Title: +示例报告/);
});

test('every text of the document can be selected in the PDF', async () => {
  const page = readPdf(await renderDocument(exampleDocument(), 'pdf'), 'pdftotext');
  const text = squeezed(page).replaceAll(/[●▲■○]/g, '');
  const texts = textsOf(exampleDocument()).filter(
    // The head of a table without rows is not printed; what stands in its place is.
    ([where, words]) => where !== 'title' && words !== '空',
  );
  assert.deepEqual(
    texts.filter(([, words]) => !text.includes(squeezed(words))),
    [],
  );
});

test('text is data in every format, never markup', async () => {
  const evil = '#panic("x") $a$ *b* @c <b>&amp; ${1} </w:t>';
  const document = exampleDocument({ blocks: [{ block: 'paragraph', text: evil }], title: evil });
  assert.ok(readPdf(await renderDocument(document, 'pdf'), 'pdftotext').includes(evil));
  const html = (await renderDocument(document, 'html')).toString();
  assert.ok(html.includes('&lt;b&gt;&amp;amp;') && !html.includes('<b>'));
  const xml = unzip(await renderDocument(document, 'docx'))
    .get('word/document.xml')
    ?.data.toString();
  assert.ok(xml?.includes('&lt;/w:t&gt;'));
});

test('every line height of the Word form says its rule: without it some programs cut text and pictures to one height', async () => {
  const entries = unzip(await renderDocument(exampleDocument(), 'docx'));
  const heights = ['word/document.xml', 'word/styles.xml'].flatMap(
    (name) =>
      entries
        .get(name)
        ?.data.toString()
        .match(/<w:spacing [^>]*w:line="[^>]*>/g) ?? [],
  );
  assert.ok(heights.length > 10, `${heights.length} line heights`);
  assert.deepEqual(
    heights.filter((height) => !height.includes('w:lineRule="auto"')),
    [],
  );
});

test('the Word file has real headings, repeated table heads, pictures with their text, and no time of its own', async () => {
  const entries = unzip(await renderDocument(exampleDocument(), 'docx'));
  const xml = entries.get('word/document.xml')?.data.toString() ?? '';
  for (const style of ['Heading1', 'Heading2', 'Heading3'])
    assert.ok(xml.includes(`w:val="${style}"`), style);
  assert.match(xml, /<w:tblHeader\/>/);
  assert.match(xml, /descr="图里有什么"/);
  assert.match(xml, /<w:hyperlink [^>]*w:anchor="s2"/);
  assert.match(xml, /<w:bookmarkStart w:name="s2" w:id="3"\/>/);
  const core = entries.get('docProps/core.xml')?.data.toString() ?? '';
  assert.match(core, /<dcterms:created xsi:type="dcterms:W3CDTF">2026-11-26T08:30:00Z</);
  assert.deepEqual(new Set([...entries.values()].map((e) => `${e.date} ${e.time}`)), new Set(['33 0']));
  const png = [...entries].find(([name]) => name.endsWith('.png'))?.[1].data;
  assert.equal(png?.toString('latin1', 1, 4), 'PNG');
  assert.equal(png.readUInt32BE(16), Math.round(482 * 2.2));
});

test('the HTML file loads nothing, runs nothing, and draws its pictures in the colours of the reader', async () => {
  const html = (await renderDocument(exampleDocument(), 'html')).toString();
  assert.doesNotMatch(html, /<script|<link|<img|src=|url\((?!#)|@import|https?:\/\/(?!www\.w3\.org)/);
  assert.match(html, /content="default-src 'none'; style-src 'unsafe-inline'"/);
  assert.match(html, /prefers-color-scheme:dark/);
  assert.match(html, /@media print/);
  assert.match(html, /<title>图里有什么<\/title>/);
  assert.match(html, /stroke="var\(--bad\)"/);
});

test('the fonts show all of GB 2312, and both weights the same', () => {
  const decoder = new TextDecoder('gb18030');
  const missing: string[] = [];
  for (let high = 0xb0; high <= 0xf7; high++) {
    for (let low = 0xa1; low <= 0xfe; low++) {
      if (high === 0xd7 && low > 0xf9) continue;
      const character = decoder.decode(Uint8Array.of(high, low));
      if (!drawable().has(character.codePointAt(0) ?? 0)) missing.push(character);
    }
  }
  assert.deepEqual(missing, []);
});

test('what a strange machine calls its files is spelt out where it cannot be shown', () => {
  const told = { path: 'D:\\备份\\😀.bak', list: ['a\nb'], size: 3, none: null };
  assert.deepEqual(legible(told, drawable()), {
    path: 'D:\\备份\\<U+1F600>.bak',
    list: ['a<U+000A>b'],
    size: 3,
    none: null,
  });
  assert.deepEqual(missingGlyphs(exampleDocument(), drawable()), []);
});
