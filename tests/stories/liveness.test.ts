// What a silence means, with real processes: the agent stopped, killed, frozen, with and without a witness; the collector restarted
// under twenty agents.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import { startMailbox } from '../support/mailbox.ts';
import { type CollectorProgram, startAgent, startCollector, until } from '../support/programs.ts';
import { atEnd, type Scope } from '../support/scope.ts';
import { alertsOf, firing, hostOf, mailTo, resolved, verdictIs } from '../support/story.ts';

/** Short limits, so that the story takes seconds; the order of things is that of the defaults. */
const QUICK = {
  liveness: { suspectAfter: '12s', silentAfter: '24s', siteAfter: '24s', startGrace: '20s' },
  // Databases that other tests run on this machine are nobody's to save.
  rules: { 'backup-unprotected': { enabled: false } },
};
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
  await verdictIs(collector, agent.hostId(), 'up', 60_000);
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
  await verdictIs(collector, agent.hostId(), 'up', 60_000);
  await agent.stop('SIGKILL');
  const host = await verdictIs(collector, agent.hostId(), 'silent', 60_000);
  const said = host.verdict.evidence.map((e) => `${e.kind}: ${e.text.zh}`).join('\n');
  assert.match(said, /closed|reset/, said);
  const alert = await firing(collector, 'silence', '', 20_000);
  await until('one mail about the silence', 20_000, () => mailbox.mails.length > 0);
  await agent.start();
  await verdictIs(collector, agent.hostId(), 'up', 60_000);
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

/** What the NIS server listens on, as its neighbours see it. */
async function openNis(t: Scope): Promise<{ port: number; close(): void }> {
  const server = createServer((socket) => socket.end());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(t, () => server.close());
  return { port: (server.address() as AddressInfo).port, close: () => server.close() };
}

const witnessOf = (host: string, port: number) => ({
  probes: { witness: { targets: [{ host, address: '127.0.0.1', port }] } },
});

/** The newest words of a host's trail, without those that were corrected. */
async function trailOf(collector: CollectorProgram, host: string): Promise<string[]> {
  const { items } = await collector.api<{ items: { word: string; revises: number | null }[] }>(
    `/api/v1/hosts/${host}/verdicts`,
  );
  return items.map((row) => (row.revises === null ? row.word : `${row.word}*`));
}

test('a host that its witness cannot reach is down long before it would be silent, by the usual limits', async (t) => {
  const mailbox = await startMailbox(t);
  const collector = await startCollector(t, mailTo(mailbox));
  const nis = await openNis(t);
  const server = await startAgent(t, collector, { hospital: '市一院' });
  const witness = await startAgent(t, collector, {
    hospital: '市一院',
    config: witnessOf(server.hostId(), nis.port),
    runFlags: ['--witness'],
  });
  await verdictIs(collector, server.hostId(), 'up', 60_000);
  await verdictIs(collector, witness.hostId(), 'up', 60_000);
  await until('the witness to have reached the port', 60_000, async () => {
    const { values } = await collector.api<{ values: Record<string, number> }>(
      `/api/v1/hosts/${witness.hostId()}/latest`,
    );
    // Nothing of the machine itself leaves a witness; the offset of its clock is the collector's own measurement of the link.
    assert.ok(
      Object.keys(values).every((key) => /^(witness|agent)_|^clock_offset_seconds$/.test(key)),
      Object.keys(values).join(),
    );
    return values[`witness_answer{target="${server.hostId()}"}`] === 2;
  });
  nis.close();
  const killedAt = Date.now();
  await server.stop('SIGKILL');
  const alert = await firing(collector, 'silence', '', 120_000);
  const { firingAt, severity, summary } = await collector.api<{
    firingAt: number;
    severity: string;
    summary: { zh: string };
  }>(`/api/v1/alerts/${alert.id}`);
  t.diagnostic(`down by a witness: alert after ${((firingAt - killedAt) / 1000).toFixed(1)} s`);
  // 45 s are promised; the simulation holds them to the second, here a busy machine may take its time.
  assert.ok(firingAt - killedAt < 110_000, `${firingAt - killedAt} ms`);
  assert.equal(severity, 'critical');
  assert.match(summary.zh, /宕机/);
  const host = await hostOf(collector, server.hostId());
  assert.equal(host?.verdict.word, 'down');
  assert.equal(host?.verdict.evidence.at(-1)?.kind, 'witness-refuses');
  await until('one mail that says it', 60_000, () =>
    mailbox.mails.some((mail) => `${mail.subject}`.includes('宕机')),
  );
});

test('a frozen agent whose host answers its witness is a warning about the agent, and the trail tells it in the end', async (t) => {
  const mailbox = await startMailbox(t);
  const collector = await startCollector(t, {
    ...mailTo(mailbox),
    ...QUICK,
    ingest: { idleTimeout: '15s' },
  });
  const nis = await openNis(t);
  const server = await startAgent(t, collector, { hospital: '市一院' });
  const witness = await startAgent(t, collector, {
    hospital: '市一院',
    config: witnessOf(server.hostId(), nis.port),
  });
  await verdictIs(collector, server.hostId(), 'up', 60_000);
  await verdictIs(collector, witness.hostId(), 'up', 60_000);
  process.kill(server.pid, 'SIGSTOP');
  const frozenAt = Date.now();
  const host = await verdictIs(collector, server.hostId(), 'agent-lost', 90_000);
  assert.equal(host.verdict.evidence.at(-1)?.kind, 'witness-accepts');
  const alert = await firing(collector, 'silence', '', 20_000);
  assert.equal(alert.severity, 'warning');
  await until('half a minute of frost', 60_000, () => Date.now() - frozenAt > 40_000);
  process.kill(server.pid, 'SIGCONT');
  const back = await verdictIs(collector, server.hostId(), 'up', 60_000);
  assert.ok(back.verdict.evidence.some((e) => e.kind === 'agent-paused'));
  await resolved(collector, alert.id, 90_000);
  await until('the correction on record', 20_000, async () =>
    (await trailOf(collector, server.hostId())).includes('agent-lost*'),
  );
  assert.deepEqual(
    mailbox.mails.filter((mail) => /宕机|严重/.test(mail.subject ?? '')).map((mail) => mail.subject),
    [],
  );
});
