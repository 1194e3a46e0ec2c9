// `npm start`: the collector with its embedded store, and this machine as its first host. Everything lives in one folder
// (`NISWATCH_DATA`, default ./data), so that a second start goes on where the first one was. Ctrl-C stops both cleanly; if this
// program is killed, both stop by themselves. Their logs go to files, so that the line with the address stays in sight.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { identityPath, readIdentity, writeIdentity } from '../agent/identity/identity.ts';
import { AGENT_FLAGS, buildAgent } from './build.ts';
import { startCompanion, type Companion } from './companion.ts';
import { runOnce, until } from './processes.ts';

const root = join(import.meta.dirname, '..');
const data = resolve(process.env.NISWATCH_DATA || join(root, 'data'));
const port = Number(process.env.PORT || 8080);
const url = `http://127.0.0.1:${port}`;
const HOSPITAL = '本机';
const agentFolder = join(data, 'agent');
const agentConfig = join(agentFolder, 'agent.yaml');
const identityFile = identityPath(agentFolder);
const collectorFlags = ['--data', data];
const agentFlags = ['--config', agentConfig, '--data', agentFolder];
const node = [process.execPath, '--disable-warning=ExperimentalWarning'];
const collectorCommand = [...node, join(root, 'collector', 'main.ts')];
/** What the board shows of a host; the processor's figure comes last, because it needs two readings. */
const SHOWN = ['cpu_usage_active', 'mem_used_percent', 'disk_used_percent{path='];
const DEMO_INTERVAL = `# 演示用：每 5 秒读取一次，页面变化更明显。医院现场请删去本行，默认 15s 一次，对服务器影响更小。
# For this demonstration only; in a hospital leave the line out: the default is 15s.
interval: 5s

`;

const companions: Companion[] = [];
const interrupted = new AbortController();
let stopping: Promise<void> | undefined;

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function start(name: string, command: readonly string[], onLine: (line: string) => void): Companion {
  const companion = startCompanion({
    name,
    command,
    folder: root,
    log: join(data, `${name}.log`),
    onLine,
    onEnd(how) {
      if (stopping) return;
      void stop(1, `the ${name} ended unexpectedly (${how}):\n${companion.lastWords()}`);
    },
  });
  companions.push(companion);
  return companion;
}

/** Ends everything, once. `why` is told on standard error when it is a failure. */
function stop(code: number, why?: string): Promise<void> {
  stopping ??= (async () => {
    interrupted.abort();
    if (why !== undefined) process.stderr.write(`niswatch: ${why}\n`);
    // The agent first: its goodbye must find the collector alive.
    for (const companion of companions.toReversed()) await companion.end();
    if (why === undefined) say('niswatch stopped');
    process.exit(code);
  })();
  return stopping;
}

/** Before anything is opened: the usual mistake is a second start. */
async function refuseTakenPort(): Promise<void> {
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new Error(`PORT=${process.env.PORT} is not a port; give a number from 1 to 65535`);
  }
  const probe = createServer();
  await new Promise<void>((done, fail) => {
    probe.once('error', (cause: NodeJS.ErrnoException) => {
      const why =
        cause.code === 'EADDRINUSE' ? 'is used by another program' : `cannot be used (${cause.code})`;
      fail(
        new Error(
          `port ${port} ${why}. Is niswatch running already? Otherwise take another: PORT=${port + 1} npm start`,
        ),
      );
    });
    probe.listen(port, '127.0.0.1', done);
  });
  await new Promise((done) => probe.close(done));
}

async function startCollector(): Promise<string> {
  let ready: string | undefined;
  start('collector', [...collectorCommand, 'serve', ...collectorFlags, '--port', String(port)], (line) => {
    ready = /^niswatch ready (\S+)/.exec(line)?.[1] ?? ready;
  });
  return until('the collector to be ready', 60_000, () => ready);
}

/** Before the collector runs, so that it is not found as a service of this machine. */
async function proposeConfig(agent: readonly string[]): Promise<void> {
  if (existsSync(agentConfig)) return;
  say('niswatch: looking for volumes, services and backup folders of this machine');
  const proposal = await runOnce([...agent, 'discover', '--data', agentFolder], {
    signal: interrupted.signal,
  });
  writeFileSync(agentConfig, DEMO_INTERVAL + proposal);
  say(`niswatch: wrote ${agentConfig}; it alone says what is read`);
}

/** The same host as at the last start; anew when this collector does not know it (its state was removed). */
async function ensureEnrolled(agent: readonly string[]): Promise<string> {
  const known = readIdentity(identityFile, process.platform);
  if (known && (await api(`/api/v1/hosts/${known.host.id}`)).ok) {
    // PORT may be another than last time.
    if (known.urls[0] !== url) writeIdentity(identityFile, { ...known, urls: [url] });
    return known.host.id;
  }
  const signal = interrupted.signal;
  const wish = ['--hospital', HOSPITAL, '--host', hostname(), '--json'];
  const printed = await runOnce([...collectorCommand, 'enrol', ...wish, ...collectorFlags], { signal });
  const { code } = JSON.parse(printed) as { code: string };
  const how = ['--collector', url, '--code', code, ...(known ? ['--again'] : [])];
  await runOnce([...agent, 'enrol', ...how, ...agentFlags], { signal });
  return readIdentity(identityFile, process.platform)?.host.id ?? '';
}

function api(path: string): Promise<Response> {
  const token = readFileSync(join(data, 'admin.token'), 'utf8').trim();
  return fetch(`${url}${path}`, { headers: { authorization: `Bearer ${token}` } });
}

/** The page is live when it can show this machine's own newest values. */
async function waitForLiveData(host: string, since: number): Promise<void> {
  await until('the first readings of this machine', 60_000, async () => {
    const answer = await api(`/api/v1/hosts/${host}/latest`);
    if (!answer.ok) return false;
    const { at, values } = (await answer.json()) as { at: number | null; values: Record<string, number> };
    const keys = Object.keys(values);
    return (at ?? 0) >= since && SHOWN.every((name) => keys.some((key) => key.startsWith(name)));
  });
}

async function main(): Promise<void> {
  await refuseTakenPort();
  mkdirSync(agentFolder, { recursive: true, mode: 0o700 });
  const agent = [process.execPath, ...AGENT_FLAGS, buildAgent()];
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop(0));
  await proposeConfig(agent);
  const link = await startCollector();
  const host = await ensureEnrolled(agent);
  const startedAt = Date.now();
  start('agent', [...agent, 'run', ...agentFlags], say);
  await waitForLiveData(host, startedAt);
  say(`niswatch: all is kept in ${data}, with collector.log and agent.log; Ctrl-C stops`);
  say(`niswatch ready ${link}`);
}

main().catch((error: Error) => stop(1, error.message));
