// The keys of the demonstration's agents: made from one secret of its folder, so that they need not be kept one by one.

import { createHmac, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';

/** DER of an Ed25519 private key, but for its 32 bytes. */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');

export function keyOf(secret: string, hostId: string): KeyObject {
  const seed = createHmac('sha256', secret).update(hostId).digest();
  return createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' });
}

/** base64url, as enrolment keeps it. */
export function publicText(key: KeyObject): string {
  return createPublicKey(key).export({ format: 'jwk' }).x ?? '';
}

export const fingerprintOf = (hostId: string): string => `demo-${hostId}`;
