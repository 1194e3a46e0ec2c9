// The formats that can be read, in the order in which they are asked: magic numbers first, texts last. A new one is its folder and one
// line here.

import { BINLOG } from './binlog/binlog.ts';
import { BZIP2 } from './decode/bzip2.ts';
import type { Codec } from './decode/codec.ts';
import { GZIP } from './decode/gzip.ts';
import { LZ4 } from './decode/lz4.ts';
import { XZ } from './decode/xz.ts';
import { ZSTD } from './decode/zstd.ts';
import { ENCRYPTED_FILE } from './encrypted/encrypted.ts';
import type { Format } from './format.ts';
import { MSSQLBAK } from './mtf/mssqlbak.ts';
import { MTF } from './mtf/mtf.ts';
import { EXP } from './oracle/exp.ts';
import { EXPDP } from './oracle/expdp.ts';
import { RMAN } from './oracle/rman.ts';
import { PG_CUSTOM } from './postgres/custom.ts';
import { PG_MANIFEST } from './postgres/manifest.ts';
import { POSTGRES_TEXTS } from './postgres/texts.ts';
import { WAL } from './postgres/wal.ts';
import { BARMAN_INFO } from './repository/barman.ts';
import { BORG_SEGMENT } from './repository/borg.ts';
import { PGBACKREST } from './repository/pgbackrest.ts';
import { SEVEN_ZIP } from './sevenzip/sevenzip.ts';
import { MYSQL_DUMP, PLAIN_SQL, POSTGRES_PLAIN } from './sql/dump.ts';
import { MYSQL_XML } from './sql/xml.ts';
import { TAR } from './tar/tar.ts';
import { TOOL_LOGS } from './text/logs.ts';
import { MBSTREAM } from './xtrabackup/mbstream.ts';
import { XTRABACKUP_TEXTS } from './xtrabackup/texts.ts';
import { ZIP } from './zip/zip.ts';

export const CODECS: readonly Codec[] = [GZIP, BZIP2, XZ, ZSTD, LZ4];

export const FORMATS: readonly Format[] = [
  ENCRYPTED_FILE,
  MTF,
  MSSQLBAK,
  BINLOG,
  MBSTREAM,
  PG_CUSTOM,
  ZIP,
  SEVEN_ZIP,
  EXP,
  EXPDP,
  RMAN,
  WAL,
  TAR,
  BORG_SEGMENT,
  PGBACKREST,
  BARMAN_INFO,
  PG_MANIFEST,
  ...POSTGRES_TEXTS,
  ...XTRABACKUP_TEXTS,
  MYSQL_XML,
  POSTGRES_PLAIN,
  MYSQL_DUMP,
  PLAIN_SQL,
  ...TOOL_LOGS,
];
