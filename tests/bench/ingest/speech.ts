// What every simulated agent says, and how its acknowledgements are counted.

import { createPrivateKey, type KeyObject, sign } from 'node:crypto';
import { PROTOCOL, signedText } from '../../../shared/frame.ts';
import { COLLECTOR_NAME, FINGERPRINT, hostId, type Plan, SERIES_ID } from './plan.ts';

/** The agent's own key: reading it costs more than signing, and an agent reads it once. */
export function keyOf(plan: Plan, i: number): KeyObject {
  const key = Buffer.from(plan.keys[i]?.privateKey ?? '', 'base64url');
  return createPrivateKey({ key, format: 'der', type: 'pkcs8' });
}

export function helloFrame(key: KeyObject, i: number, nonce: string, stream: string): string {
  const agent = hostId(i);
  const sig = sign(null, Buffer.from(signedText(agent, COLLECTOR_NAME, nonce)), key).toString('base64url');
  const now = Date.now();
  const machine = { version: '0.1.0', boot: 'bench', at: now, bootAt: now - 1000, fingerprint: FINGERPRINT };
  const said = { agent, sig, ...machine, journal: { startedAt: now }, streams: [stream] };
  return JSON.stringify({ t: 'hello', protocol: PROTOCOL, ...said });
}

export function reportFrame(stream: string, seq: number, at: number, values: readonly number[]): string {
  return `{"t":"report","stream":"${stream}","seq":${seq},"series":"${SERIES_ID}","at":${at},"off":0,"boot":"bench","v":${JSON.stringify(values)}}`;
}

/** Latencies by whole milliseconds; the last slot holds the rest. */
export class Latencies {
  readonly #slots = new Uint32Array(60_001);

  add(ms: number): void {
    const slot = Math.min(this.#slots.length - 1, Math.max(0, Math.round(ms)));
    this.#slots[slot] = (this.#slots[slot] ?? 0) + 1;
  }

  count(): number {
    return this.#slots.reduce((sum, n) => sum + n, 0);
  }

  quantile(share: number): number {
    const wanted = this.count() * share;
    let seen = 0;
    return this.#slots.findIndex((n) => (seen += n) >= wanted);
  }

  clear(): void {
    this.#slots.fill(0);
  }
}
