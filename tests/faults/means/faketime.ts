// A wrong wall clock for one program, by libfaketime: set years off, running fast, or stepped while the program runs. Timers and
// the monotonic clock stay right, as when a person or a broken NTP server sets the clock of a real machine.

import { globSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Launch, temporaryFolder } from '../../support/programs.ts';
import type { Scope } from '../../support/scope.ts';
import { command } from './command.ts';
import type { Means } from './means.ts';

const LIBRARY = '/usr/lib/*/faketime/libfaketime.so.1';

/** `setting` in the words of libfaketime: `+10y`, `-10y`, `+0 x1.05`. */
export function wrongClock(setting: string): Launch {
  return { env: { ...preload(), FAKETIME: setting } };
}

export interface SteppedClock extends Launch {
  /** From now on the clock is so far off. */
  step(setting: string): void;
}

/** A clock that is right until it is stepped. */
export function steppedClock(t: Scope): SteppedClock {
  const file = join(temporaryFolder(t, 'niswatch-clock'), 'setting');
  const step = (setting: string): void => {
    // Whole or not at all: the program reads it at every look at the clock.
    writeFileSync(`${file}.new`, `${setting}\n`);
    renameSync(`${file}.new`, file);
  };
  step('+0');
  return { env: { ...preload(), FAKETIME_TIMESTAMP_FILE: file, FAKETIME_NO_CACHE: '1' }, step };
}

function preload(): Record<string, string> {
  const [library] = globSync(LIBRARY);
  if (library === undefined) throw new Error(`no ${LIBRARY}`);
  return { LD_PRELOAD: library, FAKETIME_DONT_FAKE_MONOTONIC: '1' };
}

export const faketime: Means = {
  name: 'faketime',
  mend: 'Install it: apt-get install faketime.',
  probe() {
    const said = command(process.execPath, ['-e', 'console.log(Date.now())'], wrongClock('+1000d').env);
    const aheadDays = (Number(said) - Date.now()) / 86_400_000;
    if (Math.abs(aheadDays - 1000) > 1) throw new Error(`+1000 days were ${aheadDays} days`);
  },
};
