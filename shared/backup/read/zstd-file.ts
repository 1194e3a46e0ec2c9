// A zstd file: first the walk over its blocks, which shows a cut without decoding; then, where what lies inside has an end of its own
// (a dump, a log, a stream), or on request, the whole content. Promise: an archive is judged by the structure of its frames unless a deep
// reading is asked for, and the reason says so.

import type { ByteSource } from '../source.ts';
import { readCompressed } from './compressed.ts';
import { Cursor, sourceStream } from './cursor.ts';
import { walkZstd, ZSTD, type ZstdWalk } from './decode/zstd.ts';
import { type Finding, HEAD, type Job } from './format.ts';
import { FORMATS } from './list.ts';

export async function readZstd(input: Cursor, job: Job): Promise<Finding> {
  const { source } = job;
  if (!source) return readCompressed(ZSTD, input, job);
  const walk = await walkZstd(source);
  const inner = await innerFormat(source, job);
  if (walk.kind !== 'whole') {
    const content = walk.kind === 'cut' ? 'INCOMPLETE' : 'CORRUPT';
    return { ...bare(inner, walk), content, reason: walk.reason };
  }
  if (job.deep || (inner !== undefined && inner !== 'tar')) return readCompressed(ZSTD, input, job);
  const sums = walk.checksums
    ? 'its checksum was not recomputed (--deep does)'
    : 'it carries no checksum of its content';
  return {
    ...bare(inner, walk),
    content: 'COMPLETE',
    reason: `${walk.frames} whole zstd frames by their block structure; ${sums}`,
  };
}

/** What lies inside, by the first decoded bytes. */
async function innerFormat(source: ByteSource, job: Job): Promise<string | undefined> {
  const content = new Cursor(ZSTD.open(new Cursor(sourceStream(source))));
  try {
    await content.need(HEAD);
    const head = Buffer.from(content.peek(HEAD));
    return FORMATS.find((format) => format.matches(head, { name: job.name }))?.name;
  } finally {
    content.close();
  }
}

function bare(inner: string | undefined, walk: ZstdWalk): Pick<Finding, 'format' | 'layer' | 'facts'> {
  return {
    format: inner === undefined ? 'zstd' : `${inner}+zstd`,
    layer: 'L2',
    facts: {
      engine: 'files',
      kind: 'copy',
      compressed: true,
      checksums: walk.checksums,
      ...(walk.contentSize !== undefined && walk.contentSize > 0 && { contentBytes: walk.contentSize }),
    },
  };
}
