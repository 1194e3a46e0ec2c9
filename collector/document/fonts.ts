// The fonts that reports are set in: two weights of Noto Sans SC (OFL), files of an npm package. Promise: never a font of the machine,
// so that the same report looks the same, to the byte, wherever it is made.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const WEIGHTS = ['400Regular', '700Bold'] as const;

export function fontFiles(): string[] {
  const folder = dirname(
    createRequire(import.meta.url).resolve('@expo-google-fonts/noto-sans-sc/package.json'),
  );
  return WEIGHTS.map((weight) => join(folder, weight, `NotoSansSC_${weight}.ttf`));
}

let known: ReadonlySet<number> | undefined;

/** The code points that every weight can show. Read once. */
export function drawable(): ReadonlySet<number> {
  known ??= fontFiles()
    .map((file) => codePointsOf(readFileSync(file)))
    .reduce((a, b) => new Set([...a].filter((code) => b.has(code))));
  return known;
}

/** The code points of a font's character map: its table of format 12, which all fonts beyond 65,536 characters have. */
export function codePointsOf(font: Buffer): Set<number> {
  const cmap = tableAt(font, 'cmap');
  const found = new Set<number>();
  for (let i = 0; i < font.readUInt16BE(cmap + 2); i++) {
    const at = cmap + font.readUInt32BE(cmap + 4 + i * 8 + 4);
    if (font.readUInt16BE(at) !== 12) continue;
    for (let group = 0; group < font.readUInt32BE(at + 12); group++) {
      const row = at + 16 + group * 12;
      const last = font.readUInt32BE(row + 4);
      for (let code = font.readUInt32BE(row); code <= last; code++) found.add(code);
    }
  }
  return found;
}

function tableAt(font: Buffer, tag: string): number {
  for (let i = 0; i < font.readUInt16BE(4); i++) {
    const row = 12 + i * 16;
    if (font.toString('latin1', row, row + 4) === tag) return font.readUInt32BE(row + 8);
  }
  throw new Error(`a font without the table ${tag}`);
}
