// Planted: believes a length that the input states, once the version is right.

export function readBomb(input: Buffer): void {
  if (input.length < 8) return;
  if (input.readUInt16LE(0) !== 0x0bad) return;
  Buffer.alloc(input.readUInt32LE(4));
}
