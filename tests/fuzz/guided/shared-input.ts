// The input that is being run, in memory that two threads share.
//
//   i32 runs begun · i32 bytes · the input

import { MAX_BYTES } from '../mutate.ts';

const HEAD = 8;

export const newControl = (): SharedArrayBuffer => new SharedArrayBuffer(HEAD + MAX_BYTES);

export function writeInput(control: SharedArrayBuffer, input: Uint8Array): void {
  const head = new Int32Array(control, 0, 2);
  const bytes = input.subarray(0, MAX_BYTES);
  new Uint8Array(control, HEAD).set(bytes);
  Atomics.store(head, 1, bytes.length);
  Atomics.add(head, 0, 1);
}

export function readInput(control: SharedArrayBuffer): { runs: number; input: Buffer } {
  const head = new Int32Array(control, 0, 2);
  const length = Atomics.load(head, 1);
  return { runs: Atomics.load(head, 0), input: Buffer.from(new Uint8Array(control, HEAD, length)) };
}
