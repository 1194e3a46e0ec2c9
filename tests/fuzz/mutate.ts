// Inputs that are nearly right: a valid sample with a few edits. Random bytes are refused at the first gate; these reach behind it.
// Promise: an input follows from (samples, plan) alone, so that fast-check can shrink the plan to the edit that matters.

import fc from 'fast-check';

const EDITS = ['flip', 'set', 'insert', 'remove', 'repeat', 'cut', 'splice', 'token', 'digits'] as const;
/** No input grows beyond: what is longer is refused by its length, which the unit tests cover. */
const MAX_BYTES = 300_000;
const PLACES = 1 << 24;

/** What has broken parsers before, of numbers, texts and nesting. */
const TOKENS =
  `null true -1 -0 1e308 1e-400 9007199254740993 0.1 "" {} [] [null] "__proto__":{"a":1}, "constructor":1, "t":"report",
"t":"hello", , } ] [ {"a": " \\ \\u0000 \\ud800 \u0000 院 \u{1f480} \u202e \t NaN *a &a[*a] <<:*a !!binary !!js/function ?: : |
%YAML %00 %ff ../ ? &limit=-1 &limit=1e9 &from=NaN = []= ---`
    .split(/[ \n]/)
    .concat('\n', '\r\n', ' ', '- ', '? ', '\n---\n', 'x'.repeat(3000))
    .map((text) => Buffer.from(text));

interface Edit {
  kind: (typeof EDITS)[number];
  /** Shares of PLACES: positions that stay meaningful whatever the length is. */
  at: number;
  from: number;
  n: number;
  byte: number;
}

export interface Plan {
  sample: number;
  edits: Edit[];
}

const place = fc.integer({ min: 0, max: PLACES - 1 });

export const plans: fc.Arbitrary<Plan> = fc.record({
  sample: fc.nat({ max: 1000 }),
  edits: fc.array(
    fc.record({
      kind: fc.constantFrom(...EDITS),
      at: place,
      from: place,
      n: fc.oneof(fc.integer({ min: 1, max: 16 }), fc.integer({ min: 1, max: 5000 })),
      byte: fc.oneof(fc.constantFrom(0, 1, 10, 127, 128, 255), fc.integer({ min: 0, max: 255 })),
    }),
    { minLength: 1, maxLength: 6 },
  ),
});

export function mutate(samples: readonly Uint8Array[], { sample, edits }: Plan): Buffer {
  let bytes: Buffer = Buffer.from(samples[sample % samples.length] ?? []);
  for (const edit of edits) {
    const other = samples[edit.from % samples.length] ?? bytes;
    bytes = apply(bytes, edit, other).subarray(0, MAX_BYTES);
  }
  return bytes;
}

function apply(bytes: Buffer, { kind, at, from, n, byte }: Edit, other: Uint8Array): Buffer {
  const here = Math.floor((at / PLACES) * bytes.length);
  const there = Math.floor((from / PLACES) * other.length);
  const before = bytes.subarray(0, here);
  const after = bytes.subarray(here);
  switch (kind) {
    case 'flip':
      return replaced(bytes, here, (bytes[here] ?? 0) ^ (1 << (byte & 7)));
    case 'set':
      return replaced(bytes, here, byte);
    case 'insert':
      return Buffer.concat([before, Buffer.alloc(n, byte), after]);
    case 'remove':
      return Buffer.concat([before, after.subarray(n)]);
    case 'repeat':
      return Buffer.concat([
        before,
        ...Array.from({ length: 1 + (n % 50) }, () => after.subarray(0, 64)),
        after,
      ]);
    case 'cut':
      return before;
    case 'splice':
      return Buffer.concat([before, other.subarray(there, there + n), after]);
    case 'token':
      return Buffer.concat([
        before,
        ...Array.from({ length: 1 + ((n - 1) % 400) }, () => TOKENS[byte % TOKENS.length] ?? after),
        after,
      ]);
    case 'digits':
      return moreDigits(bytes, here, n);
  }
}

function replaced(bytes: Buffer, at: number, byte: number): Buffer {
  const out = Buffer.from(bytes);
  if (at < out.length) out[at] = byte;
  return out;
}

/** The next number in the text becomes another one of up to 25 digits. */
function moreDigits(bytes: Buffer, from: number, n: number): Buffer {
  let at = from;
  while (at < bytes.length && !isDigit(bytes[at])) at++;
  let end = at;
  while (end < bytes.length && isDigit(bytes[end])) end++;
  return Buffer.concat([
    bytes.subarray(0, at),
    Buffer.from(String(n).repeat(1 + (n % 6))),
    bytes.subarray(end),
  ]);
}

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 48 && byte <= 57;
