// `npm run demo`: makes a fleet of invented hospitals with its history, starts the collector on loopback with it, and plays the agents
// on, so that page, dashboards and reports can be seen without a hospital. Ctrl-C stops all of it.

import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { systemClock } from '../../shared/clock.ts';
import { type Companion, startCompanion } from '../companion.ts';
import { until } from '../processes.ts';
import { closeHistory, generateDemo } from './apply/generate.ts';
import { prepareFolder } from './folder.ts';
import { type Feeder, startFeeder } from './live/feeder.ts';
import { type DemoOptions, HELP, readOptions } from './options.ts';
import { renderSights } from './sights.ts';
import { makeWorld } from './world/world.ts';

const root = join(import.meta.dirname, '..', '..');
/** The collector's default name: agents sign it. */
const COLLECTOR = 'niswatch';
const READY_MS = 180_000;

let companion: Companion | undefined;
let feeder: Feeder | undefined;
let stopping: Promise<void> | undefined;

const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** Ends everything, once. `why` is told on standard error when it is a failure. */
function stop(code: number, why?: string): Promise<void> {
  stopping ??= (async () => {
    if (why !== undefined) process.stderr.write(`demo: ${why}\n`);
    // The agents first: their goodbyes must find the collector alive.
    await feeder?.stop();
    await companion?.end();
    if (why === undefined && companion) say('demo stopped');
    process.exit(code);
  })();
  return stopping;
}

/** Before a minute of work is done in vain. */
async function refuseTakenPort(port: number): Promise<void> {
  const probe = createServer();
  await new Promise<void>((done, fail) => {
    probe.once('error', (cause) =>
      fail(
        new Error(
          `port ${port} cannot be used (${(cause as NodeJS.ErrnoException).code}); take another: npm run demo -- --port ${port + 1}`,
          { cause },
        ),
      ),
    );
    probe.listen(port, '127.0.0.1', done);
  });
  await new Promise((done) => probe.close(done));
}

/** One line that changes on a terminal; elsewhere one line per step. */
function openProgress(): (line: string) => void {
  const startedAt = performance.now();
  let last = '';
  return (line) => {
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
    if (process.stdout.isTTY) process.stdout.write(`\r\u001b[Kdemo: ${line} (${seconds} s)`);
    else if (line.replace(/\d %$/, '') !== last) say(`demo: ${line} (${seconds} s)`);
    last = line.replace(/\d %$/, '');
  };
}

async function startCollector(folder: string, port: number): Promise<string> {
  let ready: string | undefined;
  const command = [
    process.execPath,
    '--disable-warning=ExperimentalWarning',
    join(root, 'collector', 'main.ts'),
  ];
  const started = startCompanion({
    name: 'collector',
    command: [...command, 'serve', '--data', folder, '--port', String(port)],
    folder: root,
    log: join(folder, 'collector.log'),
    onLine(line) {
      ready = /^niswatch ready (\S+)/.exec(line)?.[1] ?? ready;
    },
    onEnd(how) {
      if (!stopping) void stop(1, `the collector ended unexpectedly (${how}):\n${started.lastWords()}`);
    },
  });
  companion = started;
  return until('the collector to be ready', READY_MS, () => ready);
}

async function run({ hospitals, days, seed, dir, port, live }: DemoOptions): Promise<void> {
  const folder = resolve(root, dir);
  if (live) await refuseTakenPort(port);
  const clock = systemClock();
  const world = makeWorld({ seed, hospitals, days, endAt: clock.now() });
  const secret = prepareFolder(folder, { seed, hospitals, days, endAt: world.endAt });
  const progress = openProgress();
  const made = await generateDemo(world, { folder, secret, say: progress });
  writeFileSync(join(folder, 'grafana.token'), `${made.logins.token}\n`, { mode: 0o600 });
  await closeHistory(folder, clock.now());
  progress(`${made.samples} samples, ${made.alerts} alerts in ${folder}`);
  if (process.stdout.isTTY) say('');
  if (!live) {
    say(`demo: look at it with: node_modules/.bin/node collector/main.ts serve --data ${folder}`);
    return;
  }
  const login = await startCollector(folder, port);
  const url = `http://127.0.0.1:${port}`;
  feeder = startFeeder({ world, url, collector: COLLECTOR, secret, clock });
  say(renderSights(world, url, login, made.logins));
  say(`niswatch demo ready ${login}`);
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2), process.env);
  if (options === 'help') return void process.stdout.write(HELP);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop(0));
  await run(options);
}

main().catch((error: Error) => stop(1, error.message));
