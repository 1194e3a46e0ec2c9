// The one law of every fault test: when all is healed, each report that an agent collected is stored once, declared lost, or still
// held by its spool. The agent's log, at level debug, is the oracle: it names every report once it is on the agent's disk.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readConfig } from '../../shared/config/schema.ts';
import { systemClock } from '../../shared/clock.ts';
import { spoolConfig } from '../../agent/spool/config.ts';
import { openSpool } from '../../agent/spool/disk-spool.ts';
import { nodeDisk } from '../../agent/spool/node-disk.ts';
import type { Spool } from '../../agent/spool/spool.ts';
import { STATUS_FILE } from '../../agent/status.ts';
import { type AgentProgram, type CollectorProgram, type Program, until } from './programs.ts';
import { readStored, type Stored } from './stored.ts';

/** In every report of a regular round. */
export const EVERYWHERE = 'mem_used_percent';

/** What became of all reports of some agents. collected + unheard = stored + declared + held. */
export interface Account {
  streams: number;
  collected: number;
  stored: number;
  declared: number;
  /** Not yet acknowledged when the agent ended, and safe on its disk. */
  held: number;
  /** On disk, but the agent was killed before it could say so in its log. */
  unheard: number;
}

/** What an agent's log says of its streams: the highest number collected, and acknowledged, of each. */
interface Streams {
  collected: Map<string, number>;
  acknowledged: Map<string, number>;
}

export function streamsOf(agent: AgentProgram): Streams {
  const streams: Streams = { collected: new Map(), acknowledged: new Map() };
  // What comes after the last line end is the beginning of a line.
  for (const line of agent.output().split('\n').slice(0, -1)) {
    const isNew = line.includes('"report collected"');
    if (!isNew && !line.includes('"reports acknowledged"')) continue;
    const { stream, seq } = JSON.parse(line) as { stream: string; seq: number };
    const top = isNew ? streams.collected : streams.acknowledged;
    if (isNew) assert.equal(seq, (top.get(stream) ?? -1) + 1, `the log of ${stream} jumps`);
    top.set(stream, Math.max(seq, top.get(stream) ?? -1));
  }
  assert.ok(streams.collected.size > 0, 'the agent logs every report at level debug');
  return streams;
}

/**
 * Waits until all that was collected before the call is acknowledged. Whether the spool is empty cannot be asked: of an agent that
 * reports every second one report is always on its way, and a status that is written in step with it shows one each time.
 */
export async function caughtUp(
  agent: AgentProgram,
  collector: CollectorProgram,
  withinMs = 120_000,
): Promise<void> {
  const { collected } = streamsOf(agent);
  const missing = (): string[] => {
    const { acknowledged } = streamsOf(agent);
    return [...collected].filter(([id, top]) => (acknowledged.get(id) ?? -1) < top).map(([id]) => id);
  };
  try {
    await until('what was collected so far to be acknowledged', withinMs, () => missing().length === 0, 250);
  } catch (error) {
    const said = `${(error as Error).message}; of ${missing().length} streams something is missing`;
    throw new Error(`${said}: ${missing().join(' ')}\n${scene(agent, collector)}`, { cause: error });
  }
}

/** What a person needs who was not there: the agent's status and the last words of both. */
export function scene(agent: AgentProgram, collector: CollectorProgram): string {
  // One report a second would drive out everything else.
  const isTold = (line: string): boolean => !/"report collected"|"reports acknowledged"/.test(line);
  const last = (of: Program): string =>
    of.output().trimEnd().split('\n').filter(isTold).slice(-30).join('\n');
  const path = join(agent.folder, 'data', STATUS_FILE);
  return [
    `agent ${agent.running() ? 'runs' : 'does not run'}, collector ${collector.running() ? 'runs' : 'does not run'}`,
    `status: ${existsSync(path) ? readFileSync(path, 'utf8').trim() : 'none'}`,
    `agent's log ends:\n${last(agent)}`,
    `collector's log ends:\n${last(collector)}`,
  ].join('\n');
}

/**
 * Balances the books of all hosts of a stopped collector with those of its stopped agents; throws at the first report that is missing
 * or there twice. `kills` is how often an agent ended without a word; `others` are hosts whose reports a test sent by hand.
 */
export async function balance(world: {
  collector: CollectorProgram;
  agents: readonly AgentProgram[];
  kills?: number;
  others?: readonly string[];
}): Promise<Account> {
  const { collector, agents, kills = 0, others = [] } = world;
  const account: Account = { streams: 0, collected: 0, stored: 0, declared: 0, held: 0, unheard: 0 };
  const all: Stored[] = [];
  for (const agent of agents) {
    const stored = await readStored(collector, agent.hostId(), EVERYWHERE);
    all.push(stored);
    addAgent(account, agent, stored);
  }
  for (const host of others) all.push(await readStored(collector, host, EVERYWHERE));
  const numbers = all.flatMap((h) => h.watermarks).reduce((sum, mark) => sum + mark.seq + 1, 0);
  account.declared = all.flatMap((h) => h.gaps).reduce((sum, gap) => sum + gap.to - gap.from + 1, 0);
  account.stored = all[0]?.rows ?? 0;
  const said = JSON.stringify(account);
  assert.equal(account.stored + account.declared, numbers, `stored + declared are all numbers; ${said}`);
  for (const { points, damagedBlocks } of all) {
    assert.equal(new Set(points.map((p) => p.at)).size, points.length, 'no sample is there twice');
    assert.equal(damagedBlocks, 0, 'damaged blocks in the store');
  }
  assert.ok(account.unheard <= kills, `a kill hides one report at most; ${kills} kills, ${said}`);
  return account;
}

function addAgent(account: Account, agent: AgentProgram, stored: Stored): void {
  if (agent.running()) throw new Error('the agent still runs');
  const { collected } = streamsOf(agent);
  const durable = new Map(stored.watermarks.map((mark) => [mark.stream, mark.seq]));
  const spool = reopen(agent);
  try {
    account.streams += collected.size;
    for (const stream of new Set([...collected.keys(), ...durable.keys()])) {
      const heard = (collected.get(stream) ?? -1) + 1;
      const kept = (durable.get(stream) ?? -1) + 1;
      const held = heldOf(spool, stream, kept);
      assert.ok(kept + held >= heard, `${stream}: ${heard} collected, ${kept} stored, ${held} held`);
      account.collected += heard;
      account.held += held;
      account.unheard += kept + held - heard;
    }
  } finally {
    spool.close();
  }
}

function reopen(agent: AgentProgram): Spool {
  return openSpool({
    folder: join(agent.folder, 'data', 'spool'),
    disk: nodeDisk(),
    random: () => randomBytes(16),
    clock: systemClock(),
    // It only reads: a full disk must not make it give anything up.
    limits: readConfig(spoolConfig, { freeFloor: 0, freeFloorPercent: 0 }),
    log: () => {},
  });
}

/** How many numbers from `from` on the spool still answers for, as a report or a gap. */
function heldOf(spool: Spool, stream: string, from: number): number {
  let next = from;
  for (;;) {
    const items = spool.next(stream, next - 1, 1024 ** 2);
    const last = items.at(-1);
    if (!last) return next - from;
    next = (last.kind === 'report' ? last.report.seq : last.gap.to) + 1;
  }
}
