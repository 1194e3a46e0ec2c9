// A tar archive as a backup. Promise: whole when all members and both closing blocks are there. Contents have no checksum in tar; an archive
// that holds one database dump is only as good as that dump.

import type { Cursor } from '../cursor.ts';
import { type Finding, type Format, type Job, type Marks } from '../format.ts';
import { part } from '../part.ts';
import { PgTar } from '../postgres/pg-tar.ts';
import { tarVerdictOf } from './verdict.ts';
import { isTarHeader, MEMBERS_MARK, type OnMember, type TarEnd, type TarMember, walkTar } from './walk.ts';

export const TAR: Format = {
  name: 'tar',
  matches: (head) => isTarHeader(head.subarray(0, 512)) && plausible(head),
  read: readTar,
};

/** A checksum alone fits one block in some thousand. */
function plausible(head: Buffer): boolean {
  return (
    head.toString('latin1', 257, 262) === 'ustar' ||
    /^[0-7 ]{6,7}[ \0]/.test(head.toString('latin1', 100, 108))
  );
}

async function readTar(input: Cursor, job: Job): Promise<Finding> {
  const dump = new PgTar();
  const marks = marksOf(job, () => only.isPassed && !dump.isDump);
  const only = new OnlyMember(marks.get(MEMBERS_MARK) !== undefined);
  const take: OnMember = async (member, content) => {
    if (await dump.take(member, content)) return;
    await only.take(member, content, job);
  };
  const end = await walkTar(input, take, marks);
  if (dump.isDump) return dump.finding(end, job);
  return combine(end, end.files === 1 ? only.finding : undefined);
}

/**
 * Inside a compressed stream the members behind the first file are marked: whatever is known of the first counts no more then. In a file
 * of its own members are passed over unread, which costs nothing.
 */
function marksOf({ depth, marks }: Job, isFree: () => boolean): Marks {
  return {
    get: (format) => (depth === 1 && format === MEMBERS_MARK ? undefined : marks.get(format)),
    set(format, offset, state) {
      if (format !== MEMBERS_MARK || (depth > 1 && isFree())) marks.set(format, offset, state);
    },
  };
}

/** Judges the first file; its verdict counts when no other follows. */
class OnlyMember {
  finding: Finding | undefined;
  #seen: number;

  constructor(isPassed: boolean) {
    this.#seen = isPassed ? 2 : 0;
  }

  /** Whether a second file was seen. */
  get isPassed(): boolean {
    return this.#seen > 1;
  }

  async take(member: TarMember, content: Cursor, job: Job): Promise<void> {
    if (member.size === 0 || ++this.#seen > 1) return;
    const { source: _none, ...rest } = job;
    const name = member.name.slice(member.name.lastIndexOf('/') + 1);
    const inner = part(content, member.size);
    this.finding = await job.inside(inner, {
      ...rest,
      name,
      depth: job.depth + 1,
      marks: { get: () => undefined, set: () => {} },
    });
  }
}

function combine(end: TarEnd, only: Finding | undefined): Finding {
  const facts = {
    engine: 'files' as const,
    kind: 'copy' as const,
    files: end.files,
    checksums: false,
    ...(end.trailing > 0 && { notices: [`${end.trailing} bytes behind the closing blocks`] }),
  };
  const own: Finding = { format: 'tar', ...tarVerdictOf(end), layer: 'L2', facts };
  if (end.kind === 'whole' && end.files === 0)
    return { ...own, content: 'EMPTY', reason: 'an archive without any file' };
  if (end.kind !== 'whole' || !only || ['unknown', 'text', 'error-text'].includes(only.format)) return own;
  const inner = { format: `${only.format}+tar`, facts: { ...only.facts, files: 1 } };
  if (only.content === 'COMPLETE' || only.content === 'VERIFIED')
    return { ...own, ...inner, reason: `${own.reason}; inside: ${only.reason}` };
  return { ...own, ...inner, content: only.content, reason: `inside: ${only.reason}`, layer: 'L3' };
}
