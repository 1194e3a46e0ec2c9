// A thousand agents in one process: real WebSockets, real handshakes, the fleet's values made as they are sent. It stops when
// every report is acknowledged, and complains about anything else that it is told.

import { createPrivateKey, randomBytes, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { WebSocket } from 'ws';
import { type CollectorFrame, LINK_PATH, PROTOCOL, signedText } from '../../../shared/frame.ts';
import { host as fleetHost, STEP_MS } from '../../data/fleet.mjs';
import {
  COLLECTOR_NAME,
  COLUMNS,
  FINGERPRINT,
  type FromLoad,
  hostId,
  IN_FLIGHT,
  type Plan,
  SERIES_ID,
} from './plan.ts';

const [planPath = '', url = ''] = process.argv.slice(2);
const plan = JSON.parse(readFileSync(planPath, 'utf8')) as Plan;
const address = url.replace(/^http/, 'ws') + LINK_PATH;
const endAt = Date.now();
/** Acknowledgement latencies by whole milliseconds; the last slot holds the rest. */
const latencies = new Uint32Array(10_001);

function runAgent(i: number): Promise<void> {
  const stream = randomBytes(16).toString('hex');
  const values = fleetHost(i);
  const sentAt = new Float64Array(IN_FLIGHT);
  const startAt = endAt - plan.ticks * STEP_MS + i;
  const socket = new WebSocket(address, { perMessageDeflate: false });
  let next = 0;
  let acked = -1;

  const fill = (): void => {
    while (next < plan.ticks && next - acked <= IN_FLIGHT) {
      sentAt[next % IN_FLIGHT] = performance.now();
      const v = JSON.stringify(values.next());
      const at = startAt + next * STEP_MS;
      socket.send(
        `{"t":"report","stream":"${stream}","seq":${next},"series":"${SERIES_ID}","at":${at},"off":0,"boot":"bench","v":${v}}`,
      );
      next++;
    }
  };
  const acknowledge = (seq: number): void => {
    const now = performance.now();
    for (let n = acked + 1; n <= seq; n++) {
      const slot = Math.min(10_000, Math.round(now - (sentAt[n % IN_FLIGHT] ?? now)));
      latencies[slot] = (latencies[slot] ?? 0) + 1;
    }
    acked = seq;
  };

  return new Promise((resolve, reject) => {
    const take = (frame: CollectorFrame): void => {
      switch (frame.t) {
        case 'challenge':
          return socket.send(hello(i, frame.nonce, stream));
        case 'welcome':
          socket.send(JSON.stringify({ t: 'clock', offsetMs: 0, rttMs: 1 }));
          socket.send(JSON.stringify({ t: 'series', id: SERIES_ID, columns: COLUMNS }));
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

function hello(i: number, nonce: string, stream: string): string {
  const key = createPrivateKey({
    key: Buffer.from(plan.keys[i]?.privateKey ?? '', 'base64url'),
    format: 'der',
    type: 'pkcs8',
  });
  const agent = hostId(i);
  const sig = sign(null, Buffer.from(signedText(agent, COLLECTOR_NAME, nonce)), key).toString('base64url');
  const now = Date.now();
  const machine = { version: '0.1.0', boot: 'bench', at: now, bootAt: now - 1000, fingerprint: FINGERPRINT };
  const journal = { startedAt: now };
  return JSON.stringify({
    t: 'hello',
    protocol: PROTOCOL,
    agent,
    sig,
    ...machine,
    journal,
    streams: [stream],
  });
}

function quantile(share: number): number {
  const wanted = latencies.reduce((sum, n) => sum + n, 0) * share;
  let seen = 0;
  return latencies.findIndex((n) => (seen += n) >= wanted);
}

const startedAt = performance.now();
await Promise.all(Array.from({ length: plan.agents }, (_, i) => runAgent(i)));
const seconds = (performance.now() - startedAt) / 1000;
const result: FromLoad = { did: 'sent', seconds, ackP50Ms: quantile(0.5), ackP99Ms: quantile(0.99) };
process.send?.(result);
process.disconnect?.();
