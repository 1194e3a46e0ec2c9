// The backup probe: for each set (folder + pattern + policy) the newest finished file, its age and size, the copies kept, whether
// one is being written, and the rung of the proof ladder. Promise: files are listed and looked at, never opened; a set that cannot be
// read is said to be unknown by name and hides none of the others.

import type { Value } from '../../../shared/config/schema.ts';
import type { NamedError } from '../../../shared/errors.ts';
import { fileError, type FileSet, openFileSet } from '../file-set.ts';
import { nameField, requireDistinctNames } from '../named.ts';
import { joinOutcomes, type Outcome } from '../outcome.ts';
import type { Host, Probe, ProbeUnit } from '../probe.ts';
import { probeSection } from '../section.ts';
import { renderFailure } from '../words.ts';
import { type BackupState, judgeBackup, NEW_SET } from './judge.ts';

const DAY_MS = 86_400_000;
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
const KINDS = ['other', 'full', 'diff', 'log', 'dump', 'files'] as const;

const CONFIG = probeSection('Backup sets: newest finished file, age, size, copies.', 60_000, {
  sets: {
    kind: 'list',
    help: 'Backup sets: the files that one backup job makes.',
    of: {
      kind: 'section',
      help: 'One set.',
      fields: {
        name: nameField('Name under which it is reported.'),
        folder: { kind: 'text', help: 'Folder that holds the files, such as /backup/mysql or D:\\backup.' },
        pattern: {
          kind: 'text',
          help: 'Pattern of the file names: * ? [a-z] {bak,trn}.',
          default: '*',
          pattern: { re: /^[^/\\]+$/, words: 'a pattern of a file name, without folders' },
        },
        recursive: { kind: 'bool', help: 'Whether folders below it are searched too.', default: false },
        depth: {
          kind: 'int',
          help: 'How many folders deep, when recursive.',
          default: 3,
          min: 1,
          max: 8,
        },
        engine: { kind: 'choice', help: 'What is backed up.', words: ENGINES, default: 'other' },
        kind: { kind: 'choice', help: 'What kind of backup it is.', words: KINDS, default: 'other' },
        maxAge: {
          kind: 'duration',
          help: 'The newest finished file may be this old.',
          default: 26 * 3_600_000,
          min: 60_000,
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
      },
    },
  },
});

export const BACKUP: ProbeUnit<typeof CONFIG.fields> = {
  name: 'backup',
  config: CONFIG,
  metrics: ['backup_age_seconds', 'backup_size_bytes', 'backup_copies', 'backup_writing', 'backup_rung'],
  // Loaded when asked for: the running agent never needs it.
  discover: async (host) => (await import('./discover.ts')).discoverBackups(host),
  open(config, host): Probe {
    requireDistinctNames('backup', 'sets', config.sets);
    const readers = config.sets.map((policy) => createReader(policy, host));
    return {
      async read() {
        return joinOutcomes(await Promise.all(readers.map((read) => read())));
      },
    };
  },
};

type Policy = Value<typeof CONFIG.fields.sets>[number];

function createReader(policy: Policy, host: Host): () => Promise<Outcome> {
  const set: FileSet = openFileSet(host, policy);
  let state: BackupState = NEW_SET;
  return async () => {
    try {
      const listing = await set.read();
      const now = { wallMs: host.clock.now(), monotonicMs: host.clock.monotonic() };
      const outcome = judgeBackup(policy, state, listing, now);
      state = outcome.state;
      return outcome;
    } catch (error) {
      return judgeUnread(policy, fileError(`backup set ${policy.name}`, policy.folder, error));
    }
  };
}

/** A folder that is gone holds no backup (rung 0); one that cannot be read says nothing. */
function judgeUnread(policy: Policy, error: NamedError): Outcome {
  const isMissing = error.code === 'PROBE_SUBJECT_MISSING';
  const why = `目录 ${policy.folder} ${renderFailure(error.cause)}`;
  const samples = [{ metric: 'backup_rung' as const, labels: { set: policy.name }, value: 0 }];
  return {
    samples: isMissing ? samples : [],
    check: { id: `backup:${policy.name}`, status: 'unknown', text: `备份集 ${policy.name} 无法判断：${why}` },
    error,
  };
}
