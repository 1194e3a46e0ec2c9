// What an agent with the default probes leaves on its disk while it cannot reach the collector: its real spool, on a real folder,
// under a clock that runs through days in seconds. The values are those of the fleet workload, which move as real ones do.

import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readConfig } from '../../../shared/config/schema.ts';
import { manualClock } from '../../../shared/clock.ts';
import { spoolConfig } from '../../../agent/spool/config.ts';
import { openSpool } from '../../../agent/spool/disk-spool.ts';
import { nodeDisk } from '../../../agent/spool/node-disk.ts';
import type { SpoolStats } from '../../../agent/spool/spool.ts';
import { host, LAYOUT, STEP_MS } from '../../data/fleet.mjs';

export const DAY_MS = 86_400_000;
/** Of the agent's report on itself. */
const SELF_EVERY = 4;
const PROBES = [
  'agent',
  'backup',
  'clock',
  'cpu',
  'disk',
  'diskio',
  'feed',
  'http',
  'mem',
  'net',
  'port',
  'service',
  'swap',
  'system',
];

export interface Backlog {
  stream: string;
  reports: number;
  /** Times of the regular reports. */
  fromAt: number;
  toAt: number;
  stats: SpoolStats;
}

interface Group {
  id: string;
  keys: readonly string[];
}

function groupOf(keys: readonly string[]): Group {
  return { id: createHash('sha256').update(keys.join('\n')).digest('hex').slice(0, 16), keys };
}

function regular(): Group {
  const keys = LAYOUT.flatMap(([measurement, tag, fields]) => {
    const [name, value] = tag.split('=');
    const labels = name ? `{${name}="${value}"}` : '';
    return fields.map((field) => `${measurement}_${field}${labels}`);
  });
  return groupOf(keys);
}

function own(): Group {
  const errors = PROBES.map((name) => `agent_probe_errors{probe="${name}"}`);
  return groupOf([
    'agent_cpu_seconds',
    'agent_memory_rss',
    ...errors,
    'agent_spool_bytes',
    'agent_spool_lost',
    'agent_spool_reports',
  ]);
}

/**
 * Writes `days` of reports that end at `toAt` into the spool of this folder, with the default limits. The agent syncs each report; here
 * a minute of them is synced at once, which changes the time that this takes and nothing of what is on the disk.
 */
export function fillSpool(options: {
  folder: string;
  days: number;
  toAt: number;
  onDay?: (day: number, stats: SpoolStats) => void;
}): Backlog {
  const { folder, days, toAt, onDay } = options;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const rounds = Math.round((days * DAY_MS) / STEP_MS);
  const fromAt = toAt - (rounds - 1) * STEP_MS;
  const clock = manualClock(fromAt);
  const spool = openSpool({
    folder,
    disk: nodeDisk(),
    random: () => randomBytes(16),
    clock,
    limits: readConfig(spoolConfig, {}),
    log: (level, message, fields) => {
      if (level === 'error') throw new Error(`${message}: ${JSON.stringify(fields)}`);
    },
  });
  const [main, self, machine] = [regular(), own(), host(1)];
  let reports = 0;
  const append = ({ id, keys }: Group, v: (number | null)[]): void => {
    spool.append({ series: id, at: clock.now(), off: 0.4, boot: 'b0075fae-5a1c-4d6e-9f1b-outage', v }, keys);
    reports++;
  };
  for (let round = 0; round < rounds; round++) {
    append(main, machine.next());
    if (round % SELF_EVERY === SELF_EVERY - 1) {
      const { bytes, reports: held } = spool.stats();
      append(self, [round / 200, 62_000_000 + (round % 97) * 4096, ...PROBES.map(() => 0), bytes, 0, held]);
      spool.sync();
    }
    clock.advance(STEP_MS);
    if ((round + 1) % (DAY_MS / STEP_MS) === 0) onDay?.((round + 1) / (DAY_MS / STEP_MS), spool.stats());
  }
  spool.sync();
  const backlog = { stream: spool.liveStream, reports, fromAt, toAt, stats: spool.stats() };
  spool.close();
  return backlog;
}

/** What the folder really takes of the disk. */
export function folderBytes(folder: string): number {
  return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).blocks * 512, 0);
}
