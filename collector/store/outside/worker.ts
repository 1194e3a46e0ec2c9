// The thread of one queue: owns its files, and carries what is in them to the engine between messages.

import { parentPort, workerData, type Transferable } from 'node:worker_threads';
import { systemClock } from '../../../shared/clock.ts';
import type { Definitions } from '../archive.ts';
import { RECORD_HEAD_BYTES } from '../journal.ts';
import type { StoreStats } from '../store.ts';
import { voiceOf } from '../thread.ts';
import type { QueueSettings } from './config.ts';
import { type EngineChoice, engineOf } from './engines.ts';
import { Queue } from './queue.ts';
import { Shipper } from './shipper.ts';

export type Request =
  | { op: 'commit'; buffer: ArrayBuffer; bytes: number; definitions: Definitions; now: number }
  | { op: 'recent'; host: number; keys: string[]; from: number; to: number; now: number }
  | { op: 'gaps'; host: number; from: number; to: number; now: number }
  | { op: 'stats'; now: number }
  | { op: 'maintain'; all: boolean; now: number }
  | { op: 'close'; now: number };

export interface Setup {
  folder: string;
  config: QueueSettings;
  engine: EngineChoice;
  now: number;
}

/** Settling writes the newest values of all hosts that reported: not too often. */
const HOUSEKEEPING_MS = 10_000;

const port = parentPort;
if (!port) throw new Error('worker.ts runs as a worker thread only');

const { answer: reply, refuse, log } = voiceOf(port);

const setup = workerData as Setup;
const real = systemClock();
/** Wall time is the main thread's, which sends it along: a test or simulation moves it. */
let now = setup.now;
const clock = { ...real, now: () => now };
const { config, engine: choice } = setup;
let queue: Queue;
let shipper: Shipper;

function open(): unknown {
  queue = new Queue({ folder: setup.folder, clock, config, log });
  const snapshot = queue.open();
  const engine = engineOf(choice);
  shipper = new Shipper({
    queue,
    sender: engine.sender,
    dialect: engine.dialect,
    name: choice.kind,
    clock,
    random: Math.random,
    log,
    config: { ...config, keepMs: engine.keepMs },
  });
  if (!queue.isEmpty) shipper.kick();
  void engine.sender
    .advise?.()
    .then((words) =>
      words.forEach((advice) => log.warn({ engine: choice.kind, advice }, 'advice about the engine')),
    )
    .catch(() => undefined);
  return snapshot;
}

async function answer(request: Request): Promise<{ result?: unknown; transfer?: Transferable[] }> {
  switch (request.op) {
    case 'commit':
      queue.commit(new Uint8Array(request.buffer, 0, request.bytes), RECORD_HEAD_BYTES, request.definitions);
      shipper.kick();
      return { result: request.buffer, transfer: [request.buffer] };
    case 'recent':
      return { result: queue.recent(request.host, request.keys, request.from, request.to) };
    case 'gaps':
      return { result: queue.gaps(request.host, request.from, request.to) };
    case 'stats':
      return { result: stats() };
    case 'maintain':
      if (request.all) await shipper.drain();
      queue.tidy(config.keepGaps);
      return {};
    case 'close':
      clearInterval(housekeeping);
      await shipper.stop();
      queue.close();
      return {};
  }
}

function stats(): StoreStats {
  const { queue: waiting, ...rest } = queue.stats();
  return { ...rest, queue: { ...waiting, ...(shipper.trouble ? { trouble: shipper.trouble } : {}) } };
}

async function handle(id: number, request: Request): Promise<void> {
  now = request.now;
  try {
    const { result, transfer } = await answer(request);
    reply(id, result, transfer);
    if (request.op === 'close') port?.close();
  } catch (error) {
    refuse(id, error);
  }
}

const housekeeping = setInterval(() => void shipper?.housekeep(), HOUSEKEEPING_MS);
port.on('message', (message: { id: number; request: Request }) => void handle(message.id, message.request));
try {
  reply(0, open());
} catch (error) {
  refuse(0, error);
  clearInterval(housekeeping);
  port.close();
}
