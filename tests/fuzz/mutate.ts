// Inputs that are nearly right: a valid sample with a few edits, or the content of one behind its checksums. Random bytes are
// refused at the first gate; these reach behind it. Promise: an input follows from (samples, plan) alone, so that fast-check
// can shrink the plan to the edit that matters.

import fc from 'fast-check';
import { type Edit, EDITS, type Hints } from './edit.ts';
import { applyEdit, NO_HINTS, PLACES } from './edits.ts';
import type { Shape } from './target.ts';

/** No input grows beyond: what is longer is refused by its length, which the unit tests cover. */
export const MAX_BYTES = 300_000;
const MAX_EDITS = 6;

export interface Plan {
  sample: number;
  /** Edits go to the content, which is sealed again; where a target has no shape it makes no difference. */
  inside: boolean;
  edits: Edit[];
}

const place = fc.integer({ min: 0, max: PLACES - 1 });

export const plans: fc.Arbitrary<Plan> = fc.record({
  sample: fc.nat({ max: 1000 }),
  inside: fc.boolean(),
  edits: fc.array(
    fc.record({
      kind: fc.constantFrom(...EDITS),
      at: place,
      from: place,
      n: fc.oneof(fc.integer({ min: 1, max: 16 }), fc.integer({ min: 1, max: 5000 })),
      byte: fc.oneof(fc.constantFrom(0, 1, 10, 127, 128, 255), fc.integer({ min: 0, max: 255 })),
    }),
    { minLength: 1, maxLength: MAX_EDITS },
  ),
});

/** The same by a faster source of chance. */
export function drawPlan(random: () => number, sample: number): Plan {
  const int = (max: number): number => Math.floor(random() * max);
  const edit = (): Edit => ({
    kind: EDITS[int(EDITS.length)] ?? 'flip',
    at: int(PLACES),
    from: int(PLACES),
    n: 1 + (random() < 0.7 ? int(16) : int(5000)),
    byte: random() < 0.3 ? ([0, 1, 10, 127, 128, 255][int(6)] ?? 0) : int(256),
  });
  // Mostly one or two: what many edits break at once is refused at the first of them.
  const count = 1 + Math.floor(random() ** 3 * MAX_EDITS);
  return { sample, inside: random() < 0.5, edits: Array.from({ length: count }, edit) };
}

export interface MutateOptions {
  shape?: Shape | undefined;
  hints?: Hints;
}

export function mutate(
  samples: readonly Uint8Array[],
  { sample, inside, edits }: Plan,
  { shape, hints = NO_HINTS }: MutateOptions = {},
): Buffer {
  const bytes = Buffer.from(samples[sample % samples.length] ?? []);
  const pieces = inside ? shape?.open(bytes) : undefined;
  if (shape && pieces && pieces.length > 0) return editInside(shape, pieces, samples, edits, hints);
  let out: Buffer = bytes;
  for (const edit of edits)
    out = applyEdit(out, edit, samples[edit.from % samples.length] ?? out, hints).subarray(0, MAX_BYTES);
  return out;
}

function editInside(
  shape: Shape,
  found: readonly Uint8Array[],
  samples: readonly Uint8Array[],
  edits: readonly Edit[],
  hints: Hints,
): Buffer {
  const pieces: Buffer[] = found.map((piece) => Buffer.from(piece));
  for (const edit of edits) {
    const index = edit.from % Math.max(1, pieces.length);
    const piece = pieces[index];
    if (!piece) break;
    if (pieces.length > 1 && edit.byte < 24) rearrange(pieces, index, edit);
    else {
      const theirs = shape.open(samples[edit.at % samples.length] ?? piece) ?? [];
      const other = theirs[edit.n % Math.max(1, theirs.length)] ?? piece;
      pieces[index] = applyEdit(piece, edit, other, hints).subarray(0, MAX_BYTES);
    }
  }
  return Buffer.from(shape.close(pieces)).subarray(0, MAX_BYTES);
}

/** Leaves a piece out, doubles it, or lets it change places with another. */
function rearrange(pieces: Buffer[], index: number, { byte, at }: Edit): void {
  const piece = pieces[index] as Buffer;
  const other = at % pieces.length;
  if (byte % 3 === 0) pieces.splice(index, 1);
  else if (byte % 3 === 1) pieces.splice(other, 0, ...Array.from({ length: 1 + (at % 4) }, () => piece));
  else [pieces[index], pieces[other]] = [pieces[other] as Buffer, piece];
}
