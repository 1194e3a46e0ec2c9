// What agent.yaml says of drills: which set is restored, by what, and where. Promise: without an entry a set is restored by the
// built-in driver that its files call for, into a folder of its own below /var/tmp.

import type { SectionField, Values } from '../../shared/config/schema.ts';

export const DRIVER_NAMES = [
  'auto',
  'command',
  'pg_dump',
  'pg_basebackup',
  'pgbackrest',
  'mysqldump',
  'mariabackup',
] as const;

const WHERE = {
  folder: {
    kind: 'text',
    help: 'Folder with the backup; empty = the folder of the set.',
    default: '',
  },
  logs: {
    kind: 'text',
    help: 'Folder with binary logs or archived WAL to replay; empty = the folder of the backup.',
    default: '',
  },
  scratch: {
    kind: 'text',
    help: 'Where the scratch instance is built and removed again; its path is short, for a socket lies in it.',
    default: '/var/tmp',
  },
  reserve: {
    kind: 'size',
    help: 'Space that must stay free on that volume.',
    default: 2 * 1024 ** 3,
    min: 0,
  },
} as const;

const HOW = {
  user: {
    kind: 'text',
    help: 'User that the scratch instance runs as when the drill is started by root; never root.',
    default: 'nobody',
    pattern: { re: /^(?!root$)[\w.-]+$/, words: 'the name of a user that is not root' },
  },
  programs: {
    kind: 'text',
    help: 'Folder of the database programs; empty = where packages put them.',
    default: '',
  },
  role: {
    kind: 'text',
    help: 'Superuser of a restored PostgreSQL cluster.',
    default: 'postgres',
  },
  stanza: { kind: 'text', help: 'Stanza of a pgBackRest repository that holds several.', default: '' },
  options: {
    kind: 'list',
    help: 'Further options of the scratch server, such as --lower-case-table-names=1.',
    of: { kind: 'text', help: 'One option.' },
  },
  timeout: {
    kind: 'duration',
    help: 'A drill that takes longer is ended and counts as failed.',
    default: 6 * 3_600_000,
    min: 1_000,
    max: 7 * 86_400_000,
  },
} as const;

const JUDGE = {
  tolerancePercent: {
    kind: 'number',
    help: 'By so much a table may fall short of the last good drill, or differ from what is expected below.',
    default: 10,
    min: 0,
    max: 100,
  },
  expected: {
    kind: 'map',
    help: 'Rows expected per table (nis.patient: 120000); others are compared with the last good drill.',
    of: { kind: 'int', help: 'Rows.', min: 0 },
  },
} as const;

const DRILL = {
  kind: 'section',
  help: 'One drill.',
  fields: {
    set: { kind: 'text', help: 'Name of the backup set under probes.backup.sets.' },
    driver: {
      kind: 'choice',
      help: 'What restores it; auto looks at the files.',
      words: DRIVER_NAMES,
      default: 'auto',
    },
    command: {
      kind: 'list',
      help: 'With driver command: the program and its arguments. It restores and prints rows as JSON; no shell is used.',
      of: { kind: 'text', help: 'One word.' },
    },
    ...WHERE,
    ...HOW,
    ...JUDGE,
  },
} as const satisfies SectionField;

export const DRILLS_CONFIG = {
  kind: 'list',
  help: 'Restore drills: run by `niswatch-agent drill SET` on this machine only, never from outside.',
  of: DRILL,
} as const;

export type DrillConfig = Values<(typeof DRILL)['fields']>;

/** All defaults, for a set without an entry of its own. */
export const DRILL_SECTION: SectionField<(typeof DRILL)['fields']> = DRILL;
