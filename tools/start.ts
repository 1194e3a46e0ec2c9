// `npm start`: the collector with its embedded store, and this machine as its first host. Everything lives in one folder
// (`NISWATCH_DATA`, default ./data), so that a second start goes on where the first one was. Ctrl-C stops both cleanly.

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { runOnce, until } from './processes.ts';
import { AGENT_FLAGS, buildAgent } from './build.ts';

const root = join(import.meta.dirname, '..');
const data = resolve(process.env.NISWATCH_DATA ?? join(root, 'data'));
const port = Number(process.env.PORT ?? 8080);
const HOSPITAL = '本机';
const agentFolder = join(data, 'agent');
const agentConfig = join(agentFolder, 'agent.yaml');
const collectorFlags = ['--data', data];
const agentFlags = ['--config', agentConfig, '--data', agentFolder];
const collectorCommand = [
  process.execPath,
  '--disable-warning=ExperimentalWarning',
  join(root, 'collector', 'main.ts'),
];

const children: { name: string; child: ChildProcess }[] = [];
let stopping: Promise<void> | undefined;

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function startChild(name: string, command: readonly string[], onLine: (line: string) => void): ChildProcess {
  const [file, ...args] = command as [string, ...string[]];
  // In a group of its own: Ctrl-C reaches this program alone, which then stops the agent before the collector, so that
  // the agent can say goodbye. Standard input tells the child when this program is gone, however it went.
  const child = spawn(file, args, {
    cwd: root,
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
    // A share that hangs holds one of these threads; four of them would stop all file work of the agent.
    env: { ...process.env, NISWATCH_PARENT: 'stdin', UV_THREADPOOL_SIZE: '16' },
  });
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    lines.forEach(onLine);
  });
  child.on('exit', (code, signal) => {
    if (stopping) return;
    say(`niswatch: the ${name} ended unexpectedly (${signal ?? code}); stopping`);
    process.exitCode = 1;
    void stop();
  });
  children.push({ name, child });
  return child;
}

function stop(): Promise<void> {
  stopping ??= (async () => {
    // The agent first: its goodbye must find the collector alive.
    for (const { child } of children.toReversed()) await end(child);
    process.exit();
  })();
  return stopping;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  child.kill('SIGTERM');
  const force = setTimeout(() => child.kill('SIGKILL'), 15_000);
  await ended;
  clearTimeout(force);
}

async function startCollector(): Promise<string> {
  let ready: string | undefined;
  const child = startChild(
    'collector',
    [...collectorCommand, 'serve', ...collectorFlags, '--port', String(port)],
    (line) => {
      const found = /^niswatch ready (\S+)/.exec(line)?.[1];
      if (found) ready = found;
      else say(line);
    },
  );
  return until('the collector to be ready', 60_000, () => {
    if (child.exitCode !== null) throw new Error('the collector did not start; see the lines above');
    return ready;
  });
}

async function prepareAgent(node: readonly string[]): Promise<void> {
  mkdirSync(agentFolder, { recursive: true, mode: 0o700 });
  if (!existsSync(agentConfig)) {
    say('niswatch: looking for volumes, services and backup folders of this machine');
    writeFileSync(agentConfig, await runOnce([...node, 'discover', '--data', agentFolder]));
    say(`niswatch: wrote ${agentConfig}; it alone says what is read`);
  }
  if (!existsSync(join(agentFolder, 'identity.json'))) {
    const printed = await runOnce([
      ...collectorCommand,
      'enrol',
      '--hospital',
      HOSPITAL,
      '--host',
      hostname(),
      '--json',
      ...collectorFlags,
    ]);
    const { code } = JSON.parse(printed) as { code: string };
    await runOnce([
      ...node,
      'enrol',
      '--collector',
      `http://127.0.0.1:${port}`,
      '--code',
      code,
      ...agentFlags,
    ]);
  }
}

/** The page is live when this machine's own newest values can be read. */
async function waitForLiveData(): Promise<void> {
  const token = readFileSync(join(data, 'admin.token'), 'utf8').trim();
  const host = (
    JSON.parse(readFileSync(join(agentFolder, 'identity.json'), 'utf8')) as { host: { id: string } }
  ).host.id;
  const startedAt = Date.now();
  await until('the first report of this machine', 60_000, async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/hosts/${host}/latest`, {
      headers: { authorization: `Bearer ${token}` },
    });
    if (!answer.ok) return false;
    const { at } = (await answer.json()) as { at: number };
    return at >= startedAt - 2000;
  });
}

async function main(): Promise<void> {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop());
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const main = buildAgent();
  const node = [process.execPath, ...AGENT_FLAGS, main];
  const url = await startCollector();
  await prepareAgent(node);
  startChild('agent', [...node, 'run', ...agentFlags], say);
  await waitForLiveData();
  say(`niswatch ready ${url}`);
}

main().catch(async (error: Error) => {
  if (stopping) return;
  process.stderr.write(`niswatch: ${error.message}\n`);
  process.exitCode = 1;
  await stop();
});
