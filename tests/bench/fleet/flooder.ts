// An agent that sends as fast as the collector reads, in a process of its own: one connection after the other, each with an honest
// handshake. It obeys nothing that it hears but where its stream stands.

import { type KeyObject, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import { dial } from '../../../agent/link/dial.ts';
import { type CollectorFrame, LINK_PATH } from '../../../shared/frame.ts';
import { COLUMNS, type Plan, SERIES_ID } from '../ingest/plan.ts';
import { helloFrame, keyOf } from '../ingest/speech.ts';
import { type Flood, FLOODS } from './floods.ts';
import type { FromFlooder, ToFlooder } from './messages.ts';

const [planPath = '', url = '', index = '0'] = process.argv.slice(2);
const plan = JSON.parse(readFileSync(planPath, 'utf8')) as Plan;
const key: KeyObject = keyOf(plan, Number(index));
const address = new URL(url.replace(/^http/, 'ws') + LINK_PATH);
const DIAL_MS = 10_000;

let flood: Flood | undefined;
let current: WebSocket | undefined;
let did = { frames: 0, bytes: 0, connects: 0, refused: 0 };
const tell = (message: FromFlooder): void => void process.send?.(message);

async function connect(): Promise<void> {
  const wanted = flood;
  if (!wanted) return;
  const socket = await dial(address, { timeoutMs: DIAL_MS }).catch(() => undefined);
  if (!socket) return void setTimeout(() => void connect(), 100);
  const ws = new WebSocket(address, { createConnection: () => socket, perMessageDeflate: false });
  const stream = randomBytes(16).toString('hex');
  current = ws;
  did.connects++;
  let next = 0;
  ws.on('message', (data: Buffer) => {
    const frame = JSON.parse(data.toString()) as CollectorFrame;
    if (frame.t === 'challenge') ws.send(helloFrame(key, Number(index), frame.nonce, stream));
    else if (frame.t === 'welcome') open();
    else if (frame.t === 'refuse') {
      did.refused++;
      if (frame.stream === stream) next = Math.min(next, frame.expected ?? frame.seq ?? next);
    }
  });
  ws.on('error', () => undefined);
  ws.on('close', () => {
    if (current === ws) void connect();
  });

  const open = (): void => {
    if (flood !== wanted) return ws.terminate();
    if (wanted.piece(stream, 0).frames === 0) return ws.terminate();
    ws.send('{"t":"clock","offsetMs":0,"rttMs":1}');
    ws.send(JSON.stringify({ t: 'series', id: SERIES_ID, columns: COLUMNS }));
    pour(socket);
  };
  /** As fast as the socket takes it. */
  const pour = (to: Socket): void => {
    if (flood !== wanted || ws.readyState !== WebSocket.OPEN) return;
    const { bytes, frames } = wanted.piece(stream, next);
    next += frames;
    did.frames += frames;
    did.bytes += bytes.length;
    to.write(bytes, () => setImmediate(() => pour(to)));
  };
}

process.on('disconnect', () => process.exit());
process.on('message', (message: ToFlooder) => {
  if (message.do === 'begin') {
    did = { frames: 0, bytes: 0, connects: 0, refused: 0 };
    flood = FLOODS[message.kind]?.();
    tell({ did: 'begun' });
    void connect();
    return;
  }
  flood = undefined;
  const ended = current;
  current = undefined;
  ended?.terminate();
  tell({ did: 'ended', ...did });
});
