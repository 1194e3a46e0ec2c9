// What the probes that watch a configured list share: how an entry is named, and that no two bear one name.

import type { TextField } from '../../shared/config/schema.ts';
import { NamedError } from '../../shared/errors.ts';

export function nameField(help: string): TextField {
  return { kind: 'text', help, pattern: { re: /^\S(.{0,62}\S)?$/u, words: 'a name of 1 to 64 characters' } };
}

/** Two entries of one name would write one series between them; refuse it at start. */
export function requireDistinctNames(unit: string, list: string, entries: readonly { name: string }[]): void {
  const seen = new Set<string>();
  for (const { name } of entries) {
    if (seen.has(name)) {
      throw new NamedError('CONFIG_BAD_VALUE', `probes.${unit}.${list}: two entries are named ${name}`, {
        mend: 'Give each entry a name of its own.',
      });
    }
    seen.add(name);
  }
}
