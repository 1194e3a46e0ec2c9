// Files that were encrypted as a whole: openssl enc (so do pgBackRest's encrypted repositories), GnuPG, age, AES Crypt. Promise: such a file
// is neither called good nor bad: only whoever has the key can tell.

import type { Cursor } from '../cursor.ts';
import type { Finding, Format } from '../format.ts';

export const ENCRYPTED = 'encrypted';

const TOOLS: readonly [name: string, knows: (head: Buffer) => boolean][] = [
  ['openssl enc', (head) => head.toString('latin1', 0, 8) === 'Salted__'],
  ['age', (head) => /^(?:age-encryption\.org\/v1\n|-----BEGIN AGE ENCRYPTED FILE-----)/.test(textOf(head))],
  ['GnuPG', (head) => textOf(head).startsWith('-----BEGIN PGP MESSAGE-----') || isPgp(head)],
  ['AES Crypt', (head) => textOf(head).startsWith('AES') && (head[3] ?? 9) <= 3 && head[4] === 0],
];

const textOf = (head: Buffer): string => head.toString('latin1', 0, 64);

/** A session key for a public key (version 3), or made from a passphrase (version 4), in an old or new packet header. */
function isPgp(head: Buffer): boolean {
  const [tag = 0, length = 0] = head;
  const isNew = (tag & 0xc0) === 0xc0;
  const kind = isNew ? tag & 0x3f : (tag & 0x3c) >> 2;
  if ((tag & 0x80) === 0 || (kind !== 1 && kind !== 3)) return false;
  const wide = isNew ? length >= 192 : (tag & 3) === 1;
  if (!isNew && (tag & 3) > 1) return false;
  const at = wide ? 3 : 2;
  if (kind === 1) return head[at] === 3 && [1, 2, 16, 18].includes(head[at + 9] ?? 0);
  return head[at] === 4 && length < 64 && (head[at + 1] ?? 0) <= 13 && [0, 1, 3].includes(head[at + 2] ?? 9);
}

export const ENCRYPTED_FILE: Format = {
  name: ENCRYPTED,
  matches: (head) => TOOLS.some(([, knows]) => knows(head)),
  read,
};

async function read(input: Cursor): Promise<Finding> {
  await input.need(64);
  const tool = TOOLS.find(([, knows]) => knows(input.peek(64)))?.[0];
  await input.drain();
  return {
    format: ENCRYPTED,
    content: 'UNCONFIRMED',
    reason: `encrypted (${tool}): what is inside cannot be read without its key`,
    layer: 'L1',
    facts: { encrypted: true },
  };
}
