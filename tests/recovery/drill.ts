// `niswatch-agent drill` as a person calls it: the program itself, its exit code, its JSON, and what it leaves behind.

import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  globSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { BackupDrillReport } from '../../shared/backup/reported.ts';
import { temporaryFolder } from '../support/programs.ts';
import type { Scope } from '../support/scope.ts';

const main = join(import.meta.dirname, '..', '..', 'agent', 'main.ts');

export interface Bench {
  /** Data folder of the agent. */
  data: string;
  scratch: string;
  configure(sets: readonly Record<string, unknown>[], drills: readonly Record<string, unknown>[]): void;
  drill(...args: string[]): { code: number | null; out: string; err: string; report?: BackupDrillReport };
  begin(...args: string[]): ReturnType<typeof spawn>;
  recorded(): BackupDrillReport[];
  /** Scratch folders and servers that are still there. */
  left(): string[];
}

export function drillBench(t: Scope): Bench {
  const data = temporaryFolder(t, 'nisdrill');
  const scratch = temporaryFolder(t, 'nisscratch');
  chmodSync(scratch, 0o755);
  const command = (args: readonly string[]): string[] => [
    '--disable-warning=ExperimentalWarning',
    main,
    'drill',
    ...args,
    '--data',
    data,
  ];
  const env = { ...process.env, LANG: 'C', LC_ALL: 'C' };
  const record = join(data, 'drills.jsonl');
  return {
    data,
    scratch,
    configure(sets, drills) {
      const config = {
        probes: { backup: { sets } },
        drills: drills.map((drill) => ({ scratch, reserve: '64MiB', ...drill })),
      };
      writeFileSync(join(data, 'agent.yaml'), stringify(config));
    },
    drill(...args) {
      const done = spawnSync(process.execPath, command([...args, '--json']), {
        encoding: 'utf8',
        env,
        timeout: 100_000,
      });
      const isReport = done.stdout.startsWith('{"of":"drill"');
      return {
        code: done.status,
        out: done.stdout,
        err: done.stderr,
        ...(isReport && { report: JSON.parse(done.stdout) as BackupDrillReport }),
      };
    },
    begin: (...args) => spawn(process.execPath, command(args), { env, stdio: ['ignore', 'pipe', 'pipe'] }),
    recorded: () =>
      existsSync(record)
        ? readFileSync(record, 'utf8')
            .split('\n')
            .filter(Boolean)
            .map((line) => JSON.parse(line) as BackupDrillReport)
        : [],
    left: () => [...globSync(join(scratch, '*')), ...processesBelow(scratch)],
  };
}

function processesBelow(folder: string): string[] {
  return readdirSync('/proc').flatMap((name) => {
    try {
      const cwd = readlinkSync(`/proc/${name}/cwd`);
      return cwd.startsWith(`${folder}/`) ? [cwd] : [];
    } catch {
      return [];
    }
  });
}
