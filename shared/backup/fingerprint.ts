// The fingerprint of a set's files: agent and collector make it alike, so that a collector that missed a record knows it.

import { createHash } from 'node:crypto';

/** SHA-256 (hex) over the sorted lines `path\tbytes\tmodifiedAt`, joined by newlines, of the files that are there. */
export function fingerprintOf(files: readonly { path: string; bytes: number; modifiedAt: number }[]): string {
  const lines = files.map((f) => `${f.path}\t${f.bytes}\t${f.modifiedAt}`).sort();
  return createHash('sha256').update(lines.join('\n')).digest('hex');
}
