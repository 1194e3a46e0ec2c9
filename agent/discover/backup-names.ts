// Recognises backups by their file names and groups them into sets. Pure. Promise: the pattern of a group matches each of its
// files and no file of another group.
//
// A name becomes a pattern by replacing what changes from run to run: dates, times, running numbers.
//   NIS_FULL_20260101_010000.bak → NIS_FULL_[0-9]*.bak, or digit by digit where that would catch another group's files.

import { compileGlob } from '../probes/glob.ts';

export type Engine =
  'other' | 'sqlserver' | 'oracle' | 'mysql' | 'mariadb' | 'postgresql' | 'mongodb' | 'files';
export type Kind = 'other' | 'full' | 'diff' | 'incremental' | 'log' | 'dump' | 'files';

export interface NamedFile {
  name: string;
  size: number;
  mtimeMs: number;
}

export interface BackupGroup {
  pattern: string;
  files: NamedFile[];
  engine: Engine;
  kind: Kind;
  /** What of the name says that it is a backup (zh). */
  why: string;
}

interface Look {
  re: RegExp;
  engine: Engine;
  kind: Kind;
  why: string;
  /** Also programs and other archives are called so: only a date in the name makes it a backup. */
  needsDate?: boolean;
}

const PACKED = String.raw`(\.(gz|bz2|xz|zst|lz4|zip|7z|rar|enc|gpg))*`;
const ends = (text: string): RegExp => new RegExp(`\\.(${text})${PACKED}$`, 'i');

/** First match wins. */
const LOOKS: readonly Look[] = [
  { re: ends('trn'), engine: 'sqlserver', kind: 'log', why: 'SQL Server 日志备份（.trn）' },
  { re: ends('dif|diff'), engine: 'sqlserver', kind: 'diff', why: 'SQL Server 差异备份（.dif）' },
  {
    re: /_LOG_.*\.bak$/i,
    engine: 'sqlserver',
    kind: 'log',
    why: 'SQL Server 日志备份（Ola Hallengren 命名）',
  },
  {
    re: /_DIFF_.*\.bak$/i,
    engine: 'sqlserver',
    kind: 'diff',
    why: 'SQL Server 差异备份（Ola Hallengren 命名）',
  },
  { re: ends('bak'), engine: 'sqlserver', kind: 'full', why: 'SQL Server 备份（.bak）' },
  {
    re: new RegExp(
      `_mf_annnn_.*\\.bkp${PACKED}$|_mf_\\d+_\\d+_.*\\.arc${PACKED}$|\\.(arc|arch)${PACKED}$`,
      'i',
    ),
    engine: 'oracle',
    kind: 'log',
    why: 'Oracle 归档日志',
  },
  {
    re: /_mf_ncs[a-z]{2}_.*\.bkp$/i,
    engine: 'oracle',
    kind: 'other',
    why: 'Oracle RMAN 控制文件自动备份（OMF 命名）',
  },
  { re: ends('dmp|expdp|exp'), engine: 'oracle', kind: 'dump', why: 'Oracle 导出（.dmp）' },
  { re: ends('bkp|rman|bks'), engine: 'oracle', kind: 'full', why: 'Oracle RMAN 备份片' },
  { re: /^c-\d+-\d{8}-[0-9a-f]{2}$/i, engine: 'oracle', kind: 'other', why: 'Oracle RMAN 控制文件自动备份' },
  {
    re: new RegExp(`(?:-bin|binlog)\\.\\d{6}${PACKED}$`, 'i'),
    engine: 'mysql',
    kind: 'log',
    why: 'MySQL/MariaDB 二进制日志',
  },
  {
    re: new RegExp(`^[0-9A-F]{24}${PACKED}$`),
    engine: 'postgresql',
    kind: 'log',
    why: 'PostgreSQL WAL 归档',
  },
  {
    re: /(^|[-_.])inc[-_.\d].*\.(xbstream|mbstream)/i,
    engine: 'mysql',
    kind: 'incremental',
    why: 'MySQL/MariaDB 增量物理备份流',
  },
  { re: ends('xbstream|mbstream'), engine: 'mysql', kind: 'full', why: 'MySQL/MariaDB 物理备份流' },
  { re: /(mysql|maria).*\.(sql|dump)/i, engine: 'mysql', kind: 'dump', why: 'MySQL/MariaDB 导出' },
  {
    re: /(pg|postgres).*\.(sql|dump|backup|tar)/i,
    engine: 'postgresql',
    kind: 'dump',
    why: 'PostgreSQL 导出',
  },
  { re: ends('pgdump|backup'), engine: 'postgresql', kind: 'dump', why: 'PostgreSQL 导出' },
  { re: ends('sql|dump'), engine: 'other', kind: 'dump', why: '数据库导出（.sql/.dump）' },
  { re: ends('archive|bson'), engine: 'mongodb', kind: 'dump', why: 'MongoDB 导出', needsDate: true },
  {
    re: ends('tar|tgz|tbz|txz|zip|7z|rar|wim|vhdx?|vbk|vib|tib|gho'),
    engine: 'files',
    kind: 'files',
    why: '带日期的归档文件',
    needsDate: true,
  },
];
const TAR = /\.tar(\.[a-z0-9]+)?$/i;

// A day that can be, so that version numbers and telephone numbers are none; then perhaps a time and its fraction.
const DAY = String.raw`20[0-4]\d([-_.]?)(?:0[1-9]|1[0-2])\1(?:0[1-9]|[12]\d|3[01])`;
const TIME = String.raw`(?:[-_.T ]*(?:[01]\d|2[0-3])[-_.:]?[0-5]\d(?:[-_.:]?[0-5]\d)?(?:[-_.]\d{1,9})*)?`;
const DATE = new RegExp(`(?<!\\d)${DAY}${TIME}(?!\\d)`);
const DATES = new RegExp(DATE, 'g');
/** Oracle draws eight letters and digits for each file that it names. */
const DRAWN = /(?<=_)[0-9a-z]{6,10}(?=_\.)/g;
const SEGMENT = /^[0-9A-F]{24}/;
const NUMBER = /(?<=[-_.])\d+(?=[-_.]|$)|\d{6,}/g;

export function isDated(name: string): boolean {
  return DATE.test(name);
}

/** What the name alone says; undefined: not a backup. */
export function lookOf(name: string): Omit<Look, 're'> | undefined {
  const found = LOOKS.find((look) => look.re.test(name)) ?? (TAR.test(name) ? LOOKS.at(-1) : undefined);
  return found?.needsDate && !isDated(name) ? undefined : found;
}

/** Groups of files that look like backups; the rest is left out. */
export function groupBackups(files: readonly NamedFile[]): BackupGroup[] {
  const groups = new Map<string, BackupGroup>();
  for (const file of files) {
    const look = lookOf(file.name);
    if (!look) continue;
    const pattern = replaceVarying(file.name, '[0-9]*');
    const group = groups.get(pattern);
    if (group) group.files.push(file);
    else groups.set(pattern, { pattern, files: [file], engine: look.engine, kind: look.kind, why: look.why });
  }
  const all = [...groups.values()];
  return all.flatMap((group) => (catchesOthers(group.pattern, group, all) ? narrow(group, all) : [group]));
}

function catchesOthers(pattern: string, group: BackupGroup, all: readonly BackupGroup[]): boolean {
  const re = compileGlob(pattern);
  return all.some((other) => other !== group && other.files.some((file) => re.test(file.name)));
}

/** Digit by digit; a group whose files differ in length becomes several. */
function narrow(group: BackupGroup, all: readonly BackupGroup[]): BackupGroup[] {
  const parts = new Map<string, NamedFile[]>();
  for (const file of group.files) {
    const pattern = replaceVarying(file.name, 'digits');
    parts.set(pattern, [...(parts.get(pattern) ?? []), file]);
  }
  return [...parts].flatMap(([pattern, files]) =>
    catchesOthers(pattern, group, all)
      ? files.map((file) => ({ ...group, pattern: escapeGlob(file.name), files: [file] }))
      : [{ ...group, pattern, files }],
  );
}

function replaceVarying(name: string, how: '[0-9]*' | 'digits'): string {
  // Hexadecimal: digits alone would make a pattern for each file.
  const segment = SEGMENT.exec(name)?.[0];
  if (segment !== undefined) return '[0-9A-F]'.repeat(24) + escapeGlob(name.slice(segment.length));
  let out = '';
  let at = 0;
  for (const { index, text, isDrawn } of varyingParts(name)) {
    out += escapeGlob(name.slice(at, index));
    if (isDrawn) out += '?'.repeat(text.length);
    else out += how === 'digits' ? escapeGlob(text).replace(/\d/g, '[0-9]') : how;
    at = index + text.length;
  }
  return (out + escapeGlob(name.slice(at))).replace(/(?:\[0-9\]\*[-_. ]*)+(?=\[0-9\]\*)/g, '');
}

interface Part {
  index: number;
  text: string;
  isDrawn: boolean;
}

function varyingParts(name: string): Part[] {
  const found = (re: RegExp, isDrawn: boolean): Part[] =>
    [...name.matchAll(re)].map((match) => ({ index: match.index, text: match[0], isDrawn }));
  const certain = [...found(DRAWN, true), ...found(DATES, false)];
  const isIn = (index: number): boolean =>
    certain.some((part) => index >= part.index && index < part.index + part.text.length);
  const numbers = found(NUMBER, false).filter(({ index }) => !isIn(index));
  return [...certain, ...numbers].sort((a, b) => a.index - b.index);
}

/** `?` stands for the one character that a pattern cannot spell. */
function escapeGlob(text: string): string {
  return text.replace(/[*?[\]{}]/g, '?');
}
