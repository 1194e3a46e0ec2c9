// The real agent process against a small collector: enrolment, connection, order, crash, goodbye.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { startTestCollector, type TestCollector } from '../link/testing/test-collector.ts';
import type { Report } from '../../shared/frame.ts';

const MAIN = join(import.meta.dirname, '..', 'main.ts');
const CODE = 'ONE-TIME-CODE';

interface World {
  collector: TestCollector;
  folder: string;
  run(...args: string[]): Promise<{ code: number | null; out: string; err: string }>;
  start(): ChildProcess & { log(): string };
}

async function world(
  t: TestContext,
  options: { refuseUpgrades?: boolean; config?: string } = {},
): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'niswatch-agent-'));
  const collector = await startTestCollector({ code: CODE, now: Date.now, ...options });
  const children: ChildProcess[] = [];
  t.after(async () => {
    for (const child of children) await killed(child, 'SIGKILL');
    await collector.close();
    await rm(folder, { recursive: true, force: true });
  });
  writeFileSync(join(folder, 'agent.yaml'), options.config ?? 'interval: 1s\n');
  const launch = (args: string[]): { child: ChildProcess; out: () => string; err: () => string } => {
    const child = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', MAIN, ...args, '--data', folder],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...process.env, LANG: 'C', LC_ALL: 'C' },
      },
    );
    children.push(child);
    let out = '';
    let err = '';
    child.stdout?.on('data', (text) => (out += String(text)));
    child.stderr?.on('data', (text) => (err += String(text)));
    return { child, out: () => out, err: () => err };
  };
  return {
    collector,
    folder,
    async run(...args) {
      const { child, out, err } = launch(args);
      const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
      return { code, out: out(), err: err() };
    },
    start() {
      const { child, err } = launch(['run']);
      return Object.assign(child, { log: err });
    },
  };
}

const enrolled = (w: World): ReturnType<World['run']> =>
  w.run('enrol', '--collector', w.collector.url, '--code', CODE);

async function until(what: string, holds: () => boolean, detail: () => string = () => ''): Promise<void> {
  const end = Date.now() + 30_000;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`not within 30 s: ${what}\n${detail()}`);
    await pause(20);
  }
}

async function killed(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const end = new Promise<number | null>((resolve) => child.once('exit', resolve));
  child.kill(signal);
  return end;
}

const reportsOf = (w: World): Report[] => w.collector.stored.filter((frame) => frame.t === 'report');

test('enrolment keeps a key that only its owner may read, and is refused a second time', async (t) => {
  const w = await world(t);
  const first = await enrolled(w);
  assert.equal(first.code, 0, first.err);
  assert.match(first.out, /第一医院/);
  assert.equal(statSync(join(w.folder, 'identity.json')).mode & 0o777, 0o600);
  const second = await enrolled(w);
  assert.equal(second.code, 1);
  assert.match(second.err, /already enrolled[^]*--again/);
  assert.equal(w.collector.enrolments.length, 1);
});

test('a wrong code is told with its mend and leaves no identity', async (t) => {
  const w = await world(t);
  const done = await w.run('enrol', '--collector', w.collector.url, '--code', 'WRONG');
  assert.equal(done.code, 1);
  assert.match(done.err, /CODE_UNKNOWN[^]*make a new one/);
  assert.deepEqual(readdirSync(w.folder), ['agent.yaml']);
});

test('reports arrive in order from zero, and what is acknowledged leaves the spool', async (t) => {
  const w = await world(t);
  await enrolled(w);
  const agent = w.start();
  await until('10 reports', () => reportsOf(w).length >= 10, agent.log);
  const reports = reportsOf(w);
  assert.deepEqual(
    reports.map((r) => r.seq),
    reports.map((_, i) => i),
  );
  assert.equal(reports[0]?.events?.[0]?.kind, 'agent.start');
  assert.ok(w.collector.frames.some((frame) => frame.t === 'clock'));
  await until('status with an empty spool', () => {
    const status = JSON.parse(readFileSync(join(w.folder, 'status.json'), 'utf8')) as {
      link: { state: string };
      spool: { reports: number };
    };
    return status.link.state === 'open' && status.spool.reports <= 1;
  });
});

test('after kill -9 the agent comes back with a new stream and tells that it left no word', async (t) => {
  const w = await world(t);
  await enrolled(w);
  const first = w.start();
  await until('reports of the first life', () => reportsOf(w).length >= 3, first.log);
  await killed(first, 'SIGKILL');
  const before = new Set(reportsOf(w).map((r) => r.stream));
  const second = w.start();
  await until(
    'reports of the second life',
    () => reportsOf(w).some((r) => !before.has(r.stream)),
    second.log,
  );
  assert.equal(w.collector.hellos.at(-1)?.journal.previousEnd, 'unknown');
  const fresh = reportsOf(w).filter((r) => !before.has(r.stream));
  assert.equal(fresh[0]?.seq, 0);
});

test('SIGTERM brings a last report, a goodbye and exit 0 within 5 s; the next life knows it', async (t) => {
  const w = await world(t);
  await enrolled(w);
  const agent = w.start();
  await until('reports', () => reportsOf(w).length >= 3, agent.log);
  const asked = performance.now();
  assert.equal(await killed(agent, 'SIGTERM'), 0);
  assert.ok(performance.now() - asked < 5000);
  assert.deepEqual(w.collector.goodbyes, ['stop']);
  assert.equal(reportsOf(w).at(-1)?.events?.at(-1)?.kind, 'agent.stop');
  const next = w.start();
  await until('the next hello', () => w.collector.hellos.length >= 2, next.log);
  const { journal } = w.collector.hellos.at(-1) ?? {};
  assert.deepEqual([journal?.previousEnd, journal?.previousReason], ['orderly', 'stop']);
});

test('a cut link loses nothing', async (t) => {
  const w = await world(t);
  await enrolled(w);
  const agent = w.start();
  await until('reports', () => reportsOf(w).length >= 3, agent.log);
  w.collector.cut();
  await until(
    'a second hello and more reports',
    () => w.collector.hellos.length >= 2 && reportsOf(w).length >= 8,
    agent.log,
  );
  const reports = reportsOf(w);
  assert.deepEqual(
    reports.map((r) => r.seq),
    reports.map((_, i) => i),
  );
});

test('where a proxy refuses WebSocket the same reports arrive by posts', async (t) => {
  const w = await world(t, { refuseUpgrades: true });
  await enrolled(w);
  const agent = w.start();
  await until('reports by post', () => reportsOf(w).length >= 5, agent.log);
  assert.ok(w.collector.refusedUpgrades >= 2);
  assert.equal(await killed(agent, 'SIGTERM'), 0);
  assert.deepEqual(w.collector.goodbyes, ['stop']);
  const reports = reportsOf(w);
  assert.deepEqual(
    reports.map((r) => r.seq),
    reports.map((_, i) => i),
  );
});
