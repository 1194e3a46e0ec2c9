// A small collector for tests of the real agent: it checks the signature, holds to the wire's rules (strict contiguity, columns
// before reports) and keeps what it acknowledged. Speaks WebSocket and the HTTP form; may refuse upgrades as a proxy would.

import { createPublicKey, randomBytes, verify } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import {
  type AgentFrame,
  CHALLENGE_PATH,
  type CollectorFrame,
  decodeAgentFrame,
  encodeFrame,
  ENROL_PATH,
  FRAMES_PATH,
  type Gap,
  type Hello,
  LINK_PATH,
  PROTOCOL,
  type Report,
  signedText,
} from '../../../shared/frame.ts';

export interface TestCollector {
  url: string;
  name: string;
  hellos: Hello[];
  /** In the order of acceptance. */
  stored: (Report | Gap)[];
  goodbyes: string[];
  frames: AgentFrame[];
  /** Requests to upgrade that were refused. */
  refusedUpgrades: number;
  enrolments: Record<string, unknown>[];
  /** Cuts every connection. */
  cut(): void;
  close(): Promise<void>;
}

export interface TestCollectorOptions {
  code?: string;
  refuseUpgrades?: boolean;
  /** Answers with this name in the challenge. */
  speakAs?: string;
  now: () => number;
}

const CREDIT = 256 * 1024;

export async function startTestCollector(options: TestCollectorOptions): Promise<TestCollector> {
  const server = createServer();
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  const state = new Conversations(options);
  server.on('upgrade', (request, socket, head) => {
    if (options.refuseUpgrades || request.url !== LINK_PATH) {
      state.refusedUpgrades += 1;
      socket.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
      return;
    }
    sockets.handleUpgrade(request, socket, head, (ws) => {
      const session = state.open((frame) => ws.send(encodeFrame(frame)));
      ws.on('message', (data) => session(String(data)));
      ws.on('error', () => {});
    });
  });
  server.on('request', (request, response) => void state.answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(state, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut: () => sockets.clients.forEach((ws) => ws.terminate()),
    close: () => closeAll(server, sockets),
  });
}

async function closeAll(server: Server, sockets: WebSocketServer): Promise<void> {
  sockets.clients.forEach((ws) => ws.terminate());
  server.closeAllConnections();
  await new Promise<void>((resolve) => server.close(() => resolve()));
}

class Conversations {
  readonly name = 'test-collector';
  readonly hellos: Hello[] = [];
  readonly stored: (Report | Gap)[] = [];
  readonly goodbyes: string[] = [];
  readonly frames: AgentFrame[] = [];
  readonly enrolments: Record<string, unknown>[] = [];
  refusedUpgrades = 0;
  readonly #options: TestCollectorOptions;
  readonly #watermarks = new Map<string, number>();
  readonly #keys = new Map<string, string>();
  readonly #nonces = new Set<string>();

  constructor(options: TestCollectorOptions) {
    this.#options = options;
  }

  open(send: (frame: CollectorFrame) => void): (text: string) => void {
    const series = new Set<string>();
    send(this.#challenge());
    return (text) => this.#take(decodeAgentFrame(text), series, send);
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    if (request.url === ENROL_PATH) return this.#enrol(JSON.parse(body) as Record<string, unknown>, response);
    const out: CollectorFrame[] = [];
    const series = new Set<string>();
    if (request.url === FRAMES_PATH)
      for (const line of body.split('\n').filter(Boolean))
        this.#take(decodeAgentFrame(line), series, (frame) => out.push(frame));
    else if (request.url !== CHALLENGE_PATH) return void response.writeHead(404).end();
    response.end([...out, this.#challenge()].map((frame) => `${encodeFrame(frame)}\n`).join(''));
  }

  #challenge(): CollectorFrame {
    const nonce = randomBytes(16).toString('base64url');
    this.#nonces.add(nonce);
    const collector = this.#options.speakAs ?? this.name;
    return { t: 'challenge', protocol: PROTOCOL, collector, nonce, at: this.#options.now() };
  }

  #enrol(request: Record<string, unknown>, response: ServerResponse): void {
    const { code, publicKey, proof } = request as Record<'code' | 'publicKey' | 'proof', string>;
    const ok = isSigned(publicKey, `niswatch-enrol-v1\n${code}\n${publicKey}`, proof);
    if (code !== this.#options.code || !ok) {
      const error = { code: 'CODE_UNKNOWN', message: 'no such code', mend: 'make a new one' };
      response.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify({ error }));
      return;
    }
    this.enrolments.push(request);
    const id = `host-${this.enrolments.length}`;
    this.#keys.set(id, publicKey);
    const host = { id, name: 'a host' };
    response.end(JSON.stringify({ host, hospital: { id: 'h1', name: '第一医院' }, collector: this.name }));
  }

  #take(frame: AgentFrame, series: Set<string>, send: (frame: CollectorFrame) => void): void {
    this.frames.push(frame);
    switch (frame.t) {
      case 'hello':
        return send(this.#greet(frame));
      case 'series':
        series.add(frame.id);
        return;
      case 'report':
        if (series.has(frame.series)) return send(this.#store(frame, frame.seq, frame.seq));
        send({ t: 'refuse', code: 'SERIES_UNKNOWN', message: '', stream: frame.stream, seq: frame.seq });
        return;
      case 'gap':
        return send(this.#store(frame, frame.from, frame.to));
      case 'time':
        return send({ ...frame, c: this.#options.now() });
      case 'beat':
        return send({ ...frame, at: this.#options.now() });
      case 'goodbye':
        this.goodbyes.push(frame.reason);
        return;
      case 'clock':
        return;
    }
  }

  #greet(hello: Hello): CollectorFrame {
    this.hellos.push(hello);
    const key = this.#keys.get(hello.agent) ?? '';
    const names = [...this.#nonces].filter((nonce) =>
      isSigned(key, signedText(hello.agent, this.name, nonce), hello.sig),
    );
    if (names.length !== 1 || !names[0]) return { t: 'refuse', code: 'BAD_SIGNATURE', message: 'no' };
    this.#nonces.delete(names[0]);
    const watermarks = Object.fromEntries(hello.streams.map((s) => [s, this.#watermarks.get(s) ?? -1]));
    return { t: 'welcome', at: this.#options.now(), watermarks, creditBytes: CREDIT };
  }

  #store(frame: Report | Gap, from: number, to: number): CollectorFrame {
    const expected = (this.#watermarks.get(frame.stream) ?? -1) + 1;
    const { stream } = frame;
    if (from > expected) {
      return {
        t: 'refuse',
        code: 'SEQUENCE_JUMP',
        message: `expected ${expected}`,
        stream,
        seq: from,
        expected,
      };
    }
    if (to >= expected) {
      this.stored.push(frame);
      this.#watermarks.set(stream, to);
    }
    return { t: 'ack', stream, seq: this.#watermarks.get(stream) ?? -1 };
  }
}

function isSigned(publicKey: string, text: string, signature: string): boolean {
  if (!publicKey) return false;
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey }, format: 'jwk' });
  return verify(null, Buffer.from(text), key, Buffer.from(signature, 'base64url'));
}
