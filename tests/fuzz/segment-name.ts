// A segment's file name there and back, for the fuzzer: what `parseName` reads, `renderName` writes the same.

import assert from 'node:assert/strict';
import { parseName, renderName } from '../../agent/spool/segment.ts';

export function parseSegmentName(text: string): void {
  const name = parseName(text);
  if (!name) return;
  assert.deepEqual(parseName(renderName(name)), name);
}
