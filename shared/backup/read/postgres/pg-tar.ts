// pg_dump -Ft: a tar archive with toc.dat first and a member for each table's data. Promise: the dump is whole when each member that the
// table of contents names was there and ends with `\.`.

import type { Cursor } from '../cursor.ts';
import type { Finding, Job } from '../format.ts';
import { part } from '../part.ts';
import { tarVerdictOf } from '../tar/verdict.ts';
import type { TarEnd, TarMember } from '../tar/walk.ts';
import { countLines, factsOf } from './custom.ts';
import { isPgDump, readToc, type Toc, TocEnd } from './toc.ts';

export class PgTar {
  isDump = false;
  #toc: Toc | undefined;
  #broken: TocEnd | undefined;
  #ends = new Map<string, string>();
  #rows = 0;
  #bytes = 0;

  /** Whether the member belongs to a dump. */
  async take(member: TarMember, content: Cursor): Promise<boolean> {
    if (member.name === 'toc.dat' && !this.isDump) return this.#begin(member, content);
    if (!this.isDump || member.size === 0 || !member.name.endsWith('.dat')) return this.isDump;
    const inner = part(content, member.size);
    let tail = '';
    let lines = 0;
    for (let bytes = await inner.chunk(); bytes; bytes = await inner.chunk()) {
      tail = (tail + bytes.toString('latin1', Math.max(0, bytes.length - 8))).slice(-8);
      lines += countLines(bytes);
      this.#bytes += bytes.length;
    }
    const mark = /\\\.\n+$/.exec(tail)?.[0];
    if (mark !== undefined) this.#rows += lines - (mark.length - 2);
    this.#ends.set(member.name, tail);
    return true;
  }

  async #begin(member: TarMember, content: Cursor): Promise<boolean> {
    await content.need(Math.min(16, member.size));
    if (!isPgDump(content.peek(16))) return false;
    this.isDump = true;
    try {
      this.#toc = await readToc(part(content, member.size));
    } catch (error) {
      if (!(error instanceof TocEnd)) throw error;
      this.#broken = error;
    }
    return true;
  }

  finding(end: TarEnd, job: Job): Finding {
    const facts = this.#toc
      ? { ...factsOf(this.#toc, job.zone), rows: this.#rows, contentBytes: this.#bytes, files: end.files }
      : { engine: 'postgresql' as const, kind: 'dump' as const };
    const base = { format: 'pg_dump-tar', layer: 'L2' as const, facts };
    if (end.kind !== 'whole') return { ...base, ...tarVerdictOf(end) };
    if (this.#broken || !this.#toc)
      return {
        ...base,
        content: 'CORRUPT',
        reason: `toc.dat cannot be read: ${this.#broken?.message ?? 'it is missing'}`,
      };
    // Large objects lie in members of their own, which the table of contents does not name.
    const members = this.#toc.data.filter((entry) => entry.desc !== 'BLOBS').map((entry) => entry.file ?? '');
    const missing = members.filter((name) => !this.#ends.has(name));
    if (missing.length > 0)
      return {
        ...base,
        content: 'INCOMPLETE',
        reason: `${missing.length} members are missing, among them ${missing[0]}`,
      };
    const open = this.#toc.data.find(
      (entry) => entry.isCopy && !/\\\.\n/.test(this.#ends.get(entry.file ?? '') ?? ''),
    );
    if (open)
      return { ...base, content: 'INCOMPLETE', reason: `the data of ${open.tag} do not end with \\.` };
    return {
      ...base,
      content: 'COMPLETE',
      reason: `all ${members.length} members present, ${this.#toc.tables} tables, ${this.#rows} rows; contents have no checksum`,
    };
  }
}
