// `npm start` as a person meets it: this machine's real figures on a live page, a clean end, and the next start that goes on.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { hostname } from 'node:os';
import { basename, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { chromium } from 'playwright-core';
import { parse } from 'yaml';
import { bytes as renderBytes } from '../../collector/page/client/format.ts';
import { runOnce } from '../../tools/processes.ts';
import { dumpOf } from '../support/dump.ts';
import { openNginx } from '../support/nginx.ts';
import { freePort, temporaryFolder, until } from '../support/programs.ts';
import { atEnd } from '../support/scope.ts';
import type { HostItem, SeriesReply } from '../support/story.ts';

const root = join(import.meta.dirname, '..', '..');
const READY_WITHIN_MS = 180_000;
const HOUR_MS = 3_600_000;

interface Start {
  readonly pid: number;
  readonly port: number;
  readonly data: string;
  /** Standard output and error, in the order in which they were written. */
  output(): string;
  /** The address of the ready line. */
  ready(): Promise<string>;
  /** Collector and agent. */
  children(): number[];
  /** Exit code or signal, once it has ended. */
  ended: Promise<number | string>;
  api<T>(path: string): Promise<T>;
}

/** Runs what `npm start` runs. */
function npmStart(t: TestContext, data: string, port: number | string): Start {
  const child: ChildProcess = spawn(process.execPath, [join(root, 'tools', 'start.ts')], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PORT: String(port), NISWATCH_DATA: data },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => (output += text));
  const ended = new Promise<number | string>((done) =>
    child.once('close', (code, signal) => done(code ?? signal ?? '')),
  );
  atEnd(t, async () => {
    // Killed, not stopped: whatever the story left running stops by itself.
    child.kill('SIGKILL');
    await ended;
  });
  const pid = child.pid ?? 0;
  return {
    pid,
    port: Number(port),
    data,
    output: () => output,
    ended,
    ready: () =>
      until('the ready line', READY_WITHIN_MS, () => {
        if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}:\n${output}`);
        return /^niswatch ready (http:\S+)$/m.exec(output)?.[1];
      }),
    children: () =>
      readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
    async api<T>(path: string): Promise<T> {
      const answer = await fetch(`http://127.0.0.1:${port}${path}`, { headers: bearer(data) });
      assert.equal(answer.status, 200, path);
      return (await answer.json()) as T;
    },
  };
}

function bearer(data: string): { authorization: string } {
  return { authorization: `Bearer ${readFileSync(join(data, 'admin.token'), 'utf8').trim()}` };
}

/** A zombie has ended; who reaps it is the machine's business. */
function isRunning(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** Ports that the kernel deals out by chance are not proposed by discovery. */
async function portOfService(): Promise<number> {
  for (let port = 20_000 + (process.pid % 5000); ; port++) {
    const server = createServer();
    const isFree = await new Promise<boolean>((done) => {
      server.once('error', () => done(false));
      server.listen(port, '127.0.0.1', () => server.close(() => done(true)));
    });
    if (isFree) return port;
  }
}

interface Machine {
  web: { port: number; pid: number };
  backups: { folder: string; newestAt: number; bytes: number; copies: number };
}

/** A running web server, and a week of nightly exports where a hospital would keep them. */
async function furnish(t: TestContext): Promise<Machine> {
  // Under a name of its own: other stories run nginx at the same time, and two of one name cannot be told apart.
  const web = await openNginx(t, { port: await portOfService(), name: 'httpd' });
  await web.start();
  mkdirSync('/var/backups', { recursive: true });
  const folder = mkdtempSync('/var/backups/niswatch-story-');
  atEnd(t, () => rmSync(folder, { recursive: true, force: true }));
  const newestAt = Math.floor(Date.now() / 1000) * 1000 - 3 * HOUR_MS;
  const copies = 7;
  for (let night = 0; night < copies; night++) {
    const at = newestAt - night * 24 * HOUR_MS;
    const path = join(folder, `nis-${new Date(at).toISOString().slice(0, 10)}.sql.gz`);
    writeFileSync(path, gzipSync(dumpOf(at)));
    utimesSync(path, at / 1000, at / 1000);
  }
  const bytes = gzipSync(dumpOf(newestAt)).length;
  return { web: { port: web.port, pid: web.pid() }, backups: { folder, newestAt, bytes, copies } };
}

interface Latest {
  at: number;
  values: Record<string, number>;
}

/** The numbers of the last line that begins so. */
async function numbersOf(command: readonly string[], head: string): Promise<number[]> {
  const line = (await runOnce(command)).split('\n').findLast((each) => each !== '' && each.startsWith(head));
  return (line ?? '').slice(head.length).trim().split(/\s+/).map(Number);
}

/** Figures move between two readings; a reading that agrees comes soon, and one that is wrong never does. */
async function agree(
  what: string,
  look: () => Promise<[name: string, ours: number, theirs: number, within: number][]>,
) {
  let differing: string[] = [];
  await until(
    `${what} to agree`,
    40_000,
    async () => {
      differing = (await look())
        .filter(([, ours, theirs, within]) => !(Math.abs(ours - theirs) <= within))
        .map(([name, ours, theirs]) => `${name}: ${ours}, and ${theirs} by ${what}`);
      if (differing.length > 0) throw new Error(differing.join('; '));
      return true;
    },
    500,
  );
}

const MIB = 1024 ** 2;

async function agreesWithTheMachine(start: Start, host: string): Promise<void> {
  const latest = async (): Promise<Record<string, number>> =>
    (await start.api<Latest>(`/api/v1/hosts/${host}/latest`)).values;
  const value = (values: Record<string, number>, key: string): number => values[key] ?? Number.NaN;
  await agree('df', async () => {
    const [size = 0, used = 0, free = 0] = await numbersOf(
      ['df', '-B1', '--output=size,used,avail', '/'],
      '',
    );
    const values = await latest();
    return [
      ['total', value(values, 'disk_total{path="/"}'), size, 0],
      ['used', value(values, 'disk_used{path="/"}'), used, 32 * MIB],
      ['free', value(values, 'disk_free{path="/"}'), free, 32 * MIB],
      ['percent', value(values, 'disk_used_percent{path="/"}'), (100 * used) / (used + free), 0.1],
    ];
  });
  await agree('free', async () => {
    const [total = 0, , , , , available = 0] = await numbersOf(['free', '-b'], 'Mem:');
    const values = await latest();
    return [
      ['total', value(values, 'mem_total'), total, 0],
      ['available', value(values, 'mem_available'), available, total / 100],
      ['percent', value(values, 'mem_used_percent'), (100 * (total - available)) / total, 1],
    ];
  });
  await agree('uptime', async () => {
    const [up = 0] = readFileSync('/proc/uptime', 'utf8').split(' ').map(Number);
    return [['uptime', value(await latest(), 'system_uptime'), up, 10]];
  });
}

async function discovered(start: Start, host: string, { web, backups }: Machine): Promise<void> {
  const { values } = await start.api<Latest>(`/api/v1/hosts/${host}/latest`);
  const { items } = await start.api<{ items: { id: string; status: string; text: string }[] }>(
    `/api/v1/hosts/${host}/checks`,
  );
  const check = (id: string) => items.find((item) => item.id === id);
  assert.equal(values['service_up{name="apache"}'], 1);
  assert.match(check('service:apache')?.text ?? '', new RegExp(`\\b${web.pid}\\b`));
  const family = await runOnce(['ps', '-o', 'rss=', '--pid', String(web.pid), '--ppid', String(web.pid)]);
  const rss = family.split('\n').filter(Boolean).map(Number);
  assert.equal(values['service_processes{name="apache"}'], rss.length);
  const rssBytes = rss.reduce((sum, kib) => sum + kib * 1024, 0);
  const ours = values['service_memory_rss{name="apache"}'] ?? 0;
  assert.ok(Math.abs(ours - rssBytes) <= rssBytes / 10, `rss ${ours}, by ps ${rssBytes}`);
  assert.equal(values[`http_up{target="apache-${web.port}"}`], 1);

  const config = parse(readFileSync(join(start.data, 'agent', 'agent.yaml'), 'utf8')) as {
    probes: { backup: { sets: { name: string; folder: string }[] } };
  };
  const sets = config.probes.backup.sets.filter((set) => set.folder === backups.folder);
  assert.equal(sets.length, 1, basename(backups.folder));
  const label = `{set=${JSON.stringify(sets[0]?.name)}}`;
  assert.equal(values[`backup_size_bytes${label}`], backups.bytes);
  assert.equal(values[`backup_copies${label}`], backups.copies);
  const age = (Date.now() - backups.newestAt) / 1000;
  assert.ok(Math.abs((values[`backup_age_seconds${label}`] ?? 0) - age) < 90, label);
  assert.equal(check(`backup:${sets[0]?.name}`)?.status, 'ok');
}

function cpuOf(start: Start, host: string, from: number): Promise<SeriesReply> {
  return start.api(
    `/api/v1/series?host=${host}&metric=cpu_usage_active&from=${from}&to=${Date.now()}&step=1s`,
  );
}

async function moves(start: Start, host: string): Promise<void> {
  const readyAt = Date.now();
  await until('two readings of the processor', 60_000, async () => {
    const { series } = await cpuOf(start, host, readyAt - 20_000);
    return (series[0]?.points.length ?? 0) >= 2;
  });
  const end = new AbortController();
  const timer = setTimeout(() => end.abort(), 60_000);
  const answer = await fetch(`http://127.0.0.1:${start.port}/api/v1/live?host=${host}`, {
    headers: bearer(start.data),
    signal: end.signal,
  });
  let said = '';
  for await (const chunk of answer.body ?? []) {
    said += Buffer.from(chunk).toString();
    if (/^event: values$/m.test(said) && /^event: host$/m.test(said)) break;
  }
  clearTimeout(timer);
  assert.match(said, new RegExp(`"${host}"`));
}

async function pageIsLive(
  t: TestContext,
  address: string,
  host: string,
  { web: { port }, backups }: Machine,
): Promise<void> {
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--headless', '--disable-gpu', '--disable-background-networking'],
  });
  atEnd(t, () => browser.close());
  const page = await (await browser.newContext({ locale: 'zh-CN' })).newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  await page.goto(address);
  await page.locator('.hosts .row-link', { hasText: hostname() }).click();
  await page.waitForURL(`**/hosts/${host}`);
  const figures = page.locator('.figures');
  await page.locator('tr', { hasText: 'apache' }).first().getByText('运行').first().waitFor();
  await page.locator('tr', { hasText: 'nis' }).getByText(renderBytes(backups.bytes)).first().waitFor();
  assert.match(await figures.innerText(), /\/\s+\d+(\.\d+)?\s*%/);
  // On a busy machine the processor may stay at 100%; the time that the web server takes to answer does not.
  const target = page.locator('tr', { hasText: `apache-${port}` });
  const shown = async () => `${await figures.innerText()}\n${await target.innerText()}`;
  const before = await shown();
  await until(`figures to move from ${before}`, 90_000, async () => (await shown()) !== before);
  const pictures = process.env.NISWATCH_PICTURES;
  if (pictures) {
    mkdirSync(pictures, { recursive: true });
    await page.screenshot({ path: join(pictures, 'start-host.png'), fullPage: true });
    await page.goto(new URL('/', address).href);
    await page.waitForSelector('.hosts .row-link');
    await page.screenshot({ path: join(pictures, 'start-board.png'), fullPage: true });
  }
  assert.deepEqual(errors, []);
}

async function onlyHost(start: Start): Promise<HostItem> {
  const { items } = await start.api<{ items: HostItem[] }>('/api/v1/hosts');
  assert.equal(items.length, 1);
  const [host] = items as [HostItem];
  assert.deepEqual([host.name, host.verdict.word], [hostname(), 'up']);
  return host;
}

test('npm start shows this machine live, ends cleanly, and goes on where it was', async (t) => {
  const data = join(temporaryFolder(t, 'niswatch-start'), 'data');
  const machine = await furnish(t);
  const startedAt = Date.now();
  const first = npmStart(t, data, await freePort());
  const address = await first.ready();
  t.diagnostic(`ready after ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
  const { id } = await onlyHost(first);

  await t.test('its figures agree with df, free and ps', () => agreesWithTheMachine(first, id));
  await t.test('the web server and the backups of this machine were found', () =>
    discovered(first, id, machine),
  );
  await t.test('figures move', () => moves(first, id));
  await t.test('the page at the printed address is live', (t) => pageIsLive(t, address, id, machine));
  await t.test('its words are few, and the log is elsewhere', () => {
    const lines = first.output().trim().split('\n');
    assert.ok(lines.length <= 6 && lines.every((line) => line.startsWith('niswatch')), first.output());
    assert.match(lines.at(-1) ?? '', /^niswatch ready /);
    assert.match(readFileSync(join(data, 'collector.log'), 'utf8'), /the collector listens/);
    assert.match(readFileSync(join(data, 'agent.log'), 'utf8'), /agent started/);
  });
  await t.test('a second start on the same port says so and harms nothing', async (t) => {
    const again = npmStart(t, data, first.port);
    assert.equal(await again.ended, 1);
    assert.match(again.output(), new RegExp(`port ${first.port} is used.*PORT=${first.port + 1} npm start`));
    const elsewhere = npmStart(t, data, await freePort());
    assert.equal(await elsewhere.ended, 1);
    assert.match(elsewhere.output(), /open in another process/);
    assert.equal((await onlyHost(first)).id, id);
  });

  const children = first.children();
  assert.equal(children.length, 2);
  process.kill(first.pid, 'SIGINT');
  assert.equal(await first.ended, 0);
  assert.deepEqual(children.filter(isRunning), []);
  assert.match(first.output(), /\nniswatch stopped\n$/);
  const stoppedAt = Date.now();

  const second = npmStart(t, data, await freePort());
  await second.ready();
  await t.test('a second start has the same host and its history', async () => {
    assert.equal((await onlyHost(second)).id, id);
    await until('points from before the stop and after it', 60_000, async () => {
      const points = (await cpuOf(second, id, startedAt)).series.flatMap((series) => series.points);
      return points.some(([at]) => at < stoppedAt - 1000) && points.some(([at]) => at > stoppedAt);
    });
  });

  const orphans = second.children();
  process.kill(second.pid, 'SIGKILL');
  await until('collector and agent to stop by themselves', 60_000, () => !orphans.some(isRunning));
  const third = npmStart(t, data, second.port);
  await third.ready();
  await t.test('a start after a kill goes on as well', async () => {
    assert.equal((await onlyHost(third)).id, id);
    assert.equal((await third.api<{ items: unknown[] }>('/api/v1/alerts?state=firing')).items.length, 0);
  });
  process.kill(third.pid, 'SIGINT');
  assert.equal(await third.ended, 0);
});

test('a port that is none is refused by name', async (t) => {
  const start = npmStart(t, temporaryFolder(t), 'eighty');
  assert.equal(await start.ended, 1);
  assert.match(start.output(), /PORT=eighty is not a port/);
});
