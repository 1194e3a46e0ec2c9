// A drill by the hospital's own command: for engines without a built-in driver, or a restore on another machine. Promise: started without
// a shell, with the words of agent.yaml and nothing else; exit code 0 and the rows that it prints are the result.
//
// It finds NISWATCH_SET, NISWATCH_FOLDER and NISWATCH_SCRATCH in its environment and prints on its last line
//   {"rows": {"nis.patient": 120000}, "moment": "2026-11-26T02:00:00Z", "bytes": 12345}

import { NamedError } from '../../shared/errors.ts';
import type { Driver, Restored, Scratch } from './driver.ts';
import type { Place } from './driver.ts';
import { lastLines } from './programs.ts';

export const COMMAND_DRIVER: Driver = {
  name: 'command',
  async find(place) {
    const [program, ...args] = place.config.command;
    if (program === undefined) return undefined;
    return {
      driver: 'command',
      files: [],
      bytes: 0,
      needBytes: 0,
      steps: [[program, ...args].join(' ')],
      restore: (at) => restore(at, place, [program, ...args]),
    };
  },
};

export interface Told {
  rows: Map<string, number>;
  moment: string;
}

async function restore(
  at: Scratch,
  place: Place,
  [program = '', ...args]: readonly string[],
): Promise<Restored> {
  at.step([program, ...args].join(' '));
  const { stdout } = await at.programs.run(program, args, {
    as: 'self',
    env: {
      NISWATCH_SET: place.config.set,
      NISWATCH_FOLDER: place.folder,
      NISWATCH_SCRATCH: at.folder,
    },
  });
  const told = parseTold(stdout);
  return { moment: told.moment, count: async () => told.rows, stop: async () => {} };
}

/** Throws DRILL_FAILED when the last line is not such a result: a command that says nothing has shown nothing. */
export function parseTold(stdout: string): Told {
  const line = stdout.trim().split('\n').at(-1) ?? '';
  try {
    const { rows, moment } = JSON.parse(line) as { rows?: unknown; moment?: unknown };
    const entries = Object.entries(rows as Record<string, unknown>);
    if (entries.every(([, n]) => typeof n === 'number' && Number.isInteger(n) && n >= 0)) {
      return {
        rows: new Map(entries as [string, number][]),
        moment: typeof moment === 'string' ? moment : '',
      };
    }
  } catch {
    // Named below.
  }
  throw new NamedError('DRILL_FAILED', `the command's last line is not {"rows": {…}}: ${lastLines(line)}`);
}
