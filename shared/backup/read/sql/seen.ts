// What the lines of a dump tell. Promise: only the beginning of a line is looked at, and only lines whose first letters matter;
// the state is plain data.

import { beginCopy, beginScan, type Scan } from './lines.ts';

export interface Seen {
  scan: Scan;
  postgres: boolean;
  backticks: boolean;
  /** First header line: what the dump is. */
  header?: string;
  /** pg_dumpall: only its own trailer ends the file. */
  cluster: boolean;
  trailer: boolean;
  /** PostgreSQL's trailer has three lines; the first two are there. */
  trailerBegun: boolean;
  finished?: string;
  started?: string;
  host?: string;
  database?: string;
  databases: string[];
  version?: string;
  tables: number;
  createsDatabase: boolean;
  characterSet?: string;
  collation?: string;
  binlog?: { file: string; position: number };
  gtid?: string;
  /** mysqldump saves the session's settings first and restores them last. */
  opened: boolean;
  restored: boolean;
  endsStatement: boolean;
  restricted?: string;
  mismatch?: string;
  toolError?: string;
  notices: string[];
}

const MOST_NAMES = 1000;

export function beginSeen(postgres: boolean): Seen {
  const scan = beginScan();
  scan.backslash = !postgres;
  return {
    scan,
    postgres,
    backticks: false,
    cluster: false,
    trailer: false,
    trailerBegun: false,
    databases: [],
    tables: 0,
    createsDatabase: false,
    opened: false,
    restored: false,
    endsStatement: true,
    notices: [],
  };
}

export function noteLine(seen: Seen, line: string, whole: boolean): void {
  const first = line.charCodeAt(0);
  // Behind an INSERT there is only the rest of its line.
  if (line === '' || Number.isNaN(first)) return;
  if (first === 45 && line.startsWith('--'))
    return seen.postgres ? postgresComment(seen, line, whole) : mysqlComment(seen, line, whole);
  if (first === 92) return backslash(seen, line, whole);
  seen.trailer = false;
  seen.endsStatement = endsStatement(line);
  if (first === 47) conditional(seen, line);
  else if (first === 67) create(seen, line);
  else if (first === 83 || first === 85) setting(seen, line);
  else if (first === 109 || first === 112) toolMessage(seen, line);
}

function endsStatement(line: string): boolean {
  return /(?:;|\*\/)\s*$|^DELIMITER /.test(line) || line.length >= 4096;
}

const DATED = /^-- Dump completed on \d{4}-\d\d-\d\d {1,2}\d{1,2}:\d\d:\d\d$/;

function mysqlComment(seen: Seen, line: string, whole: boolean): void {
  // Without its date the line must be finished: the beginning of a dated one looks the same.
  const trailer = DATED.test(line) || (whole && line === '-- Dump completed');
  if (trailer) {
    seen.trailer = true;
    const date = line.slice(21);
    if (date) seen.finished = date;
    return;
  }
  if (line.trim() !== '--') seen.trailer = false;
  const head = /^-- (?:MySQL|MariaDB) dump (\S+)\s+Distrib ([^,\s]+)/.exec(line);
  if (head) seen.header ??= line;
  if (head?.[2] !== undefined) seen.version ??= head[2];
  const host = /^-- Host: (\S*)\s+Database: ?(.*)$/.exec(line);
  if (host?.[1]) seen.host ??= host[1];
  if (host?.[2]) seen.database ??= host[2];
  const server = /^-- Server version\s+(\S+)/.exec(line)?.[1];
  if (server !== undefined) seen.version = server;
  const current = /^-- Current Database: `(.+)`/.exec(line)?.[1];
  if (current !== undefined) noteDatabase(seen, current);
  position(seen, line);
}

function noteDatabase(seen: Seen, name: string): void {
  if (seen.databases.length < MOST_NAMES && !seen.databases.includes(name)) seen.databases.push(name);
  seen.database ??= name;
}

function position(seen: Seen, line: string): void {
  const at = /(?:MASTER|SOURCE)_LOG_FILE ?= ?'([^']+)', ?(?:MASTER|SOURCE)_LOG_POS ?= ?(\d+)/.exec(line);
  if (at?.[1] !== undefined) seen.binlog ??= { file: at[1], position: Number(at[2]) };
  const gtid = /gtid_slave_pos ?= ?'([^']*)'|GTID_PURGED ?=.*'([0-9a-fA-F-]{36}:[^']*)'/i.exec(line);
  const value = gtid?.[1] ?? gtid?.[2];
  if (value) seen.gtid ??= value;
}

function postgresComment(seen: Seen, line: string, whole: boolean): void {
  if (line === '--') {
    if (whole && seen.trailerBegun) seen.trailer = true;
    seen.trailerBegun = false;
    return;
  }
  seen.trailer = seen.trailerBegun = false;
  const head = /^-- PostgreSQL database (cluster )?dump$/.exec(line);
  if (head && seen.header === undefined) {
    seen.header = line;
    seen.cluster = head[1] !== undefined;
  }
  const end = /^-- PostgreSQL database (cluster )?dump complete$/.exec(line);
  if (end && (end[1] !== undefined) === seen.cluster) seen.trailerBegun = true;
  const version = /^-- Dumped from database version (\S+)/.exec(line)?.[1];
  if (version !== undefined) seen.version ??= version;
  const started = /^-- Started on (.+)$/.exec(line)?.[1];
  if (started !== undefined) seen.started ??= started;
  const finished = /^-- Completed on (.+)$/.exec(line)?.[1];
  if (finished !== undefined) seen.finished = finished;
  const name = /^-- Database "(.+)" dump$/.exec(line)?.[1];
  if (name !== undefined) noteDatabase(seen, name);
}

function backslash(seen: Seen, line: string, whole: boolean): void {
  const [word, token = ''] = line.split(' ');
  // pg_dump closes \\restrict behind its trailer, pg_dumpall before it.
  if (word !== '\\unrestrict') seen.trailer = false;
  if (word === '\\restrict') seen.restricted = token;
  if (word === '\\unrestrict') {
    if (seen.restricted === token) delete seen.restricted;
    else if (whole) seen.mismatch ??= token;
  }
  const name = /^\\connect (?:-reuse-previous=\S+ )?"?(?:dbname=')?([^"' ]+)/.exec(line)?.[1];
  if (name !== undefined) noteDatabase(seen, name);
}

function conditional(seen: Seen, line: string): void {
  seen.backticks = true;
  if (line.includes('SET @OLD_CHARACTER_SET_CLIENT=')) seen.opened = true;
  if (line.includes('SQL_NOTES=@OLD_SQL_NOTES')) seen.restored = true;
  if (line.includes('GTID')) position(seen, line);
}

function create(seen: Seen, line: string): void {
  if (/^CREATE (?:UNLOGGED |FOREIGN )?TABLE /.test(line)) {
    seen.tables++;
    if (line.includes('`')) seen.backticks = true;
    return;
  }
  if (/^COPY .* FROM stdin;$/.test(line)) return beginCopy(seen.scan);
  if (line.startsWith('CHANGE ')) return position(seen, line);
  if (!line.startsWith('CREATE DATABASE ')) return;
  seen.createsDatabase = true;
  const name = /^CREATE DATABASE (?:\/\*.*?\*\/ )?(?:`([^`]+)`|"([^"]+)"|(\S+))/.exec(line);
  const found = name?.[1] ?? name?.[2] ?? name?.[3];
  if (found !== undefined) noteDatabase(seen, found);
  const set = /DEFAULT CHARACTER SET (\w+)|ENCODING = '([^']+)'/.exec(line);
  const collation = /COLLATE (\w+)|LC_COLLATE = '([^']+)'|LOCALE = '([^']+)'/.exec(line);
  const chosen = set?.[1] ?? set?.[2];
  if (chosen !== undefined) seen.characterSet ??= chosen;
  const order = collation?.[1] ?? collation?.[2] ?? collation?.[3];
  if (order !== undefined) seen.collation ??= order;
}

function setting(seen: Seen, line: string): void {
  if (line.includes('GTID') || line.includes('gtid')) position(seen, line);
  const used = /^USE `(.+)`;/.exec(line)?.[1];
  if (used !== undefined) noteDatabase(seen, used);
}

function toolMessage(seen: Seen, line: string): void {
  if (/^(?:mysqldump|mariadb-dump|pg_dump|pg_dumpall)(?:\.exe)?: /.test(line))
    seen.toolError ??= line.slice(0, 200);
}
