// Debian's Prometheus as the judge: filled by promtool, on loopback and a free port, stopped when the test ends.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import type { RawSeries } from '../../collector/prom/source.ts';
import { freePort, temporaryFolder, until } from '../support/programs.ts';
import { atEnd, type Scope } from '../support/scope.ts';
import { writeOpenMetrics } from './dataset.ts';

export interface Reply {
  status: 'success' | 'error';
  errorType?: string;
  error?: string;
  data?: { resultType: string; result: unknown };
}

export interface Reference {
  url: string;
  ask(path: string, parameters: Record<string, string>): Promise<Reply>;
  /** The same without reading the answer's text as JSON; its length. */
  askRaw(path: string, parameters: Record<string, string>): Promise<number>;
  /** Processor seconds so far. */
  cpuSeconds(): number;
}

export async function openReference(t: Scope, series: readonly RawSeries[]): Promise<Reference> {
  const folder = temporaryFolder(t, 'niswatch-prometheus');
  const data = join(folder, 'data');
  mkdirSync(data);
  const file = writeOpenMetrics(folder, series);
  const made = spawnSync('promtool', ['tsdb', 'create-blocks-from', 'openmetrics', '-q', file, data], {
    encoding: 'utf8',
  });
  if (made.status !== 0) throw new Error(`promtool could not make blocks: ${made.stderr}`);
  const config = join(folder, 'prometheus.yml');
  writeFileSync(config, 'global: {scrape_interval: 1h, evaluation_interval: 1m}\n');
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(
    'prometheus',
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${data}`,
      '--storage.tsdb.retention.time=100y',
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=error',
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  atEnd(t, () => ended(child));
  await until('prometheus to be ready', 60_000, () =>
    fetch(`${url}/-/ready`).then(
      (answer) => answer.ok,
      () => false,
    ),
  );
  const agent = new Agent({ keepAlive: true, maxSockets: 2 });
  atEnd(t, () => agent.destroy());
  return {
    url,
    ask: async (path, parameters) =>
      JSON.parse((await post(agent, `${url}${path}`, parameters)).toString()) as Reply,
    askRaw: async (path, parameters) => (await post(agent, `${url}${path}`, parameters)).length,
    cpuSeconds: () => {
      const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
      return (Number(fields[11]) + Number(fields[12])) / 100;
    },
  };
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((done) => {
    if (child.exitCode !== null) return done();
    child.on('exit', () => done());
    child.kill('SIGTERM');
  });
}

export function post(
  agent: Agent,
  url: string,
  parameters: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<Buffer> {
  return new Promise((done, fail) => {
    const asked = request(
      url,
      { method: 'POST', agent, headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers } },
      (answer) => {
        const parts: Buffer[] = [];
        answer.on('data', (part: Buffer) => parts.push(part));
        answer.on('end', () => done(Buffer.concat(parts)));
        answer.on('error', fail);
      },
    );
    asked.on('error', fail);
    asked.end(new URLSearchParams(parameters).toString());
  });
}
