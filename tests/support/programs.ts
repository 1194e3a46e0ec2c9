// Real processes in tests: the collector and the agent as a user runs them, each in its own folder, stopped by the test that started it.

import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { AGENT_FLAGS, buildAgent } from '../../tools/build.ts';
import { runOnce, until } from '../../tools/processes.ts';
import { atEnd, type Scope } from './scope.ts';

export { until } from '../../tools/processes.ts';

const root = join(import.meta.dirname, '..', '..');

/** A folder that goes when the test ends. */
export function temporaryFolder(t: Scope, name = 'niswatch'): string {
  const path = mkdtempSync(join(tmpdir(), `${name}-`));
  atEnd(t, () => rmSync(path, { recursive: true, force: true, maxRetries: 5 }));
  return path;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

/** On a machine that is busy with something else; speed is measured elsewhere. */
const READY_WITHIN_MS = 180_000;

/** How a program is started, this once. */
export interface Launch {
  /** Put before its command line: a program that becomes it, such as `ip netns exec NAME`, so that its process id stays its own. */
  wrap?: readonly string[];
  env?: Record<string, string>;
}

/** A program under test: restartable, killable, with all that it printed. */
export interface Program {
  readonly pid: number;
  output(): string;
  running(): boolean;
  /** Starts it and returns at once. */
  begin(how?: Launch): void;
  /** Starts it and waits until it is ready. */
  start(how?: Launch): Promise<void>;
  /** Sends the signal and waits for the end; the exit code or signal. */
  stop(signal?: NodeJS.Signals): Promise<number | NodeJS.Signals | null>;
}

function program(t: Scope, command: string[], ready: (said: string, pid: number) => boolean): Program {
  let child: ChildProcess | undefined;
  let output = '';
  let since = '';
  const self: Program = {
    get pid() {
      return child?.pid ?? 0;
    },
    output: () => output,
    running: () => child !== undefined && child.exitCode === null && child.signalCode === null,
    begin({ wrap = [], env = {} } = {}) {
      const [file, ...args] = [...wrap, ...command] as [string, ...string[]];
      child = spawn(file, args, {
        cwd: root,
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...process.env, ...env },
      });
      since = '';
      const take = (text: string) => {
        output += text;
        since += text;
      };
      child.stdout?.setEncoding('utf8').on('data', take);
      child.stderr?.setEncoding('utf8').on('data', take);
    },
    async start(how) {
      self.begin(how);
      const settled = await until(
        'it to be ready',
        READY_WITHIN_MS,
        () => (self.running() ? ready(since, self.pid) && 'ready' : 'ended'),
        20,
      ).catch(() => 'never ready');
      if (settled !== 'ready')
        throw new Error(`${command.join(' ')}: ${settled}; it said:\n${since.slice(-4000)}`);
    },
    stop: (signal = 'SIGTERM') =>
      new Promise((done) => {
        const ending = child;
        if (!ending || !self.running()) {
          done(ending?.exitCode ?? ending?.signalCode ?? null);
          return;
        }
        // Not at its exit: what it said last is still in the pipe.
        ending.once('close', (code, by) => done(code ?? by));
        ending.kill(signal);
      }),
  };
  atEnd(t, () => self.stop('SIGKILL'));
  return self;
}

export interface CollectorProgram extends Program {
  port: number;
  url: string;
  folder: string;
  token(): string;
  /** GET or POST of the API with the admin token; throws on a status that is not 2xx. */
  api<T = unknown>(path: string, body?: unknown): Promise<T>;
  /** Runs `niswatch ARGS` against its data and returns what it printed. */
  command(...args: string[]): Promise<string>;
}

/** A collector with its own data folder; `config` is merged over quiet, fast defaults; `flags` are Node's. */
export async function startCollector(
  t: Scope,
  config: Record<string, unknown> = {},
  options: {
    folder?: string;
    start?: boolean;
    host?: string;
    flags?: readonly string[];
    /** Its main file; default the sources'. */
    main?: string;
  } = {},
): Promise<CollectorProgram> {
  const folder = options.folder ?? temporaryFolder(t, 'niswatch-collector');
  mkdirSync(folder, { recursive: true });
  const port = await freePort();
  const file = join(folder, 'collector.yaml');
  writeFileSync(file, stringify({ listen: { host: options.host ?? '127.0.0.1', port }, ...config }));
  const main = options.main ?? join(root, 'collector', 'main.ts');
  const flags = ['--config', file, '--data', join(folder, 'data')];
  const node = [process.execPath, '--disable-warning=ExperimentalWarning', ...(options.flags ?? [])];
  const base = program(t, [...node, main, 'serve', ...flags], (said) => said.includes('niswatch ready'));
  const collector: CollectorProgram = Object.assign(Object.create(base) as Program, {
    port,
    url: `http://127.0.0.1:${port}`,
    folder,
    token: () => readFileSync(join(folder, 'data', 'admin.token'), 'utf8').trim(),
    async api<T>(path: string, body?: unknown): Promise<T> {
      const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
        method: body === undefined ? 'GET' : 'POST',
        headers: {
          authorization: `Bearer ${collector.token()}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
      return (await answer.json()) as T;
    },
    command: (...args: string[]) =>
      runOnce([process.execPath, '--disable-warning=ExperimentalWarning', main, ...args, ...flags]),
  });
  if (options.start !== false) await collector.start();
  return collector;
}

export interface AgentProgram extends Program {
  folder: string;
  hostId(): string;
  command(...args: string[]): Promise<string>;
}

/** An agent enrolled at the collector (or at `url`, such as a proxy in front of it). */
export async function startAgent(
  t: Scope,
  collector: CollectorProgram,
  options: {
    config?: Record<string, unknown>;
    hospital?: string;
    url?: string;
    start?: boolean;
    flags?: readonly string[];
    /** Its main file; default what the sources compile to. */
    main?: string;
    /** Of `run`, such as --witness. */
    runFlags?: readonly string[];
    /** Its enrolment and its first start. */
    how?: Launch;
  } = {},
): Promise<AgentProgram> {
  const folder = temporaryFolder(t, 'niswatch-agent');
  const file = join(folder, 'agent.yaml');
  writeFileSync(file, stringify(options.config ?? {}));
  const main = options.main ?? buildAgent();
  const flags = ['--config', file, '--data', join(folder, 'data')];
  const node = [process.execPath, ...(options.flags ?? AGENT_FLAGS), main];
  const printed = await collector.command('enrol', '--hospital', options.hospital ?? '测试医院', '--json');
  const { code } = JSON.parse(printed) as { code: string };
  const { wrap = [], env = {} } = options.how ?? {};
  const enrol = [...node, 'enrol', '--collector', options.url ?? collector.url, '--code', code, ...flags];
  await runOnce([...wrap, ...enrol], { env: { ...process.env, ...env } });
  const identity = join(folder, 'data', 'identity.json');
  const run = [...node, 'run', ...(options.runFlags ?? []), ...flags];
  // On a full disk there is no journal, at a quiet log level no line.
  const isReady = (said: string, pid: number): boolean =>
    said.includes('"agent started"') || runsAs(join(folder, 'data', 'run.json'), pid);
  const base = program(t, run, isReady);
  const agent: AgentProgram = Object.assign(Object.create(base) as Program, {
    folder,
    hostId: () => (JSON.parse(readFileSync(identity, 'utf8')) as { host: { id: string } }).host.id,
    command: (...args: string[]) => runOnce([...node, ...args, ...flags]),
  });
  if (options.start !== false) await agent.start(options.how);
  return agent;
}

/** Whether this life of the agent, not an earlier one, has begun its journal. */
function runsAs(journal: string, pid: number): boolean {
  return existsSync(journal) && (JSON.parse(readFileSync(journal, 'utf8')) as { pid: number }).pid === pid;
}
