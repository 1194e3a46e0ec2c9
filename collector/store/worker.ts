// The writer thread: owns the engine, answers one message at a time, and packs between messages, a few milliseconds each.

import { parentPort, workerData, type Transferable } from 'node:worker_threads';
import { systemClock } from '../../shared/clock.ts';
import type { Definitions } from './archive.ts';
import type { StoreConfig } from './config.ts';
import { Engine } from './engine.ts';
import { RECORD_HEAD_BYTES } from './journal.ts';
import type { ColumnQuery } from './reader.ts';
import type { Wanted } from './store.ts';
import { voiceOf } from './thread.ts';

export type Request =
  | { op: 'commit'; buffer: ArrayBuffer; bytes: number; definitions: Definitions; now: number }
  | { op: 'points'; query: ColumnQuery; now: number }
  | { op: 'select'; queries: readonly ColumnQuery[]; wanted: Wanted | undefined; now: number }
  | { op: 'buckets'; query: ColumnQuery & { stepMs: number }; now: number }
  | { op: 'gaps'; host: number; from: number; to: number; now: number }
  | { op: 'stats'; now: number }
  | { op: 'maintain'; all: boolean; now: number }
  | { op: 'close'; now: number };

export interface Setup {
  folder: string;
  config: StoreConfig;
  now: number;
}

const port = parentPort;
if (!port) throw new Error('worker.ts runs as a worker thread only');

const { answer: reply, refuse, log } = voiceOf(port);

const setup = workerData as Setup;
const real = systemClock();
/** Wall time is the main thread's, which sends it along: a test or simulation moves it. */
let now = setup.now;
/** Made when everything below is in place, so that its failure is an answer like any other. */
let engine: Engine;

let packing: NodeJS.Immediate | undefined;

function packSoon(): void {
  packing ??= setImmediate(() => {
    packing = undefined;
    if (engine.packSome()) packSoon();
    else engine.forgetPacked();
  });
}

function answer(request: Request): { result: unknown; transfer?: Transferable[] } {
  switch (request.op) {
    case 'commit': {
      engine.commit(new Uint8Array(request.buffer, 0, request.bytes), RECORD_HEAD_BYTES, request.definitions);
      if (engine.isPackingDue) packSoon();
      return { result: request.buffer, transfer: [request.buffer] };
    }
    case 'points': {
      const result = engine.points(request.query);
      // Moved, not copied: they were made for this answer.
      const transfer = [...result.values()].flatMap(({ at, value }) => [at.buffer, value.buffer]);
      return { result, transfer: transfer as ArrayBuffer[] };
    }
    case 'select': {
      const result = engine.select(request.queries, request.wanted);
      return { result, transfer: [result.at.buffer, result.value.buffer] };
    }
    case 'buckets':
      return { result: engine.buckets(request.query) };
    case 'gaps':
      return { result: engine.gaps(request.host, request.from, request.to) };
    case 'stats':
      return { result: engine.stats() };
    case 'maintain':
    case 'close':
      return { result: undefined };
  }
}

async function maintain(all: boolean): Promise<void> {
  engine.markDue(all);
  while (engine.packSome()) await new Promise((resolve) => setImmediate(resolve));
  engine.tidy(all);
}

async function handle(id: number, request: Request): Promise<void> {
  now = request.now;
  try {
    if (request.op === 'maintain') await maintain(request.all);
    if (request.op === 'close') {
      clearImmediate(packing);
      engine.close();
    }
    const { result, transfer } = answer(request);
    reply(id, result, transfer);
    if (request.op === 'close') port?.close();
  } catch (error) {
    refuse(id, error);
  }
}

port.on('message', (message: { id: number; request: Request }) => void handle(message.id, message.request));
try {
  engine = new Engine({
    folder: setup.folder,
    config: setup.config,
    log,
    clock: { now: () => now, monotonic: () => real.monotonic() },
  });
  reply(0, engine.open());
} catch (error) {
  refuse(0, error);
  // Nothing more can be asked of it: an open port would keep the thread, and with it the process, alive.
  port.close();
}
