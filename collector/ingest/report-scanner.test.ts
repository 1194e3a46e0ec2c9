// The scanner against the decoder that it stands in for.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type AgentFrame, decodeAgentFrame, LIMITS, type Report } from '../../shared/frame.ts';
import { ReportScanner } from './report-scanner.ts';

const scanner = new ReportScanner();
const stream = '0123456789abcdef'.repeat(2);
const plain: Report = {
  t: 'report',
  stream,
  seq: 7,
  series: 'fedcba9876543210',
  at: 1_790_000_000_000,
  off: -12,
  boot: '5f1c-b',
  v: [1, null, 2.5, 0, 500107862016],
};

/** What was read, in the decoder's own form; undefined when the bytes were left to it. */
function scan(text: string, known = { stream: '', series: '' }): Report | undefined {
  // Other frames lie before and behind it, as in what a socket brings.
  const frame = Buffer.from(text);
  const bytes = Buffer.concat([Buffer.from('12'), frame, Buffer.from('34,5')]);
  if (!scanner.scan(bytes, 2, 2 + frame.length, known.stream, known.series)) return undefined;
  const v = Array.from(scanner.values.subarray(0, scanner.width), (x) => (Number.isNaN(x) ? null : x));
  const { seq, series, at, off } = scanner;
  const { boot } = JSON.parse(text) as Report;
  return { t: 'report', stream: scanner.stream, seq, series, at, off, boot, v };
}

function decode(text: string): AgentFrame | undefined {
  try {
    return decodeAgentFrame(text);
  } catch {
    return undefined;
  }
}

const numbers = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.tuple(fc.maxSafeInteger(), fc.integer({ min: 0, max: 20 })).map(([n, k]) => Number(`${n}e-${k}`)),
  fc.constantFrom(0, -0, 1e21, 5e-324, 123456789, 1234567890, 999999999999999, 2 ** 53, 0.1),
);
const reports = fc.record({
  t: fc.constant('report' as const),
  stream: fc.stringMatching(/^[0-9a-f]{32}$/),
  seq: fc.maxSafeNat(),
  series: fc.oneof(fc.stringMatching(/^[0-9a-f]{16}$/), fc.string({ minLength: 16, maxLength: 16 })),
  at: fc.oneof(fc.integer({ min: 0, max: 4e12 }), fc.double({ min: -1e15, max: 1e15, noNaN: true })),
  off: fc.option(fc.double({ min: -1e12, max: 1e12, noNaN: true })),
  boot: fc.string({ maxLength: 64 }),
  v: fc.array(fc.option(numbers), { maxLength: 80 }),
});

test('a plain report gives what the decoder gives, every double bit for bit', () => {
  assert.deepEqual(scan(JSON.stringify(plain)), plain);
  fc.assert(
    fc.property(reports, (report) => {
      const text = JSON.stringify(report);
      const read = scan(text, report);
      const isAscii = /^[ !#-[\]-~]*$/.test(report.boot + report.series);
      assert.equal(read !== undefined, isAscii);
      if (read) assert.deepEqual(read, decode(text));
    }),
    { numRuns: 2_000 },
  );
});

test('whatever it accepts of damaged text, the decoder accepts alike', () => {
  const bytes = fc.constantFrom(...'{}[]",:.-+eE0123456789nulltrue \\\n\u0000é'.split(''));
  const edits = fc.array(fc.tuple(fc.nat(), fc.nat(3), bytes), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(reports, edits, (report, changes) => {
      let text = JSON.stringify(report);
      for (const [place, length, put] of changes) {
        const i = place % text.length;
        text = text.slice(0, i) + put + text.slice(i + length);
      }
      const read = scan(text);
      if (read) assert.deepEqual(read, decode(text));
    }),
    { numRuns: 5_000 },
  );
});

const withNumber = (number: string): string =>
  JSON.stringify({ ...plain, v: [] }).replace('[]', `[1,${number},2]`);

test('numbers that JSON does not know are left to the decoder', () => {
  const bad = [
    '01',
    '-01',
    '1.',
    '.5',
    '-',
    '+1',
    '1e',
    '1e+',
    '--1',
    '1.2.3',
    '1-2',
    '',
    ' 1',
    '1e999',
    'nul',
    'NaN',
  ];
  for (const number of [
    ...bad,
    '0x10',
    '1_000',
    'nullnull',
    '00.5',
    '12345678901234567890123456789012345678901',
  ]) {
    assert.equal(scan(withNumber(number)), undefined, number);
  }
  for (const number of [
    '-0',
    '0',
    '0.0',
    '-1.5e-3',
    '1E5',
    '123456789',
    '1234567890.12345',
    '0.1234567890123456789',
  ]) {
    const read = scan(withNumber(number));
    assert.ok(Object.is(read?.v[1], JSON.parse(number)), number);
  }
});

test('other frames, reports with more in them, and keys in another order are left to the decoder', () => {
  const { v, ...rest } = plain;
  const others: object[] = [
    { ...plain, checks: [] },
    { ...plain, events: [{ at: 1, kind: 'service.down' }] },
    { ...plain, more: 1 },
    { v, ...rest },
    { ...rest },
    { ...plain, stream: stream.toUpperCase() },
    { ...plain, seq: -1 },
    { ...plain, seq: 1.5 },
    { ...plain, off: undefined },
    { ...plain, boot: 'é' },
    { ...plain, boot: 'a"b' },
    { ...plain, boot: 'x'.repeat(65) },
    { ...plain, v: [[1]] },
    { ...plain, v: Array.from({ length: LIMITS.columns + 1 }, () => 1) },
    { t: 'beat', n: 1, at: 1 },
  ];
  for (const frame of others) assert.equal(scan(JSON.stringify(frame)), undefined, JSON.stringify(frame));
  assert.equal(scan(''), undefined);
  assert.equal(scan(']}'), undefined);
  assert.equal(scan(JSON.stringify(plain, undefined, 1)), undefined);
  assert.deepEqual(scan(JSON.stringify({ ...plain, v: [] }))?.v, []);
});
