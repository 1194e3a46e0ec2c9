// backup_manifest of pg_basebackup: a JSON text with one file per line, and at its end the SHA-256 of everything before that line.
// Promise: read line by line, so that a manifest of a million files takes no more memory than one line; its own checksum decides.

import { createHash } from 'node:crypto';
import type { BackupFacts } from '../../facts.ts';
import type { Cursor } from '../cursor.ts';
import type { Finding, Format, Job } from '../format.ts';

const MAX_LINE = 64 * 1024;
const MARK = '"Manifest-Checksum"';

export interface ManifestFile {
  path: string;
  size: number;
  algorithm?: string;
  checksum?: string;
}

export interface Manifest {
  files: number;
  bytes: number;
  timeline: number;
  startLsn: string;
  endLsn: string;
  systemId?: string;
  lastModified: string;
  labelWritten: string;
  /** `cut`: no checksum line. */
  state: 'holds' | 'differs' | 'cut';
}

export const PG_MANIFEST: Format = {
  name: 'backup_manifest',
  matches: (head) => /^\{ ?"PostgreSQL-Backup-Manifest-Version"/.test(head.toString('latin1', 0, 60)),
  read: readManifestFile,
};

async function readManifestFile(input: Cursor, _job: Job): Promise<Finding> {
  const manifest = await readManifest(input, () => {});
  return { format: 'backup_manifest', ...verdict(manifest), layer: 'L2', facts: manifestFacts(manifest) };
}

export async function readManifest(input: Cursor, onFile: (file: ManifestFile) => void): Promise<Manifest> {
  const manifest: Manifest = {
    files: 0,
    bytes: 0,
    timeline: 0,
    startLsn: '',
    endLsn: '',
    lastModified: '',
    labelWritten: '',
    state: 'cut',
  };
  const hash = createHash('sha256');
  for (;;) {
    const line = await nextLine(input);
    if (line === undefined) return manifest;
    const text = line.toString('utf8');
    if (text.startsWith(MARK)) {
      const [, stored] = /^"Manifest-Checksum": ?"([0-9a-fA-F]{64})"\}\s*$/.exec(text) ?? [];
      if (stored === undefined) return manifest;
      manifest.state = hash.digest('hex') === stored.toLowerCase() ? 'holds' : 'differs';
      return manifest;
    }
    hash.update(line);
    noteLine(manifest, text, onFile);
  }
}

/** With its newline. */
async function nextLine(input: Cursor): Promise<Buffer | undefined> {
  let length = 4096;
  for (;;) {
    const more = await input.need(length);
    const end = input.peek(length).indexOf(10);
    if (end >= 0) return input.take(end + 1);
    if (!more || length >= MAX_LINE)
      return input.available > 0 ? input.take(Math.min(length, input.available)) : undefined;
    length *= 4;
  }
}

function noteLine(manifest: Manifest, text: string, onFile: (file: ManifestFile) => void): void {
  const system = /"System-Identifier": ?"?(\d+)"?/.exec(text)?.[1];
  if (system !== undefined) manifest.systemId = system;
  if (text.includes('"Start-LSN"')) noteRange(manifest, text);
  const entry = /\{ ?"(?:Encoded-)?Path".*\}/.exec(text)?.[0];
  if (entry === undefined) return;
  const file = parseFile(entry);
  if (!file) return;
  manifest.files++;
  manifest.bytes += file.size;
  const modified = /"Last-Modified": ?"([^"]+)"/.exec(entry)?.[1] ?? '';
  if (file.path === 'backup_label') manifest.labelWritten = modified;
  if (modified > manifest.lastModified) manifest.lastModified = modified;
  onFile(file);
}

function parseFile(entry: string): ManifestFile | undefined {
  try {
    const value = JSON.parse(entry) as Record<string, unknown>;
    const encoded = value['Encoded-Path'];
    const path =
      typeof encoded === 'string' ? Buffer.from(encoded, 'hex').toString('utf8') : String(value.Path);
    const file: ManifestFile = { path, size: Number(value.Size) };
    if (typeof value['Checksum-Algorithm'] === 'string') file.algorithm = value['Checksum-Algorithm'];
    if (typeof value.Checksum === 'string') file.checksum = value.Checksum.toLowerCase();
    return Number.isFinite(file.size) ? file : undefined;
  } catch {
    return undefined;
  }
}

function noteRange(manifest: Manifest, text: string): void {
  const range = /"Timeline": ?(\d+), ?"Start-LSN": ?"([^"]+)", ?"End-LSN": ?"([^"]+)"/.exec(text);
  if (!range) return;
  // Several ranges when timelines changed: the first begins, the last ends.
  manifest.startLsn ||= range[2] ?? '';
  manifest.timeline = Number(range[1]);
  manifest.endLsn = range[3] ?? '';
}

/** `2026-11-22 18:10:30 GMT` as ISO text. */
export function modifiedAt(text: string): string | undefined {
  const found = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) GMT$/.exec(text);
  return found ? `${found[1]}T${found[2]}Z` : undefined;
}

export function manifestFacts(manifest: Manifest): BackupFacts {
  // The files were read before the backup ended: a lower bound, until a backup history file tells the end.
  const finishedAt = modifiedAt(manifest.lastModified);
  const labelWrittenAt = modifiedAt(manifest.labelWritten);
  return {
    engine: 'postgresql',
    kind: 'full',
    ...(labelWrittenAt !== undefined && { startedAt: labelWrittenAt }),
    ...(finishedAt !== undefined && { finishedAt, capturedAt: finishedAt }),
    files: manifest.files,
    contentBytes: manifest.bytes,
    checksums: true,
    chain: {
      of: 'basebackup',
      ...(manifest.systemId !== undefined && { systemId: manifest.systemId }),
      timeline: manifest.timeline,
      startLsn: manifest.startLsn,
      ...(manifest.endLsn !== '' && { stopLsn: manifest.endLsn }),
      ...(labelWrittenAt !== undefined && { labelWrittenAt }),
    },
  };
}

function verdict(manifest: Manifest): Pick<Finding, 'content' | 'reason'> {
  const named = `${manifest.files} files, WAL ${manifest.startLsn} to ${manifest.endLsn}`;
  if (manifest.state === 'cut')
    return { content: 'INCOMPLETE', reason: 'the manifest ends without its checksum' };
  if (manifest.state === 'differs')
    return { content: 'CORRUPT', reason: "the manifest's own SHA-256 does not hold" };
  return { content: 'VERIFIED', reason: `the manifest's own SHA-256 holds; ${named}` };
}
