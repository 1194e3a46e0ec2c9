// The formats that can be read, in the order in which they are asked. A new one is its folder and one line here.

import type { Codec } from './decode/codec.ts';
import { GZIP } from './decode/gzip.ts';
import type { Format } from './format.ts';
import { MTF } from './mtf/mtf.ts';
import { MYSQL_DUMP, PLAIN_SQL, POSTGRES_PLAIN } from './sql/dump.ts';

export const CODECS: readonly Codec[] = [GZIP];

export const FORMATS: readonly Format[] = [MTF, POSTGRES_PLAIN, MYSQL_DUMP, PLAIN_SQL];
