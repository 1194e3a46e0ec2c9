// A real dump by mariadb-dump, as it would be on another day: same rows, another last line.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const DUMP = readFileSync(
  join(import.meta.dirname, '..', 'data', 'backup-corpus', 'mariadb', 'dump', 'nis_demo_full.sql'),
  'utf8',
);
const LAST_LINE = /^-- Dump completed on .*$/m;

/** Text of a dump that ended at `at`, UTC ms. */
export function dumpOf(at: number): string {
  const [day, time] = new Date(at).toISOString().split('T');
  return DUMP.replace(LAST_LINE, `-- Dump completed on ${day} ${time?.slice(0, 8)}`);
}
