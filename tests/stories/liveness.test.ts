// What a silence means, with real processes: the agent stopped, the agent killed, the collector restarted under twenty agents.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startMailbox } from '../support/mailbox.ts';
import { startAgent, startCollector, until } from '../support/programs.ts';
import { alertsOf, firing, hostOf, mailTo, resolved, verdictIs } from '../support/story.ts';

/** Short limits, so that the story takes seconds; the order of things is that of the defaults. */
const QUICK = { liveness: { suspectAfter: '12s', silentAfter: '24s', siteAfter: '24s', startGrace: '20s' } };
const QUIET_MS = 32_000;

async function nothingIsToldFor(ms: number, look: () => Promise<void>): Promise<void> {
  const end = performance.now() + ms;
  await until(
    `${ms} ms to pass`,
    ms + 60_000,
    async () => {
      await look();
      return performance.now() > end;
    },
    500,
  );
}

test('an agent stopped on purpose is "stopped" on the board, and nobody is paged', async (t) => {
  const mailbox = await startMailbox(t);
  const collector = await startCollector(t, { ...mailTo(mailbox), ...QUICK });
  const agent = await startAgent(t, collector);
  await verdictIs(collector, agent.hostId(), 'up', 20_000);
  await agent.stop('SIGTERM');
  const host = await verdictIs(collector, agent.hostId(), 'stopped', 10_000);
  assert.ok(host.verdict.evidence.some((e) => e.kind === 'goodbye'));
  await nothingIsToldFor(QUIET_MS, async () => {
    assert.deepEqual(await alertsOf(collector, 'all'), []);
    assert.equal((await hostOf(collector, agent.hostId()))?.verdict.word, 'stopped');
  });
  assert.deepEqual(
    mailbox.mails.map((m) => m.subject),
    [],
  );
});

test('an agent killed is silent, with the evidence that its machine answered; it comes back and says what happened', async (t) => {
  const mailbox = await startMailbox(t);
  const collector = await startCollector(t, { ...mailTo(mailbox), ...QUICK });
  const agent = await startAgent(t, collector);
  await verdictIs(collector, agent.hostId(), 'up', 20_000);
  await agent.stop('SIGKILL');
  const host = await verdictIs(collector, agent.hostId(), 'silent', 60_000);
  const said = host.verdict.evidence.map((e) => `${e.kind}: ${e.text.zh}`).join('\n');
  assert.match(said, /closed|reset/, said);
  const alert = await firing(collector, 'silence', '', 20_000);
  await until('one mail about the silence', 20_000, () => mailbox.mails.length > 0);
  await agent.start();
  await verdictIs(collector, agent.hostId(), 'up', 20_000);
  await resolved(collector, alert.id, 60_000);
  const trail = await collector.api<{
    items: { word: string; revises: number | null; evidence: { kind: string }[] }[];
  }>(`/api/v1/hosts/${agent.hostId()}/verdicts`);
  assert.ok(
    trail.items.some((row) => row.word === 'silent'),
    JSON.stringify(trail.items),
  );
});

test('restarting the collector under twenty agents raises no alert and loses no host', async (t) => {
  const mailbox = await startMailbox(t);
  const collector = await startCollector(t, { ...mailTo(mailbox), ...QUICK });
  const agents = await Promise.all(
    Array.from({ length: 20 }, (_, i) => startAgent(t, collector, { hospital: `医院${i % 4}` })),
  );
  const allUp = () =>
    until('twenty hosts up', 60_000, async () => {
      const { items } = await collector.api<{ items: { verdict: { word: string } }[] }>('/api/v1/hosts');
      return items.length === agents.length && items.every((h) => h.verdict.word === 'up');
    });
  await allUp();
  await collector.stop('SIGTERM');
  await collector.start();
  await allUp();
  await collector.stop('SIGKILL');
  await collector.start();
  await allUp();
  await nothingIsToldFor(QUIET_MS, async () => assert.deepEqual(await alertsOf(collector, 'all'), []));
  assert.deepEqual(
    mailbox.mails.map((m) => m.subject),
    [],
  );
});
