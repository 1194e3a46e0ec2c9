// Several named files in one input, so that a corpus file can be read:
//
//   name length\n
//   the bytes, as many as that
//
// Promise: `unpack` never throws; what is cut off or malformed ends the list.

import type { Shape } from './target.ts';

export type Files = [name: string, bytes: Buffer][];

const HEAD = /^([!-~]{1,200}) (\d{1,7})\n/;
const HEAD_BYTES = 210;

export function pack(files: readonly (readonly [string, Uint8Array])[]): Buffer {
  return Buffer.concat(
    files.flatMap(([name, bytes]) => [Buffer.from(`${name} ${bytes.length}\n`, 'latin1'), bytes]),
  );
}

export function unpack(input: Uint8Array): Files {
  const bytes = Buffer.from(input);
  const files: Files = [];
  for (let at = 0; at < bytes.length;) {
    const head = HEAD.exec(bytes.toString('latin1', at, at + HEAD_BYTES));
    if (!head?.[1]) break;
    const start = at + head[0].length;
    const end = start + Number(head[2]);
    files.push([head[1], bytes.subarray(start, end)]);
    at = end;
  }
  return files;
}

/** Edits go to the names and to the bytes, each a piece. */
export const containerShape: Shape = {
  open: (input) => unpack(input).flatMap(([name, bytes]) => [Buffer.from(name, 'latin1'), bytes]),
  close(pieces) {
    const files: [string, Uint8Array][] = [];
    for (let i = 0; i + 1 < pieces.length; i += 2) {
      const name = Buffer.from(pieces[i] ?? [])
        .toString('latin1')
        .replaceAll(/[^!-~]/g, '_')
        .slice(0, 200);
      files.push([name === '' ? '_' : name, pieces[i + 1] ?? Buffer.alloc(0)]);
    }
    return pack(files);
  },
};
