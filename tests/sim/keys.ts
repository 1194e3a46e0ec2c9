// Keys of the simulated hosts: real Ed25519 keys, the same in every run.

import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';

export interface HostKey {
  publicKey: string;
  sign(text: string): string;
}

/** PKCS #8 of an Ed25519 key up to its 32 bytes. */
const HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');
const made = new Map<number, HostKey>();

export function hostKey(index: number): HostKey {
  const known = made.get(index);
  if (known) return known;
  const raw = Buffer.alloc(32, index + 1);
  const key: KeyObject = createPrivateKey({ key: Buffer.concat([HEAD, raw]), format: 'der', type: 'pkcs8' });
  const publicKey = String(createPublicKey(key).export({ format: 'jwk' }).x);
  const pair = {
    publicKey,
    sign: (text: string) => sign(null, Buffer.from(text), key).toString('base64url'),
  };
  made.set(index, pair);
  return pair;
}
