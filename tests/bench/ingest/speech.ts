// What every simulated agent says, and how its acknowledgements are counted.

import { createPrivateKey, sign } from 'node:crypto';
import { PROTOCOL, signedText } from '../../../shared/frame.ts';
import { COLLECTOR_NAME, FINGERPRINT, hostId, type Plan, SERIES_ID } from './plan.ts';

export function helloFrame(plan: Plan, i: number, nonce: string, stream: string): string {
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
