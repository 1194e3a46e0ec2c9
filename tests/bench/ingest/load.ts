// A thousand agents in one process: real WebSockets, real handshakes, the fleet's values made as they are sent. It stops when
// every report is acknowledged, and complains about anything else that it is told.

import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import { type CollectorFrame, LINK_PATH } from '../../../shared/frame.ts';
import { host as fleetHost, STEP_MS } from '../../data/fleet.mjs';
import { COLUMNS, type FromLoad, IN_FLIGHT, type Plan, SERIES_ID } from './plan.ts';
import { helloFrame, keyOf, Latencies, reportFrame } from './speech.ts';

const [planPath = '', url = ''] = process.argv.slice(2);
const plan = JSON.parse(readFileSync(planPath, 'utf8')) as Plan;
const address = url.replace(/^http/, 'ws') + LINK_PATH;
const endAt = Date.now();
const latencies = new Latencies();
/** A thousand handshakes at once would keep some of them waiting for longer than the collector does, where little else runs. */
const DIALS_AT_ONCE = 50;

/** `welcomed` is called at the end of the handshake. */
function runAgent(i: number, welcomed: () => void): Promise<void> {
  const stream = randomBytes(16).toString('hex');
  const values = fleetHost(i);
  const sentAt = new Float64Array(IN_FLIGHT);
  const startAt = endAt - plan.ticks * STEP_MS + i;
  const socket = new WebSocket(address, { perMessageDeflate: false });
  let wire: Duplex | undefined;
  let next = 0;
  let acked = -1;
  socket.once('upgrade', (response) => (wire = response.socket));

  const fill = (): void => {
    // What is sent at once goes to the network at once, as it does when a spool is drained.
    wire?.cork();
    while (next < plan.ticks && next - acked <= IN_FLIGHT) {
      sentAt[next % IN_FLIGHT] = performance.now();
      socket.send(reportFrame(stream, next, startAt + next * STEP_MS, values.next()));
      next++;
    }
    wire?.uncork();
  };
  const acknowledge = (seq: number): void => {
    const now = performance.now();
    for (let n = acked + 1; n <= seq; n++) {
      latencies.add(now - (sentAt[n % IN_FLIGHT] ?? now));
    }
    acked = seq;
  };

  return new Promise((resolve, reject) => {
    const take = (frame: CollectorFrame): void => {
      switch (frame.t) {
        case 'challenge':
          return socket.send(helloFrame(keyOf(plan, i), i, frame.nonce, stream));
        case 'welcome':
          socket.send(JSON.stringify({ t: 'clock', offsetMs: 0, rttMs: 1 }));
          socket.send(JSON.stringify({ t: 'series', id: SERIES_ID, columns: COLUMNS }));
          welcomed();
          return fill();
        case 'ack':
          acknowledge(frame.seq);
          fill();
          return acked === plan.ticks - 1 ? leave() : undefined;
        case 'refuse':
          return reject(new Error(`agent ${i} was refused: ${frame.code} ${frame.message}`));
        default:
          return undefined;
      }
    };
    const leave = (): void => {
      socket.send(JSON.stringify({ t: 'goodbye', reason: 'stop' }));
      socket.close();
      resolve();
    };
    socket.on('message', (data: Buffer) => take(JSON.parse(data.toString()) as CollectorFrame));
    socket.on('error', reject);
    socket.on('close', () => reject(new Error(`agent ${i}: closed after ${acked + 1} reports`)));
  });
}

const startedAt = performance.now();
const running: Promise<void>[] = [];
const dialling = new Set<Promise<void>>();
for (let i = 0; i < plan.agents; i++) {
  const { promise, resolve } = Promise.withResolvers<void>();
  dialling.add(promise);
  void promise.then(() => dialling.delete(promise));
  running.push(runAgent(i, resolve));
  if (dialling.size >= DIALS_AT_ONCE) await Promise.race(dialling);
}
await Promise.all(running);
const seconds = (performance.now() - startedAt) / 1000;
const result: FromLoad = {
  did: 'sent',
  seconds,
  ackP50Ms: latencies.quantile(0.5),
  ackP99Ms: latencies.quantile(0.99),
};
process.send?.(result);
process.disconnect?.();
