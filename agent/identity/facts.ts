// The shell behind MachineFacts: what the real machine says of itself.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import os from 'node:os';
import { type MachineFacts, machineName } from './machine.ts';

export function realMachine(now: () => number): MachineFacts {
  return {
    platform: process.platform,
    readText(path) {
      try {
        return readFileSync(path, 'utf8');
      } catch {
        return undefined;
      }
    },
    interfaces: () =>
      Object.entries(os.networkInterfaces()).flatMap(([name, addresses]) => {
        const mac = addresses?.find((address) => !address.internal)?.mac;
        return mac === undefined ? [] : [{ name, mac }];
      }),
    exists: existsSync,
    now,
    uptimeSeconds: os.uptime,
  };
}

/** For enrolment only: on Windows it asks the registry by a child process. */
export function askMachineName(facts: MachineFacts): string {
  if (facts.platform !== 'win32') return machineName(facts);
  const key = 'HKLM\\SOFTWARE\\Microsoft\\Cryptography';
  try {
    const answer = execFileSync('reg', ['query', key, '/v', 'MachineGuid'], {
      encoding: 'utf8',
      timeout: 5000,
    });
    return /MachineGuid\s+REG_SZ\s+(\S+)/.exec(answer)?.[1] ?? '';
  } catch {
    return '';
  }
}
