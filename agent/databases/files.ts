// The files that a history speaks of, as this machine sees them. Promise: looked at, never opened; what cannot be looked at (a share that
// is away, a folder without right) is left out and is never called missing.

import type { Host } from '../probes/probe.ts';
import type { Comparing, FileOnDisk } from './compare.ts';
import type { ExpectedFile, OwnWord } from './engine.ts';

/** Files beyond these are of days long judged. */
const MOST = 400;
const DEPTH = 3;

export async function lookAtFiles(host: Host, word: OwnWord, folder: string): Promise<Comparing> {
  const listed = folder === '' ? [] : await listBelow(host, folder, DEPTH);
  const seen = new Map<string, FileOnDisk | undefined>();
  const expected: ExpectedFile[] = [];
  for (const file of word.files.slice(-MOST)) {
    const found = await find(host, file, { folder, listed });
    if (found === 'unknown') continue;
    expected.push(sizeComparable(file, found));
    seen.set(file.file, found);
  }
  return {
    expected,
    seen,
    folder: listed,
    ...(word.since !== undefined && folder !== '' && { since: word.since }),
    ...(word.ignores && { ignores: word.ignores }),
  };
}

/** A copy that was packed on its way has a size of its own. */
function sizeComparable(file: ExpectedFile, found: FileOnDisk | undefined): ExpectedFile {
  if (found === undefined || baseOf(found.path) === baseOf(file.file)) return file;
  const { bytes: _, ...rest } = file;
  return rest;
}

function baseOf(path: string): string {
  return path.split(/[/\\]/).at(-1) ?? path;
}

async function find(
  host: Host,
  { file }: ExpectedFile,
  { folder, listed }: { folder: string; listed: readonly FileOnDisk[] },
): Promise<FileOnDisk | undefined | 'unknown'> {
  if (/^(?:[A-Za-z]:|[/\\])/.test(file)) return look(host, file);
  if (folder === '') return 'unknown';
  if (file.includes('/')) return look(host, `${folder}/${file}`);
  const name = file.toLowerCase();
  return listed.find((one) => {
    const base = baseOf(one.path).toLowerCase();
    // `000000010000000000000003-<sha>.zst` of pgBackRest, `nis-bin.000004.gz`
    return base === name || base.startsWith(`${name}.`) || base.startsWith(`${name}-`);
  });
}

async function look(host: Host, path: string): Promise<FileOnDisk | undefined | 'unknown'> {
  try {
    const { size, mtimeMs, kind } = await host.stat(path);
    return kind === 'other' ? undefined : { path, bytes: size, modifiedAt: mtimeMs };
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? undefined : 'unknown';
  }
}

async function listBelow(host: Host, folder: string, depth: number): Promise<FileOnDisk[]> {
  const found: FileOnDisk[] = [];
  for (const name of (await host.list(folder)).sort()) {
    const path = `${folder.replace(/[/\\]$/, '')}${folder.includes('\\') ? '\\' : '/'}${name}`;
    const seen = await host.stat(path).catch(() => undefined);
    if (seen?.kind === 'file') found.push({ path, bytes: seen.size, modifiedAt: seen.mtimeMs });
    if (seen?.kind === 'folder' && depth > 0)
      found.push(...(await listBelow(host, path, depth - 1).catch(() => [])));
  }
  return found;
}
