// What reading a backup file tells, and how sure that is: the seam between the readers (bytes → verdict) and all that is judged
// from it (sets, chains, moments, recovery plans). Promise: plain data, the same on the agent, on the collector and in `--json`.
//
// Instants are ISO 8601 text with a zone and as many digits as the file gives (PostgreSQL: microseconds); a file that is
// written in its server's local time with a known offset keeps that offset. LSNs and SCNs are decimal text: they pass 2^53.

export type Engine = 'sqlserver' | 'oracle' | 'mariadb' | 'postgresql' | 'files';

/**
 * VERIFIED content checksums were recomputed · COMPLETE structure and end mark are there · UNCONFIRMED the format has no end
 * mark, or the file cannot be judged alone · INCOMPLETE it ends early · CORRUPT a checksum or field contradicts ·
 * EMPTY nothing inside · NO_DATA well-formed without any row · FOREIGN not a backup of the kind that it should be.
 */
export type Content =
  'VERIFIED' | 'COMPLETE' | 'UNCONFIRMED' | 'INCOMPLETE' | 'CORRUPT' | 'EMPTY' | 'NO_DATA' | 'FOREIGN';

/** What it took to know: L0 stat · L1 first and last bytes · L2 whole file with its own checksums · L3 decoded content · L4 an earlier baseline · L5 the other files of the set · L6 a restore. */
export type Layer = 'L0' | 'L1' | 'L2' | 'L3' | 'L4' | 'L5' | 'L6';

/** One line of `niswatch-agent verify --json`. */
export interface FileVerdict {
  path: string;
  /** `mtf`, `mysqldump+gzip`, `binlog`, `pg_dump-custom`, `wal`, `zip`, …: the outermost first is what people call the file. */
  format: string;
  content: Content;
  /** One English sentence that names the proof or the defect, with offsets. */
  reason: string;
  layer: Layer;
  facts: BackupFacts;
}

export type BackupKind = 'full' | 'differential' | 'incremental' | 'log' | 'dump' | 'metadata' | 'copy';

/** What the header and the content say; nothing from the file's name. */
export interface BackupFacts {
  bytes?: number;
  /** Hex; only where the whole file was read. */
  sha256?: string;
  engine?: Engine;
  kind?: BackupKind;
  database?: string;
  server?: string;
  /** Engine version as the file says it. */
  version?: string;
  startedAt?: string;
  finishedAt?: string;
  /** The moment whose data this holds, where the file proves it. */
  capturedAt?: string;
  tables?: number;
  rows?: number;
  /** Files inside an archive or stream. */
  files?: number;
  encrypted?: boolean;
  compressed?: boolean;
  checksums?: boolean;
  /** Bytes before compression, where the file or its reading tells. */
  contentBytes?: number;
  /** Things people should know though the content stands: `trailing bytes after the gzip stream`. */
  notices?: string[];
  /** The sets inside one file (SQL Server NOINIT); the fields above are then those of the last one. */
  sets?: BackupFacts[];
  chain?: Chain;
}

/** What ties files to each other, by engine. */
export type Chain =
  | SqlServerChain
  | BinlogChain
  | BinlogIndexChain
  | DumpChain
  | LsnChain
  | BaseBackupChain
  | WalChain
  | RepositoryChain;

export interface SqlServerChain {
  of: 'sqlserver';
  /** D full, I differential, L log, F file, G file differential, P partial, Q partial differential. */
  type: 'D' | 'I' | 'L' | 'F' | 'G' | 'P' | 'Q';
  firstLsn: string;
  lastLsn: string;
  checkpointLsn: string;
  databaseBackupLsn: string;
  backupSetGuid: string;
  differentialBaseGuid?: string;
  familyGuid?: string;
  bindingId?: string;
  firstForkGuid?: string;
  lastForkGuid?: string;
  forkPointLsn?: string;
  copyOnly?: boolean;
  /** Of the database's structures: 904 is SQL Server 2019; the target must be at least this. */
  internalVersion?: number;
  /** Position of the set inside its file, from 1. */
  position: number;
  /** This stripe of how many, with the media set that they share. */
  stripe?: { number: number; count: number; mediaSet: string };
  files?: { logicalName: string; physicalName: string; isLog: boolean; bytes: number }[];
}

/** A binary log of MySQL or MariaDB. */
export interface BinlogChain {
  of: 'binlog';
  /** By the server: the number in its name, `nis-bin.000004` → 4, as the previous ROTATE event or the index says; else from the name. */
  sequence: number;
  /** Name without its number. */
  base: string;
  serverId: number;
  firstEventAt: string;
  lastEventAt: string;
  /** First and last commit inside, where there are any. */
  firstCommitAt?: string;
  lastCommitAt?: string;
  /** Byte position behind the last whole event. */
  endPosition: number;
  end: 'rotate' | 'stop' | 'live' | 'cut';
  nextFile?: string;
  checksums: boolean;
}

/** The list of binary logs that the server keeps, in order. */
export interface BinlogIndexChain {
  of: 'binlog-index';
  files: string[];
}

/** A logical dump and where its moment lies in the log. */
export interface DumpChain {
  of: 'dump';
  binlog?: { file: string; position: number; gtid?: string };
  /** A database's character set and collation, where the dump records them. */
  characterSet?: string;
  collation?: string;
  createsDatabase?: boolean;
  schemaOnly?: boolean;
  /** Data Pump: which file of which set this is; one file has the master table. */
  dumpSet?: { guid: string; number: number; job: string; hasMaster: boolean };
  /** pg_dump -Fd: the files beside toc.dat that hold its data. */
  members?: string[];
  /** Every database that the dump names. */
  databases?: string[];
  snapshot?: 'consistent' | 'unknown';
}

/** mariabackup and xtrabackup: pages from one log sequence number to another. */
export interface LsnChain {
  of: 'lsn';
  fromLsn: string;
  toLsn: string;
  lastLsn?: string;
  /** The redo log was applied already: no further increment fits on it. */
  prepared?: boolean;
  binlog?: { file: string; position: number; gtid?: string };
}

/** pg_basebackup. */
export interface BaseBackupChain {
  of: 'basebackup';
  systemId?: string;
  timeline: number;
  startLsn: string;
  stopLsn?: string;
  /** When backup_label was written, by the manifest: the start of the backup, in UTC. */
  labelWrittenAt?: string;
  /** As a backup history file writes them, in the server's zone by an abbreviation that may be ambiguous (CST). */
  localStart?: string;
  localStop?: string;
  label?: string;
  /** Files that the manifest names and that are missing or differ. */
  defects?: string[];
}

/** A WAL segment, or a .history file (then `segment` is empty). */
export interface WalChain {
  of: 'wal';
  systemId: string;
  timeline: number;
  /** The 24 hex digits that the content says; the file's name may lie. */
  segment: string;
  segmentBytes: number;
  startLsn: string;
  /** How far the segment is written and holds. */
  validBytes?: number;
  firstCommitAt?: string;
  lastCommitAt?: string;
  /** A .history file: forks from this timeline at this LSN. */
  forks?: { timeline: number; lsn: string; reason?: string }[];
}

/** One backup inside a repository (pgBackRest, restic, borg, Barman), named by the repository's own label. */
export interface RepositoryChain {
  of: 'repository';
  tool: 'pgbackrest' | 'restic' | 'borg' | 'barman';
  /** PostgreSQL's own number of the cluster. */
  systemId?: string;
  backups: {
    label: string;
    kind: BackupKind;
    prior?: string;
    /** Further backups whose files it uses. */
    references?: string[];
    startedAt: string;
    finishedAt: string;
    startLsn?: string;
    stopLsn?: string;
    walStart?: string;
    walStop?: string;
    timeline?: number;
    bytes?: number;
    defects: string[];
  }[];
  /** WAL archived in it: each contiguous run of segment names. */
  wal?: {
    systemId: string;
    segmentBytes: number;
    runs: { first: string; last: string }[];
    lastCommitAt?: string;
  };
}
