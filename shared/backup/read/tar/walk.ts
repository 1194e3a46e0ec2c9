// Walking a tar archive: ustar, GNU and PAX. Promise: header checksums are recomputed, sizes are checked against what is there, contents
// are passed over unless the caller takes them.

import type { Cursor } from '../cursor.ts';
import { type Marks, noMarks } from '../format.ts';
import { isZero, passZeros } from '../zeros.ts';

const BLOCK = 512;
const MAX_EXTENSION = 1024 * 1024;

export interface TarMember {
  name: string;
  size: number;
  /** `0` file, `5` folder, `2` link … */
  type: string;
}

export interface TarEnd {
  kind: 'whole' | 'cut' | 'corrupt';
  reason: string;
  members: number;
  files: number;
  /** Bytes behind the end that are no padding. */
  trailing: number;
}

/** Consumes at most `member.size` bytes of content; the rest is passed over. */
export type OnMember = (member: TarMember, content: Cursor) => Promise<void>;

export function isTarHeader(block: Buffer): boolean {
  if (block.length < BLOCK || block[0] === 0) return false;
  let sum = 0;
  let signed = 0;
  for (let i = 0; i < BLOCK; i++) {
    const byte = i >= 148 && i < 156 ? 32 : (block[i] ?? 0);
    sum += byte;
    signed += byte > 127 ? byte - 256 : byte;
  }
  const stored = octal(block, 148, 8);
  return stored === sum || stored === signed;
}

function octal(block: Buffer, at: number, length: number): number {
  const text = block
    .toString('latin1', at, at + length)
    .replace(/[\0 ].*$/s, (rest, i: number) => (i === 0 ? rest.trim() : ''));
  return /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : Number.NaN;
}

function sizeOf(block: Buffer): number {
  if (((block[124] ?? 0) & 0x80) === 0) return octal(block, 124, 12);
  // GNU: a big-endian number.
  return block.readUIntBE(130, 6);
}

function textAt(block: Buffer, at: number, length: number): string {
  const end = block.indexOf(0, at);
  return block.toString('utf8', at, end < 0 || end > at + length ? at + length : end);
}

/** The name under which the place behind a member, or inside one that is passed over, is marked. */
export const MEMBERS_MARK = 'tar';
const STEP = 4 * 1024 * 1024;

interface WalkState extends Pick<TarEnd, 'members' | 'files'> {
  /** Bytes of the member that are to come. */
  left: number;
}

interface Pending {
  name?: string | undefined;
  size?: number | undefined;
}

export async function walkTar(input: Cursor, onMember: OnMember, marks: Marks = noMarks): Promise<TarEnd> {
  const kept = marks.get(MEMBERS_MARK);
  const { left: open = 0, ...counts } = (kept?.state ?? {}) as Partial<WalkState>;
  const end: TarEnd = { kind: 'whole', reason: '', members: 0, files: 0, trailing: 0, ...counts };
  const stop = (kind: TarEnd['kind'], reason: string): TarEnd => Object.assign(end, { kind, reason });
  let pending: Pending = {};
  const pass = async (bytes: number): Promise<boolean> => {
    for (let left = bytes; left > 0;) {
      const step = Math.min(left, STEP);
      if (!(await input.skip(step))) return false;
      left -= step;
      const { members, files } = end;
      marks.set(MEMBERS_MARK, input.position, { members, files, left } satisfies WalkState);
    }
    return true;
  };
  if (kept && !((await input.skip(kept.offset - input.position)) && (await pass(open))))
    return stop('cut', `the archive ends inside its member ${end.members}`);
  for (;;) {
    const at = input.position;
    const block = await input.bytes(BLOCK);
    if (!block)
      return stop(
        'cut',
        end.members === 0
          ? 'no header'
          : `the archive ends at ${at + input.available} without its closing zero blocks`,
      );
    if (isZero(block)) return closing(input, end, marks);
    if (!isTarHeader(block)) return stop('corrupt', `the checksum of the header at ${at} does not hold`);
    const type = String.fromCharCode(block[156] || 48);
    const size = pending.size ?? sizeOf(block);
    if (!Number.isSafeInteger(size)) return stop('corrupt', `the size in the header at ${at} is no number`);
    const name = pending.name ?? nameOf(block);
    const padded = Math.ceil(size / BLOCK) * BLOCK;
    if ('xgLK'.includes(type)) {
      const extension = size <= MAX_EXTENSION ? await input.bytes(padded) : undefined;
      if (!extension) return stop('cut', `the archive ends inside the extension at ${at}`);
      pending = { ...pending, ...readExtension(type, extension.subarray(0, size)) };
      continue;
    }
    pending = {};
    end.members++;
    const hasData = '07S\0'.includes(type);
    if (hasData) end.files++;
    if (type === 'S' && !(await skipSparse(input, block)))
      return stop('cut', `the archive ends inside ${name}`);
    const before = input.position;
    await onMember({ name, size: hasData ? size : 0, type }, input);
    const left = (hasData || type > '7' ? padded : 0) - (input.position - before);
    if (!(await pass(left)))
      return stop('cut', `the archive ends inside ${name} (member at ${at}, ${size} bytes)`);
  }
}

function nameOf(block: Buffer): string {
  const name = textAt(block, 0, 100);
  const prefix = block.toString('latin1', 257, 263) === 'ustar\0' ? textAt(block, 345, 155) : '';
  return prefix === '' ? name : `${prefix}/${name}`;
}

/** Old GNU sparse files: further tables follow the header. */
async function skipSparse(input: Cursor, header: Buffer): Promise<boolean> {
  let more = header[482] === 1;
  while (more) {
    const table = await input.bytes(BLOCK);
    if (!table) return false;
    more = table[504] === 1;
  }
  return true;
}

function readExtension(type: string, bytes: Buffer): Pending {
  if (type === 'L') return { name: bytes.toString('utf8').replace(/\0.*$/s, '') };
  if (type !== 'x') return {};
  const found: Pending = {};
  for (const line of bytes.toString('utf8').split('\n')) {
    const [, key, value] = /^\d+ ([^=]+)=(.*)$/.exec(line) ?? [];
    if (key === 'path' && value !== undefined) found.name = value;
    if (key === 'size' && value !== undefined) found.size = Number(value);
  }
  return found;
}

async function closing(input: Cursor, end: TarEnd, marks: Marks): Promise<TarEnd> {
  const second = await input.bytes(BLOCK);
  if (!second || !isZero(second))
    return Object.assign(end, { kind: second ? 'corrupt' : 'cut', reason: 'only one closing zero block' });
  const other = await passZeros(input, marks);
  if (other) end.trailing = other.length + (await input.drain());
  return end;
}
