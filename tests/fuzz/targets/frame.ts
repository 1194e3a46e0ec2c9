// Frames of the wire, both ways.

import { decodeAgentFrame, decodeCollectorFrame } from '../../../shared/frame.ts';
import { isNamedError } from '../../../shared/errors.ts';
import type { Target } from '../target.ts';

const stream = 'ab'.repeat(16);
const frames = [
  {
    t: 'hello',
    protocol: 1,
    agent: 'host-1',
    sig: 'c2ln',
    version: '0.1.0',
    boot: 'b1',
    at: 1_790_000_000_000,
    bootAt: 1_780_000_000_000,
    fingerprint: 'f1',
    journal: { startedAt: 1_790_000_000_000 },
    streams: [stream],
  },
  { t: 'series', id: '0123456789abcdef', columns: ['cpu_usage_active', 'disk_used_percent{path="/"}'] },
  {
    t: 'report',
    stream,
    seq: 7,
    series: '0123456789abcdef',
    at: 1_790_000_000_000.5,
    off: -12,
    boot: 'b1',
    v: [1, null, 2.5, -1e-7],
    checks: [{ id: 'service:nginx', status: 'critical', text: '服务已停止' }],
    events: [{ at: 1, kind: 'service.down', subject: 'nginx', data: { pid: 3, name: 'x' } }],
  },
  { t: 'gap', stream, from: 8, to: 12, reason: 'dropped', fromAt: 1, toAt: 2 },
  { t: 'beat', n: 1, at: 1 },
  { t: 'time', n: 1, a: 1 },
  { t: 'clock', offsetMs: -3, rttMs: 1.5 },
  { t: 'goodbye', reason: 'shutdown' },
  { t: 'challenge', protocol: 1, collector: 'centre', nonce: 'bm9uY2U', at: 1 },
  { t: 'ack', stream, seq: 7 },
  { t: 'refuse', code: 'SEQUENCE_JUMP', message: 'x', stream, seq: 9, expected: 8, retryAfterMs: 10 },
];

export const frame: Target = {
  name: 'frame',
  samples: frames.map((value) => Buffer.from(JSON.stringify(value))),
  run(input) {
    const text = input.toString();
    for (const decode of [decodeAgentFrame, decodeCollectorFrame]) {
      try {
        decode(text);
      } catch (error) {
        if (!isNamedError(error)) throw error;
      }
    }
  },
};
