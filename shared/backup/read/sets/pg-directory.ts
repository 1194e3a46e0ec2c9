// pg_dump -Fd: toc.dat names the members that hold its data. Promise: whole when each is there, is itself whole, and ends with `\.` where it
// holds rows.

import type { Content } from '../../facts.ts';
import type { Finding } from '../format.ts';
import {
  askedFor,
  type Folder,
  judgeBySet,
  type Member,
  parentOf,
  type SetRule,
  siblings,
  within,
} from './set.ts';

const LARGE_OBJECT = /(?:^|\/)blob_\d+\.dat(?:\.\w+)?$/;
const SUFFIXES = ['', '.gz', '.lz4', '.zst'];

export const PG_DIRECTORY: SetRule = {
  name: 'pg_dump directory',
  async apply(folder) {
    for (const toc of askedFor(
      folder,
      (f) => f.format === 'pg_dump-directory' && f.content === 'UNCONFIRMED',
    ))
      await judgeToc(folder, toc);
  },
};

async function judgeToc(folder: Folder, toc: Member): Promise<void> {
  const { chain } = toc.finding?.facts ?? {};
  const names = chain?.of === 'dump' ? (chain.members ?? []) : [];
  const missing: string[] = [];
  const bad: { name: string; content: Content; reason: string }[] = [];
  for (const name of names) {
    const member = find(folder, parentOf(toc.path), name);
    if (!member) missing.push(name);
    else {
      const defect = defectOf(await folder.judge(member), name);
      if (defect) bad.push({ name: member.path, ...defect });
      else if (member.asked) nameMember(member);
    }
  }
  // Large objects are named by their own list, not by the table of contents.
  for (const member of siblings(folder, toc))
    if (member.asked && LARGE_OBJECT.test(member.path)) nameMember(member);
  judgeBySet(toc, verdict(names.length, missing, bad));
}

function find(folder: Folder, parent: string, name: string): Member | undefined {
  for (const suffix of SUFFIXES) {
    const member = folder.members.get(within(parent, name + suffix));
    if (member) return member;
  }
  return undefined;
}

function defectOf(finding: Finding, name: string): { content: Content; reason: string } | undefined {
  const known = finding.content === 'FOREIGN' && ['text', 'unknown'].includes(finding.format);
  if (!known && finding.content !== 'VERIFIED' && finding.content !== 'COMPLETE')
    return { content: finding.content, reason: finding.reason };
  // Large objects end otherwise.
  if (!/^\d+\.dat$/.test(name) || finding.tail === undefined) return undefined;
  return /(?:^|\n)\\\.\n+$/.test(finding.tail.toString('latin1'))
    ? undefined
    : { content: 'INCOMPLETE', reason: 'its data do not end with \\.' };
}

/** Alone such a member is a text of rows. */
function nameMember(member: Member): void {
  const { finding } = member;
  if (!finding) return;
  const isText = ['text', 'unknown'].includes(finding.format);
  const what =
    /\d+\.dat/.test(member.path) && !LARGE_OBJECT.test(member.path)
      ? 'rows of a dump, closed by \\.'
      : 'large objects of a dump';
  const format = isText ? 'pg_dump-data' : `pg_dump-data+${finding.format}`;
  const facts = { ...finding.facts, engine: 'postgresql' as const, kind: 'dump' as const };
  if (isText)
    judgeBySet(member, {
      format,
      facts,
      content: 'COMPLETE',
      reason: `${what}; no checksum`,
    });
  else
    member.finding = {
      ...finding,
      format,
      facts,
      reason: `${finding.reason}; ${what}`,
    };
}

function verdict(
  count: number,
  missing: string[],
  bad: { name: string; content: Content; reason: string }[],
): Partial<Finding> {
  if (missing.length > 0)
    return {
      content: 'INCOMPLETE',
      reason: `${missing.length} of ${count} members named in the table of contents are missing, among them ${missing[0]}`,
    };
  const [first] = bad;
  if (!first)
    return { content: 'COMPLETE', reason: `all ${count} members are there, each whole and closed by \\.` };
  const content = bad.some((b) => b.content === 'CORRUPT') ? 'CORRUPT' : 'INCOMPLETE';
  return {
    content,
    reason: `${bad.length} of ${count} members are bad, among them ${first.name}: ${first.reason}`,
  };
}
