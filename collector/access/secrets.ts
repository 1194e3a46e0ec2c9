// Secrets that people and programs present: drawn from the system's randomness, stored only as SHA-256 of themselves.
// They carry 256 bits, so a fast hash is enough; passwords go through scrypt instead (passwords.ts).

import { createHash, randomBytes, randomUUID } from 'node:crypto';

/** 256 random bits as base64url. */
export function drawSecret(): string {
  return randomBytes(32).toString('base64url');
}

export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

export function drawId(): string {
  return randomUUID();
}
