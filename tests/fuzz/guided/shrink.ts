// Makes a failing input small: pieces go, then ever smaller runs of bytes, as long as it fails in the same way. Where the target
// has a shape this is done inside it too, so that checksums stay right.

import type { Shape } from '../target.ts';

export interface ShrinkOptions {
  tries: number;
  isSame(candidate: Buffer): Promise<boolean>;
}

/** `stop`: enough was tried. */
type Answer = 'yes' | 'no' | 'stop';

export async function shrink(
  input: Buffer,
  shape: Shape | undefined,
  options: ShrinkOptions,
): Promise<Buffer> {
  const budget = { left: options.tries };
  let best: Buffer = input;
  const accept = async (candidate: Buffer): Promise<Answer> => {
    if (budget.left <= 0) return 'stop';
    if (candidate.length >= best.length) return 'no';
    budget.left--;
    if (!(await options.isSame(candidate))) return 'no';
    best = candidate;
    return 'yes';
  };
  const pieces = shape?.open(best)?.map((piece) => Buffer.from(piece));
  if (shape && pieces) await shrinkPieces(pieces, (all) => accept(Buffer.from(shape.close(all))));
  await shrinkBytes(best, accept);
  return best;
}

async function shrinkPieces(
  pieces: Buffer[],
  accept: (pieces: readonly Buffer[]) => Promise<Answer>,
): Promise<void> {
  for (let i = pieces.length - 1; i >= 0; i--)
    if ((await accept(pieces.toSpliced(i, 1))) === 'yes') pieces.splice(i, 1);
  for (let i = 0; i < pieces.length; i++) {
    await shrinkBytes(pieces[i] as Buffer, async (candidate) => {
      const answer = await accept(pieces.with(i, candidate));
      if (answer === 'yes') pieces[i] = candidate;
      return answer;
    });
  }
}

async function shrinkBytes(start: Buffer, accept: (candidate: Buffer) => Promise<Answer>): Promise<void> {
  let bytes = start;
  for (let size = Math.ceil(bytes.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < bytes.length;) {
      const candidate = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + size)]);
      const answer = await accept(candidate);
      if (answer === 'stop') return;
      if (answer === 'yes') bytes = candidate;
      else at += size;
    }
  }
}
