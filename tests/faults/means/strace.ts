// Failing system calls, injected by strace: the kernel is not asked, the program sees the error.

import type { Launch } from '../../support/programs.ts';
import { command } from './command.ts';
import type { Means } from './means.ts';

const STRACE = '/usr/bin/strace';
const SYNCS = 'fsync,fdatasync';

/**
 * Every sync to disk fails with EIO whose number fits `when`, in the words of strace: `3` the third, `3..5`, `3+4` every fourth from
 * the third on. The tracer is detached, so that the process id and its signals are the program's own.
 */
export function failingSyncs(when: string): Launch {
  const inject = `inject=${SYNCS}:error=EIO:when=${when}`;
  return { wrap: [STRACE, '-D', '-f', '-qq', '-o', '/dev/null', '-e', `trace=${SYNCS}`, '-e', inject] };
}

const SYNC_ONCE = `
  const { openSync, fdatasyncSync } = require('node:fs');
  try { fdatasyncSync(openSync('/proc/self/exe')); console.log('passed'); } catch (error) { console.log(error.code); }`;

export const strace: Means = {
  name: 'strace (injection of errors into system calls)',
  mend: 'Install it: apt-get install strace; the kernel must allow ptrace.',
  probe() {
    const [file = '', ...args] = failingSyncs('1').wrap ?? [];
    // Attached here, so that the answer can be waited for.
    const attached = args.filter((arg) => arg !== '-D');
    const said = command(file, [...attached, process.execPath, '-e', SYNC_ONCE]).trim();
    if (said !== 'EIO') throw new Error(`an injected EIO was seen as ${said}`);
  },
};
