// Edits of bytes: the small things that break parsers. Promise: the result follows from the arguments alone, so that a plan of
// edits can be repeated and shrunk.

import type { Edit, Hints } from './edit.ts';
import { jsonEdit } from './json-edit.ts';

/** Positions are shares of this, so that they stay meaningful whatever the length is. */
export const PLACES = 1 << 24;

export const NO_HINTS: Hints = { words: [], misses: [] };

/** What has broken parsers before, of numbers, texts and nesting. */
const TOKENS =
  `null true -1 -0 1e308 1e-400 9007199254740993 0.1 "" {} [] [null] "__proto__":{"a":1}, "constructor":1, "t":"report",
"t":"hello", , } ] [ {"a": " \\ \\u0000 \\ud800 \u0000 院 \u{1f480} \u202e \t NaN *a &a[*a] <<:*a !!binary !!js/function ?: : |
%YAML %00 %ff ../ ? &limit=-1 &limit=1e9 &from=NaN = []= ---`
    .split(/[ \n]/)
    .concat('\n', '\r\n', ' ', '- ', '? ', '\n---\n', 'x'.repeat(3000))
    .map((text) => Buffer.from(text));

const NUMBERS = [0, 1, -1, 127, 128, 255, 256, 32_767, 65_535, 0x7fffffff, 0x80000000, 0xffffffff];

export function applyEdit(bytes: Buffer, edit: Edit, other: Uint8Array, hints: Hints): Buffer {
  const { kind, at, from, n, byte } = edit;
  const here = Math.floor((at / PLACES) * bytes.length);
  const there = Math.floor((from / PLACES) * other.length);
  const before = bytes.subarray(0, here);
  const after = bytes.subarray(here);
  switch (kind) {
    case 'flip':
      return replaced(bytes, here, (bytes[here] ?? 0) ^ (1 << (byte & 7)));
    case 'set':
      return replaced(bytes, here, byte);
    case 'insert':
      return Buffer.concat([before, Buffer.alloc(n, byte), after]);
    case 'remove':
      return Buffer.concat([before, after.subarray(n)]);
    case 'repeat':
      return Buffer.concat([before, ...times(1 + (n % 50), after.subarray(0, 64)), after]);
    case 'cut':
      return before;
    case 'splice':
      return Buffer.concat([before, other.subarray(there, there + n), after]);
    case 'token':
      return Buffer.concat([
        before,
        ...times(1 + ((n - 1) % 400), TOKENS[byte % TOKENS.length] ?? after),
        after,
      ]);
    case 'digits':
      return moreDigits(bytes, here, n);
    case 'add':
      return withNumber(bytes, here, edit);
    case 'copy':
      return copied(bytes, here, Math.floor((from / PLACES) * bytes.length), n);
    case 'word':
      return withWord(bytes, here, edit, hints);
    case 'match':
      return matched(bytes, edit, hints) ?? replaced(bytes, here, byte);
    case 'json':
      return jsonEdit(bytes, edit, other, hints) ?? replaced(bytes, here, byte);
  }
}

const times = (n: number, piece: Uint8Array): Uint8Array[] => Array.from({ length: n }, () => piece);

function replaced(bytes: Buffer, at: number, byte: number): Buffer {
  const out = Buffer.from(bytes);
  if (at < out.length) out[at] = byte;
  return out;
}

/** Bytes of another place over those here. */
function copied(bytes: Buffer, to: number, from: number, n: number): Buffer {
  const out = Buffer.from(bytes);
  out.set(bytes.subarray(from, from + Math.min(n, bytes.length - to)), to);
  return out;
}

/** The next number in the text becomes another one of up to 25 digits. */
function moreDigits(bytes: Buffer, from: number, n: number): Buffer {
  let at = from;
  while (at < bytes.length && !isDigit(bytes[at])) at++;
  let end = at;
  while (end < bytes.length && isDigit(bytes[end])) end++;
  return Buffer.concat([
    bytes.subarray(0, at),
    Buffer.from(String(n).repeat(1 + (n % 6))),
    bytes.subarray(end),
  ]);
}

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 48 && byte <= 57;

/** A little-endian number of 1, 2 or 4 bytes grows or shrinks a little, or becomes one of those at a border. */
function withNumber(bytes: Buffer, at: number, { from, byte }: Edit): Buffer {
  const width = [1, 2, 4][from % 3] ?? 1;
  if (at + width > bytes.length) return bytes;
  const out = Buffer.from(bytes);
  const old = out.readUIntLE(at, width);
  const next = from & 4 ? (NUMBERS[byte % NUMBERS.length] ?? 0) : old + ((byte % 71) - 35);
  out.writeUIntLE((next >>> 0) % 2 ** (8 * width), at, width);
  return out;
}

/** A word of the code, put in or over what is here. */
function withWord(bytes: Buffer, at: number, { from, byte }: Edit, { words, misses }: Hints): Buffer {
  const miss = misses[from % Math.max(1, misses.length)];
  const word = byte & 1 && miss ? miss[byte & 2 ? 0 : 1] : words[from % Math.max(1, words.length)];
  if (word === undefined) return bytes;
  const piece = encodings(word)[byte % encodings(word).length] ?? bytes;
  const skip = byte & 4 ? piece.length : 0;
  return Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at + skip)]);
}

/** Where the input holds what a comparison had, it gets what that comparison wanted. */
function matched(bytes: Buffer, { at, from, byte }: Edit, { misses }: Hints): Buffer | undefined {
  const miss = misses[from % Math.max(1, misses.length)];
  if (!miss) return undefined;
  const [had, wanted] = byte & 1 ? miss : [miss[1], miss[0]];
  const forms = encodings(had);
  for (let i = 0; i < forms.length; i++) {
    const form = forms[(i + byte) % forms.length] as Buffer;
    const want = encodings(wanted)[(i + byte) % forms.length];
    if (form.length === 0 || !want) continue;
    const start = bytes.indexOf(form, Math.floor((at / PLACES) * bytes.length));
    const place = start < 0 ? bytes.indexOf(form) : start;
    if (place < 0) continue;
    return Buffer.concat([bytes.subarray(0, place), want, bytes.subarray(place + form.length)]);
  }
  return undefined;
}

/** How a value may lie in an input: as text, and whole numbers as little- and big-endian bytes too. */
function encodings(value: string | number): Buffer[] {
  const text = Buffer.from(String(value).slice(0, 400));
  if (typeof value === 'string' || !Number.isInteger(value) || Math.abs(value) > 0xffffffff) return [text];
  const little = Buffer.alloc(4);
  little.writeUInt32LE(value >>> 0);
  const forms = [text, little, Buffer.from(little).reverse()];
  if (value >= 0 && value <= 0xffff) forms.push(little.subarray(0, 2), Buffer.of(value >> 8, value & 255));
  if (value >= 0 && value <= 0xff) forms.push(little.subarray(0, 1));
  return forms;
}
