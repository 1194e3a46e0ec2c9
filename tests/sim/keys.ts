// Keys of the simulated hosts. Real signatures would take a third of the simulation's time and say nothing about what it looks for:
// these hold for one key and one text, and cost nothing.

import { hashText } from './random.ts';

export interface HostKey {
  publicKey: string;
  sign(text: string): string;
}

export function hostKey(index: number): HostKey {
  const publicKey = `key-${index}`;
  return { publicKey, sign: (text) => signatureOf(publicKey, text) };
}

export function isSignedBy(publicKey: string, text: string, signature: string): boolean {
  return signature === signatureOf(publicKey, text);
}

function signatureOf(publicKey: string, text: string): string {
  return hashText(text, hashText(publicKey)).toString(16);
}
