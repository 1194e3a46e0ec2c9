// kill -9 of the agent, of the collector, of both, at random instants, many times over. The agent's log is the oracle: it names
// every report once it is collected. Afterwards each of them is stored exactly once or lies in a declared gap.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { manualClock, systemClock } from '../../shared/clock.ts';
import { readConfig } from '../../shared/config/schema.ts';
import { storeConfig } from '../../collector/store/config.ts';
import { openEmbeddedStore } from '../../collector/store/embedded.ts';
import { type AgentProgram, startAgent, startCollector, until } from '../support/programs.ts';
import { atEnd } from '../support/scope.ts';

const CYCLES = process.env.NISWATCH_LONG ? 10_000 : 200;
/** Fast probes, so that every instant of a cycle has a report under way; small segments, so that they are closed and packed too. */
const BUSY = {
  interval: '1s',
  log: { level: 'debug' },
  spool: { segmentBytes: '64KiB' },
  probes: { service: { interval: '1s' }, clock: { interval: '1s' } },
};

/** Park and Miller's generator: the instants of a run can be had again from its seed. */
function seeded(seed: number): () => number {
  let state = seed % 2_147_483_647 || 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

/** Highest number collected of each stream, from the agent's own words. */
function collectedBy(agent: AgentProgram): Map<string, number> {
  const top = new Map<string, number>();
  for (const line of agent.output().split('\n')) {
    if (!line.includes('"report collected"')) continue;
    const { stream, seq } = JSON.parse(line) as { stream: string; seq: number };
    assert.equal(seq, (top.get(stream) ?? -1) + 1, `the log of ${stream} jumps`);
    top.set(stream, seq);
  }
  return top;
}

const pause = (ms: number): Promise<void> => new Promise((done) => systemClock().after(ms, done));

test(`${CYCLES} kills of agent, collector and both lose no report and store none twice`, async (t) => {
  const seed = 20261123;
  const random = seeded(seed);
  const collector = await startCollector(t, { log: { level: 'warn' } });
  const agent = await startAgent(t, collector, { config: BUSY });
  for (let cycle = 0; cycle < CYCLES; cycle++) {
    // The random instant is what is tested here; nothing is waited for.
    await pause(random() * 400);
    const which = random();
    const victims = [...(which < 0.7 ? [agent] : []), ...(which > 0.4 ? [collector] : [])];
    await Promise.all(victims.map((victim) => victim.stop('SIGKILL')));
    await Promise.all(victims.map((victim) => victim.start()));
  }
  await until('the spool to drain', 120_000, async () => {
    const { spool } = JSON.parse(await agent.command('status', '--json')) as { spool: { reports: number } };
    return spool.reports === 0;
  });
  await agent.stop('SIGTERM');
  await collector.stop('SIGTERM');

  const collected = collectedBy(agent);
  const store = await openEmbeddedStore({
    folder: join(collector.folder, 'data', 'store'),
    clock: manualClock(Date.now()),
    config: readConfig(storeConfig, {}),
    log: console,
  });
  atEnd(t, () => store.close());
  const host = agent.hostId();
  const durable = new Map(store.watermarks(host).map((w) => [w.stream, w.seq]));
  for (const [stream, top] of collected) {
    assert.ok(
      (durable.get(stream) ?? -1) >= top,
      `seed ${seed}: ${stream} reached ${durable.get(stream)}, collected ${top}`,
    );
  }
  const gaps = await store.gaps(host, 0, Number.MAX_SAFE_INTEGER);
  const declared = gaps.reduce((sum, gap) => sum + gap.to - gap.from + 1, 0);
  const accounted = [...durable.values()].reduce((sum, seq) => sum + seq + 1, 0);
  const { rows } = await store.stats();
  assert.equal(
    rows + declared,
    accounted,
    `seed ${seed}: stored + declared = every number up to the watermarks`,
  );
  // A kill between the disk and the log may leave one report that the oracle did not hear of, and no more.
  const heard = [...collected.values()].reduce((sum, seq) => sum + seq + 1, 0);
  assert.ok(
    accounted >= heard && accounted <= heard + CYCLES,
    `${accounted} accounted for, ${heard} heard of`,
  );
  t.diagnostic(
    `${CYCLES} cycles, ${collected.size} streams: ${heard} collected, ${rows} stored, ${declared} declared lost`,
  );
});
