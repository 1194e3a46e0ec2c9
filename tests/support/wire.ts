// An agent driven by hand: it speaks the wire of shared/frame.ts over a real WebSocket and sends whatever a test wants, right or
// wrong. It signs with its own code, so that an error of the agent's signer would show.

import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { WebSocket } from 'ws';
import {
  type AgentFrame,
  type Challenge,
  type CollectorFrame,
  decodeCollectorFrame,
  ENROL_PATH,
  type Hello,
  LINK_PATH,
  PROTOCOL,
  type Report,
  type Series,
  signedText,
} from '../../shared/frame.ts';
import { type CollectorProgram, until } from './programs.ts';
import { atEnd, type Scope } from './scope.ts';

const ANSWER_MS = 15_000;

/** A machine with a key of its own, enrolled or not. */
export interface Machine {
  publicKey: string;
  fingerprint: string;
  sign(text: string): string;
}

export interface Enrolled extends Machine {
  host: string;
  collector: string;
}

export function newMachine(): Machine {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return {
    publicKey: String(publicKey.export({ format: 'jwk' }).x),
    fingerprint: randomBytes(16).toString('hex'),
    sign: (text) => signWith(privateKey, text),
  };
}

function signWith(key: KeyObject, text: string): string {
  return sign(null, Buffer.from(text), key).toString('base64url');
}

export async function newCode(collector: CollectorProgram, hospital = '测试医院'): Promise<string> {
  const printed = await collector.command('enrol', '--hospital', hospital, '--json');
  return (JSON.parse(printed) as { code: string }).code;
}

export interface EnrolAnswer {
  status: number;
  body: {
    host?: { id: string; name: string };
    collector?: string;
    error?: { code: string; message: string; mend: string };
  };
}

/** Sends an enrolment; `change` spoils it. */
export async function postEnrolment(
  url: string,
  machine: Machine,
  code: string,
  change: Record<string, unknown> = {},
): Promise<EnrolAnswer> {
  const body = {
    code,
    publicKey: machine.publicKey,
    fingerprint: machine.fingerprint,
    proof: machine.sign(`niswatch-enrol-v1\n${code}\n${machine.publicKey}`),
    facts: { hostname: 'hand-driven', os: 'linux', arch: 'x64', version: '0.0.0' },
    ...change,
  };
  const answer = await fetch(`${url}${ENROL_PATH}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: answer.status, body: (await answer.json()) as EnrolAnswer['body'] };
}

/** A new machine, enrolled by a fresh code. */
export async function enrolMachine(collector: CollectorProgram, hospital?: string): Promise<Enrolled> {
  const machine = newMachine();
  const { status, body } = await postEnrolment(collector.url, machine, await newCode(collector, hospital));
  assert.equal(status, 200, JSON.stringify(body));
  return { ...machine, host: body.host?.id ?? '', collector: body.collector ?? '' };
}

export const newStream = (): string => randomBytes(16).toString('hex');

export function seriesOf(columns: string[]): Series {
  const id = createHash('sha256').update(columns.join('\n')).digest('hex').slice(0, 16);
  return { t: 'series', id, columns };
}

/** What a hand-driven agent sends when a test does not say otherwise. */
export const COLUMNS = seriesOf(['mem_used_percent', 'disk_used_percent{path="/"}']);

export function reportOf(stream: string, seq: number, change: Partial<Report> = {}): Report {
  const at = Date.now();
  return {
    t: 'report',
    stream,
    seq,
    series: COLUMNS.id,
    at,
    off: 0,
    boot: 'hand-boot',
    v: [seq, 50],
    ...change,
  };
}

export function helloOf(
  machine: Enrolled,
  challenge: Challenge,
  streams: string[],
  change: Partial<Hello> = {},
): Hello {
  const at = Date.now();
  return {
    t: 'hello',
    protocol: PROTOCOL,
    agent: machine.host,
    sig: machine.sign(signedText(machine.host, challenge.collector, challenge.nonce)),
    version: '0.0.0',
    boot: 'hand-boot',
    at,
    bootAt: at - 3_600_000,
    fingerprint: machine.fingerprint,
    journal: { startedAt: at },
    streams,
    ...change,
  };
}

export type Answer<T extends CollectorFrame['t']> = Extract<CollectorFrame, { t: T }>;

export interface Wire {
  readonly challenge: Challenge;
  /** Every frame that came, oldest first; `answer` takes from it. */
  readonly inbox: CollectorFrame[];
  /** How the connection ended; undefined while it lives. */
  ended(): { code: number; reason: string } | undefined;
  send(frame: AgentFrame | string): void;
  /** Bytes as they are, as a text frame (UTF-8 or not) or a binary one. */
  sendRaw(bytes: Buffer, how: { binary: boolean }): void;
  /** Takes the oldest frame of this kind that fits; waits for it. */
  answer<T extends CollectorFrame['t']>(kind: T, fits?: (frame: Answer<T>) => boolean): Promise<Answer<T>>;
  /** The close code. */
  closed(): Promise<number>;
  close(): void;
}

/** Connects and waits for the challenge; no hello yet. */
export async function openWire(t: Scope, url: string): Promise<Wire> {
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}${LINK_PATH}`, { perMessageDeflate: false });
  const inbox: CollectorFrame[] = [];
  let ended: { code: number; reason: string } | undefined;
  let failure: Error | undefined;
  socket.on('message', (data: Buffer) => inbox.push(decodeCollectorFrame(data.toString())));
  socket.on('error', (error) => (failure = error));
  socket.on('close', (code, reason) => (ended = { code, reason: reason.toString() }));
  atEnd(t, () => socket.terminate());

  async function answer<T extends CollectorFrame['t']>(
    kind: T,
    fits: (frame: Answer<T>) => boolean = () => true,
  ): Promise<Answer<T>> {
    const place = () => inbox.findIndex((frame) => frame.t === kind && fits(frame as Answer<T>));
    await until(`a ${kind} frame; got ${inbox.length}`, ANSWER_MS, () => ended || place() >= 0, 5);
    const [frame] = inbox.splice(place() < 0 ? inbox.length : place(), 1);
    if (frame) return frame as Answer<T>;
    const got = inbox.map((each) => JSON.stringify(each)).join('\n');
    throw new Error(
      `no ${kind}: closed with ${ended?.code} ${ended?.reason} ${failure?.message ?? ''}; got ${got}`,
    );
  }
  return {
    challenge: await answer('challenge'),
    inbox,
    ended: () => ended,
    send: (frame) => socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame)),
    sendRaw: (bytes, { binary }) => socket.send(bytes, { binary }),
    answer,
    closed: async () => (await until('the connection to close', ANSWER_MS, () => ended, 5)).code,
    close: () => socket.close(),
  };
}

/** A connection past its handshake, with its columns declared. */
export interface OpenWire extends Wire {
  readonly stream: string;
  readonly machine: Enrolled;
  /** The number that the next report of the stream must have. */
  next: number;
  /** Sends the next report and waits until it is durable. */
  report(change?: Partial<Report>): Promise<Report>;
}

export async function openSession(
  t: Scope,
  url: string,
  machine: Enrolled,
  stream: string = newStream(),
): Promise<OpenWire> {
  const wire = await openWire(t, url);
  wire.send(helloOf(machine, wire.challenge, [stream]));
  const welcome = await wire.answer('welcome');
  wire.send(COLUMNS);
  const open: OpenWire = Object.assign(wire, {
    stream,
    machine,
    next: (welcome.watermarks[stream] ?? -1) + 1,
    async report(change: Partial<Report> = {}) {
      const report = reportOf(stream, open.next, change);
      wire.send(report);
      await wire.answer('ack', (ack) => ack.stream === stream && ack.seq >= report.seq);
      open.next++;
      return report;
    },
  });
  return open;
}

/** One number of /metrics. */
export async function metricOf(collector: { url: string }, name: string): Promise<number> {
  const text = await (await fetch(`${collector.url}/metrics`)).text();
  const value = new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1];
  assert.notEqual(value, undefined, `no ${name} in /metrics`);
  return Number(value);
}
