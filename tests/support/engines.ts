// VictoriaMetrics and InfluxDB from Debian's packages, each on loopback, a free port and a folder of its own, stopped by whoever
// started them. They can be stopped or killed and started again on the same data and port.

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../../tools/processes.ts';
import { freePort } from './programs.ts';
import { atEnd, type Scope } from './scope.ts';

export interface EngineServer {
  url: string;
  /** Its files. */
  folder: string;
  readonly pid: number;
  start(): Promise<void>;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

export const VICTORIA = { file: '/usr/bin/victoria-metrics', package: 'victoria-metrics' };
export const INFLUX = { file: '/usr/bin/influxd', package: 'influxdb' };
const WITHIN_MS = 60_000;
const POLL_MS = 50;

/** Throws when the program is not here. */
export function checkEngine({ file, package: name }: typeof VICTORIA): void {
  if (!existsSync(file))
    throw new Error(`${file} is not here. Install Debian's package: apt-get install ${name}`);
}

/** With `flags` after its own. Samples of one series and time count once, as the handbook asks for. */
export async function startVictoria(
  t: Scope,
  folder: string,
  flags: readonly string[] = ['-dedup.minScrapeInterval=1ms'],
): Promise<EngineServer> {
  const address = `127.0.0.1:${await freePort()}`;
  const own = [`-storageDataPath=${folder}`, `-httpListenAddr=${address}`, '-retentionPeriod=50y'];
  return await server(t, {
    program: VICTORIA,
    args: [...own, '-loggerLevel=ERROR', ...flags],
    url: `http://${address}`,
    health: '/health',
    folder,
  });
}

/** `compactAfter`: how long a shard must be quiet before it is brought into its final files. */
export async function startInflux(
  t: Scope,
  folder: string,
  { compactAfter = '4h' }: { compactAfter?: string } = {},
): Promise<EngineServer> {
  const [http, backup] = [await freePort(), await freePort()];
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'influxdb.conf');
  writeFileSync(
    file,
    `reporting-disabled = true
bind-address = "127.0.0.1:${backup}"
[meta]
dir = "${join(folder, 'meta')}"
[data]
dir = "${join(folder, 'data')}"
wal-dir = "${join(folder, 'wal')}"
max-series-per-database = 0
compact-full-write-cold-duration = "${compactAfter}"
${compactAfter === '4h' ? '' : `cache-snapshot-write-cold-duration = "${compactAfter}"\n`}query-log-enabled = false
[monitor]
store-enabled = false
[http]
bind-address = "127.0.0.1:${http}"
log-enabled = false
[logging]
level = "error"
suppress-logo = true
`,
  );
  return await server(t, {
    program: INFLUX,
    args: ['-config', file],
    url: `http://127.0.0.1:${http}`,
    health: '/ping',
    folder,
  });
}

/** Makes a database, which keeps its points for so long; there may be one of that name already. */
export async function makeDatabase({ url }: EngineServer, name: string, keep = 'INF'): Promise<void> {
  const answer = await fetch(`${url}/query`, {
    method: 'POST',
    body: new URLSearchParams({ q: `CREATE DATABASE "${name}" WITH DURATION ${keep}` }),
  });
  const text = await answer.text();
  if (!answer.ok || text.includes('error')) throw new Error(`influxdb: ${answer.status} ${text}`);
}

async function server(
  t: Scope,
  how: { program: typeof VICTORIA; args: string[]; url: string; health: string; folder: string },
): Promise<EngineServer> {
  const { program, args } = how;
  checkEngine(program);
  const { file } = program;
  let child: ChildProcess | undefined;
  const self: EngineServer = {
    url: how.url,
    folder: how.folder,
    get pid() {
      return child?.pid ?? 0;
    },
    async start() {
      const started = (child = spawn(file, args, { stdio: ['ignore', 'ignore', 'inherit'] }));
      await until(
        `${file} to answer`,
        WITHIN_MS,
        () => {
          if (started.exitCode !== null) throw new Error(`${file} ended with ${started.exitCode}`);
          return fetch(how.url + how.health).then(
            (answer) => answer.ok,
            () => false,
          );
        },
        POLL_MS,
      );
    },
    stop: (signal = 'SIGTERM') =>
      new Promise((done) => {
        const ending = child;
        if (!ending || ending.exitCode !== null || ending.signalCode !== null) return done();
        ending.once('exit', () => done());
        ending.kill(signal);
      }),
  };
  atEnd(t, () => self.stop('SIGKILL'));
  await self.start();
  return self;
}
