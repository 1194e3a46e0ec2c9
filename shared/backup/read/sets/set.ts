// Rules about files that belong together: a dump in a folder with its members, a base backup with its manifest, volumes, stripes,
// repositories. A rule is a file here and one line in index.ts. Promise: a rule changes only verdicts of files that it names, by what it
// found in their companions; content binds files, names only find them.

import type { OpenSource } from '../../node-source.ts';
import type { Finding, Job } from '../format.ts';

export interface Member {
  /** With `/`, relative to the folder that was asked for. */
  path: string;
  size: number;
  mtimeMs: number;
  finding: Finding;
}

export interface Folder {
  members: ReadonlyMap<string, Member>;
  open(path: string): Promise<OpenSource>;
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

/** Members by the folder that they lie in. */
export function byFolder(folder: Folder): Map<string, Member[]> {
  const groups = new Map<string, Member[]>();
  for (const member of folder.members.values()) {
    const group = groups.get(parentOf(member.path)) ?? [];
    group.push(member);
    groups.set(parentOf(member.path), group);
  }
  return groups;
}

export function notice(member: Member, text: string): void {
  const { facts } = member.finding;
  facts.notices = [...(facts.notices ?? []), text];
}

/** Replaces a verdict by what the set shows. */
export function judgeBySet(member: Member, verdict: Partial<Finding>): void {
  member.finding = { ...member.finding, layer: 'L5', ...verdict };
}
