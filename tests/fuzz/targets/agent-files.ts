// The agent's own small files, as a crash or a person may leave them. An input is the name of the file and its text. Promise
// under test: the run record is read or taken for unknown, the identity read or refused as damaged, with every field that is used
// of its kind.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeKeyPair, readIdentity, signer } from '../../../agent/identity/identity.ts';
import { readRun } from '../../../agent/journal-file.ts';
import { bootOf, refuseSecondAgent, tellJournal } from '../../../agent/journal.ts';
import { decodeAgentFrame } from '../../../shared/frame.ts';
import type { Target } from '../target.ts';

const AT = 1_790_000_000_000;
const identity = {
  host: { id: 'h1', name: 'nis' },
  hospital: { id: 'a', name: '市一院' },
  collector: 'centre',
  urls: ['https://watch.example.com'],
  ...makeKeyPair(),
  machine: 'm1',
  enrolledAt: AT,
};
const run = {
  pid: 7,
  startedAt: AT - 9000,
  aliveAt: AT - 5000,
  boot: 'b0',
  bootAt: AT - 99_000,
  end: { reason: 'stop', at: AT - 4000 },
};

export async function openAgentFiles(): Promise<Target> {
  const folder = mkdtempSync(join(tmpdir(), 'niswatch-fuzz-'));
  const samples = [
    `identity.json\n${JSON.stringify(identity)}`,
    `run.json\n${JSON.stringify(run)}`,
    `run.json\n${JSON.stringify({ ...run, end: undefined })}`,
  ];
  return {
    name: 'agent-files',
    samples: samples.map((text) => Buffer.from(text)),
    refuses: ['CONFIG_SYNTAX', 'CONFIG_UNREADABLE', 'IDENTITY_INSECURE', 'CONFLICT'],
    shape: {
      open(input) {
        const bytes = Buffer.from(input);
        const end = bytes.indexOf(10);
        return end < 0 ? undefined : [bytes.subarray(0, end), bytes.subarray(end + 1)];
      },
      close: ([name = Buffer.alloc(0), ...text]) => Buffer.concat([name, Buffer.from('\n'), ...text]),
    },
    run(input) {
      const end = input.indexOf(10);
      const name = input.toString('latin1', 0, Math.max(0, end));
      const path = join(folder, 'file');
      writeFileSync(path, input.subarray(end + 1), { mode: 0o600 });
      if (name === 'identity.json') useIdentity(path);
      else if (name === 'run.json') useRun(path);
    },
    async close() {
      rmSync(folder, { recursive: true });
    },
  };
}

function useIdentity(path: string): void {
  const found = readIdentity(path, 'linux');
  assert.ok(found);
  for (const text of [
    found.host.id,
    found.host.name,
    found.hospital.id,
    found.hospital.name,
    found.collector,
    found.machine,
  ])
    assert.equal(typeof text, 'string');
  for (const url of found.urls) assert.equal(typeof url, 'string');
  assert.equal(typeof signer(found)('text'), 'string');
}

/** What goes into hello must be what the collector's decoder lets through. */
function useRun(path: string): void {
  const previous = readRun(path);
  refuseSecondAgent(previous, { pid: 1, at: AT, boot: 'b1', isAlive: () => true });
  const boot = bootOf(previous);
  const hello = {
    t: 'hello',
    protocol: 1,
    agent: 'h1',
    sig: 's',
    version: '0.1.0',
    boot: boot?.id ?? 'b1',
    at: AT,
    bootAt: boot?.at ?? AT,
    fingerprint: 'f',
    journal: tellJournal(previous, AT),
    streams: [],
  };
  decodeAgentFrame(JSON.stringify(hello));
}
