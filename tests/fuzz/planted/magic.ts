// Planted: throws behind a magic number of eight bytes.

export function readMagic(input: Buffer): void {
  if (input.length < 8) return;
  if (input.readUInt32LE(0) !== 0x5157_4e49) return;
  if (input.readUInt32BE(4) === 0xdead_10cc) throw new RangeError('planted: behind the magic number');
}
