// Repositories of pgBackRest, restic and borg: their own checksums, file by file, and what is missing. Promise: no password and no tool is
// needed; each backup's defects are told at the repository's own list of backups.

import { createHash } from 'node:crypto';
import type { RepositoryChain } from '../../facts.ts';
import { Cursor, sourceStream } from '../cursor.ts';
import { ENCRYPTED } from '../encrypted/encrypted.ts';
import { CODECS } from '../list.ts';
import { readInfo } from '../repository/pgbackrest.ts';
import {
  askedFor,
  type Folder,
  judgeBySet,
  type Member,
  nameOf,
  parentOf,
  reading,
  type SetRule,
  within,
} from './set.ts';

const ARCHIVED = /^([0-9A-F]{24})-([0-9a-f]{40})(?:\.(?:gz|bz2|lz4|zst))?$/;
const MAX_DEFECTS = 20;

/** Archived WAL carries the SHA-1 of its content in its name. */
export const ARCHIVED_WAL: SetRule = {
  name: 'archived WAL',
  async apply(folder) {
    for (const member of askedFor(folder, (f, m) => ARCHIVED.test(nameOf(m.path)) && f.content !== 'EMPTY')) {
      if (member.finding?.format === ENCRYPTED) continue;
      const wanted = ARCHIVED.exec(nameOf(member.path))?.[2];
      const found = await reading(folder, member.path, (source) =>
        contentSha1(new Cursor(sourceStream(source, 'read'))),
      );
      if (found === wanted)
        judgeBySet(member, {
          content: 'VERIFIED',
          layer: 'L3',
          reason: `the SHA-1 of the content is the one in its name; ${member.finding?.reason}`,
        });
      else if (member.finding?.content !== 'INCOMPLETE')
        judgeBySet(member, {
          content: 'CORRUPT',
          layer: 'L3',
          reason: 'the SHA-1 of the content is not the one in its name',
        });
    }
  },
};

async function contentSha1(raw: Cursor): Promise<string | undefined> {
  await raw.need(64);
  const codec = CODECS.find((each) => each.matches(raw.peek(64)));
  const input = codec ? new Cursor(codec.open(raw)) : raw;
  const hash = createHash('sha1');
  for (let bytes = await input.chunk(); bytes; bytes = await input.chunk()) hash.update(bytes);
  input.close();
  return input.fault ? undefined : hash.digest('hex');
}

/** A file that a manifest says lies in this backup. */
interface Stored {
  path: string;
  bundle: number | undefined;
  offset: number;
  size: number | undefined;
  sha1: string | undefined;
  reference: string | undefined;
}

export const PGBACKREST_REPOSITORY: SetRule = {
  name: 'pgBackRest repository',
  async apply(folder) {
    const defects = new Map<string, string[]>();
    for (const manifest of [...folder.members.values()].filter((m) => nameOf(m.path) === 'backup.manifest')) {
      if ((await folder.judge(manifest)).format === ENCRYPTED) noteEncrypted(folder, manifest);
      else await judgeBackup(folder, manifest, defects);
    }
    for (const info of askedFor(folder, (f) => f.format === 'pgbackrest-backup.info'))
      await noteRepository(folder, info, defects);
  },
};

const CIPHER_BLOCK = 16;

/** An encrypted repository shows no more than whether its files end where a block of the cipher ends. */
function noteEncrypted(folder: Folder, manifest: Member): void {
  const root = parentOf(parentOf(parentOf(parentOf(manifest.path))));
  const inside = askedFor(folder, (f, m) => f.format === ENCRYPTED && m.path.startsWith(within(root, '')));
  for (const member of inside)
    if (member.size % CIPHER_BLOCK !== 0)
      judgeBySet(member, {
        content: 'INCOMPLETE',
        reason: 'an encrypted file of the repository that ends inside a block of its cipher',
      });
}

async function judgeBackup(folder: Folder, manifest: Member, defects: Map<string, string[]>): Promise<void> {
  const parent = parentOf(manifest.path);
  const label = nameOf(parent);
  const found: string[] = [];
  const stored = await loadManifest(folder, manifest, found);
  const own = stored.filter((file) => file.reference === undefined && file.sha1 !== undefined);
  const byFile = new Map<string, Stored[]>();
  for (const file of own) {
    const path = within(parent, file.bundle === undefined ? file.path : `bundle/${file.bundle}`);
    byFile.set(path, [...(byFile.get(path) ?? []), file]);
  }
  for (const [path, files] of byFile) await judgeStored(folder, path, files, found);
  const said = defects.get(label) ?? [];
  defects.set(label, [...said, ...found]);
}

async function loadManifest(folder: Folder, manifest: Member, defects: string[]): Promise<Stored[]> {
  const stored: Stored[] = [];
  const state = await reading(folder, manifest.path, (source) =>
    readInfo(new Cursor(sourceStream(source)), (section, path, value) => {
      if (section === 'target:file') stored.push(parseStored(path, value));
    }),
  );
  if (state !== 'holds') defects.push('its backup.manifest is damaged');
  return stored;
}

function parseStored(path: string, value: string): Stored {
  const found = (() => {
    try {
      return JSON.parse(value) as Record<string, unknown>;
    } catch {
      return {};
    }
  })();
  const number = (key: string): number | undefined =>
    typeof found[key] === 'number' ? found[key] : undefined;
  const text = (key: string): string | undefined => (typeof found[key] === 'string' ? found[key] : undefined);
  const size = number('repo-size') ?? number('size');
  return {
    path,
    bundle: number('bni'),
    offset: number('bno') ?? 0,
    size,
    sha1: size === 0 ? undefined : (text('rck') ?? text('checksum')),
    reference: text('reference'),
  };
}

async function judgeStored(folder: Folder, path: string, files: Stored[], defects: string[]): Promise<void> {
  const member = findStored(folder, path);
  if (!member) {
    if (defects.length < MAX_DEFECTS) defects.push(`${nameOf(path)} is missing (${files.length} files)`);
    return;
  }
  const bad: string[] = [];
  await reading(folder, member.path, async (source) => {
    for (const file of files.sort((a, b) => a.offset - b.offset)) {
      const hash = createHash('sha1');
      const end = file.offset + (file.bundle === undefined ? source.size : (file.size ?? 0));
      for (let at = file.offset; at < end; at += 262_144)
        hash.update(await source.read(at, Math.min(262_144, end - at)));
      if (hash.digest('hex') !== file.sha1) bad.push(file.path);
    }
  });
  if (bad.length > 0 && defects.length < MAX_DEFECTS)
    defects.push(`${nameOf(path)}: ${bad.length} files differ from their SHA-1, among them ${bad[0]}`);
  if (!member.asked) return;
  if (bad.length > 0)
    judgeBySet(member, {
      format: 'pgbackrest-file',
      content: 'CORRUPT',
      reason: `${bad.length} of ${files.length} files differ from the SHA-1 in backup.manifest`,
    });
  else
    judgeBySet(member, {
      format: 'pgbackrest-file',
      content: 'VERIFIED',
      reason: `SHA-1 of all ${files.length} files as in backup.manifest`,
    });
}

function findStored(folder: Folder, path: string): Member | undefined {
  for (const suffix of ['', '.zst', '.gz', '.lz4', '.bz2']) {
    const member = folder.members.get(path + suffix);
    if (member) return member;
  }
  return undefined;
}

/** Defects of each backup, those of the backups that it builds on included, and the runs of archived WAL. */
async function noteRepository(folder: Folder, info: Member, defects: Map<string, string[]>): Promise<void> {
  const chain = info.finding?.facts.chain;
  if (chain?.of !== 'repository' || !info.finding) return;
  const stanza = parentOf(info.path);
  const backups = chain.backups.map((backup) => {
    const present = folder.members.has(within(within(stanza, backup.label), 'backup.manifest'));
    const own = present ? (defects.get(backup.label) ?? []) : ['its folder or manifest is missing'];
    return { ...backup, defects: [...backup.defects, ...own] };
  });
  const all = backups.map((backup) => {
    const bases = [backup.prior, ...(backup.references ?? [])].filter((label) => label !== undefined);
    const bad = [...new Set(bases)].filter(
      (label) => (backups.find((b) => b.label === label)?.defects ?? ['gone']).length > 0,
    );
    return {
      ...backup,
      defects: [...backup.defects, ...bad.map((label) => `builds on ${label}, which is damaged`)],
    };
  });
  const wal = await archivedRuns(folder, stanza);
  const updated: RepositoryChain = { ...chain, backups: all, ...(wal && { wal }) };
  const broken = all.filter((backup) => backup.defects.length > 0);
  const reason =
    broken.length > 0
      ? `${info.finding.reason}; ${broken.length} of ${all.length} backups are damaged`
      : `${info.finding.reason}; ${all.length} backups whole`;
  judgeBySet(info, { reason, facts: { ...info.finding.facts, chain: updated } });
}

/** `backup/STANZA` has its WAL in `archive/STANZA`. */
async function archivedRuns(folder: Folder, stanza: string): Promise<RepositoryChain['wal']> {
  const archive = stanza.replace(/(^|\/)backup\/([^/]+)$/, '$1archive/$2');
  const found = new Map<string, Member>();
  for (const member of folder.members.values()) {
    const segment = ARCHIVED.exec(nameOf(member.path))?.[1];
    if (segment !== undefined && member.path.startsWith(`${archive}/`)) found.set(segment, member);
  }
  const names = [...found.keys()].sort();
  const [firstName] = names;
  if (firstName === undefined) return undefined;
  const first = (await folder.judge(found.get(firstName) as Member)).facts.chain;
  const last = (await folder.judge(found.get(names.at(-1) ?? '') as Member)).facts.chain;
  const segmentBytes = first?.of === 'wal' ? first.segmentBytes : 16_777_216;
  const bad = new Set(
    names.filter(
      (name) =>
        found.get(name)?.finding?.content === 'CORRUPT' || found.get(name)?.finding?.content === 'INCOMPLETE',
    ),
  );
  return {
    systemId: first?.of === 'wal' ? first.systemId : '',
    segmentBytes,
    runs: runsOf(
      names.filter((name) => !bad.has(name)),
      segmentBytes,
    ),
    ...(last?.of === 'wal' && last.lastCommitAt !== undefined && { lastCommitAt: last.lastCommitAt }),
  };
}

/** Contiguous runs of segment names on one timeline. */
export function runsOf(names: readonly string[], segmentBytes: number): { first: string; last: string }[] {
  const perFile = 2n ** 32n / BigInt(segmentBytes);
  const numberOf = (name: string): bigint =>
    BigInt(`0x${name.slice(8, 16)}`) * perFile + BigInt(`0x${name.slice(16)}`);
  const runs: { first: string; last: string }[] = [];
  for (const name of names) {
    const run = runs.at(-1);
    const follows =
      run && run.last.slice(0, 8) === name.slice(0, 8) && numberOf(run.last) + 1n === numberOf(name);
    if (run && follows) run.last = name;
    else runs.push({ first: name, last: name });
  }
  return runs;
}

const HASH_NAME = /^[0-9a-f]{64}$/;

/** restic names its files by the SHA-256 of what they hold; only `config` is not. */
export const RESTIC_REPOSITORY: SetRule = {
  name: 'restic repository',
  async apply(folder) {
    for (const member of askedFor(
      folder,
      (f, m) => HASH_NAME.test(nameOf(m.path)) && f.content !== 'EMPTY',
    )) {
      const sha256 = await reading(folder, member.path, async (source) => {
        const hash = createHash('sha256');
        for (let at = 0; at < source.size; at += 262_144) hash.update(await source.read(at, 262_144));
        return hash.digest('hex');
      });
      const facts = {
        ...member.finding?.facts,
        sha256,
        engine: 'files' as const,
        kind: 'copy' as const,
        encrypted: true,
        checksums: true,
      };
      const base = { format: 'restic', layer: 'L2' as const, facts };
      if (sha256 === nameOf(member.path))
        judgeBySet(member, { ...base, content: 'VERIFIED', reason: 'the SHA-256 of the file is its name' });
      else
        judgeBySet(member, {
          ...base,
          content: 'CORRUPT',
          reason: 'the SHA-256 of the file is not its name',
        });
    }
    for (const config of askedFor(
      folder,
      (_f, m) => nameOf(m.path) === 'config' && isRestic(folder, parentOf(m.path)),
    ))
      noteRestic(folder, config);
  },
};

function isRestic(folder: Folder, root: string): boolean {
  return ['index', 'snapshots', 'keys'].every((name) =>
    [...folder.members.keys()].some((path) => path.startsWith(within(root, `${name}/`))),
  );
}

function noteRestic(folder: Folder, config: Member): void {
  const root = parentOf(config.path);
  const inside = [...folder.members.values()].filter(
    (member) => member.path.startsWith(within(root, '')) && member !== config,
  );
  const damaged = inside
    .filter((member) => member.finding?.content === 'CORRUPT' || member.finding?.content === 'EMPTY')
    .map((m) => `${nameOf(m.path)} is damaged`);
  const snapshots = inside.filter((member) => parentOf(member.path) === within(root, 'snapshots'));
  const backups = snapshots.map((member) => ({
    label: nameOf(member.path).slice(0, 8),
    kind: 'full' as const,
    startedAt: new Date(member.mtimeMs).toISOString(),
    finishedAt: new Date(member.mtimeMs).toISOString(),
    defects: damaged.slice(0, MAX_DEFECTS),
  }));
  const notices = [
    'snapshots are encrypted: their times are those of the files; missing packs show only with the password',
  ];
  judgeBySet(config, {
    format: 'restic-config',
    content: 'UNCONFIRMED',
    reason: `a restic repository: ${inside.length} files, ${snapshots.length} snapshots, ${damaged.length} damaged; its config carries no checksum that can be read without the password`,
    facts: {
      engine: 'files',
      kind: 'metadata',
      encrypted: true,
      notices,
      chain: { of: 'repository', tool: 'restic', backups },
    },
  });
}

/** What lies beside the segments of a borg repository. */
export const BORG_REPOSITORY: SetRule = {
  name: 'borg repository',
  async apply(folder) {
    for (const member of askedFor(folder, (_f, m) =>
      /^(?:README|config|nonce|(?:hints|index|integrity)\.\d+)$/.test(nameOf(m.path)),
    )) {
      const root = parentOf(member.path);
      const first = [...folder.members.values()].find(
        (m) => m.path.startsWith(within(root, 'data/')) && m.finding?.format === 'borg-segment',
      );
      if (first)
        judgeBySet(member, {
          format: 'borg-metadata',
          content: 'COMPLETE',
          reason: 'metadata of a borg repository; its segments carry the data',
          facts: { ...member.finding?.facts, engine: 'files', kind: 'metadata' },
        });
    }
  },
};
