// How recovery gets the WAL of a repository. Left alone, pgBackRest hands out a segment as it lies there, cut or not, refuses one that
// lies there twice, and PostgreSQL goes on asking behind the last good one. Promise: the command hands out what the plan names only.

import { decoder, quote } from '../shell.ts';
import type { PartFile } from '../set.ts';
import { type Archive, type Line, type Segment, segmentName, timelineAt } from './wal.ts';

/** A segment that the tool must not be asked for. */
export interface Exception {
  name: string;
  /** The good one of several. */
  file?: PartFile;
}

interface Along {
  archive: Archive;
  line: Line;
  segments: readonly Segment[];
}

/** Of the segments of a line, and of the one behind them. */
export function exceptionsAlong({ archive, line, segments }: Along): Exception[] {
  const several = new Set(archive.excluded.flatMap((e) => ARCHIVED.exec(e.file)?.[1] ?? []));
  const last = segments.at(-1);
  if (!last) return [];
  const next = segmentName(timelineAt(line, last.number + 1), last.number + 1, archive.segmentBytes);
  const copied = segments.filter((s) => several.has(s.chain.segment));
  return [
    ...copied.map((s): Exception => ({ name: s.chain.segment, file: s.file })),
    ...(several.has(next) ? [{ name: next }] : []),
  ];
}

const ARCHIVED = /[\\/]([0-9A-F]{24})-[0-9a-f]{40}[^\\/]*$/;

/** The `restore_command`; `tool`: pgBackRest with its options. */
export function fetchCommand(tool: string, exceptions: readonly Exception[]): string {
  const ask = `${tool} archive-get %f "%p"`;
  if (exceptions.length === 0) return ask;
  const branches = exceptions.map(({ name, file }) => `${name}) ${file ? byHand(file) : 'false'};;`);
  return `case %f in ${branches.join(' ')} *) ${ask};; esac`;
}

function byHand(file: PartFile): string {
  const decode = decoder(file);
  const from = quote(file.path).replaceAll('%', '%%');
  return decode ? `${decode} ${from} > "%p"` : `cp ${from} "%p"`;
}
