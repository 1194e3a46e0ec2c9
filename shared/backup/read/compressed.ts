// A compressed file: what its decoder proved, together with what the reader of the inner format says. Promise: a stream that is
// whole around a content that is cut is not called good, and damage that the decoder found outweighs whatever the reader saw.

import type { BackupFacts } from '../facts.ts';
import { Cursor } from './cursor.ts';
import type { Codec, Decoded, Proof } from './decode/codec.ts';
import { type Finding, HEAD, type Job } from './format.ts';
import { resumable } from './resumable.ts';

export async function readCompressed(codec: Codec, input: Cursor, job: Job): Promise<Finding> {
  const { decoded: stream, marks } = resumable(codec, input, job);
  const decoded = bounded(stream, job);
  const content = new Cursor(decoded);
  try {
    const name = stripEnding(job.name, codec.endings);
    const { source: _none, ...rest } = job;
    const inner: Job = { ...rest, name, depth: job.depth + 1, marks };
    await content.need(HEAD);
    const isEmpty = content.available === 0;
    const finding = isEmpty ? undefined : await job.inside(content, inner);
    await content.drain();
    return combine(codec.name, finding, content, decoded.proof());
  } finally {
    content.close();
  }
}

/** More than this many decoded bytes for one stored byte is no backup but a bomb. */
const MOST_RATIO = 20_000;
const LEAST_BOUND = 64 * 2 ** 30;

function bounded(decoded: Decoded, job: Job): Decoded {
  const bound = Math.max(LEAST_BOUND, (job.source?.size ?? 0) * MOST_RATIO);
  let count = 0;
  return {
    proof: () => decoded.proof(),
    close: () => decoded.close?.(),
    ...(decoded.skip && { skip: (bytes) => decoded.skip?.(bytes) ?? 0 }),
    async next() {
      const bytes = await decoded.next();
      count += bytes?.length ?? 0;
      if (bytes) job.decoded?.(bytes.length);
      if (count > bound) decoded.close?.();
      return count > bound ? undefined : bytes;
    },
  };
}

export function stripEnding(name: string, endings: readonly string[]): string {
  const ending = endings.find((e) => name.toLowerCase().endsWith(e));
  if (ending === undefined) return name;
  const bare = name.slice(0, -ending.length);
  return ending.startsWith('.t') && ending !== '.tar' ? `${bare}.tar` : bare;
}

function combine(codec: string, inner: Finding | undefined, content: Cursor, proof: Proof): Finding {
  const format =
    inner && inner.format !== 'unknown' && inner.format !== 'text' ? `${inner.format}+${codec}` : codec;
  const facts: BackupFacts = {
    ...inner?.facts,
    compressed: true,
    contentBytes: content.position,
    checksums: proof.checksums || (inner?.facts.checksums ?? false),
  };
  const notices = [...(inner?.facts.notices ?? []), ...proof.notices];
  if (notices.length > 0) facts.notices = notices;
  const tail = inner?.tail && { tail: inner.tail };
  const { fault } = content;
  if (fault) {
    const verdict = { cut: 'INCOMPLETE', corrupt: 'CORRUPT', limit: 'UNCONFIRMED' } as const;
    return { format, content: verdict[fault.kind], reason: `${codec}: ${fault.message}`, layer: 'L2', facts };
  }
  if (!inner)
    return {
      format,
      content: 'EMPTY',
      reason: `a whole ${codec} stream with nothing inside`,
      layer: 'L3',
      facts,
    };
  return { format, ...judged(codec, inner, proof), facts, ...tail };
}

function judged(codec: string, inner: Finding, proof: Proof): Pick<Finding, 'content' | 'reason' | 'layer'> {
  const proved = proof.checksums
    ? `${codec} checksums recomputed over all content`
    : `${codec} decoded; it carries no checksum`;
  const extra = proof.notices.length > 0 ? ` (${proof.notices.join('; ')})` : '';
  if (inner.format === 'unknown' || inner.format === 'text')
    return { content: proof.checksums ? 'VERIFIED' : 'COMPLETE', reason: `${proved}${extra}`, layer: 'L2' };
  if (inner.content !== 'COMPLETE' && inner.content !== 'VERIFIED')
    return { content: inner.content, reason: `${proved}, but inside: ${inner.reason}${extra}`, layer: 'L3' };
  const content = proof.checksums ? 'VERIFIED' : inner.content;
  return {
    content,
    reason: `${proved}; inside: ${inner.reason}${extra}`,
    layer: inner.layer === 'L1' ? 'L2' : inner.layer,
  };
}
