// pg_basebackup: backup_manifest names every file with its checksum. Promise: each file that it names is read again, through whatever
// compression lies around the archive, and compared; a difference is damage, whatever the archive's own structure says.

import { createHash } from 'node:crypto';
import type { BaseBackupChain } from '../../facts.ts';
import type { OpenSource } from '../../node-source.ts';
import { Cursor, sourceStream } from '../cursor.ts';
import { CODECS } from '../list.ts';
import { type Manifest, manifestFacts, type ManifestFile, readManifest } from '../postgres/manifest.ts';
import { crc32c } from '../sum/crc.ts';
import { walkTar } from '../tar/walk.ts';
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

const ARCHIVE = /^(base|\d+)\.tar(?:\.(?:gz|zst|lz4|xz|bz2))?$/;
const MAX_DEFECTS = 20;

export const BASE_BACKUP: SetRule = {
  name: 'base backup',
  async apply(folder) {
    const whole = askedFor(folder, (f) => ['COMPLETE', 'VERIFIED'].includes(f.content));
    for (const member of whole) {
      if (ARCHIVE.test(nameOf(member.path))) await judgeArchive(folder, member, 'named');
      // Under another name an archive belongs to the manifest only when it holds the same backup_label.
      else if (folder.options.deep && /^tar(?:\+|$)/.test(member.finding?.format ?? ''))
        await judgeArchive(folder, member, 'by content');
    }
    for (const member of askedFor(folder, (f) => f.format === 'backup_manifest' && f.content === 'VERIFIED'))
      await judgePlain(folder, member);
  },
};

interface Named {
  manifest: Manifest;
  files: Map<string, ManifestFile>;
}

async function loadManifest(folder: Folder, parent: string): Promise<Named | undefined> {
  const path = within(parent, 'backup_manifest');
  if (!folder.members.has(path)) return undefined;
  return reading(folder, path, async (source) => {
    const files = new Map<string, ManifestFile>();
    const manifest = await readManifest(
      new Cursor(sourceStream(source)),
      (file) => void files.set(file.path, file),
    );
    return manifest.state === 'holds' ? { manifest, files } : undefined;
  });
}

async function judgeArchive(folder: Folder, member: Member, bound: 'named' | 'by content'): Promise<void> {
  const named = await loadManifest(folder, parentOf(member.path));
  if (!named) return;
  const oid = /^\d+/.exec(nameOf(member.path))?.[0];
  const prefix = oid === undefined ? '' : `pg_tblspc/${oid}/`;
  const wanted = new Map(
    [...named.files].filter(([path]) =>
      prefix === '' ? !path.startsWith('pg_tblspc/') : path.startsWith(prefix),
    ),
  );
  const { defects, compared, sameLabel } = await reading(folder, member.path, (source) =>
    compareArchive(source, prefix, wanted),
  );
  if (bound === 'by content' && !sameLabel) return;
  const base = manifestFacts(named.manifest);
  const chain: BaseBackupChain = {
    ...(base.chain as BaseBackupChain),
    ...(defects.length > 0 && { defects }),
  };
  const facts = { ...member.finding?.facts, ...base, chain };
  if (defects.length > 0)
    return judgeBySet(member, {
      content: 'CORRUPT',
      reason: `${defects.length} files differ from backup_manifest: ${defects[0]}`,
      facts,
    });
  const reason = `${compared} files hold the checksums of backup_manifest; ${member.finding?.reason}`;
  judgeBySet(member, { reason, facts, ...(folder.options.deep && { content: 'VERIFIED' }) });
}

async function compareArchive(
  source: OpenSource,
  prefix: string,
  wanted: Map<string, ManifestFile>,
): Promise<{ defects: string[]; compared: number; sameLabel: boolean }> {
  const raw = new Cursor(sourceStream(source, 'read'));
  await raw.need(4096);
  const codec = CODECS.find((each) => each.matches(raw.peek(4096)));
  const input = codec ? new Cursor(codec.open(raw)) : raw;
  const left = new Map(wanted);
  const defects: string[] = [];
  let compared = 0;
  let sameLabel = false;
  const end = await walkTar(input, async (member, content) => {
    const file = member.type === '0' ? left.get(prefix + member.name.replace(/^\.\//, '')) : undefined;
    if (!file) return;
    left.delete(file.path);
    compared++;
    const defect = await compareContent(file, member.size, content);
    if (file.path === 'backup_label') sameLabel = defect === undefined;
    if (defect !== undefined && defects.length < MAX_DEFECTS) defects.push(defect);
  });
  input.close();
  if (input.fault) defects.unshift(`the archive does not decode: ${input.fault.message}`);
  else if (end.kind !== 'whole') defects.unshift(end.reason);
  for (const path of left.keys()) if (defects.length < MAX_DEFECTS) defects.push(`${path} is missing`);
  return { defects, compared, sameLabel };
}

async function compareContent(
  file: ManifestFile,
  size: number,
  content: Cursor,
): Promise<string | undefined> {
  if (size !== file.size) return `${file.path}: ${size} bytes instead of ${file.size}`;
  const sum = openSum(file.algorithm);
  let left = size;
  while (left > 0) {
    const bytes = await content.chunk(left);
    if (!bytes) return `${file.path}: cut`;
    left -= bytes.length;
    sum?.update(bytes);
  }
  return !sum || sum.digest() === file.checksum ? undefined : `${file.path}: the ${file.algorithm} differs`;
}

interface Sum {
  update(bytes: Buffer): void;
  digest(): string;
}

function openSum(algorithm: string | undefined): Sum | undefined {
  if (algorithm === undefined) return undefined;
  if (algorithm.toUpperCase() === 'CRC32C') {
    let crc = -1;
    const digest = (): string => {
      const out = Buffer.alloc(4);
      out.writeInt32LE(~crc);
      return out.toString('hex');
    };
    return { update: (bytes) => void (crc = crc32c(bytes, crc)), digest };
  }
  const name = algorithm.toLowerCase();
  if (!['sha224', 'sha256', 'sha384', 'sha512'].includes(name)) return undefined;
  const hash = createHash(name);
  return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest('hex') };
}

/** A base backup that lies unpacked beside its manifest. */
async function judgePlain(folder: Folder, manifest: Member): Promise<void> {
  const parent = parentOf(manifest.path);
  if (!folder.members.has(within(parent, 'PG_VERSION'))) return;
  const named = await loadManifest(folder, parent);
  if (!named) return;
  const defects: string[] = [];
  let compared = 0;
  for (const file of named.files.values()) {
    const member = folder.members.get(within(parent, file.path));
    const defect = member
      ? await reading(folder, member.path, (source) =>
          compareContent(file, source.size, new Cursor(sourceStream(source, 'read'))),
        )
      : `${file.path} is missing`;
    compared++;
    if (defect !== undefined && defects.length < MAX_DEFECTS) defects.push(defect);
    if (member) noteMember(member, file, defect);
  }
  const { facts } = manifest.finding ?? {};
  const chain = { ...(facts?.chain as BaseBackupChain), ...(defects.length > 0 && { defects }) };
  const reason =
    defects.length > 0
      ? `the manifest holds, but ${defects[0]}`
      : `${compared} files hold the checksums of the manifest`;
  judgeBySet(manifest, {
    ...(defects.length > 0 && { content: 'CORRUPT' }),
    reason,
    facts: { ...facts, chain },
  });
}

function noteMember(member: Member, file: ManifestFile, defect: string | undefined): void {
  const facts = { ...member.finding?.facts, engine: 'postgresql' as const, kind: 'full' as const };
  const base = { format: 'pg_basebackup-file', facts };
  if (defect !== undefined)
    judgeBySet(member, { ...base, content: 'CORRUPT', reason: `differs from backup_manifest: ${defect}` });
  else if (file.checksum === undefined)
    judgeBySet(member, {
      ...base,
      content: 'COMPLETE',
      reason: 'its size is as backup_manifest says; no checksum was taken',
    });
  else
    judgeBySet(member, {
      ...base,
      content: 'VERIFIED',
      reason: `its ${file.algorithm} is as backup_manifest says`,
    });
}
