// Judging one backup file: the entry to all readers. Promise: always a verdict, whatever the bytes are; only an error of reading the
// file itself is thrown.

import type { FileVerdict } from '../facts.ts';
import type { ByteSource } from '../source.ts';
import { Cursor, sourceStream } from './cursor.ts';
import { type Finding, type Job, noMarks } from './format.ts';
import { hashing } from './hashing.ts';
import { readInner } from './inner.ts';

export type JudgeOptions = Partial<Pick<Job, 'deep' | 'zone' | 'marks'>>;

export function localZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

export async function judge(source: ByteSource, name: string, options: JudgeOptions = {}): Promise<Finding> {
  if (source.size === 0)
    return { format: 'empty', content: 'EMPTY', reason: 'zero bytes', layer: 'L0', facts: { bytes: 0 } };
  const { deep = false, zone = localZone(), marks = noMarks } = options;
  const tap = hashing(source);
  const job: Job = { name, deep, zone, marks, source: tap.source, depth: 1, inside: readInner };
  const input = new Cursor(sourceStream(tap.source, deep ? 'read' : 'skip'));
  const finding = await readInner(input, job);
  if (deep) await input.drain();
  const sha256 = tap.digest();
  return {
    ...finding,
    facts: { bytes: source.size, ...(sha256 !== undefined && { sha256 }), ...finding.facts },
  };
}

export function verdictOf(path: string, finding: Finding): FileVerdict {
  const { format, content, reason, layer, facts } = finding;
  return { path, format, content, reason, layer, facts };
}
