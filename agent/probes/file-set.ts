// The files of a folder that match a pattern, as they change over time. Promise: bounded names, one file call at a time (a
// dead network share must not take every thread of the process), the event loop is never held, and a share that hangs costs
// one waiting call while the other sets are read.
//
// Whether a file is finished is told by watching it:
//   first reading, last written longer ago than `settle`        → finished
//   size or time changed, or written less than `settle` ago     → being written, until quiet for `settle`
//   appeared between two readings with an old time (a copy that keeps the original's time) → finished after one unchanged reading

import { setImmediate as nextTurn } from 'node:timers/promises';
import { NamedError } from '../../shared/errors.ts';
import { compileGlob } from './glob.ts';
import type { FileStat, Host } from './probe.ts';

export interface FilePlace {
  folder: string;
  pattern: string;
  recursive: boolean;
  /** Folders below `folder`, when recursive. */
  depth: number;
}

export interface WatchedFile {
  path: string;
  name: string;
  size: number;
  mtimeMs: number;
  /** Monotonic time since when nothing about it changed; may lie before the first reading. */
  quietSinceMs: number;
  /** Seen unchanged at least twice, or there since the first reading. */
  confirmed: boolean;
}

export interface Listing {
  files: readonly WatchedFile[];
  /** Finished files besides these, all older than one of them. */
  more: number;
  /** Whether it is there, among `files` or among the rest. */
  has(path: string): boolean;
  /** Names that are a wanted one with an ending behind it, the wanted one not being there: at most 100. */
  renamed: readonly string[];
  /** The folder holds more names than are looked at. */
  isCut: boolean;
}

export interface FileSet {
  /** Rejects with what the system said about the folder, or with code EBUSY while an earlier look still hangs. */
  read(): Promise<Listing>;
}

export interface FileSetLimits {
  names?: number;
  /** Sets up to this size are looked at file by file each time; of larger ones the new and the recent. */
  statEach?: number;
  /** Of larger sets so many of the newest are listed one by one. */
  listed?: number;
  waitMs?: number;
}

const TEMPORARY = /(\.(tmp|temp|part|partial|filepart|crdownload|swp)|~)$/i;
/** What tools lay beside a backup: its checksum, its signature, its log, itself packed. */
const COMPANION =
  /\.(md5|sha\d*|crc|sfv|sum|sig|asc|gpg|enc|log|txt|json|xml|ini|idx|ok|done|gz|bz2|xz|zst|lz4|zip|7z|rar|old|bak|\d+)$/i;
const RENAMED = 100;
const LOOKED_AGAIN = 20;
const SLICE = 2_000;
const RECENT_MS = 48 * 3_600_000;

/** A later look at a file: what is known of it now. Pure. */
export function observe(
  before: WatchedFile | undefined,
  found: Pick<FileStat, 'size' | 'mtimeMs'> & { path: string; name: string },
  now: { wallMs: number; monotonicMs: number; isFirst: boolean },
): WatchedFile {
  const { path, name, size, mtimeMs } = found;
  if (before && before.size === size && before.mtimeMs === mtimeMs) return { ...before, confirmed: true };
  const age = Math.max(0, now.wallMs - mtimeMs);
  const quietSinceMs = before ? now.monotonicMs : now.monotonicMs - age;
  return { path, name, size, mtimeMs, quietSinceMs, confirmed: now.isFirst };
}

function isSame(file: WatchedFile, former: WatchedFile | undefined): boolean {
  return former?.size === file.size && former.mtimeMs === file.mtimeMs;
}

export function isFinished(file: WatchedFile, monotonicMs: number, settleMs: number): boolean {
  return file.confirmed && monotonicMs - file.quietSinceMs >= settleMs;
}

/** The name that something put an ending of its own behind; undefined: no such ending. */
function stemOf(name: string): string | undefined {
  const at = name.lastIndexOf('.');
  return at <= 0 || isTemporary(name) || COMPANION.test(name) ? undefined : name.slice(0, at);
}

function isTemporary(name: string): boolean {
  return TEMPORARY.test(name);
}

export function openFileSet(host: Host, place: FilePlace, limits: FileSetLimits = {}): FileSet {
  const { names = 100_000, statEach = 300, listed = 1_000, waitMs = 10_000 } = limits;
  const look = createLook(host, place, { names, statEach, listed });
  let running: Promise<Listing> | undefined;
  return {
    read() {
      running ??= look().finally(() => {
        running = undefined;
      });
      return within(host, running, waitMs);
    },
  };
}

function within<T>(host: Host, work: Promise<T>, waitMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = host.clock.after(waitMs, () =>
      reject(Object.assign(new Error('still reading'), { code: 'EBUSY' })),
    );
    work.then(resolve, reject).finally(() => timer.cancel());
  });
}

function createLook(
  host: Host,
  place: FilePlace,
  limits: { names: number; statEach: number; listed: number },
): () => Promise<Listing> {
  const root = place.folder.replace(/(?<=.)[/\\]+$/, '');
  const wanted = compileGlob(place.pattern, { ignoreCase: host.platform === 'win32' });
  const tree = createTree(host, { root, depth: place.recursive ? place.depth : 0 });
  let files = new Map<string, WatchedFile>();
  let settled: Settled = NOTHING_SETTLED;
  let hasLooked = false;
  let turns = 0;

  /** A few of the settled files, others each time: who writes over an old backup is seen within the hour. */
  const turn = ({ newest }: Settled): Set<string> => {
    const paths = [...newest.keys()];
    const from = (turns++ * LOOKED_AGAIN) % Math.max(1, paths.length);
    return new Set(paths.slice(from, from + LOOKED_AGAIN));
  };

  const lookAt = async (path: string, isKnown: boolean): Promise<WatchedFile | undefined> => {
    const found = await host.stat(path).catch(() => undefined);
    if (found?.kind !== 'file') return undefined;
    const now = { wallMs: host.clock.now(), monotonicMs: host.clock.monotonic(), isFirst: isKnown };
    return observe(files.get(path) ?? settled.newest.get(path), { ...found, path, name: nameOf(path) }, now);
  };

  return async () => {
    const former = settled;
    const { paths, isCut, longer } = await tree.walk(
      limits.names,
      wanted,
      (path) => former.paths.has(path) || files.has(path),
    );
    // Without its newest one the settled files must be looked at again, to learn which is newest now.
    const keepsSettled = paths.length > limits.statEach && (await stillListed(former, paths));
    const next = new Map<string, WatchedFile>();
    const again = keepsSettled ? turn(former) : new Set();
    const revived = new Set<string>();
    let settledPaths = 0;
    for (const [index, path] of paths.entries()) {
      if (index % SLICE === SLICE - 1) await nextTurn();
      const wasSettled = former.paths.has(path);
      if (wasSettled && keepsSettled) {
        settledPaths++;
        if (!again.has(path)) continue;
        const file = await lookAt(path, true);
        if (!file || isSame(file, former.newest.get(path))) continue;
        next.set(path, file);
        revived.add(path);
        continue;
      }
      const file = await lookAt(path, wasSettled || !hasLooked);
      if (file) next.set(path, file);
    }
    if (!keepsSettled) settled = NOTHING_SETTLED;
    else if (settledPaths < former.paths.size || revived.size > 0)
      settled = only(
        former,
        paths.filter((path) => !revived.has(path)),
      );
    if (paths.length > limits.statEach) settled = settle(settled, next, host.clock, limits.listed);
    files = next;
    hasLooked = true;
    const { newest, paths: rest } = settled;
    const has = (path: string): boolean => next.has(path) || rest.has(path);
    return {
      files: newest.size > 0 ? [...next.values(), ...newest.values()] : [...next.values()],
      more: rest.size - newest.size,
      has,
      renamed: longer.filter(({ wanted }) => !has(wanted)).map(({ path }) => path),
      isCut,
    };
  };
}

/** Of a large set the old files, most of them by path alone: thousands of them would take the memory that the agent has. */
interface Settled {
  paths: ReadonlySet<string>;
  /** The newest of them, as they were when they were last looked at. */
  newest: ReadonlyMap<string, WatchedFile>;
}
const NOTHING_SETTLED: Settled = { paths: new Set(), newest: new Map() };

async function stillListed(settled: Settled, paths: readonly string[]): Promise<boolean> {
  await nextTurn();
  return settled.newest.size === 0 || paths.some((path) => settled.newest.has(path));
}

function only(settled: Settled, paths: readonly string[]): Settled {
  const left = new Set(paths.filter((path) => settled.paths.has(path)));
  return { paths: left, newest: new Map([...settled.newest].filter(([path]) => left.has(path))) };
}

/** Moves what has been quiet for long out of `files`. */
function settle(
  settled: Settled,
  files: Map<string, WatchedFile>,
  clock: Host['clock'],
  listed: number,
): Settled {
  const paths = new Set(settled.paths);
  const moved: WatchedFile[] = [];
  for (const [path, file] of files) {
    const isQuiet = clock.monotonic() - file.quietSinceMs >= RECENT_MS;
    if (!file.confirmed || !isQuiet || clock.now() - file.mtimeMs < RECENT_MS) continue;
    files.delete(path);
    paths.add(path);
    moved.push(file);
  }
  if (moved.length === 0) return settled;
  const newest = [...settled.newest.values(), ...moved].sort((a, b) => b.mtimeMs - a.mtimeMs);
  return { paths, newest: new Map(newest.slice(0, listed).map((file) => [file.path, file])) };
}

function createTree(host: Host, at: { root: string; depth: number }) {
  // Only names that are still there are remembered, or the memory would grow with every file that came and went.
  let kinds = new Map<string, 'folder' | 'other'>();
  let kept: typeof kinds = new Map();

  const kindOf = async (path: string): Promise<'folder' | 'other'> => {
    const kind =
      kinds.get(path) ??
      (await host.stat(path).then(
        (found) => (found.kind === 'folder' ? 'folder' : 'other'),
        () => 'other' as const,
      ));
    kept.set(path, kind);
    return kind;
  };

  return {
    async walk(limit: number, wanted: RegExp, known: (path: string) => boolean) {
      const paths: string[] = [];
      const longer: { path: string; wanted: string }[] = [];
      let looked = 0;
      const visit = async (folder: string, depth: number): Promise<void> => {
        for (const name of await host.list(folder)) {
          if (++looked > limit) return;
          if (looked % SLICE === 0) await nextTurn();
          const path = `${folder === '/' ? '' : folder}/${name}`;
          if (known(path) || (wanted.test(name) && !isTemporary(name))) {
            paths.push(path);
            if (depth === 0 || known(path)) continue;
          } else if (longer.length < RENAMED) {
            const stem = stemOf(name);
            if (stem !== undefined && wanted.test(stem))
              longer.push({ path, wanted: path.slice(0, stem.length - name.length) });
          }
          if (depth > 0 && (await kindOf(path)) === 'folder') {
            // A subfolder that vanished or is closed to us hides only itself.
            await visit(path, depth - 1).catch(() => kept.delete(path));
          }
        }
      };
      kept = new Map();
      await visit(at.root, at.depth);
      kinds = kept;
      return { paths, isCut: looked > limit, longer };
    },
  };
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** What the system said about a file or folder, by the codes of the catalogue; the system's own error is the cause. */
export function fileError(subject: string, path: string, cause: unknown): NamedError {
  const code = (cause as NodeJS.ErrnoException).code ?? '';
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return new NamedError('PROBE_SUBJECT_MISSING', `${subject}: there is no ${path}`, { cause });
  if (code === 'EBUSY')
    return new NamedError('PROBE_TIMEOUT', `${subject}: ${path} does not answer`, { cause });
  return new NamedError('PROBE_FAILED', `${subject}: cannot read ${path}: ${(cause as Error).message}`, {
    cause,
  });
}
