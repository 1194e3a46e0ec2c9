// Backups of mariabackup and xtrabackup: one stream file, or a folder whose xtrabackup_info and xtrabackup_checkpoints describe the data
// files beside them. Promise: a description without data files is no backup.

import type { FileVerdict, LsnChain } from '../../../shared/backup/facts.ts';
import { type Moment, parseMoment } from '../moment.ts';
import type { Excluded, Part } from '../set.ts';
import { exclude, excludeByContent, partOf, stands } from '../usable.ts';

export interface Physical extends Part {
  /** The stream, or the folder. */
  path: string;
  at: Moment;
  chain: LsnChain;
}

export interface PhysicalBackups {
  parts: Physical[];
  excluded: Excluded[];
}

const DATA_FILE = /[\\/](ibdata\d+|[^\\/]+\.ibd)(\.delta)?(\.(gz|qp|lz4|zst))?$/;

/** A file of a folder that such a backup filled. */
export function isPhysicalFile({ format, facts }: FileVerdict): boolean {
  return format === 'data-file' || /^(xtrabackup|mariadb_backup)/.test(format) || facts.chain?.of === 'lsn';
}

export function readPhysical(verdicts: readonly FileVerdict[], zone: string): PhysicalBackups {
  const found: PhysicalBackups = { parts: [], excluded: [] };
  const described = verdicts.filter((v) => v.facts.chain?.of === 'lsn' && v.facts.kind !== 'metadata');
  const streams = described.filter((v) => /stream/.test(v.format));
  for (const stream of streams) addStream(found, stream, zone);
  const folders = Map.groupBy(
    described.filter((v) => !streams.includes(v)),
    (v) => folderOf(v.path),
  );
  for (const [folder, group] of folders) addFolder(found, { folder, group, verdicts, zone });
  return found;
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\'), 0));
}

function addStream({ parts, excluded }: PhysicalBackups, verdict: FileVerdict, zone: string): void {
  const at = parseMoment(verdict.facts.finishedAt ?? verdict.facts.capturedAt, zone);
  const chain = verdict.facts.chain;
  if (!stands(verdict.content)) excluded.push(excludeByContent(verdict));
  else if (!at || chain?.of !== 'lsn') excluded.push(exclude(verdict.path, 'NO_MOMENT', NO_MOMENT));
  else parts.push({ ...partOf(verdict), path: verdict.path, at, chain });
}

interface Described {
  folder: string;
  group: readonly FileVerdict[];
  verdicts: readonly FileVerdict[];
  zone: string;
}

function addFolder({ parts, excluded }: PhysicalBackups, { folder, group, verdicts, zone }: Described): void {
  const inside = verdicts.filter((v) => v.path.startsWith(`${folder}/`) || v.path.startsWith(`${folder}\\`));
  const sound = group.filter((v) => stands(v.content));
  const moments = sound.map((v) => parseMoment(v.facts.finishedAt ?? v.facts.capturedAt, zone));
  const at = moments.find((m) => m !== undefined);
  const [head] = sound;
  excluded.push(...group.filter((v) => !sound.includes(v)).map(excludeByContent));
  if (!head) return;
  const chains = sound.map((v) => v.facts.chain as LsnChain);
  const chain = chains.reduce((a, b) => ({ ...a, ...b }));
  if (!inside.some((v) => DATA_FILE.test(v.path))) excluded.push(exclude(folder, 'NO_DATA', NO_FILES));
  else if (chains.some((c) => c.fromLsn !== chain.fromLsn || c.toLsn !== chain.toLsn)) {
    excluded.push(exclude(folder, 'DEFECTS', CONTRADICTION));
  } else if (!at) excluded.push(exclude(folder, 'NO_MOMENT', NO_MOMENT));
  else {
    const bytes = inside.reduce((sum, v) => sum + (v.facts.bytes ?? 0), 0);
    const facts = sound.map((v) => v.facts).reduce((a, b) => ({ ...a, ...b }));
    const files = [{ path: folder, format: 'folder', bytes }];
    parts.push({ ...partOf(head), files, facts: { ...facts, chain }, path: folder, at, chain });
  }
}

const NO_MOMENT = {
  zh: '看不出备份何时完成',
  en: 'nothing says when the backup ended',
};
const NO_FILES = {
  zh: '只有备份的说明文件，数据文件不在这里',
  en: 'only the description of a backup is here, not its data files',
};
const CONTRADICTION = {
  zh: '说明文件之间的 LSN 不一致',
  en: 'its descriptions name different LSNs',
};
