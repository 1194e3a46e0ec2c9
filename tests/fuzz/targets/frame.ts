// Frames of the wire, both ways. Promise under test: what is let through has every declared field in its declared kind, and
// comes back the same after it is encoded again. The shapes stand here once more, so that a check forgotten there shows.

import assert from 'node:assert/strict';
import { type TSchema, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import {
  type AgentFrame,
  type CollectorFrame,
  decodeAgentFrame,
  decodeCollectorFrame,
  encodeFrame,
} from '../../../shared/frame.ts';
import type { Target } from '../target.ts';

const stream = 'ab'.repeat(16);
const at = 1_790_000_000_000;
const run = { boot: 'b0', bootAt: at - 9e6, from: at - 8e6, to: at - 7e6, end: 'orderly', reason: 'stop' };
const fromAgent = [
  {
    t: 'hello',
    protocol: 1,
    agent: 'host-1',
    sig: 'c2ln',
    version: '0.1.0',
    boot: 'b1',
    at,
    bootAt: 1_780_000_000_000,
    fingerprint: 'f1',
    journal: {
      startedAt: at,
      previousAliveAt: at - 7e6,
      previousEnd: 'orderly',
      previousReason: 'stop',
      previousBoot: 'b0',
      runs: [run],
      pauses: [{ from: at - 2, to: at - 1 }],
    },
    streams: [stream],
  },
  { t: 'series', id: '0123456789abcdef', columns: ['cpu_usage_active', 'disk_used_percent{path="/"}'] },
  {
    t: 'report',
    stream,
    seq: 7,
    series: '0123456789abcdef',
    at: at + 0.5,
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
];
const fromCollector = [
  { t: 'challenge', protocol: 1, collector: 'centre', nonce: 'bm9uY2U', at: 1 },
  { t: 'welcome', at: 1, watermarks: { [stream]: 6 }, creditBytes: 65_536 },
  { t: 'ack', stream, seq: 7 },
  { t: 'refuse', code: 'SEQUENCE_JUMP', message: 'x', stream, seq: 9, expected: 8, retryAfterMs: 10 },
  { t: 'credit', creditBytes: 1 },
  { t: 'time', n: 1, a: 1, c: 2 },
  { t: 'beat', n: 1, at: 1 },
];

const words = (...all: string[]) => Type.Union(all.map((word) => Type.Literal(word)));
const maybe = Type.Optional;
const text = (maxLength: number) => Type.String({ maxLength });
const instant = Type.Number();
const count = Type.Integer({ minimum: 0 });
const streamId = Type.String({ pattern: '^[0-9a-f]{32}$' });
const seriesId = Type.String({ pattern: '^[0-9a-f]{16}$' });
const goodbye = words('stop', 'shutdown', 'restart', 'update');
const ending = words('orderly', 'unknown');
type Shapes = Record<string, Validator>;
type Validator = { Check(value: unknown): boolean; Errors(value: unknown): { instancePath: string }[] };
const frames = (all: Record<string, Record<string, TSchema>>): Shapes =>
  Object.fromEntries(Object.entries(all).map(([t, fields]) => [t, Compile(Type.Object(fields))]));

const Run = Type.Object({
  boot: text(64),
  bootAt: instant,
  from: instant,
  to: instant,
  end: ending,
  reason: maybe(goodbye),
});
const Journal = Type.Object({
  startedAt: instant,
  previousAliveAt: maybe(instant),
  previousEnd: maybe(ending),
  previousReason: maybe(goodbye),
  previousBoot: maybe(text(64)),
  runs: maybe(Type.Array(Run, { maxItems: 8 })),
  pauses: maybe(Type.Array(Type.Object({ from: instant, to: instant }), { maxItems: 8 })),
});
const Check = Type.Object({
  id: Type.String({ pattern: '^[a-z]+:', maxLength: 300 }),
  status: words('ok', 'warning', 'critical', 'unknown'),
  text: maybe(text(2000)),
});
const Event = Type.Object({
  at: instant,
  kind: Type.String({ pattern: '^[a-z][a-z0-9.-]{0,39}$' }),
  subject: maybe(text(2000)),
  data: maybe(Type.Record(Type.String(), Type.Union([Type.Number(), text(2000)]))),
});

const FROM_AGENT = frames({
  hello: {
    protocol: Type.Literal(1),
    agent: text(64),
    sig: text(200),
    version: text(40),
    boot: text(64),
    at: instant,
    bootAt: instant,
    fingerprint: text(128),
    journal: Journal,
    streams: Type.Array(streamId, { maxItems: 1000 }),
  },
  series: { id: seriesId, columns: Type.Array(text(300), { maxItems: 4000 }) },
  report: {
    stream: streamId,
    seq: count,
    series: text(16),
    at: instant,
    off: Type.Union([instant, Type.Null()]),
    boot: text(64),
    v: Type.Array(Type.Union([Type.Number(), Type.Null()]), { maxItems: 4000 }),
    checks: maybe(Type.Array(Check, { maxItems: 1000 })),
    events: maybe(Type.Array(Event, { maxItems: 200 })),
  },
  gap: {
    stream: streamId,
    from: count,
    to: count,
    reason: words('dropped', 'thinned', 'corrupt', 'refused'),
    fromAt: maybe(instant),
    toAt: maybe(instant),
  },
  beat: { n: count, at: instant },
  time: { n: count, a: instant },
  clock: { offsetMs: instant, rttMs: instant },
  goodbye: { reason: goodbye },
});

const FROM_COLLECTOR = frames({
  challenge: { protocol: Type.Number(), collector: text(200), nonce: text(200), at: instant },
  welcome: {
    at: instant,
    creditBytes: count,
    watermarks: Type.Record(Type.String(), Type.Integer({ minimum: -1 })),
  },
  ack: { stream: streamId, seq: count },
  refuse: {
    code: text(60),
    message: text(1000),
    stream: maybe(streamId),
    seq: maybe(count),
    expected: maybe(count),
    retryAfterMs: maybe(Type.Number({ minimum: 0 })),
  },
  credit: { creditBytes: count },
  time: { n: count, a: instant, c: instant },
  beat: { n: count, at: instant },
});

function readFrame(
  decode: (text: string) => AgentFrame | CollectorFrame,
  shapes: Shapes,
): (input: Buffer) => void {
  return (input) => {
    const decoded = decode(input.toString());
    const shape = shapes[decoded.t];
    if (!shape?.Check(decoded)) {
      const places = shape?.Errors(decoded).map(({ instancePath }) => instancePath);
      assert.fail(`let through a ${decoded.t} with a wrong ${places?.[0] ?? ''}`);
    }
    // What is not finite would come back as null.
    const text = encodeFrame(decoded);
    assert.equal(encodeFrame(decode(text)), text);
  };
}

const samplesOf = (frames: readonly object[]): Buffer[] =>
  frames.map((value) => Buffer.from(JSON.stringify(value)));

export const agentFrame: Target = {
  name: 'frame-agent',
  samples: samplesOf(fromAgent),
  refuses: ['FRAME_MALFORMED', 'FRAME_TOO_LARGE', 'PROTOCOL_UNSUPPORTED', 'EVENT_TOO_LONG'],
  run: readFrame(decodeAgentFrame, FROM_AGENT),
};

export const collectorFrame: Target = {
  name: 'frame-collector',
  samples: samplesOf(fromCollector),
  refuses: ['FRAME_MALFORMED', 'FRAME_TOO_LARGE'],
  run: readFrame(decodeCollectorFrame, FROM_COLLECTOR),
};
