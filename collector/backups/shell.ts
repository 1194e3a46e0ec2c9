// Words of commands that are printed for a POSIX shell. Promise: whatever a file is called, the command does what it says.

import type { PartFile } from './set.ts';

export function quote(word: string): string {
  return /^[\w./:=+,@%-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

const DECODERS: [format: RegExp, command: string][] = [
  [/\+tar\b/, 'tar -xOf'],
  [/\+7z\b/, '7z e -so'],
  [/gzip|\bgz\b/, 'gunzip -c'],
  [/lz4/, 'lz4 -dc'],
  [/zstd|\bzst\b/, 'zstd -dc'],
  [/\bxz\b/, 'xz -dc'],
  [/bzip2|\bbz2\b/, 'bzip2 -dc'],
  [/\bzip\b/, 'unzip -p'],
];

/** How to have the content of a file on standard output; `undefined`: it is not compressed. */
export function decoder(file: Pick<PartFile, 'format'>): string | undefined {
  return DECODERS.find(([format]) => format.test(file.format))?.[1];
}

/** The content of a file into a program: by a pipe that fails when the unpacking fails, or directly. */
export function feed(file: PartFile, into: string): string {
  const decode = decoder(file);
  const path = quote(file.path);
  return decode ? `set -o pipefail; ${decode} ${path} | ${into}` : `${into} < ${path}`;
}

/** As TZ takes it: a name, or an offset in POSIX's reversed sign. */
export function posixZone(zone: string): string {
  const [, sign, hours, minutes] = /^([+-])(\d\d):(\d\d)$/.exec(zone) ?? [];
  if (!sign) return quote(zone === 'Z' ? 'UTC' : zone);
  const amount = minutes === '00' ? hours : `${hours}:${minutes}`;
  return quote(`<${sign}${hours}${minutes === '00' ? '' : minutes}>${sign === '+' ? '-' : ''}${amount}`);
}
