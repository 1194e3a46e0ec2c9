// Ed25519 by node:crypto on raw keys. Promise: a key or signature of any shape gives true or false, never an exception.

import { createPublicKey, type KeyObject, verify } from 'node:crypto';

/** The key object of a base64url raw 32-byte key; undefined when it is none. */
export function parsePublicKey(publicKey: string): KeyObject | undefined {
  if (!/^[A-Za-z0-9_-]{43}$/.test(publicKey)) return undefined;
  try {
    return createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x: publicKey } });
  } catch {
    return undefined;
  }
}

/** Whether `signature` (base64url) over `text` was made by the owner of `publicKey` (base64url, raw). */
export function isSignedBy(publicKey: string, text: string, signature: string): boolean {
  const key = parsePublicKey(publicKey);
  if (!key || !/^[A-Za-z0-9_-]{86}$/.test(signature)) return false;
  try {
    return verify(null, Buffer.from(text), key, Buffer.from(signature, 'base64url'));
  } catch {
    return false;
  }
}
