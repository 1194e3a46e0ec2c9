import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeAll } from '../../folder.ts';
import { memorySource } from '../../source.ts';

const HEAD = `/*M!999999\\- enable the sandbox mode */
-- MariaDB dump 10.19  Distrib 10.11.19-MariaDB, for debian-linux-gnu (x86_64)
--
-- Host: localhost    Database: nis
-- ------------------------------------------------------
-- Server version\t10.11.19-MariaDB

/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;
DROP TABLE IF EXISTS \`ward\`;
CREATE TABLE \`ward\` (
  \`id\` int(11) DEFAULT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
/*!40111 SET SQL_NOTES=@OLD_SQL_NOTES */;
`;
const TRAILER = '\n-- Dump completed on 2026-11-26 20:03:17\n';
const TRIGGERS = `/*!50003 SET sql_mode = 'STRICT_TRANS_TABLES' */ ;
DELIMITER ;;
/*!50003 CREATE TRIGGER tr BEFORE INSERT ON ward FOR EACH ROW SET new.id = 1 */;;
DELIMITER ;
/*!50003 SET collation_connection  = @saved_col_connection */ ;
`;

async function judged(files: Record<string, string>): Promise<Record<string, string>> {
  const listed = Object.entries(files).map(([path, text]) => ({
    path,
    size: Buffer.byteLength(text),
    mtimeMs: 0,
    asked: true,
  }));
  const open = async (path: string) => ({
    ...memorySource(Buffer.from(files[path] ?? '')),
    close: async () => {},
  });
  const verdicts = await judgeAll(listed, { zone: 'UTC', open });
  return Object.fromEntries(verdicts.map((v) => [v.path, `${v.content} ${v.format}`]));
}

const ROWS = '1\tw1\n2\tw2\n';
const cases: [string, Record<string, string>, Record<string, string>][] = [
  [
    'a definition with its rows beside it has data',
    { 'ward.sql': HEAD + TRAILER, 'ward.txt': ROWS },
    { 'ward.sql': 'COMPLETE mysqldump', 'ward.txt': 'UNCONFIRMED mysqldump-rows' },
  ],
  [
    'behind triggers the tool writes no trailer',
    { 'ward.sql': HEAD + TRIGGERS, 'ward.txt': ROWS },
    { 'ward.sql': 'UNCONFIRMED mysqldump', 'ward.txt': 'UNCONFIRMED mysqldump-rows' },
  ],
  [
    'rows that break off are incomplete',
    { 'ward.sql': HEAD + TRAILER, 'ward.txt': ROWS.slice(0, -2) },
    { 'ward.sql': 'COMPLETE mysqldump', 'ward.txt': 'INCOMPLETE mysqldump-rows' },
  ],
  [
    'an empty table has an empty file of rows',
    { 'ward.sql': HEAD + TRAILER, 'ward.txt': '' },
    { 'ward.sql': 'COMPLETE mysqldump', 'ward.txt': 'UNCONFIRMED mysqldump-rows' },
  ],
  [
    'without rows beside it a definition stays a dump without data, and other text foreign',
    { 'ward.sql': HEAD + TRAILER, 'readme.txt': ROWS },
    { 'ward.sql': 'NO_DATA mysqldump', 'readme.txt': 'FOREIGN text' },
  ],
];
for (const [what, files, want] of cases)
  test(`mysqldump --tab: ${what}`, async () => assert.deepEqual(await judged(files), want));
