// Backups from end to end: real files in a folder, the agent that reads them to their end, the collector that tells up to when they can be
// restored, and the plan that names them.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cpSync, readdirSync, readFileSync, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { BackupList, BackupSetDetail } from '../../collector/api/backup-shapes.ts';
import { startAgent, startCollector, temporaryFolder, until } from '../support/programs.ts';
import { firing } from '../support/story.ts';

const CHAIN = join(import.meta.dirname, '../data/backup-corpus/sqlserver-synthetic/chain_ok');
const HOUR_MS = 3_600_000;

/** A day of full, differential and log backups, finished one after the other up to three hours ago. */
function takeChain(folder: string): void {
  cpSync(CHAIN, folder, { recursive: true });
  const names = readdirSync(folder).sort((a, b) => (a.slice(-19) < b.slice(-19) ? -1 : 1));
  for (const [i, name] of names.entries()) {
    const at = (Date.now() - (3 + names.length - i) * HOUR_MS) / 1000;
    utimesSync(join(folder, name), at, at);
  }
}

interface Plan {
  possible: boolean;
  steps: { file: string; bytes: number; sha256: string; command: string }[];
}

test('files that an agent reads become moments, a log that is deleted a gap, and the plan names files as they are', async (t) => {
  const folder = temporaryFolder(t, 'niswatch-chain');
  takeChain(folder);
  const collector = await startCollector(t, { rules: { 'backup-rpo': { for: '0s' } } });
  const common = { folder, engine: 'sqlserver', settle: '1s', rpo: '1h' };
  const agent = await startAgent(t, collector, {
    config: {
      probes: {
        backup: {
          interval: '5s',
          sets: [
            { ...common, name: 'nis-full', pattern: '*.bak' },
            { ...common, name: 'nis-log', pattern: '*.trn', kind: 'log' },
          ],
        },
      },
    },
  });
  const read = (set: string) =>
    collector.api<BackupSetDetail>(`/api/v1/hosts/${agent.hostId()}/backups/${set}`).catch(() => undefined);

  const full = await until('every file to be read and told', 120_000, async () => {
    // The logs first: what is read after them was made of all that they had told.
    const [trn, bak] = [await read('nis-log'), await read('nis-full')];
    const whole = [bak, trn].every((set) => set?.known === 'all' && set.unjudged === 0);
    return whole && bak?.files.length === 3 && trn?.files.length === 7 ? bak : undefined;
  });
  assert.deepEqual(
    full.windows.map((w) => [w.from.text, w.to.text]),
    [['2025-03-01T01:04:10+08:00', '2025-03-02T02:00:00+08:00']],
  );
  assert.deepEqual(
    full.files.map((f) => f.content),
    ['COMPLETE', 'COMPLETE', 'COMPLETE'],
  );
  // What they bring back is long ago.
  assert.match(
    (await firing(collector, 'backup-rpo', 'nis-log', 30_000)).summary.zh,
    /现在出事将丢失 \d+ 天/,
  );

  rmSync(join(folder, 'NIS_DEMO_LOG_20250301_100000.trn'));
  const torn = await until('the gap', 60_000, async () => {
    const set = await read('nis-log');
    return set?.gapList.length === 1 ? set : undefined;
  });
  assert.equal(torn.files.filter((f) => f.goneAt !== undefined).length, 1);
  assert.equal(torn.windows.length, 2);
  await until('the list of all hospitals to tell it', 30_000, async () => {
    const { items } = await collector.api<BackupList>('/api/v1/backups');
    return items.length === 2 && items.every((item) => item.gaps === 1);
  });

  const args = ['--host', agent.hostId(), '--set', 'nis-log', '--at', '2025-03-01T17:30:00', '--json'];
  const plan = JSON.parse(await collector.command('recover', 'plan', ...args)) as Plan;
  assert.equal(plan.possible, true);
  assert.equal(plan.steps.length, 4);
  for (const step of plan.steps) {
    const bytes = readFileSync(step.file);
    assert.equal(step.bytes, bytes.length);
    assert.equal(step.sha256, createHash('sha256').update(bytes).digest('hex'), step.file);
    assert.ok(step.command.includes(step.file));
  }
});
