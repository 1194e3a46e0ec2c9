import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { isNamedError } from '../shared/errors.ts';
import { loadConfig } from './config.ts';
import { refuseSecondAgent, tellJournal } from './journal.ts';
import { VERSION } from './version.ts';

async function file(t: TestContext, text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'niswatch-config-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, 'agent.yaml');
  writeFileSync(path, text);
  return path;
}

const intervalOf = (probes: Readonly<Record<string, unknown>>, name: string): unknown =>
  (probes[name] as { interval?: unknown }).interval;

test('without keys every probe has its defaults', async (t) => {
  const { config } = await loadConfig({ file: await file(t, '') });
  assert.equal(intervalOf(config.probes, 'cpu'), 15_000);
  assert.deepEqual(config.collector.urls, []);
});

test('the common interval reaches the probes that have none of their own', async (t) => {
  const path = await file(t, 'interval: 5s\nprobes:\n  disk: {interval: 30s}\n  mem:\n');
  const { config } = await loadConfig({ file: path });
  const { probes } = config;
  assert.deepEqual(
    ['cpu', 'mem', 'disk', 'clock'].map((n) => intervalOf(probes, n)),
    [5000, 5000, 30_000, 60_000],
  );
});

test('an unknown key is an error that names file, key and the nearest known one', async (t) => {
  const path = await file(t, 'probes:\n  dsik: {}\n');
  await assert.rejects(loadConfig({ file: path }), (error) => {
    assert.ok(isNamedError(error, 'CONFIG_UNKNOWN_KEY'));
    assert.match(error.message, /agent\.yaml: probes\.dsik .*nearest: disk/);
    return true;
  });
});

test('a broken interval is named by the schema, not swallowed', async (t) => {
  const path = await file(t, 'interval: soon\n');
  await assert.rejects(
    loadConfig({ file: path }),
    (e) => isNamedError(e, 'CONFIG_BAD_VALUE') && /interval/.test(e.message),
  );
});

test('a file that is named must exist; the one in the data folder is found', async (t) => {
  await assert.rejects(loadConfig({ file: '/nowhere/agent.yaml' }), (e) =>
    isNamedError(e, 'CONFIG_UNREADABLE'),
  );
  const path = await file(t, 'log: {level: debug}\n');
  const data = join(path, '..');
  const loaded = await loadConfig({ data });
  assert.equal(loaded.config.log.level, 'debug');
  assert.equal(loaded.dataFolder, data);
});

test('the version is that of the package', () => {
  const text = readFileSync(join(import.meta.dirname, '..', 'package.json'), 'utf8');
  assert.equal(VERSION, (JSON.parse(text) as { version: string }).version);
});

const run = { pid: 7, startedAt: 1, aliveAt: 100_000, boot: 'b', bootAt: 0 };

test('a second agent on one data folder is refused while the first lives', () => {
  const now = { pid: 8, at: 105_000, boot: 'b', isAlive: () => true };
  assert.throws(
    () => refuseSecondAgent(run, now),
    (e) => isNamedError(e, 'CONFLICT'),
  );
  const fine = [
    [run, { ...now, isAlive: () => false }],
    [run, { ...now, at: 500_000 }],
    [run, { ...now, boot: 'other' }],
    [{ ...run, end: { reason: 'stop', at: 100_000 } }, now],
    [undefined, now],
  ] as const;
  for (const [previous, at] of fine) refuseSecondAgent(previous, at);
});

test('the journal tells an orderly end from none', () => {
  assert.deepEqual(tellJournal(undefined, 5), { startedAt: 5 });
  assert.equal(tellJournal(run, 5).previousEnd, 'unknown');
  const ended = tellJournal({ ...run, end: { reason: 'shutdown', at: 9 } }, 5);
  assert.deepEqual(
    [ended.previousEnd, ended.previousReason, ended.previousAliveAt],
    ['orderly', 'shutdown', 9],
  );
});
