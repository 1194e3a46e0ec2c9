// Sets the time of every entry of a zip archive, in place. Promise: archives that differ only in when they were packed become equal.
//
//   end of central directory ─▶ central entries (time and date at +12, place of the local entry at +42) ─▶ local entries (at +10)

const END = 0x06054b50;
const CENTRAL = 0x02014b50;
const END_BYTES = 22;

/** 1980-01-01 00:00:00: the earliest that the format can say; it stands for no time. */
const DOS_TIME = 0;
const DOS_DATE = (1 << 5) | 1;

export function fixZipTimes(zip: Buffer): Buffer {
  let at = zip.length - END_BYTES;
  while (at >= 0 && zip.readUInt32LE(at) !== END) at--;
  if (at < 0) throw new Error('not a zip archive: it has no end record');
  const entries = zip.readUInt16LE(at + 10);
  let central = zip.readUInt32LE(at + 16);
  for (let i = 0; i < entries; i++) {
    if (zip.readUInt32LE(central) !== CENTRAL) throw new Error(`zip: no entry ${i} at ${central}`);
    stamp(zip, central + 12);
    stamp(zip, zip.readUInt32LE(central + 42) + 10);
    central += 46 + [28, 30, 32].reduce((sum, field) => sum + zip.readUInt16LE(central + field), 0);
  }
  return zip;
}

function stamp(zip: Buffer, at: number): void {
  zip.writeUInt16LE(DOS_TIME, at);
  zip.writeUInt16LE(DOS_DATE, at + 2);
}
