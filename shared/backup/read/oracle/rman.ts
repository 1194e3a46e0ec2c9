// A backup piece or data file of Oracle: known by the head of its first block, whose layout is not published. Promise: only a hint; the
// size must fit, and the database's own views or RMAN's log must say the rest.

import type { Format } from '../format.ts';

const BLOCK_MAGIC = 0x7a7b7c7d;

export const RMAN: Format = {
  name: 'oracle-block-file',
  matches: (head) =>
    head.length >= 32 &&
    head[0] === 0 &&
    (head[1] ?? 0) >= 0x82 &&
    (head[1] ?? 0) <= 0xc2 &&
    head.readUInt32LE(28) === BLOCK_MAGIC,
  async read(input) {
    await input.need(32);
    const head = input.peek(32);
    const block = head.readUInt32LE(20);
    const expected = (head.readUInt32LE(24) + 1) * block;
    await input.skip(Number.MAX_SAFE_INTEGER);
    const facts = { engine: 'oracle' as const, kind: 'full' as const };
    const base = { format: 'oracle-block-file', layer: 'L1' as const, facts };
    if (input.position < expected)
      return {
        ...base,
        content: 'INCOMPLETE',
        reason: `${input.position} of ${expected} bytes that its first block names`,
      };
    return {
      ...base,
      content: 'UNCONFIRMED',
      reason: "an Oracle file whose layout is not published: judge it by RMAN's log or V$BACKUP_PIECE",
    };
  },
};
