// Every command, one line each; a command's own modules are loaded only when it runs, so that `run` stays small.

import type { Command } from './command.ts';

export const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  run: async () => (await import('./run.ts')).RUN,
  enrol: async () => (await import('./enrol.ts')).ENROL,
  discover: async () => (await import('./discover.ts')).DISCOVER,
  inspect: async () => (await import('./inspect.ts')).INSPECT,
  check: async () => (await import('./check.ts')).CHECK,
  verify: async () => (await import('./verify.ts')).VERIFY,
  inventory: async () => (await import('./inventory.ts')).INVENTORY,
  drill: async () => (await import('./drill.ts')).DRILL,
  status: async () => (await import('./status.ts')).STATUS,
  version: async () => (await import('./version.ts')).VERSION_COMMAND,
};
