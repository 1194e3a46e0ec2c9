// Ten thousand agents in one process, in real time: each reports every 15 s at its own phase, beats every 10 s, keeps what is not
// acknowledged and comes back after a cut with the waiting times of the real one. It says when all of them are connected.

import { type KeyObject, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { WebSocket } from 'ws';
import { backoffMs } from '../../../shared/backoff.ts';
import { BEAT_MS, type CollectorFrame, LINK_PATH } from '../../../shared/frame.ts';
import { host as fleetHost, STEP_MS } from '../../data/fleet.mjs';
import { COLUMNS, type Plan, SERIES_ID } from '../ingest/plan.ts';
import { helloFrame, keyOf, Latencies, reportFrame } from '../ingest/speech.ts';
import type { FromAgents, ToAgents } from './messages.ts';

const [planPath = '', url = ''] = process.argv.slice(2);
const plan = JSON.parse(readFileSync(planPath, 'utf8')) as Plan;
const address = url.replace(/^http/, 'ws') + LINK_PATH;
const TURN_MS = 20;
/** New connections in each turn while the fleet is built up. */
const DIALS_PER_TURN = 20;
/** One source address has some 28,000 ports; those of closed connections are blocked for a minute. */
const AGENTS_PER_ADDRESS = 5_000;
const BACKOFF = { baseMs: 1000, capMs: 60_000 };

const acks = new Latencies();
const late = new Latencies();
const refused = new Map<string, number>();
let open = 0;
let leaving = false;
const tell = (message: FromAgents): void => void process.send?.(message);

class Agent {
  readonly #i: number;
  readonly #key: KeyObject;
  readonly #stream = randomBytes(16).toString('hex');
  readonly #values: { next(): number[] };
  readonly #waiting = new Map<number, { text: string; sentAt: number }>();
  #socket: WebSocket | undefined;
  #isOpen = false;
  #round = 0;
  #next = 0;
  #beats = 0;
  acked = -1;
  dialAt = Infinity;
  reportAt = Infinity;
  beatAt = Infinity;

  constructor(i: number) {
    this.#i = i;
    this.#key = keyOf(plan, i);
    this.#values = fleetHost(i);
  }

  get reports(): number {
    return this.#next;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  turn(now: number): void {
    if (now >= this.dialAt) this.#dial();
    if (now >= this.reportAt) this.#report(now);
    if (now >= this.beatAt && this.#isOpen) {
      this.beatAt = now + BEAT_MS;
      this.#socket?.send(`{"t":"beat","n":${this.#beats++},"at":${Date.now()}}`);
    }
  }

  leave(): void {
    this.#socket?.send('{"t":"goodbye","reason":"stop"}');
    this.#socket?.close();
  }

  #dial(): void {
    this.dialAt = Infinity;
    const localAddress = `127.0.0.${2 + Math.floor(this.#i / AGENTS_PER_ADDRESS)}`;
    const socket = new WebSocket(address, { perMessageDeflate: false, localAddress });
    this.#socket = socket;
    socket.on('message', (data: Buffer) => this.#hear(JSON.parse(data.toString()) as CollectorFrame));
    socket.on('error', () => undefined);
    socket.on('close', () => this.#lost());
  }

  #lost(): void {
    if (this.#isOpen) open--;
    this.#isOpen = false;
    if (!leaving) this.dialAt = performance.now() + backoffMs(BACKOFF, this.#round++, Math.random);
  }

  #hear(frame: CollectorFrame): void {
    switch (frame.t) {
      case 'challenge':
        return this.#socket?.send(helloFrame(this.#key, this.#i, frame.nonce, this.#stream));
      case 'welcome':
        return this.#welcome(frame.watermarks[this.#stream] ?? -1);
      case 'ack':
        return this.#acknowledge(frame.seq);
      case 'refuse':
        return void refused.set(frame.code, (refused.get(frame.code) ?? 0) + 1);
      default:
        return undefined;
    }
  }

  #welcome(watermark: number): void {
    const socket = this.#socket;
    this.#isOpen = true;
    this.#round = 0;
    open++;
    socket?.send('{"t":"clock","offsetMs":0,"rttMs":1}');
    socket?.send(JSON.stringify({ t: 'series', id: SERIES_ID, columns: COLUMNS }));
    this.#acknowledge(watermark, false);
    const now = performance.now();
    for (const entry of this.#waiting.values()) {
      entry.sentAt = now;
      socket?.send(entry.text);
    }
    if (this.reportAt === Infinity) this.reportAt = now + Math.random() * STEP_MS;
    this.beatAt = now + Math.random() * BEAT_MS;
    if (open === plan.agents) tell({ did: 'open' });
  }

  #report(now: number): void {
    late.add(now - this.reportAt);
    this.reportAt += STEP_MS;
    const seq = this.#next++;
    const text = reportFrame(this.#stream, seq, Date.now(), this.#values.next());
    this.#waiting.set(seq, { text, sentAt: now });
    if (this.#isOpen) this.#socket?.send(text);
  }

  #acknowledge(seq: number, isTimed = true): void {
    const now = performance.now();
    for (let n = this.acked + 1; n <= seq; n++) {
      const entry = this.#waiting.get(n);
      if (entry && isTimed) acks.add(now - entry.sentAt);
      this.#waiting.delete(n);
    }
    this.acked = Math.max(this.acked, seq);
  }
}

const agents = Array.from({ length: plan.agents }, (_, i) => new Agent(i));
let dialled = 0;

setInterval(() => {
  const now = performance.now();
  for (let n = 0; n < DIALS_PER_TURN && dialled < agents.length; n++) {
    const agent = agents[dialled++];
    if (agent) agent.dialAt = now;
  }
  for (const agent of agents) agent.turn(now);
}, TURN_MS);

const sum = (of: (agent: Agent) => number): number => agents.reduce((total, agent) => total + of(agent), 0);

process.on('message', (message: ToAgents) => {
  if (message.do === 'count') {
    acks.clear();
    late.clear();
  } else if (message.do === 'tell') {
    const [ackP50Ms, ackP99Ms] = [acks.quantile(0.5), acks.quantile(0.99)];
    const waiting = sum((agent) => agent.waiting);
    tell({ did: 'told', ackP50Ms, ackP99Ms, acks: acks.count(), waiting, lateP99Ms: late.quantile(0.99) });
  } else {
    leaving = true;
    for (const [code, times] of refused) process.stderr.write(`refused ${times} times: ${code}\n`);
    for (const agent of agents) agent.leave();
    tell({ did: 'left', reports: sum((agent) => agent.reports), acked: sum((agent) => agent.acked + 1) });
    process.disconnect?.();
    process.exitCode = 0;
    setImmediate(() => process.exit());
  }
});
