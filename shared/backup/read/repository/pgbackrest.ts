// pgBackRest's own files: `.info` and `.manifest` are lists of `key=JSON` in sections, closed by a SHA-1 over their content written as
// one JSON text. Promise: read line by line; the checksum is recomputed; keys and values are the caller's to look at.

import { createHash } from 'node:crypto';
import type { Cursor } from '../cursor.ts';
import type { BackupKind, RepositoryChain } from '../../facts.ts';
import type { Finding, Format, Job } from '../format.ts';
import { fromUnix } from '../time.ts';

const MAX_LINE = 1024 * 1024;

export type OnEntry = (section: string, key: string, value: string) => void;

/** How the file's own checksum stands. */
export async function readInfo(input: Cursor, onEntry: OnEntry): Promise<'holds' | 'differs' | 'cut'> {
  const hash = createHash('sha1');
  let section = '';
  let sections = 0;
  let entries = 0;
  let stored: string | undefined;
  for (let line = await nextLine(input); line !== undefined; line = await nextLine(input)) {
    const named = /^\[(.+)\]$/.exec(line)?.[1];
    if (named !== undefined) {
      // The last section repeats the first and holds only the checksum.
      if (named === 'backrest' && sections > 0) section = 'checksum';
      else {
        hash.update(`${sections++ === 0 ? '{' : '},'}"${named}":{`);
        section = named;
        entries = 0;
      }
      continue;
    }
    const at = line.includes('={') ? line.indexOf('={') : line.indexOf('=');
    if (at < 0) continue;
    const key = line.slice(0, at);
    const value = line.slice(at + 1);
    if (key === 'backrest-checksum') stored = /^"([0-9a-f]{40})"$/.exec(value)?.[1];
    else {
      hash.update(`${entries++ === 0 ? '' : ','}"${key}":${value}`);
      onEntry(section, key, value);
    }
  }
  if (stored === undefined) return 'cut';
  return hash.update('}}').digest('hex') === stored ? 'holds' : 'differs';
}

async function nextLine(input: Cursor): Promise<string | undefined> {
  for (let length = 1024; ; length *= 4) {
    const more = await input.need(Math.min(length, MAX_LINE));
    const end = input.peek(MAX_LINE).indexOf(10);
    if (end >= 0) return input.take(end + 1).toString('utf8', 0, end);
    if (more && length < MAX_LINE) continue;
    return input.available > 0 ? input.take(Math.min(MAX_LINE, input.available)).toString('utf8') : undefined;
  }
}

export const PGBACKREST: Format = {
  name: 'pgbackrest',
  matches: (head) => /^\[backrest\]\nbackrest-format=\d+\n/.test(head.toString('latin1', 0, 64)),
  read: readFile,
};

const KINDS: Record<string, BackupKind> = { full: 'full', diff: 'differential', incr: 'incremental' };

type Backup = RepositoryChain['backups'][number];

async function readFile(input: Cursor, _job: Job): Promise<Finding> {
  const backups: Backup[] = [];
  let what = 'archive.info';
  let files = 0;
  let systemId: string | undefined;
  const own = new Map<string, string>();
  const state = await readInfo(input, (section, key, value) => {
    if (section === 'backup:current') backups.push(backupOf(key, value));
    if (section === 'backup') own.set(key, value.replaceAll('"', ''));
    if (section === 'target:file') files++;
    if (section === 'backup:current' || section === 'backup')
      what = section === 'backup' ? 'backup.manifest' : 'backup.info';
    if (key === 'db-system-id') systemId = value;
  });
  if (own.size > 0) backups.push(ownBackup(own));
  const chain: RepositoryChain = {
    of: 'repository',
    tool: 'pgbackrest',
    ...(systemId !== undefined && { systemId }),
    backups,
  };
  const facts: Finding['facts'] = {
    engine: 'postgresql',
    kind: 'metadata',
    checksums: true,
    ...(files > 0 && { files }),
    chain,
  };
  const base = { format: `pgbackrest-${what}`, layer: 'L2' as const, facts };
  if (state === 'cut')
    return { ...base, content: 'INCOMPLETE', reason: 'the file ends without its checksum' };
  if (state === 'differs')
    return { ...base, content: 'CORRUPT', reason: "the file's own SHA-1 does not hold" };
  return { ...base, content: 'VERIFIED', reason: `metadata of a repository; its own SHA-1 holds` };
}

function parse(value: string): Record<string, unknown> {
  try {
    return JSON.parse(value) as Record<string, unknown>;
  } catch {
    return {};
  }
}

function backupOf(label: string, value: string): Backup {
  const found = parse(value);
  const text = (key: string): string | undefined => (typeof found[key] === 'string' ? found[key] : undefined);
  const reference = found['backup-reference'];
  return build(
    label,
    (key) =>
      text(`backup-${key}`) ??
      (typeof found[`backup-${key}`] === 'number' ? String(found[`backup-${key}`]) : undefined),
    {
      error: found['backup-error'] === true,
      reference: Array.isArray(reference) ? reference.map(String) : [],
    },
  );
}

function ownBackup(own: Map<string, string>): Backup {
  const reference = (own.get('backup-reference') ?? '').split(',').filter((label) => label !== '');
  return build(own.get('backup-label') ?? '', (key) => own.get(`backup-${key}`), { error: false, reference });
}

function build(
  label: string,
  value: (key: string) => string | undefined,
  more: { error: boolean; reference: string[] },
): Backup {
  const walStart = value('archive-start');
  const backup: Backup = {
    label,
    kind: KINDS[value('type') ?? ''] ?? 'full',
    startedAt: fromUnix(Number(value('timestamp-start') ?? 0)),
    finishedAt: fromUnix(Number(value('timestamp-stop') ?? 0)),
    defects: more.error ? ['page checksum errors were found while it was made'] : [],
  };
  const fields = {
    prior: value('prior'),
    startLsn: value('lsn-start'),
    stopLsn: value('lsn-stop'),
    walStart,
    walStop: value('archive-stop'),
  };
  for (const [key, field] of Object.entries(fields))
    if (field !== undefined) Object.assign(backup, { [key]: field });
  if (walStart !== undefined) backup.timeline = Number.parseInt(walStart.slice(0, 8), 16);
  const bytes = value('info-repo-size');
  if (bytes !== undefined) backup.bytes = Number(bytes);
  const reference = more.reference.filter((other) => other !== label);
  if (reference.length > 0) backup.references = reference;
  return backup;
}
