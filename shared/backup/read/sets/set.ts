// Rules about files that belong together: a dump in a folder with its members, a base backup with its manifest, volumes, stripes,
// repositories. A rule is a file here and one line in index.ts. Promise: a rule changes only verdicts of files that it names, by what it
// found in their companions; content binds files, names only find them.

import type { OpenSource } from '../../node-source.ts';
import type { Finding, Job } from '../format.ts';

export interface Member {
  /** With `/`, relative to the folder. */
  path: string;
  size: number;
  mtimeMs: number;
  /** Whether its verdict was asked for; other files of the folder are only companions. */
  asked: boolean;
  finding?: Finding;
}

export interface Folder {
  members: ReadonlyMap<string, Member>;
  open(path: string): Promise<OpenSource>;
  /** A companion's own verdict, judged when it is first needed. */
  judge(member: Member): Promise<Finding>;
  options: Pick<Job, 'deep' | 'zone'>;
}

export interface SetRule {
  name: string;
  apply(folder: Folder): Promise<void>;
}

export function parentOf(path: string): string {
  const at = path.lastIndexOf('/');
  return at < 0 ? '' : path.slice(0, at);
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

export function within(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}

/** Files whose verdict was asked for, by what their own content said. */
export function askedFor(folder: Folder, isWanted: (finding: Finding, member: Member) => boolean): Member[] {
  return [...folder.members.values()].filter(
    (m) => m.asked && m.finding !== undefined && isWanted(m.finding, m),
  );
}

export function siblings(folder: Folder, member: Member): Member[] {
  const parent = parentOf(member.path);
  return [...folder.members.values()].filter((other) => other !== member && parentOf(other.path) === parent);
}

export function notice(member: Member, text: string): void {
  if (!member.finding) return;
  const { facts } = member.finding;
  if (!facts.notices?.includes(text)) facts.notices = [...(facts.notices ?? []), text];
}

/** Replaces a verdict by what the set shows. */
export function judgeBySet(member: Member, verdict: Partial<Finding>): void {
  if (member.finding) member.finding = { ...member.finding, layer: 'L5', ...verdict };
}

/** Opens a file for one reading. */
export async function reading<T>(
  folder: Folder,
  path: string,
  read: (source: OpenSource) => Promise<T>,
): Promise<T> {
  const source = await folder.open(path);
  try {
    return await read(source);
  } finally {
    await source.close();
  }
}
