// For tests: a small document with every block, and readers of what was made.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inflateRawSync, inflateSync } from 'node:zlib';
import type { ReportDocument } from './document.ts';

export const MADE_AT = Date.UTC(2026, 10, 26, 8, 30);

export const exampleDocument = (own: Partial<ReportDocument> = {}): ReportDocument => ({
  ...EXAMPLE,
  blocks: [...EXAMPLE.blocks],
  ...own,
});

const EXAMPLE: ReportDocument = {
  language: 'zh',
  title: '示例报告',
  author: '甲',
  subject: '每种块各一',
  footer: '示例医院 · 0001',
  madeAt: MADE_AT,
  blocks: [
    {
      block: 'cover',
      over: '示例医院',
      title: '示例报告',
      tone: 'attention',
      verdict: '注意',
      rows: [['编号', '0001']],
      note: '只读',
    },
    { block: 'contents', title: '目录' },
    { block: 'heading', level: 1, text: '第一章', onNewPage: true },
    { block: 'heading', level: 2, text: '第一节' },
    { block: 'heading', level: 3, text: '小节' },
    {
      block: 'paragraph',
      look: 'lead',
      text: [
        '开头 ',
        { text: '重点', style: 'strong' },
        { text: '异常', tone: 'bad' },
        '\n',
        { text: '其余', style: 'faint' },
      ],
    },
    { block: 'list', items: ['其一', '其二'] },
    {
      block: 'table',
      caption: '文件',
      columns: [
        { title: '文件', share: 2 },
        { title: '大小', share: 1, align: 'end' },
      ],
      rows: [[[{ text: 'D:\\Backup\\SRV$NIS\\FULL_20261126.bak', style: 'path' }], '44.0 GiB']],
    },
    { block: 'table', columns: [{ title: '空', share: 1 }], rows: [], empty: '没有记录' },
    {
      block: 'fields',
      rows: [
        ['一', '二'],
        ['三', '四'],
        ['五', '六'],
      ],
      sideBySide: true,
    },
    {
      block: 'ratings',
      tiles: [
        { tone: 'good', word: '1', title: '正常', note: 'nis' },
        { tone: 'unknown', word: '0', title: '无法确认', note: '' },
      ],
    },
    {
      block: 'figure',
      caption: '图的说明',
      alt: '图里有什么',
      picture: {
        width: 482,
        height: 40,
        shapes: [
          {
            shape: 'rect',
            x: 10,
            y: 4,
            width: 80,
            height: 14,
            fill: 'bad',
            pattern: 'hatch',
            stroke: 'bad',
          },
          {
            shape: 'line',
            points: [
              [0, 22],
              [482, 22],
            ],
            stroke: 'line',
            width: 0.8,
            dash: true,
          },
          { shape: 'text', x: 482, y: 34, text: '十一月', size: 8, ink: 'faint', anchor: 'end' },
        ],
      },
    },
    {
      block: 'signature',
      parties: [
        { title: '医院', lines: ['签字：'] },
        { title: '运维方', lines: ['签字：'] },
      ],
    },
  ],
};

/** Runs one of Debian's PDF readers over a file. */
export function readPdf(
  pdf: Buffer,
  program: 'pdfinfo' | 'pdffonts' | 'pdftotext',
  args: string[] = [],
): string {
  const folder = mkdtempSync(join(tmpdir(), 'niswatch-pdf-'));
  try {
    const path = join(folder, 'report.pdf');
    writeFileSync(path, pdf);
    return execFileSync(program, [...args, path, ...(program === 'pdftotext' ? ['-'] : [])], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Objects and decoded streams of a PDF as one text, for looking for what a validator looks for. */
export function pdfText(pdf: Buffer): string {
  const raw = pdf.toString('latin1');
  const streams = [...raw.matchAll(/(?<!end)stream\r?\n/g)].map(({ index, 0: word }) => {
    const start = index + word.length;
    const bytes = pdf.subarray(start, raw.indexOf('endstream', start));
    try {
      return inflateSync(bytes, { finishFlush: 2 }).toString('utf8');
    } catch {
      return bytes.toString('utf8');
    }
  });
  return [raw, ...streams].join('\n');
}

/** The entries of a zip archive by name, with their times as the archive says them. */
export function unzip(zip: Buffer): Map<string, { data: Buffer; time: number; date: number }> {
  const entries = new Map<string, { data: Buffer; time: number; date: number }>();
  const end = zip.lastIndexOf(Buffer.from('504b0506', 'hex'));
  let at = zip.readUInt32LE(end + 16);
  for (let i = 0; i < zip.readUInt16LE(end + 10); i++) {
    const [nameBytes, extra, comment] = [28, 30, 32].map((field) => zip.readUInt16LE(at + field));
    const name = zip.toString('utf8', at + 46, at + 46 + (nameBytes ?? 0));
    const local = zip.readUInt32LE(at + 42);
    const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    const packed = zip.subarray(start, start + zip.readUInt32LE(at + 20));
    const data = zip.readUInt16LE(at + 10) === 8 ? inflateRawSync(packed) : packed;
    entries.set(name, { data, time: zip.readUInt16LE(at + 12), date: zip.readUInt16LE(at + 14) });
    at += 46 + (nameBytes ?? 0) + (extra ?? 0) + (comment ?? 0);
  }
  return entries;
}
