// What earlier runs of `verify` found, in one file of JSON lines: a line per judged file, and a line now and then for the place that a
// long reading has reached. Promise: appended only, so that a kill at any instant costs at most the last seconds; a file counts as
// unchanged when size, time and the digest of its first and last bytes are the same; a line that cannot be read is passed over.

import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { Clock } from '../../shared/clock.ts';
import type { FoundFile, Memory } from '../../shared/backup/folder.ts';
import type { ByteSource } from '../../shared/backup/source.ts';
import type { Finding, Marks } from '../../shared/backup/read/format.ts';

/** Changes whenever a reader judges differently than before. */
const EDITION = 2;
const END = 4096;
const MARK_EVERY_MS = 2000;

interface Identity {
  path: string;
  size: number;
  mtimeMs: number;
}
interface Known extends Identity {
  edition: number;
  deep: boolean;
  ends: string;
  finding: Finding;
}
interface Mark extends Identity {
  edition: number;
  deep: boolean;
  mark: { format: string; offset: number; state: unknown };
}

export interface MemoryOptions {
  file: string;
  /** In front of each path: the same cache serves several folders. */
  root: string;
  deep: boolean;
  clock: Pick<Clock, 'monotonic'>;
}

export function openMemory(options: MemoryOptions): Memory {
  const { deep, clock } = options;
  const { known, marks } = load(options.file);
  const keyOf = (file: FoundFile): string =>
    file.path === '' ? options.root : `${options.root}/${file.path}`;
  const append = (line: object): void =>
    appendFileSync(options.file, `${JSON.stringify(line)}\n`, { mode: 0o600 });
  const same = (file: FoundFile, found: Known | Mark | undefined): boolean =>
    found !== undefined && found.size === file.size && found.mtimeMs === file.mtimeMs && found.deep === deep;
  return {
    async recall(file, source) {
      const found = known.get(keyOf(file));
      if (!same(file, found) || found?.ends !== (await endsOf(source))) return undefined;
      return found.finding;
    },
    async keep(file, source, finding) {
      const identity = { path: keyOf(file), size: file.size, mtimeMs: file.mtimeMs };
      const { tail: _tail, ...plain } = finding;
      append({ edition: EDITION, ...identity, deep, ends: await endsOf(source), finding: plain });
    },
    marks: (file) =>
      marksOf(file, keyOf(file), {
        append,
        clock,
        deep,
        found: same(file, marks.get(keyOf(file))) ? marks.get(keyOf(file)) : undefined,
      }),
  };
}

interface MarkDoor {
  append(line: object): void;
  clock: Pick<Clock, 'monotonic'>;
  deep: boolean;
  found: Mark | undefined;
}

function marksOf(file: FoundFile, path: string, door: MarkDoor): Marks {
  let last = door.clock.monotonic();
  return {
    get: (format) => (door.found?.mark.format === format ? door.found.mark : undefined),
    set(format, offset, state) {
      if (door.clock.monotonic() - last < MARK_EVERY_MS) return;
      last = door.clock.monotonic();
      const { size, mtimeMs } = file;
      door.append({
        edition: EDITION,
        path,
        size,
        mtimeMs,
        deep: door.deep,
        mark: { format, offset, state: typeof state === 'function' ? (state as () => unknown)() : state },
      });
    },
  };
}

async function endsOf(source: ByteSource): Promise<string> {
  const hash = createHash('sha256');
  hash.update(await source.read(0, END));
  hash.update(await source.read(Math.max(0, source.size - END), END));
  return hash.digest('hex');
}

function load(file: string): { known: Map<string, Known>; marks: Map<string, Mark> } {
  const known = new Map<string, Known>();
  const marks = new Map<string, Mark>();
  if (!existsSync(file)) return { known, marks };
  let lines = 0;
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const found = parse(line);
    if (!found) continue;
    lines++;
    if ('mark' in found) marks.set(found.path, found);
    else {
      known.set(found.path, found);
      marks.delete(found.path);
    }
  }
  if (lines > 2 * (known.size + marks.size) + 100) compact(file, [...known.values(), ...marks.values()]);
  return { known, marks };
}

function compact(file: string, lines: readonly object[]): void {
  writeFileSync(`${file}.new`, lines.map((line) => `${JSON.stringify(line)}\n`).join(''), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

function parse(line: string): Known | Mark | undefined {
  try {
    const value = JSON.parse(line) as Known | Mark;
    return value.edition === EDITION && typeof value.path === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
