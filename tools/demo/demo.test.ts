// The demonstration as a user starts it, small: three hospitals, three days.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { freePort } from '../../tests/support/programs.ts';
import { runOnce, until } from '../processes.ts';

const root = join(import.meta.dirname, '..', '..');
const script = join(import.meta.dirname, 'demo.ts');
const node = [process.execPath, '--disable-warning=ExperimentalWarning'];
const folder = mkdtempSync(join(tmpdir(), 'niswatch-demo-'));
const HOURS = 3_600_000;
let port = 0;
let demo: ChildProcess;
let said = '';

before(async () => {
  port = await freePort();
  const size = ['--hospitals', '3', '--days', '3', '--dir', folder, '--port', String(port)];
  demo = spawn(node[0] as string, [...node.slice(1), script, ...size], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  demo.stdout?.setEncoding('utf8').on('data', (text: string) => (said += text));
  demo.stderr?.setEncoding('utf8').on('data', (text: string) => (said += text));
  await until('the demonstration to be ready', 240_000, () => {
    if (demo.exitCode !== null) throw new Error(said);
    return said.includes('niswatch demo ready');
  });
});

after(async () => {
  const ended = new Promise((done) => demo.once('close', done));
  demo.kill('SIGTERM');
  await ended;
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

async function get<T>(
  path: string,
  token = readFileSync(join(folder, 'admin.token'), 'utf8').trim(),
): Promise<T> {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  assert.equal(answer.status, 200, `${path}: ${answer.status}`);
  return (await answer.json()) as T;
}

interface Host {
  id: string;
  hospital: { name: string };
  verdict: { word: string };
}

test('the board has every host: those that are played are up, the cut hospital is silent as a whole', async () => {
  const hosts = await until('all played hosts to be up', 120_000, async () => {
    const { items: hosts } = await get<{ items: Host[] }>('/api/v1/hosts');
    return hosts.filter((host) => host.verdict.word === 'up').length === 3 && hosts;
  });
  assert.deepEqual(hosts.map((host) => host.verdict.word).sort(), [
    'site-silent',
    'site-silent',
    'up',
    'up',
    'up',
  ]);
});

test('incidents of each kind stand open, some of them taken over', async () => {
  const { items: alerts } = await get<{ items: { rule: string; state: string }[] }>('/api/v1/alerts');
  const rules = new Set(alerts.map((alert) => alert.rule));
  for (const rule of ['silence', 'service-down', 'disk-filling', 'clock-off', 'backup-old', 'backup-suspect'])
    assert.ok(rules.has(rule), `no open alert of ${rule}; there are: ${[...rules].join(', ')}`);
  assert.ok(alerts.some((alert) => alert.state === 'acknowledged'));
});

test('backup sets have files, a ladder and what can be restored', async () => {
  const { items: sets } = await get<{ items: { rung: number; copies: number; lastAt: number | null }[] }>(
    '/api/v1/backups',
  );
  assert.ok(sets.length >= 3, `${sets.length} sets`);
  assert.ok(sets.every((set) => set.rung >= 1 && set.copies > 3));
  assert.ok(sets.some((set) => set.rung >= 4 && set.lastAt !== null));
});

test('/prom answers a reader with the token that is printed, from history to the present', async () => {
  const token = readFileSync(join(folder, 'grafana.token'), 'utf8').trim();
  assert.ok(said.includes(token));
  const to = Date.now() / 1000;
  const query = new URLSearchParams({
    query: 'count by (hospital) (cpu_usage_active)',
    start: String(to - 71 * 3600),
    end: String(to),
    step: '3600',
  });
  const { data } = await get<{ data: { result: { values: [number, string][] }[] } }>(
    `/prom/api/v1/query_range?${query}`,
    token,
  );
  assert.equal(data.result.length, 3);
  const points = data.result.map(({ values }) => values.length);
  assert.ok(Math.max(...points) >= 70, `points: ${points.join(', ')}`);
});

test('the played agents move the page', async () => {
  const { items: hosts } = await get<{ items: Host[] }>('/api/v1/hosts');
  const id = hosts.find((host) => host.verdict.word === 'up')?.id ?? '';
  const readAt = async (): Promise<number> => (await get<{ at: number }>(`/api/v1/hosts/${id}/latest`)).at;
  const first = await readAt();
  assert.ok(Date.now() - first < HOURS / 12);
  await until('a newer reading', 90_000, async () => (await readAt()) > first);
});

test('an inspection report of a demonstration hospital is made', async () => {
  const { items: hospitals } = await get<{ items: { name: string }[] }>('/api/v1/hospitals');
  const out = join(folder, 'report.html');
  const name = hospitals[0]?.name ?? '';
  const main = join(root, 'collector', 'main.ts');
  await runOnce([
    ...node,
    main,
    'report',
    'backup-inspection',
    '--hospital',
    name,
    '--out',
    out,
    '--data',
    folder,
  ]);
  const text = readFileSync(out, 'utf8');
  assert.ok(text.includes(name) && text.includes('nis-'), text.slice(0, 500));
});

test('a folder of somebody else is left alone', async () => {
  const other = mkdtempSync(join(tmpdir(), 'niswatch-demo-'));
  writeFileSync(join(other, 'state.db'), 'precious');
  await assert.rejects(
    runOnce([...node, script, '--hospitals', '1', '--days', '2', '--no-live', '--dir', other]),
    /holds something else/,
  );
  assert.equal(readFileSync(join(other, 'state.db'), 'utf8'), 'precious');
  rmSync(other, { recursive: true });
});

test('a wrong option is named, with what it may be', async () => {
  await assert.rejects(
    runOnce([...node, script, '--days', '0']),
    /--days 0: give a whole number from 2 to 60/,
  );
  assert.match(await runOnce([...node, script, '--help']), /--hospitals N/);
});
