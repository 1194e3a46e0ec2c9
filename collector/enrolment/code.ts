// One-time enrolment codes as people say them: 26 Crockford base32 characters (128 bits) and a check character, in groups of
// five. Promise: what a person mistypes by one character, or hears as O for 0 or I for 1, is either understood or refused.

import { createHash } from 'node:crypto';

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const LENGTH = 26;

/** The code for 16 random bytes: `7ZK4M-9Q…`. */
export function renderCode(random: Uint8Array): string {
  let bits = random.reduce((all, byte) => (all << 8n) | BigInt(byte), 0n);
  let body = '';
  for (let i = 0; i < LENGTH; i++) {
    body = (ALPHABET[Number(bits & 31n)] ?? '0') + body;
    bits >>= 5n;
  }
  return group(body + checkCharacter(body));
}

/** The bare code as it is hashed, or undefined when the text cannot be one (wrong length, character or check character). */
export function parseCode(text: string): string | undefined {
  const bare = text.toUpperCase().replace(/[\s-]/g, '').replace(/O/g, '0').replace(/[IL]/g, '1');
  if (bare.length !== LENGTH + 1) return undefined;
  for (const c of bare) if (!ALPHABET.includes(c)) return undefined;
  return checkCharacter(bare.slice(0, LENGTH)) === bare[LENGTH] ? bare : undefined;
}

/** What is stored in place of the code. */
export function hashCode(bare: string): string {
  return createHash('sha256').update(bare).digest('hex');
}

/** Luhn's sum over base 32: catches every single wrong character and nearly every swap, and stays within the alphabet. */
function checkCharacter(body: string): string {
  let sum = 0;
  for (let i = 0; i < body.length; i++) {
    const value = ALPHABET.indexOf(body[body.length - 1 - i] ?? '0');
    const weighted = i % 2 === 0 ? value * 2 : value;
    sum += Math.floor(weighted / 32) + (weighted % 32);
  }
  return ALPHABET[(32 - (sum % 32)) % 32] ?? '0';
}

function group(code: string): string {
  return (code.match(/.{1,5}/g) ?? []).join('-');
}
