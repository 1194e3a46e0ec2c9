// Proposes backup sets from what the file names, sizes and times in likely places say, each with its reason, and says which
// running database has none. Promise: names, sizes and times only; no file is opened.

import { type BackupGroup, groupBackups, isDated, type NamedFile } from '../../discover/backup-names.ts';
import { findServers } from '../../discover/servers.ts';
import { isNamedLikeBackups, walkLikelyPlaces, type WalkedFolder } from '../../discover/walk.ts';
import { renderSize } from '../../../shared/config/schema.ts';
import type { DiscoveryHost, Finding } from '../probe.ts';
import { renderAge, renderBytes } from '../words.ts';
import { guessTiming, proposeMaxAge } from './guess.ts';
import { baseOf, datedFolders, type FoundSet, layoutOf, nameOf } from './layouts.ts';
import { copyOf, findMirrors, type Mirror, mirrorSets } from './mirrors.ts';

const LARGE_BYTES = 50 * 1024 * 1024;
const MAX_SETS = 60;

export async function discoverBackups(host: DiscoveryHost): Promise<Finding[]> {
  const { folders, isCut } = await walkLikelyPlaces(host);
  const engines = [...new Set((await findServers(host)).flatMap(({ known }) => known.engine ?? []))];
  const mirrors = findMirrors(folders);
  const found = [...findSets(folders), ...mirrorSets(mirrors, folders)];
  // A second copy is a copy, not a set of its own.
  const own = found.filter(
    (set) => set.kind === 'files' || !mirrors.some((mirror) => isBelow(set.folder, mirror.to)),
  );
  const sets = withDistinctNames(own.map((set) => attribute(set, engines)));
  sets.sort((a, b) => newestAt(b) - newestAt(a));
  const now = host.clock.now();
  const findings = sets.slice(0, MAX_SETS).map((set) => describe(set, mirrors, now));
  if (isCut || sets.length > MAX_SETS) {
    const what = '目录过多，只查找了一部分';
    findings.push({ what, why: '如还有其他备份目录，请手工加入 sets', config: {} });
  }
  return [...findings, ...(await unprotected(host, sets))];
}

/** An export whose name tells no database belongs to the only one that runs here and is exported so. */
function attribute(set: FoundSet, running: readonly BackupGroup['engine'][]): FoundSet {
  const possible = running.filter((engine) => ['mysql', 'mariadb', 'postgresql'].includes(engine));
  const [only] = possible;
  if (set.engine !== 'other' || set.kind !== 'dump' || possible.length !== 1 || !only) return set;
  return { ...set, engine: only };
}

/** Pure. Whole layouts first; what belongs to one is not proposed again file by file. */
function findSets(folders: readonly WalkedFolder[]): FoundSet[] {
  const layouts = folders.flatMap((folder) => layoutOf(folder, folders));
  const isTaken = (path: string): boolean =>
    layouts.some(({ owns }) => path === owns || path.startsWith(`${owns}/`));
  const rest = folders.filter((folder) => !isTaken(folder.path));
  const dated = rest.flatMap((folder) =>
    datedFolders(folder, rest, (group) => isBelievable(group, folder.path)),
  );
  const inDated = new Set(dated.flatMap(({ members }) => members));
  const flat = rest.filter((folder) => !inDated.has(folder.path)).flatMap(flatSets);
  return [...layouts.map(({ set }) => set), ...dated.map(({ set }) => set), ...flat];
}

/** Logs are numbered, not dated; where they do not lie among backups they are the server's own. */
const LOGS = 3;

/** A group is believed when it has two dated files or more, or one large one. */
function isBelievable({ files, kind }: BackupGroup, folder: string): boolean {
  if (kind === 'log' && files.length >= LOGS && isNamedLikeBackups(folder)) return true;
  const needsDate = kind === 'files';
  const dated = files.filter((file) => isDated(file.name)).length;
  return dated >= 2 || files.some((file) => file.size >= LARGE_BYTES && (!needsDate || isDated(file.name)));
}

function flatSets(folder: WalkedFolder): FoundSet[] {
  return groupBackups(folder.files)
    .filter((group) => isBelievable(group, folder.path))
    .map((group) => ({ ...group, name: nameOf(group.pattern, folder.path), folder: folder.path, depth: 0 }));
}

function isBelow(path: string, parent: string): boolean {
  return path === parent || path.startsWith(`${parent}/`);
}

function withDistinctNames(sets: readonly FoundSet[]): FoundSet[] {
  const taken = new Set<string>();
  return sets.map((set) => {
    const candidates = [
      set.name,
      `${set.name}-${set.kind}`,
      `${baseOf(set.folder)}-${set.name}`.slice(0, 60),
    ];
    let name = candidates.find((candidate) => !taken.has(candidate));
    for (let n = 2; name === undefined || taken.has(name); n++) name = `${set.name}-${n}`;
    taken.add(name);
    return { ...set, name };
  });
}

function newestAt(set: FoundSet): number {
  return set.files.reduce((newest, file) => Math.max(newest, file.mtimeMs), 0);
}

function describe(set: FoundSet, mirrors: readonly Mirror[], nowMs: number): Finding {
  const newest = set.files.reduce<NamedFile | undefined>(
    (best, file) => (best && best.mtimeMs >= file.mtimeMs ? best : file),
    undefined,
  );
  const age = newest ? nowMs - newest.mtimeMs : 0;
  const latest = newest
    ? `最新 ${newest.name}（${renderBytes(newest.size)}，${renderAge(age)}前）`
    : '尚无文件';
  const isLate = age > proposeMaxAge(set.files.map((file) => file.mtimeMs));
  const late = isLate ? '；注意：按以往间隔，备份可能已经停止' : '';
  const minSize = set.kind === 'full' || set.kind === 'dump' ? leastSize(set.files) : undefined;
  const timing = guessTiming(set.files, set.kind);
  const copy = set.kind === 'files' ? undefined : copyOf(set.folder, mirrors);
  const entry = {
    name: set.name,
    folder: set.folder,
    pattern: set.pattern,
    ...(set.depth > 0 ? { recursive: true, depth: set.depth } : {}),
    engine: set.engine,
    kind: set.kind,
    ...timing.entry,
    ...(minSize === undefined ? {} : { minSize: renderSize(minSize) }),
    ...(copy === undefined ? {} : { secondCopy: copy }),
    ...set.more,
  };
  const copied = copy === undefined ? '' : `；${copy} 中有同名同大小的文件，作为第二副本`;
  return {
    what: `${set.folder} 中有 ${set.files.length} 个文件像备份：${latest}`,
    why: `${set.why}；${timing.why}${copied}${late}`,
    config: { sets: [entry] },
  };
}

/** A quarter of the usual size: an export that failed leaves a file of a few hundred bytes. */
function leastSize(files: readonly NamedFile[]): number | undefined {
  const sizes = files.map((file) => file.size).sort((a, b) => a - b);
  const median = sizes[Math.floor(sizes.length / 2)] ?? 0;
  const least = median / 4;
  if (least < 1024) return undefined;
  const unit = least >= 1024 ** 3 ? 1024 ** 3 : least >= 1024 ** 2 ? 1024 ** 2 : 1024;
  return Math.floor(least / unit) * unit;
}

/** A database that runs and of which no backup was found is the finding that matters most. */
async function unprotected(host: DiscoveryHost, sets: readonly FoundSet[]): Promise<Finding[]> {
  const engines = new Set(sets.map((set) => familyOf(set.engine)));
  // An export of unknown origin may be of any of the SQL databases that people export by script.
  const some = engines.has('other') ? ['mysql', 'postgresql'] : [];
  const servers = (await findServers(host)).filter(({ known }) => known.engine !== undefined);
  const byEngine = new Map(servers.map((server) => [familyOf(server.known.engine ?? 'other'), server]));
  return [...byEngine]
    .filter(([engine]) => !engines.has(engine) && !some.includes(engine))
    .map(([, server]) => ({
      what: `${server.known.zh}正在运行，但没有找到它的备份`,
      why: '请确认备份是否存在、在哪里，并把目录加入 sets；没有备份的数据库无法恢复',
      config: {},
    }));
}

function familyOf(engine: BackupGroup['engine']): BackupGroup['engine'] {
  return engine === 'mariadb' ? 'mysql' : engine;
}
