import assert from 'node:assert/strict';
import { existsSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { isNamedError } from '../../shared/errors.ts';
import { decodeRecord } from '../../shared/backup/reported-event.ts';
import { decodeAgentFrame } from '../../shared/frame.ts';
import type { Status } from '../status.ts';
import { helpOf, type Io, languageOf, readFlags, UsageError } from './command.ts';
import { COMMANDS } from './index.ts';
import { wordOf } from './status.ts';
import { renderTable, widthOf } from './table.ts';

async function run(name: string, args: string[], language: 'zh' | 'en' = 'en') {
  const command = await COMMANDS[name]?.();
  assert.ok(command);
  const said = { out: '', err: '' };
  const io: Io = { out: (text) => (said.out += text), err: (text) => (said.err += text), env: {}, language };
  const { flags, words } = readFlags(command, args);
  const code = await command.run(flags, words, io);
  return { code, ...said };
}

async function folder(t: TestContext, config: string): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'niswatch-commands-'));
  t.after(() => rm(path, { recursive: true, force: true }));
  writeFileSync(join(path, 'agent.yaml'), config);
  return path;
}

test('check reads now, shows values with their meaning, and ends with the worst status', async (t) => {
  const data = await folder(
    t,
    'probes:\n  port: {targets: [{name: gone, port: 1}]}\n  mem: {criticalPercent: 100, warnPercent: 100}\n',
  );
  const fine = await run('check', ['mem', '--data', data], 'zh');
  assert.match(fine.out, /mem_total +[\d.]+ [KMGT]iB +物理内存总量/);
  assert.equal(fine.code, 0);
  const bad = await run('check', ['port:gone', '--data', data]);
  assert.match(bad.out, /CRITICAL +port:gone/);
  assert.equal(bad.code, 2);
  assert.equal((await run('check', ['--data', data])).code, 2);
});

test('check reads twice where a value is a rate', async (t) => {
  const { out } = await run('check', ['cpu', '--data', await folder(t, ''), '--json']);
  const { values } = JSON.parse(out) as { values: Record<string, number> };
  assert.ok(values.cpu_usage_active !== undefined && values.cpu_usage_active >= 0);
});

test('check of a name that is not there names the nearest', async (t) => {
  const data = await folder(t, '');
  await assert.rejects(run('check', ['dsik', '--data', data]), (error) => {
    assert.ok(error instanceof UsageError);
    assert.match(error.message, /nearest: disk/);
    return true;
  });
});

test('inspect prints frames that the wire accepts, and every column with its meaning', async (t) => {
  const data = await folder(t, '');
  const { out } = await run('inspect', ['--data', data], 'zh');
  const lines = out.split('\n').filter((line) => line.startsWith('{'));
  const frames = lines.map((line) => decodeAgentFrame(line));
  assert.ok(frames.some((frame) => frame.t === 'series' && frame.columns.includes('mem_total')));
  assert.ok(frames.some((frame) => frame.t === 'report' && frame.checks !== undefined));
  assert.match(out, /mem_total +\d+ +物理内存总量/);
});

test('inspect shows what is told of backup files, as the running agent knows them, and writes nothing beside it', async (t) => {
  const data = await folder(t, '');
  const backup = join(data, 'nis_20260101.sql');
  writeFileSync(backup, '-- MySQL dump\n');
  utimesSync(backup, 1_767_232_800, 1_767_232_800);
  const set = `{name: nis, folder: ${JSON.stringify(data)}, pattern: 'nis_*.sql'}`;
  writeFileSync(join(data, 'agent.yaml'), `probes:\n  backup: {sets: [${set}]}\n`);
  const known = {
    edition: 1,
    set: 'nis',
    path: backup,
    bytes: 14,
    modifiedAt: 1_767_232_800_000,
    judgedAt: 1,
  };
  const verdict = {
    format: 'mysqldump',
    content: 'INCOMPLETE',
    reason: 'cut',
    layer: 'L3',
    facts: { rows: 7 },
  };
  writeFileSync(join(data, 'backup-files.jsonl'), `${JSON.stringify({ ...known, verdict })}\n`);
  const before = readdirSync(data);
  const { out } = await run('inspect', ['--data', data, '--json']);
  const events = out
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .flatMap((line) => decodeAgentFrame(line))
    .flatMap((frame) => (frame.t === 'report' ? (frame.events ?? []) : []));
  const records = events.flatMap(({ kind, data }) => decodeRecord(kind, data) ?? []);
  const file = records.find((record) => record.of === 'file');
  assert.deepEqual([file?.path, file?.content, file?.facts], [backup, 'INCOMPLETE', { rows: 7 }]);
  const told = records.find((record) => record.of === 'set');
  assert.deepEqual(
    told?.rungs.map(({ state }) => state),
    ['yes', 'no', 'unknown', 'no', 'no', 'no'],
  );
  assert.deepEqual(readdirSync(data), before);
});

test('inspect prints what databases are asked, word by word', async (t) => {
  const data = await folder(
    t,
    'probes: {database: {connections: [{name: pg, engine: postgresql, port: 1}, {name: rest, engine: pgbackrest, output: /nowhere}]}}\n',
  );
  const { out } = await run('inspect', ['--data', data]);
  assert.match(
    out,
    /# What databases and backup tools are asked\npg \(postgresql\): SELECT archived_count, [^\n]* FROM pg_stat_archiver\n/,
  );
  assert.match(out, /\nrest \(pgbackrest\): pgbackrest info --output=json\n/);
});

test('discover writes a new file only', async (t) => {
  const data = await folder(t, '');
  const out = join(data, 'proposed.yaml');
  assert.ok((await run('discover', ['--out', out])).code <= 1);
  assert.ok(existsSync(out));
  await assert.rejects(run('discover', ['--out', out]), (e) => isNamedError(e, 'CONFLICT'));
});

test('status without a running agent is an error with its mend', async (t) => {
  const data = await folder(t, '');
  await assert.rejects(run('status', ['--data', data]), (e) => isNamedError(e, 'NOT_FOUND'));
});

test('status tells running, impaired, stopped and dead apart', () => {
  const status = {
    at: 100_000,
    link: { state: 'open' },
    spool: { lost: {} },
    probes: [{ name: 'cpu', intervalMs: 1, errors: 0 }],
  } as unknown as Status;
  assert.equal(wordOf(status, 105_000), 'running');
  assert.equal(wordOf({ ...status, link: { ...status.link, state: 'waiting' } }, 105_000), 'impaired');
  const failing = { name: 'cpu', intervalMs: 1, errors: 1, failing: 'PROBE_FAILED' };
  assert.equal(wordOf({ ...status, probes: [failing] }, 105_000), 'impaired');
  assert.equal(wordOf({ ...status, stoppedAt: 100_000 }, 105_000), 'stopped');
  assert.equal(wordOf(status, 200_000), 'dead');
});

test('every command has help in both languages that names all its flags', async () => {
  for (const [name, load] of Object.entries(COMMANDS)) {
    const command = await load();
    assert.equal(command.name, name);
    for (const language of ['zh', 'en'] as const) {
      const help = helpOf(command, language);
      for (const flag of Object.keys(command.flags))
        assert.ok(help.includes(`--${flag}`), `${name} --${flag}`);
    }
  }
});

test('the language follows the flag, then the environment', () => {
  assert.equal(languageOf('en', { LANG: 'zh_CN.UTF-8' }), 'en');
  assert.equal(languageOf(undefined, { LANG: 'zh_CN.UTF-8' }), 'zh');
  assert.equal(languageOf(undefined, { LANG: 'zh_CN.UTF-8', LC_ALL: 'C' }), 'en');
});

test('columns line up where Chinese characters take two places', () => {
  assert.equal(widthOf('磁盘a'), 5);
  assert.equal(
    renderTable([
      ['磁盘', 'x'],
      ['ab', 'y'],
    ]),
    '磁盘  x\nab    y\n',
  );
});
