// The backup probe's section of agent.yaml: the sets and what the hospital promised itself for each. Promise: every key has a
// default, so that a set of a folder alone is watched; what is not told is not guessed here.

import type { Value } from '../../../shared/config/schema.ts';
import type { BackupKind, Engine } from '../../../shared/backup/facts.ts';
import type { BackupPolicy } from '../../../shared/backup/reported.ts';
import { nameField } from '../named.ts';
import { probeSection } from '../section.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Without a schedule and without `maxAge`: a daily backup that is two hours late. */
const DAILY_MS = 26 * HOUR_MS;

const ENGINES = [
  'other',
  'sqlserver',
  'oracle',
  'mysql',
  'mariadb',
  'postgresql',
  'mongodb',
  'files',
] as const;
const KINDS = ['other', 'full', 'diff', 'incremental', 'log', 'dump', 'files'] as const;

const PLACE = {
  name: nameField('Name under which it is reported.'),
  folder: { kind: 'text', help: 'Folder that holds the files, such as /backup/mysql or D:\\backup.' },
  pattern: {
    kind: 'text',
    help: 'Pattern of the file names: * ? [a-z] {bak,trn}.',
    default: '*',
    pattern: { re: /^[^/\\]+$/, words: 'a pattern of a file name, without folders' },
  },
  recursive: { kind: 'bool', help: 'Whether folders below it are searched too.', default: false },
  depth: { kind: 'int', help: 'How many folders deep, when recursive.', default: 3, min: 1, max: 8 },
} as const;

const PROMISED = {
  engine: { kind: 'choice', help: 'What is backed up.', words: ENGINES, default: 'other' },
  kind: { kind: 'choice', help: 'What kind of backup it is.', words: KINDS, default: 'other' },
  database: {
    kind: 'text',
    help: 'The database whose files these are; empty = as the files say.',
    default: '',
  },
  schedule: {
    kind: 'text',
    help: "When a backup starts, as a calendar expression in this host's local time: `0 2 * * 1-5` = workdays at 02:00; empty = not told.",
    default: '',
  },
  grace: {
    kind: 'duration',
    help: 'A backup is finished at the latest so long after its start; of frequent ones half the distance counts, at least 30m.',
    default: 3 * HOUR_MS,
    min: 60_000,
    max: 7 * DAY_MS,
  },
  maxAge: {
    kind: 'duration',
    help: 'The newest finished file may be this old; 0 = as the schedule says, without one 26h.',
    default: 0,
    min: 0,
    max: 400 * DAY_MS,
  },
  rpo: {
    kind: 'duration',
    help: 'Data of so long may be lost at most; 0 = not told.',
    default: 0,
    min: 0,
    max: 400 * DAY_MS,
  },
  rto: {
    kind: 'duration',
    help: 'A recovery may take so long at most; 0 = not told.',
    default: 0,
    min: 0,
    max: 400 * DAY_MS,
  },
  minSize: { kind: 'size', help: 'The newest finished file is at least this large.', default: 1 },
  keep: { kind: 'int', help: 'Finished files that should be kept.', default: 1, min: 1, max: 100_000 },
  settle: {
    kind: 'duration',
    help: 'A file that changed within this time is still being written.',
    default: 60_000,
    min: 0,
    max: DAY_MS,
  },
} as const;

const PROVED = {
  secondCopy: {
    kind: 'text',
    help: 'Folder elsewhere that holds a copy of each file under the same name, as this host reaches it; empty = none.',
    default: '',
  },
  secondCopyWithin: {
    kind: 'duration',
    help: 'The copy is there at the latest so long after the backup was finished.',
    default: DAY_MS,
    min: 60_000,
    max: 400 * DAY_MS,
  },
  dataFolder: {
    kind: 'text',
    help: "Folder of the data that is backed up, to tell whether both lie on one volume; empty = the engine's usual one, if it is there.",
    default: '',
  },
  verify: {
    kind: 'section',
    help: 'Reading each file to its end, once, in a process of lowest priority.',
    fields: {
      enabled: { kind: 'bool', help: 'Whether the files are read.', default: true },
      rate: {
        kind: 'size',
        help: 'At most so many bytes are read per second.',
        default: 20 * 1024 ** 2,
        min: 64 * 1024,
      },
    },
  },
} as const;

export const CONFIG = probeSection('Backup sets and how far each is proven.', 60_000, {
  quiet: {
    kind: 'list',
    help: 'Times of the day, local, in which no file is read to its end: such as 08:00-12:00.',
    of: {
      kind: 'text',
      help: 'From-to.',
      pattern: {
        re: /^([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)$/,
        words: 'a time of the day such as 08:00-12:00',
      },
    },
  },
  sets: {
    kind: 'list',
    help: 'Backup sets: the files that one backup job makes.',
    of: { kind: 'section', help: 'One set.', fields: { ...PLACE, ...PROMISED, ...PROVED } },
  },
});

export type SetConfig = Value<typeof CONFIG.fields.sets>[number];

const ENGINE_OF: Record<SetConfig['engine'], Engine | ''> = {
  other: '',
  sqlserver: 'sqlserver',
  oracle: 'oracle',
  mysql: 'mariadb',
  mariadb: 'mariadb',
  postgresql: 'postgresql',
  mongodb: '',
  files: 'files',
};
const KIND_OF: Record<SetConfig['kind'], BackupKind | ''> = {
  other: '',
  full: 'full',
  diff: 'differential',
  incremental: 'incremental',
  log: 'log',
  dump: 'dump',
  files: 'copy',
};

/** As it is told to the collector. `longestGapMs`: between two starts by the schedule, where there is one. */
export function policyOf(set: SetConfig, longestGapMs: number | undefined): BackupPolicy {
  return {
    engine: ENGINE_OF[set.engine],
    kind: KIND_OF[set.kind],
    schedule: set.schedule,
    maxAgeMs: set.maxAge > 0 ? set.maxAge : longestGapMs === undefined ? DAILY_MS : longestGapMs + set.grace,
    rpoMs: set.rpo,
    rtoMs: set.rto,
    keep: set.keep,
    minBytes: set.minSize,
    secondCopy: set.secondCopy,
    database: set.database,
  };
}
