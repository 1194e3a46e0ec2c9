// Judging one backup file: the entry to all readers. Promise: always a verdict, whatever the bytes are; only an error of reading the
// file itself is thrown.

import type { Content, FileVerdict } from '../facts.ts';
import type { ByteSource } from '../source.ts';
import { Cursor, sourceStream } from './cursor.ts';
import { type Finding, type Job, type Marks, noMarks } from './format.ts';
import { hashing } from './hashing.ts';
import { readInner } from './inner.ts';
import { CODECS } from './list.ts';
import { ZEROS_MARK } from './zeros.ts';

export type JudgeOptions = Partial<Pick<Job, 'deep' | 'zone' | 'marks' | 'decoded'>>;

export function localZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

export async function judge(source: ByteSource, name: string, options: JudgeOptions = {}): Promise<Finding> {
  if (source.size === 0)
    return { format: 'empty', content: 'EMPTY', reason: 'zero bytes', layer: 'L0', facts: { bytes: 0 } };
  const { deep = false, zone = localZone(), marks = noMarks } = options;
  const tap = hashing(source);
  let resumed = false;
  let jumped = false;
  const job: Job = {
    name,
    deep,
    zone,
    source: tap.source,
    depth: 1,
    ...(options.decoded && { decoded: options.decoded }),
    inside: readInner,
    marks: {
      get(format) {
        const mark = marks.get(format);
        jumped ||= mark !== undefined && CODECS.some((codec) => codec.name === format);
        resumed ||= mark !== undefined && (format !== ZEROS_MARK || mark.state === 'all read');
        return mark;
      },
      // What lies before the zeros may have been passed over unread.
      set: (format, offset, state) =>
        marks.set(
          format,
          offset,
          format === ZEROS_MARK && (resumed || tap.reached() >= offset) ? 'all read' : state,
        ),
    },
  };
  const finding = await readInner(new Cursor(sourceStream(tap.source)), job);
  // Nothing is called bad by half a reading: a border inside a deflate stream is found by its looks.
  if (jumped && BAD.includes(finding.content))
    return judge(source, name, { ...options, marks: { ...marks, get: () => undefined } });
  // What was passed over is read too, so that a deep reading proves the whole file readable.
  if (deep && tap.digest() === undefined && !resumed) await readThrough(tap.source, marks);
  const sha256 = tap.digest();
  return {
    ...finding,
    facts: { bytes: source.size, ...(sha256 !== undefined && { sha256 }), ...finding.facts },
  };
}

const BAD: readonly Content[] = ['CORRUPT', 'INCOMPLETE'];
const STEP = 256 * 1024;
const THROUGH = 'through';

async function readThrough(source: ByteSource, marks: Marks): Promise<void> {
  let offset = marks.get(THROUGH)?.offset ?? 0;
  while (offset < source.size) {
    const bytes = await source.read(offset, STEP);
    if (bytes.length === 0) return;
    offset += bytes.length;
    marks.set(THROUGH, offset, null);
  }
}

export function verdictOf(path: string, finding: Finding): FileVerdict {
  const { format, content, reason, layer, facts } = finding;
  return { path, format, content, reason, layer, facts };
}
