// Base backups as the files of one folder show them: archives with their manifest, or the files themselves. Promise: a base whose
// files differ from its manifest, or a manifest without its files, is no base.

import type { BaseBackupChain, FileVerdict } from '../../../shared/backup/facts.ts';
import { inOffset, type Moment, parseMoment } from '../moment.ts';
import type { Excluded, Part, PartFile } from '../set.ts';
import { byProof, exclude, excludeByContent, fileOf, stands } from '../usable.ts';

export interface Base extends Part {
  chain: BaseBackupChain;
  at: Moment;
  /** By its history file. The manifest alone tells when files were last changed, which is before the stop. */
  stopKnown: boolean;
  /** The WAL from its start to its stop is inside an archive; in an unpacked base its segments are judged as those of the archive are. */
  hasWal: boolean;
  /** Unpacked: this folder is the data directory. */
  folder?: string;
  manifest?: PartFile;
  tablespaces: { oid: string; file: PartFile }[];
}

const MANIFEST = 'backup_manifest';
const WAL_TAR = /^pg_wal\.tar(\.\w+)?$/;
const TABLESPACE_TAR = /^(\d+)\.tar(\.\w+)?$/;

export function isBaseFile({ path, format, facts }: FileVerdict): boolean {
  const chain = facts.chain?.of;
  return chain === 'basebackup' || format === 'pg_basebackup-file' || WAL_TAR.test(fileName(path));
}

/** Files of one base backup lie in one folder and name the same start. */
export function readBases(verdicts: readonly FileVerdict[], zone: string, excluded: Excluded[]): Base[] {
  const found = verdicts.filter((v) => v.facts.chain?.of === 'basebackup' && v.facts.kind !== 'metadata');
  const groups = Map.groupBy(found, (v) => {
    const { startLsn, timeline } = v.facts.chain as BaseBackupChain;
    return `${folderOf(v.path)} ${timeline} ${startLsn}`;
  });
  const used = new Set<string>();
  const bases = [...groups.values()].flatMap((group) => {
    const beside = verdicts.filter((v) => folderOf(v.path) === folderOf(group[0]?.path ?? ''));
    const base = baseOf(group, beside, zone, excluded).map((b) => placed(b, verdicts, zone));
    for (const file of base.flatMap((b) => b.files)) used.add(file.path);
    return base;
  });
  const idle = verdicts.filter((v) => WAL_TAR.test(fileName(v.path)) && !used.has(v.path));
  excluded.push(
    ...idle.map((v) => (stands(v.content) ? exclude(v.path, 'NO_BASE', NO_ARCHIVE) : excludeByContent(v))),
  );
  return bases;
}

/** The history file of the archive has the time of the stop. */
function placed(base: Base, verdicts: readonly FileVerdict[], zone: string): Base {
  const { startLsn, timeline } = base.chain;
  const stops = verdicts.flatMap(({ facts }) => {
    const { chain, kind, finishedAt } = facts;
    if (chain?.of !== 'basebackup' || kind !== 'metadata') return [];
    const same = chain.startLsn === startLsn && chain.timeline === timeline;
    return same ? (parseMoment(finishedAt, zone) ?? []) : [];
  });
  const [stop] = stops;
  return stop ? { ...base, at: inOffset(stop, '+00:00'), stopKnown: true } : base;
}

export function folderOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\'), 0));
}

export function fileName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
}

function baseOf(
  group: readonly FileVerdict[],
  beside: readonly FileVerdict[],
  zone: string,
  excluded: Excluded[],
): Base[] {
  const bad = group.filter((v) => !stands(v.content) || defectsOf(v).length > 0);
  excluded.push(...bad.map(whyNot));
  const manifest = group.find((v) => v.format === MANIFEST && !bad.includes(v));
  const named = group.filter((v) => v.format !== MANIFEST);
  const archives = oneOfEach(named, bad, excluded);
  const plain = named.length === 0 && beside.some((v) => fileName(v.path) === 'PG_VERSION');
  const [head] = plain && manifest ? [manifest] : archives;
  // One bad tablespace spoils the whole.
  if (!head || !isWhole(named, archives, plain)) {
    const left = [manifest, ...archives].filter((v) => v !== undefined && !bad.includes(v));
    excluded.push(...left.map((v) => exclude(v?.path ?? '', 'NO_BASE', NO_ARCHIVE)));
    return [];
  }
  const at = [manifest, ...archives]
    .map((v) => parseMoment(v?.facts.finishedAt ?? v?.facts.capturedAt, zone))
    .find(Boolean);
  if (!at) {
    excluded.push(exclude(head.path, 'NO_MOMENT', NO_MOMENT));
    return [];
  }
  return [assemble({ head, archives, manifest, plain, at: inOffset(at, '+00:00'), beside })];
}

/** `base`, or the number of a tablespace. */
function roleOf({ path }: FileVerdict): string {
  return TABLESPACE_TAR.exec(fileName(path))?.[1] ?? 'base';
}

/** A damaged copy beside a sound one takes nothing from it. */
function oneOfEach(
  named: readonly FileVerdict[],
  bad: readonly FileVerdict[],
  excluded: Excluded[],
): FileVerdict[] {
  const sound = named.filter((v) => !bad.includes(v)).sort(byProof);
  return [...Map.groupBy(sound, roleOf).values()].flatMap(([kept, ...copies]) => {
    if (!kept) return [];
    const words = { zh: `与 ${kept.path} 是同一个备份`, en: `the same backup as ${kept.path}` };
    excluded.push(...copies.map((v) => exclude(v.path, 'DUPLICATE', words)));
    return [kept];
  });
}

function isWhole(named: readonly FileVerdict[], archives: readonly FileVerdict[], plain: boolean): boolean {
  if (plain) return true;
  const roles = new Set(archives.map(roleOf));
  return roles.has('base') && named.every((v) => roles.has(roleOf(v)));
}

interface Assembly {
  head: FileVerdict;
  archives: readonly FileVerdict[];
  manifest: FileVerdict | undefined;
  plain: boolean;
  at: Moment;
  beside: readonly FileVerdict[];
}

function assemble({ head, archives, manifest, plain, at, beside }: Assembly): Base {
  const walTar = plain ? undefined : beside.find((v) => WAL_TAR.test(fileName(v.path)) && stands(v.content));
  const isBase = (v: FileVerdict) => fileName(v.path).startsWith('base.tar');
  const ordered = [...archives.filter(isBase), ...archives.filter((v) => !isBase(v))];
  const folder = plain ? folderOf(head.path) : undefined;
  const data: PartFile[] = folder === undefined ? ordered.map(fileOf) : [folderFile(folder, beside)];
  return {
    files: [...data, ...(walTar ? [fileOf(walTar)] : []), ...(manifest && !plain ? [fileOf(manifest)] : [])],
    kind: 'full',
    content: head.content,
    facts: { ...manifest?.facts, ...head.facts },
    chain: { ...(manifest?.facts.chain as BaseBackupChain), ...(head.facts.chain as BaseBackupChain) },
    at,
    stopKnown: false,
    hasWal: walTar !== undefined,
    ...(folder === undefined ? {} : { folder }),
    ...(manifest ? { manifest: fileOf(manifest) } : {}),
    tablespaces: ordered.flatMap((v) => {
      const oid = TABLESPACE_TAR.exec(fileName(v.path))?.[1];
      return oid ? [{ oid, file: fileOf(v) }] : [];
    }),
  };
}

function folderFile(folder: string, beside: readonly FileVerdict[]): PartFile {
  const manifest = beside.find((v) => v.format === MANIFEST);
  const bytes = manifest?.facts.contentBytes;
  return { path: folder, format: 'folder', ...(bytes === undefined ? {} : { bytes }) };
}

function defectsOf({ facts }: FileVerdict): string[] {
  return facts.chain?.of === 'basebackup' ? (facts.chain.defects ?? []) : [];
}

function whyNot(verdict: FileVerdict): Excluded {
  const defects = defectsOf(verdict);
  if (!stands(verdict.content)) return excludeByContent(verdict);
  return exclude(verdict.path, 'DEFECTS', {
    zh: `与清单不符：${defects.join('、')}`,
    en: `differs from its manifest: ${defects.join(', ')}`,
  });
}

const NO_MOMENT = { zh: '不知道备份何时完成', en: 'nothing says when the backup ended' };
const NO_ARCHIVE = {
  zh: '它所属的基础备份不在这里，或已损坏',
  en: 'the base backup that it belongs to is not here, or damaged',
};
