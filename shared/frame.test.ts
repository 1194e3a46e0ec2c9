import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isNamedError } from './errors.ts';
import { type AgentFrame, decodeAgentFrame, decodeCollectorFrame, encodeFrame, LIMITS } from './frame.ts';

const stream = 'ab'.repeat(16);
const report = {
  t: 'report',
  stream,
  seq: 0,
  series: '0123456789abcdef',
  at: 1,
  off: null,
  boot: 'b',
  v: [1, null, 2.5],
} as const;

test('a report survives encoding and decoding', () => {
  const full: AgentFrame = {
    ...report,
    v: [...report.v],
    checks: [{ id: 'service:nginx', status: 'critical', text: '服务已停止' }],
    events: [{ at: 1, kind: 'service.down', subject: 'nginx', data: { pid: 3 } }],
  };
  assert.deepEqual(decodeAgentFrame(encodeFrame(full)), full);
});

const malformed: [name: string, text: string][] = [
  ['no JSON', '{'],
  ['null', 'null'],
  ['an unknown type', '{"t":"run","command":"id"}'],
  ['an inherited name as type', '{"t":"constructor"}'],
  ['a short stream', JSON.stringify({ ...report, stream: 'ab' })],
  ['a negative number', JSON.stringify({ ...report, seq: -1 })],
  ['a fractional number', JSON.stringify({ ...report, seq: 0.5 })],
  ['a text among the values', JSON.stringify({ ...report, v: ['1'] })],
  ['an instant beyond all calendars', JSON.stringify({ ...report, at: 1e300 })],
  ['a check of no kind', JSON.stringify({ ...report, checks: [{ id: 'x', status: 'ok' }] })],
  [
    'an event with nested data',
    JSON.stringify({ ...report, events: [{ at: 1, kind: 'agent.start', data: { a: {} } }] }),
  ],
  ['a gap that runs backwards', JSON.stringify({ t: 'gap', stream, from: 5, to: 4, reason: 'dropped' })],
  ['a goodbye without a known reason', '{"t":"goodbye","reason":"lunch"}'],
  ['a stream in a list', JSON.stringify({ t: 'gap', stream: [stream], from: 0, to: 1, reason: 'dropped' })],
  ['a reason in a list', '{"t":"goodbye","reason":["stop"]}'],
  ['a status in a list', JSON.stringify({ ...report, checks: [{ id: 'service:x', status: ['ok'] }] })],
  [
    'a check of an endless kind',
    JSON.stringify({ ...report, checks: [{ id: `${'x'.repeat(99)}:`, status: 'ok' }] }),
  ],
  [
    'an event whose kind is no text',
    JSON.stringify({ ...report, events: [{ at: 1, kind: { toString: 1 } }] }),
  ],
  [
    'event data in a list',
    JSON.stringify({ ...report, events: [{ at: 1, kind: 'agent.start', data: [1] }] }),
  ],
  ['a value beyond all numbers', JSON.stringify(report).replace('2.5', '1e999')],
  [
    'a gap with a text for its time',
    JSON.stringify({ t: 'gap', stream, from: 0, to: 1, reason: 'dropped', toAt: '' }),
  ],
];
for (const [name, text] of malformed) {
  test(`refuses ${name} as malformed`, () => {
    assert.throws(
      () => decodeAgentFrame(text),
      (error) => isNamedError(error, 'FRAME_MALFORMED'),
    );
  });
}

const fromCollector: [name: string, text: string][] = [
  ['a stream in a list', JSON.stringify({ t: 'ack', stream: [stream], seq: 1 })],
  ['a wait that is no number', '{"t":"refuse","code":"RATE_LIMITED","message":"","retryAfterMs":"soon"}'],
  ['a challenge without its time', '{"t":"challenge","protocol":1,"collector":"c","nonce":"n"}'],
  ['watermarks in a list', '{"t":"welcome","at":1,"creditBytes":1,"watermarks":[]}'],
];
for (const [name, text] of fromCollector) {
  test(`refuses from a collector ${name}`, () => {
    assert.throws(
      () => decodeCollectorFrame(text),
      (error) => isNamedError(error, 'FRAME_MALFORMED'),
    );
  });
}

test('refuses a frame over 256 KiB, counted in bytes', () => {
  const text = JSON.stringify({ ...report, pad: '院'.repeat(LIMITS.frameBytes / 3) });
  assert.throws(
    () => decodeAgentFrame(text),
    (error) => isNamedError(error, 'FRAME_TOO_LARGE'),
  );
});

test('refuses an over-long text with its own code', () => {
  const text = JSON.stringify({
    ...report,
    checks: [{ id: 'disk:/', status: 'ok', text: 'x'.repeat(2001) }],
  });
  assert.throws(
    () => decodeAgentFrame(text),
    (error) => isNamedError(error, 'EVENT_TOO_LONG'),
  );
});

test('refuses another protocol with its own code', () => {
  assert.throws(
    () => decodeAgentFrame('{"t":"hello","protocol":2}'),
    (error) => isNamedError(error, 'PROTOCOL_UNSUPPORTED'),
  );
});

test('any text gives a frame or a named error', () => {
  const json = fc.json();
  const shaped = fc
    .record({
      t: fc.constantFrom('hello', 'series', 'report', 'gap', 'beat', 'time', 'clock', 'goodbye'),
      v: fc.jsonValue(),
      seq: fc.jsonValue(),
      checks: fc.jsonValue(),
    })
    .map((value) => JSON.stringify(value));
  fc.assert(
    fc.property(fc.oneof(fc.string(), json, shaped), (text) => {
      for (const decode of [decodeAgentFrame, decodeCollectorFrame]) {
        try {
          decode(text);
        } catch (error) {
          assert.ok(isNamedError(error), String(error));
        }
      }
    }),
    { numRuns: 1000 },
  );
});
