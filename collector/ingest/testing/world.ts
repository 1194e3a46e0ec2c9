// A collector's ingest on a manual clock with agents that speak the wire by hand, for tests of ingest.

import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { readConfig } from '../../../shared/config/schema.ts';
import { type ManualClock, manualClock } from '../../../shared/clock.ts';
import {
  type AgentFrame,
  type CollectorFrame,
  type Hello,
  type Report,
  signedText,
} from '../../../shared/frame.ts';
import type { CloseKind, PresenceSink, StoredReport } from '../../services.ts';
import { openState, type State } from '../../state/state.ts';
import { ingestConfig } from '../config.ts';
import type { Connection } from '../hall.ts';
import { type Ingest, openIngest } from '../ingest.ts';
import { type MemoryStore, memoryStore } from './memory-store.ts';

export const COLUMNS = ['mem_used_percent', 'disk_used_percent{path="/"}'];
export const SERIES = seriesId(COLUMNS);

export function seriesId(columns: readonly string[]): string {
  return createHash('sha256').update(columns.join('\n')).digest('hex').slice(0, 16);
}
export const streamId = (): string => randomBytes(16).toString('hex');

export interface World {
  state: State;
  store: MemoryStore;
  clock: ManualClock;
  ingest: Ingest;
  stored: StoredReport[];
  offsets: number[];
  presence: string[];
  logged: string[];
  /** Lets promises settle, then moves time on, until nothing is on its way. */
  settle(ms?: number): Promise<void>;
  enrol(id: string, fingerprint?: string): Promise<KeyObject>;
  /** A new connection of the host's agent. */
  dial(id: string, key: KeyObject, fingerprint?: string): TestAgent;
}

export async function openWorld(config: Record<string, unknown> = {}): Promise<World> {
  const state = await openState(':memory:');
  const store = memoryStore();
  const clock = manualClock();
  const stored: StoredReport[] = [];
  const offsets: number[] = [];
  const presence: string[] = [];
  const logged: string[] = [];
  const sink: PresenceSink = {
    hello: (host) => presence.push(`hello ${host}`),
    heard: () => {},
    goodbye: (host, reason) => presence.push(`goodbye ${host} ${reason}`),
    closed: (host, kind: CloseKind) => presence.push(`closed ${host} ${kind}`),
  };
  const say = (_: object, message: string): void => void logged.push(message);
  await state
    .insertInto('hospitals')
    .values({ id: 'h1', name: '第一医院', timeZone: 'Asia/Shanghai', createdAt: 0 })
    .execute();
  const ingest = openIngest({
    state,
    store,
    clock,
    random: randomBytes,
    presence: sink,
    reports: {
      stored: (r) => stored.push({ ...r, values: Array.from(r.values) }),
      clockOffset: (_, offset) => offsets.push(offset),
    },
    config: readConfig(ingestConfig, { commitEvery: '25ms', ...config }),
    collectorName: 'centre',
    log: { info: say, warn: say, error: say },
  });
  const settle = async (ms = 30): Promise<void> => {
    for (let i = 0; i < 3; i++) {
      await rest();
      clock.advance(ms / 3);
    }
    await rest();
  };
  return {
    state,
    store,
    clock,
    ingest,
    stored,
    offsets,
    presence,
    logged,
    settle,
    enrol: (id, fingerprint = 'f1') => enrol(state, id, fingerprint),
    dial: (id, key, fingerprint = 'f1') => new TestAgent(ingest, clock, id, key, fingerprint),
  };
}

/** The state database and the memory store need some turns of the event loop, never time. */
async function rest(): Promise<void> {
  for (let i = 0; i < 12; i++) await new Promise((resolve) => setImmediate(resolve));
}

async function enrol(state: State, id: string, fingerprint: string): Promise<KeyObject> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const facts = { hostname: id, os: 'linux', arch: 'x64', agentVersion: '0.1.0' };
  const learned = { boot: null, bootAt: null, offsetMs: null, revokedAt: null };
  const key = publicKey.export({ format: 'jwk' }).x ?? '';
  await state
    .insertInto('hosts')
    .values({
      id,
      hospitalId: 'h1',
      name: id,
      publicKey: key,
      fingerprint,
      enrolledAt: 0,
      ...facts,
      ...learned,
    })
    .execute();
  return privateKey;
}

/** An agent by hand: it sends what it is told and keeps what it hears. */
export class TestAgent {
  readonly heard: CollectorFrame[] = [];
  readonly connection: Connection;
  closed: string | undefined;
  paused = 0;
  buffered = 0;
  readonly #clock: ManualClock;
  readonly #id: string;
  readonly #key: KeyObject;
  readonly #fingerprint: string;

  constructor(ingest: Ingest, clock: ManualClock, id: string, key: KeyObject, fingerprint: string) {
    this.#clock = clock;
    this.#id = id;
    this.#key = key;
    this.#fingerprint = fingerprint;
    const hear = (text: string): void => void this.heard.push(JSON.parse(text) as CollectorFrame);
    const wire = {
      send: hear,
      sendShort: hear,
      close: (code: string) => {
        this.closed = code;
      },
      pause: () => void this.paused++,
      resume: () => void this.paused--,
      bufferedBytes: () => this.buffered,
    };
    this.connection = ingest.connect(wire, { via: 'websocket' });
  }

  say(frame: AgentFrame | string): void {
    const text = typeof frame === 'string' ? frame : JSON.stringify(frame);
    this.connection.receive(text, text.length);
  }

  helloFrame(streams: string[], nonce = this.nonce()): Hello {
    const at = this.#clock.now();
    const text = signedText(this.#id, 'centre', nonce);
    const sig = sign(null, Buffer.from(text), this.#key).toString('base64url');
    return {
      t: 'hello',
      protocol: 1,
      agent: this.#id,
      sig,
      version: '0.1.0',
      boot: 'b1',
      at,
      bootAt: at - 1000,
      fingerprint: this.#fingerprint,
      journal: { startedAt: at },
      streams,
    };
  }

  nonce(): string {
    const first = this.heard[0];
    return first?.t === 'challenge' ? first.nonce : '';
  }

  /** hello, and the columns of `report`. */
  greet(streams: string[]): void {
    this.say(this.helloFrame(streams));
  }

  report(stream: string, seq: number, more: Partial<Report> = {}): void {
    const at = this.#clock.now();
    const v = [seq, 50];
    this.say({ t: 'report', stream, seq, series: SERIES, at, off: 0, boot: 'b1', v, ...more });
  }

  /** The last frame of a kind. */
  last<T extends CollectorFrame['t']>(t: T): Extract<CollectorFrame, { t: T }> | undefined {
    return this.heard.findLast((frame) => frame.t === t) as Extract<CollectorFrame, { t: T }> | undefined;
  }
}
