// The verdicts of a folder for `niswatch recover`. Promise: files are opened for reading only; paths come out absolute, so that
// printed commands hold wherever they are run on this machine.

import { join, resolve } from 'node:path';
import type { FileVerdict } from '../../shared/backup/facts.ts';
import { judgeAll, listFiles } from '../../shared/backup/folder.ts';
import { openSource } from '../../shared/backup/node-source.ts';
import { NamedError } from '../../shared/errors.ts';

export interface ReadOptions {
  /** Zone of times that carry none; default this machine's. */
  zone?: string;
  /** Decode and recompute everything; without it only heads, ends and chain fields are read. */
  deep: boolean;
}

export async function readFolder(folder: string, { zone, deep }: ReadOptions): Promise<FileVerdict[]> {
  const listed = await listFiles(resolve(folder)).catch((cause: NodeJS.ErrnoException) => {
    const why = cause.code === 'ENOENT' ? 'there is no such folder' : `cannot be read (${cause.code})`;
    throw new NamedError('BAD_REQUEST', `--files ${folder}: ${why}`, { cause, mend: 'Check the path.' });
  });
  const verdicts = await judgeAll(listed.files, {
    deep,
    ...(zone === undefined ? {} : { zone }),
    open: (below) => openSource(join(listed.root, below)),
  });
  return verdicts.map((v) => ({ ...v, path: join(listed.root, v.path) }));
}
