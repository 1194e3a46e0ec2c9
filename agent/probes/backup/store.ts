// What the backup probe remembers across restarts, in the agent's data folder: a line per file in `backup-files.jsonl`, the newest of a path
// counts; the state of the sets in `backup-sets.json`. Promise: a line that was cut by a kill costs that line; a folder that cannot be
// written costs memory of the past, never a reading.

import type { BackupDrillReport, RungState } from '../../../shared/backup/reported.ts';
import type { DataFolder } from '../probe.ts';
import type { Known, KnownFile } from './known.ts';
import type { Run } from './plausible.ts';
import type { Digest, Retention, Sign } from './signs.ts';

const FILES = 'backup-files.jsonl';
const SETS = 'backup-sets.json';
const DRILLS = 'drills.jsonl';
/** Changes whenever what is remembered would be misread. */
const EDITION = 1;

/** Of one set. */
export interface Remembered {
  rungs: RungState[];
  history: Run[];
  digests: Digest[];
  retention?: Retention | undefined;
  signs: Sign[];
  readBytesPerSecond?: number | undefined;
}
export const NOTHING_REMEMBERED: Remembered = { rungs: [], history: [], digests: [], signs: [] };

export interface Store {
  /** Once, before all else. */
  load(): Promise<void>;
  known(set: string): Known;
  remembered(set: string): Remembered;
  keepFiles(set: string, files: readonly KnownFile[], gone: readonly string[]): Promise<void>;
  keepSets(sets: Readonly<Record<string, Remembered>>): Promise<void>;
  /** What the drill command wrote down, oldest first. */
  drills(): Promise<BackupDrillReport[]>;
}

type Line = KnownFile & { edition: number; set: string; gone?: true };

export function openStore(data: DataFolder | undefined): Store {
  let files = new Map<string, Map<string, KnownFile>>();
  let sets: Record<string, Remembered> = {};
  let keptSets = '';
  const quietly = (work: Promise<void> | undefined): Promise<void> =>
    (work ?? Promise.resolve()).catch(() => {});
  return {
    async load() {
      const text = (await data?.read(FILES).catch(() => undefined)) ?? '';
      const read = readFiles(text);
      files = read.files;
      if (read.isWasteful) await quietly(data?.replace(FILES, [...files].map(renderSet).join('')));
      sets = parseSets(await data?.read(SETS).catch(() => undefined));
    },
    known: (set) => files.get(set) ?? new Map(),
    remembered: (set) => sets[set] ?? NOTHING_REMEMBERED,
    keepFiles(set, changed, gone) {
      const lines = [
        ...changed.map((file) => ({ edition: EDITION, set, ...file })),
        ...gone.map((path) => ({ edition: EDITION, set, path, gone: true })),
      ];
      if (lines.length === 0) return Promise.resolve();
      return quietly(data?.append(FILES, lines.map((line) => `${JSON.stringify(line)}\n`).join('')));
    },
    async keepSets(next) {
      const text = JSON.stringify({ edition: EDITION, sets: next });
      if (text === keptSets) return;
      keptSets = text;
      await quietly(data?.replace(SETS, text));
    },
    async drills() {
      const text = (await data?.read(DRILLS).catch(() => undefined)) ?? '';
      return text.split('\n').flatMap((line) => parseDrill(line) ?? []);
    },
  };
}

function renderSet([set, files]: [string, Map<string, KnownFile>]): string {
  return [...files.values()]
    .map((file) => `${JSON.stringify({ edition: EDITION, set, ...file })}\n`)
    .join('');
}

function readFiles(text: string): { files: Map<string, Map<string, KnownFile>>; isWasteful: boolean } {
  const files = new Map<string, Map<string, KnownFile>>();
  let lines = 0;
  let live = 0;
  for (const raw of text.split('\n')) {
    const line = parseLine(raw);
    if (!line) continue;
    lines++;
    const { edition: _edition, set, gone, ...file } = line;
    const ofSet = files.get(set) ?? new Map<string, KnownFile>();
    files.set(set, ofSet);
    live -= ofSet.has(file.path) ? 1 : 0;
    ofSet.delete(file.path);
    if (gone) continue;
    ofSet.set(file.path, file);
    live += 1;
  }
  return { files, isWasteful: lines > 2 * live + 100 };
}

function parseLine(raw: string): Line | undefined {
  try {
    const line = JSON.parse(raw) as Line;
    return line.edition === EDITION && typeof line.path === 'string' && typeof line.set === 'string'
      ? line
      : undefined;
  } catch {
    return undefined;
  }
}

function parseSets(text: string | undefined): Record<string, Remembered> {
  try {
    const read = JSON.parse(text ?? '') as { edition: number; sets: Record<string, Remembered> };
    return read.edition === EDITION ? read.sets : {};
  } catch {
    return {};
  }
}

function parseDrill(line: string): BackupDrillReport | undefined {
  try {
    const drill = JSON.parse(line) as BackupDrillReport;
    const isWhole = drill.of === 'drill' && typeof drill.set === 'string' && Number.isFinite(drill.at);
    return isWhole ? { ...drill, rows: drill.rows ?? [], text: drill.text ?? '' } : undefined;
  } catch {
    return undefined;
  }
}
