// What agent.yaml says of the databases whose own word is asked: where, as whom, and which backup set their runs belong to. Promise: a
// password comes from a file or the environment; nothing is asked that is not configured.

import type { SectionField, Values } from '../../shared/config/schema.ts';

const DAY_MS = 86_400_000;

export const ENGINE_NAMES = [
  'postgresql',
  'mariadb',
  'mysql',
  'sqlserver',
  'oracle',
  'pgbackrest',
  'barman',
] as const;

const ACCESS = {
  host: { kind: 'text', help: 'Host of the server.', default: '127.0.0.1' },
  port: { kind: 'int', help: 'Port; 0 = the usual one of the engine.', default: 0, min: 0, max: 65_535 },
  socket: { kind: 'text', help: 'Socket in place of host and port; PostgreSQL: its folder.', default: '' },
  user: { kind: 'text', help: 'An account that may only read.', default: '' },
  password: {
    kind: 'secret',
    help: 'Its password, by {file: PATH} or {env: NAME} only.',
    default: '',
    elsewhere: true,
  },
  database: {
    kind: 'text',
    help: 'Database to connect to (Oracle: the service); empty = the usual one.',
    default: '',
  },
  encrypt: { kind: 'bool', help: 'Whether SQL Server is spoken to over TLS.', default: false },
} as const;

const TOOL = {
  program: {
    kind: 'text',
    help: 'pgbackrest, barman: the program that prints JSON; empty = as packages call it.',
    default: '',
  },
  arguments: {
    kind: 'list',
    help: 'pgbackrest, barman: further arguments, such as --stanza=nis.',
    of: { kind: 'text', help: 'One argument.' },
  },
  output: {
    kind: 'text',
    help: 'pgbackrest, barman: a file with its JSON, read in place of starting it.',
    default: '',
  },
} as const;

const COMPARED = {
  folder: {
    kind: 'text',
    help: 'Folder with the files of the set as this machine sees them; empty = only files that the database names by their full path.',
    default: '',
  },
  history: {
    kind: 'duration',
    help: 'How far back the history is read.',
    default: 8 * DAY_MS,
    min: 3_600_000,
    max: 100 * DAY_MS,
  },
  verify: {
    kind: 'choice',
    words: ['off', 'header', 'full'],
    help: 'SQL Server: RESTORE HEADERONLY, or VERIFYONLY too, of each new full backup; the server reads the file for it.',
    default: 'off',
  },
  timeout: {
    kind: 'duration',
    help: 'A database that takes longer is left until the next turn.',
    default: 20_000,
    min: 1_000,
    max: 28_000,
  },
} as const;

export const CONNECTION = {
  kind: 'section',
  help: 'One database.',
  fields: {
    name: {
      kind: 'text',
      help: 'Name under which it is reported.',
      pattern: { re: /^\S(.{0,62}\S)?$/u, words: 'a name of 1 to 64 characters' },
    },
    engine: { kind: 'choice', help: 'What is asked.', words: ENGINE_NAMES },
    set: { kind: 'text', help: 'Backup set that its runs belong to; empty = its own name.', default: '' },
    ...ACCESS,
    ...TOOL,
    ...COMPARED,
  },
} as const satisfies SectionField;

export type ConnectionConfig = Values<(typeof CONNECTION)['fields']>;
