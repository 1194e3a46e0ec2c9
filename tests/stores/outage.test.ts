// An engine that dies and comes back, and a writer that is killed in between, on the real engines. What is asked afterwards is the
// engine itself, not our reading of it: count and sum of every series.

import assert from 'node:assert/strict';
import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import type { EngineChoice } from '../../collector/store/outside/engines.ts';
import { type EngineServer, makeDatabase, startInflux, startVictoria } from '../support/engines.ts';
import { temporaryFolder, until } from '../support/programs.ts';
import { atEnd, type Scope } from '../support/scope.ts';
import { countInflux, countVictoria } from './counts.ts';
import { influx, victoria } from './outside.ts';
import { expected } from './workload.ts';
import type { Order, Word } from './writer.ts';

const IS_LONG = process.env.NISWATCH_LONG === '1';
/** Rounds of one phase, each with a sync of its own; the long form writes for many batches. */
const ROUNDS = IS_LONG ? 20_000 : 400;
const WITHIN_MS = IS_LONG ? 900_000 : 120_000;

interface Writer {
  acknowledged: number;
  failed: string | undefined;
  write(rounds: number): Promise<void>;
  drain(): Promise<void>;
  kill(): Promise<void>;
}

async function startWriter(t: Scope, folder: string, engine: EngineChoice): Promise<Writer> {
  const child: ChildProcess = fork(join(import.meta.dirname, 'writer.ts'), [folder, JSON.stringify(engine)], {
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  atEnd(t, () => child.kill('SIGKILL'));
  let [isReady, drained, written] = [false, 0, 0];
  const self: Writer = {
    acknowledged: -1,
    failed: undefined,
    async write(rounds) {
      const before = written;
      child.send({ write: rounds } satisfies Order);
      await until('rows to be acknowledged', WITHIN_MS, () => told(self) && written >= before + rounds, 5);
    },
    async drain() {
      const before = drained;
      child.send({ drain: true } satisfies Order);
      await until('the queue to be empty', WITHIN_MS, () => told(self) && drained > before, 5);
    },
    kill: () =>
      new Promise((done) => {
        child.once('exit', () => done());
        child.kill('SIGKILL');
      }),
  };
  child.on('message', (word: Word) => {
    if ('ready' in word) isReady = true;
    else if ('drained' in word) drained++;
    else if ('failed' in word) self.failed = word.failed;
    else {
      written++;
      self.acknowledged = word.acknowledged;
    }
  });
  await until('the writer to be ready', WITHIN_MS, () => isReady, 5);
  return self;
}

function told(writer: Writer): Writer {
  if (writer.failed !== undefined) throw new Error(writer.failed);
  return writer;
}

interface Case {
  name: string;
  start(t: Scope, folder: string): Promise<EngineServer>;
  engine(server: EngineServer): EngineChoice;
  /** `HOST METRIC COUNT SUM` of every series, sorted. */
  count(server: EngineServer): Promise<string[]>;
}

const cases: Case[] = [
  {
    name: 'victoria-metrics',
    start: startVictoria,
    engine: ({ url }) => victoria(url),
    count: countVictoria,
  },
  {
    name: 'influxdb',
    async start(t, folder) {
      const server = await startInflux(t, folder);
      await makeDatabase(server, 'db');
      return server;
    },
    engine: ({ url }) => influx(url, 'db'),
    count: countInflux,
  },
];

for (const { name, start, engine, count } of cases) {
  test(`${name} killed, the writer killed, both back: every point once`, async (t) => {
    const server = await start(t, temporaryFolder(t));
    const folder = temporaryFolder(t);
    const first = await startWriter(t, folder, engine(server));
    await first.write(ROUNDS);
    // What it acknowledged a moment ago may die with it.
    await server.stop('SIGKILL');
    await first.write(ROUNDS);
    const mostly = first.write(ROUNDS);
    await until('some more', WITHIN_MS, () => first.acknowledged > ROUNDS * 2 + 20, 1);
    await first.kill();
    mostly.catch(() => undefined);

    const second = await startWriter(t, folder, engine(server));
    await second.write(ROUNDS);
    const rows = second.acknowledged + 1;
    assert.ok(rows > first.acknowledged + ROUNDS, `${rows} rows, ${first.acknowledged} acknowledged before`);
    await server.start();
    await second.drain();
    assert.deepEqual(await count(server), expected(rows));
  });

  test(`${name} killed and back before anything noticed: every point once`, async (t) => {
    const server = await start(t, temporaryFolder(t));
    const writer = await startWriter(t, temporaryFolder(t), engine(server));
    await writer.write(ROUNDS);
    await writer.write(1);
    await server.stop('SIGKILL');
    await server.start();
    await writer.drain();
    assert.deepEqual(await count(server), expected(ROUNDS + 1));
  });
}
