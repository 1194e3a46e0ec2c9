// 7z archives: a head that names where the header lies, the header at the end with its CRC. Promise: a cut shows in a few reads; contents
// (LZMA, LZMA2, stored) are decoded and their CRC-32 recomputed in a deep reading only; encrypted ones are told to be so.

import { crc32 } from 'node:zlib';
import { type ByteSource, slice } from '../../source.ts';
import { type ChunkStream, Cursor, sourceStream, StreamFault } from '../cursor.ts';
import { Lzma, Window } from '../decode/lzma.ts';
import { MAX_WINDOW, openLzma2, windowOf } from '../decode/lzma2.ts';
import { type Finding, type Format, type Job } from '../format.ts';
import { HeaderFault, type PackedFolder, parseHeader, type SevenHeader } from './header.ts';

const MAGIC = Buffer.from([0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c]);
const START = 32;
const MAX_HEADER = 16 * 1024 * 1024;
const AES = '06f10701';

export const SEVEN_ZIP: Format = {
  name: '7z',
  matches: (head, job) =>
    head.length >= START && head.subarray(0, 6).equals(MAGIC) && job.source !== undefined,
  read: (_input, job) => readSevenZip(job.source as ByteSource, job),
};

type Verdict = Pick<Finding, 'content' | 'reason'> & {
  encrypted?: boolean;
  files?: number;
  bytes?: number;
  missing?: number;
};

/** Also for volumes that were put together. */
export async function readSevenZip(source: ByteSource, job: Pick<Job, 'deep'>): Promise<Finding> {
  const { content, reason, encrypted, files, bytes, missing } = await judge(source, job);
  return {
    format: '7z',
    content,
    reason,
    layer: 'L2',
    facts: {
      engine: 'files',
      kind: 'copy',
      compressed: true,
      checksums: true,
      ...(encrypted === true && { encrypted }),
      ...(files !== undefined && { files }),
      ...(bytes !== undefined && { contentBytes: bytes }),
      ...(missing !== undefined && { notices: [`${missing} bytes are missing behind the end`] }),
    },
  };
}

async function judge(source: ByteSource, job: Pick<Job, 'deep'>): Promise<Verdict> {
  const head = Buffer.from(await source.read(0, START));
  if (head.length < START) return { content: 'INCOMPLETE', reason: 'the head is cut' };
  if (crc32(head.subarray(12)) !== head.readUInt32LE(8))
    return { content: 'CORRUPT', reason: 'the CRC of the head does not hold' };
  const offset = Number(head.readBigUInt64LE(12));
  const size = Number(head.readBigUInt64LE(20));
  const end = START + offset + size;
  if (size === 0)
    return offset === 0
      ? { content: 'EMPTY', reason: 'an archive without any file' }
      : { content: 'INCOMPLETE', reason: 'no header' };
  if (end > source.size)
    return {
      content: 'INCOMPLETE',
      reason: `the header ends at ${end}, the file at ${source.size}: cut, or a volume is missing`,
      missing: end - source.size,
    };
  if (size > MAX_HEADER)
    return { content: 'UNCONFIRMED', reason: `a header of ${size} bytes, more than a check reads` };
  const bytes = Buffer.from(await source.read(START + offset, size));
  if (crc32(bytes) !== head.readUInt32LE(28))
    return { content: 'CORRUPT', reason: 'the CRC of the header does not hold' };
  const packed = slice(source, START, offset);
  try {
    return await judgeHeader(packed, bytes, job);
  } catch (error) {
    if (error instanceof HeaderFault)
      return { content: 'CORRUPT', reason: `the header cannot be read: ${error.message}` };
    if (!(error instanceof StreamFault)) throw error;
    return { content: error.kind === 'limit' ? 'COMPLETE' : 'CORRUPT', reason: error.message };
  }
}

async function judgeHeader(packed: ByteSource, bytes: Buffer, job: Pick<Job, 'deep'>): Promise<Verdict> {
  let header = parseHeader(bytes);
  for (let depth = 0; 'encoded' in header && depth < 4; depth++) {
    const { encoded } = header;
    if (isEncrypted(encoded))
      return {
        content: 'COMPLETE',
        reason:
          'the header is whole, but encrypted: neither names nor content can be read without the password',
        encrypted: true,
      };
    if (encoded.size > MAX_HEADER) return { content: 'UNCONFIRMED', reason: 'a header too large to be read' };
    const parts: Buffer[] = [];
    await decodeFolder(packed, encoded, (part) => void parts.push(Buffer.from(part)));
    header = parseHeader(Buffer.concat(parts));
  }
  if ('encoded' in header) return { content: 'CORRUPT', reason: 'a header in a header in a header' };
  return judgeContent(packed, header, job);
}

const isEncrypted = (folder: PackedFolder): boolean => folder.coders.some((coder) => coder.method === AES);

async function judgeContent(
  packed: ByteSource,
  header: SevenHeader,
  job: Pick<Job, 'deep'>,
): Promise<Verdict> {
  const { folders, files } = header;
  const bytes = folders.reduce((sum, folder) => sum + folder.size, 0);
  if (files === 0) return { content: 'EMPTY', reason: 'an archive without any file', files };
  const last = Math.max(0, ...folders.flatMap((folder) => folder.packed.map((p) => p.offset + p.size)));
  if (last > packed.size) return { content: 'CORRUPT', reason: 'the header names data behind itself', files };
  if (folders.some(isEncrypted))
    return {
      content: 'COMPLETE',
      reason: `the header is whole, ${files} files; their content cannot be proved without the password`,
      encrypted: true,
      files,
      bytes,
    };
  const whole = `head and header hold, ${files} files`;
  if (!job.deep)
    return { content: 'COMPLETE', reason: `${whole}; contents are not decoded (--deep does)`, files, bytes };
  let proved = true;
  for (const folder of folders) {
    if (!canDecode(folder))
      return {
        content: 'COMPLETE',
        reason: `${whole}; a method is used that is not decoded here`,
        files,
        bytes,
      };
    proved &&= await checkFolder(packed, folder);
  }
  return {
    content: proved ? 'VERIFIED' : 'COMPLETE',
    reason: `${whole}; all contents decoded, CRC-32 recomputed`,
    files,
    bytes,
  };
}

const METHODS = ['00', '21', '030101'];
const canDecode = (folder: PackedFolder): boolean =>
  folder.coders.length === 1 && METHODS.includes(folder.coders[0]?.method ?? '');

/** Whether every file had a CRC; throws when one does not hold. */
async function checkFolder(packed: ByteSource, folder: PackedFolder): Promise<boolean> {
  const left = folder.files.map((file) => ({ ...file, left: file.size, sum: 0 }));
  let at = 0;
  await decodeFolder(packed, folder, (bytes) => {
    let rest = bytes;
    while (rest.length > 0 && at < left.length) {
      const file = left[at];
      if (!file) return;
      const part = rest.subarray(0, file.left);
      file.sum = crc32(part, file.sum);
      file.left -= part.length;
      rest = rest.subarray(part.length);
      if (file.left === 0) at++;
    }
  });
  const bad = left.findIndex((file) => file.left > 0 || (file.crc !== undefined && file.crc !== file.sum));
  if (bad >= 0) throw new StreamFault('corrupt', `the CRC-32 of file ${bad + 1} does not hold`);
  return left.every((file) => file.crc !== undefined);
}

async function decodeFolder(
  packed: ByteSource,
  folder: PackedFolder,
  each: (bytes: Buffer) => void,
): Promise<void> {
  const [place] = folder.packed;
  const [coder] = folder.coders;
  if (!place || !coder || !canDecode(folder))
    throw new StreamFault('limit', 'the header is packed in a way that is not decoded here');
  if (place.offset + place.size > packed.size)
    throw new StreamFault('corrupt', 'the header names data behind itself');
  const stream = sourceStream(slice(packed, place.offset, place.size), 'read');
  let size = 0;
  const take = (bytes: Buffer): void => {
    size += bytes.length;
    each(bytes);
  };
  if (coder.method === '00')
    for (let bytes = await stream.next(); bytes; bytes = await stream.next()) take(bytes);
  else if (coder.method === '21') {
    const lzma2 = openLzma2(new Cursor(stream), windowOf(coder.properties[0] ?? 41));
    for (let bytes = await lzma2.next(); bytes; bytes = await lzma2.next()) take(bytes);
  } else await decodeLzma(stream, coder.properties, folder.size, take);
  if (size !== folder.size)
    throw new StreamFault('corrupt', `${size} bytes decoded instead of ${folder.size}`);
}

const STEP = 1024 * 1024;
/** One step of the model reads at most so much. */
const RESERVE = 64;

async function decodeLzma(
  stream: ChunkStream,
  properties: Buffer,
  size: number,
  take: (bytes: Buffer) => void,
): Promise<void> {
  if (properties.length < 5) throw new StreamFault('corrupt', 'impossible LZMA properties');
  const windowSize = properties.readUInt32LE(1);
  if (windowSize > MAX_WINDOW)
    throw new StreamFault('limit', `decoding would take ${Math.round(windowSize / 2 ** 20)} MiB of memory`);
  const window = new Window(windowSize, (bytes) => take(Buffer.from(bytes)));
  const lzma = new Lzma(window);
  lzma.setProperties(properties[0] ?? 255);
  const first = await stream.next();
  lzma.begin(first ? Buffer.from(first) : Buffer.alloc(0));
  let left = size;
  let ended = false;
  while (left > 0) {
    const done = lzma.decode(Math.min(left, STEP), ended ? 0 : RESERVE);
    if (done === 'end') break;
    left -= done;
    window.flush();
    if (ended || (done > 0 && lzma.unused >= RESERVE)) continue;
    const more = await stream.next();
    if (more) lzma.feed(more);
    else ended = true;
  }
  window.flush();
}
