// What the collector reads from a WebSocket without ws and without the decoder. Promise under test: the scanner accepts nothing
// that the decoder would see otherwise; the sieve takes and passes the same however the bytes are cut into chunks, and what it
// does not take goes on byte for byte.

import assert from 'node:assert/strict';
import { ReportScanner } from '../../../collector/ingest/report-scanner.ts';
import { Sieve } from '../../../collector/ingest/sieve.ts';
import { decodeAgentFrame, LIMITS } from '../../../shared/frame.ts';
import type { Target } from '../target.ts';

const stream = 'ab'.repeat(16);
const report = (v: (number | null)[], off: number | null = -12): Buffer =>
  Buffer.from(
    JSON.stringify({
      t: 'report',
      stream,
      seq: 7,
      series: '0123456789abcdef',
      at: 1_790_000_000_000.5,
      off,
      boot: 'b1',
      v,
    }),
  );

const scan = new ReportScanner();

export const scanner: Target = {
  name: 'scanner',
  samples: [
    report([1, null, 2.5, -1e-7, 0.1, 123_456_789_012_345, 5e-324]),
    report([], null),
    report([500_107_862_016, 99.9, 1e21]),
  ],
  refuses: [],
  run(input) {
    // Room before and behind: it must not look at its neighbours.
    const bytes = Buffer.concat([Buffer.from('x"1'), input, Buffer.from('1]}')]);
    if (!scan.scan(bytes, 3, 3 + input.length, stream, '')) return;
    const frame = decodeAgentFrame(input.toString());
    assert.equal(frame.t, 'report');
    if (frame.t !== 'report') return;
    const { seq, at, off, series } = frame;
    assert.deepEqual(
      [scan.stream, scan.seq, scan.at, scan.off, scan.series],
      [frame.stream, seq, at, off, series],
    );
    assert.deepEqual(
      Array.from(scan.values.subarray(0, scan.width)),
      frame.v.map((value) => value ?? Number.NaN),
    );
    assert.equal(frame.checks ?? frame.events, undefined);
  },
};

/** Masked as a client must; `head` is the first byte. */
function frameOf(payload: Uint8Array, head = 0x81): Buffer {
  const key = Buffer.from([1, 2, 3, 4]);
  const masked = Buffer.from(payload).map((byte, i) => byte ^ (key[i & 3] ?? 0));
  if (payload.length < 126) return Buffer.concat([Buffer.of(head, 0x80 | payload.length), key, masked]);
  const size = Buffer.of(head, 0xfe, payload.length >> 8, payload.length & 255);
  return Buffer.concat([size, key, masked]);
}

interface Sifted {
  taken: string[];
  passed: Buffer;
}

function sift(bytes: Uint8Array, chunk: number, takes: boolean): Sifted {
  const taken: string[] = [];
  const passed: Buffer[] = [];
  const sieve = new Sieve({
    longest: LIMITS.frameBytes,
    take(from, start, end) {
      taken.push(from.toString('latin1', start, end));
      return takes;
    },
    drops: () => false,
    pass: (some) => void passed.push(Buffer.from(some)),
  });
  for (let at = 0; at < bytes.length; at += chunk) sieve.push(Buffer.from(bytes.subarray(at, at + chunk)));
  return { taken, passed: Buffer.concat(passed) };
}

/** The first byte says how the rest is cut. */
export const sieve: Target = {
  name: 'sieve',
  samples: [
    Buffer.concat([
      Buffer.of(5),
      frameOf(report([1, 2])),
      frameOf(Buffer.from('{"t":"beat","n":1,"at":1}')),
      frameOf(Buffer.alloc(0), 0x89),
      frameOf(report([3])),
    ]),
    Buffer.concat([
      Buffer.of(1),
      frameOf(Buffer.from('{"t":"ping"}'), 0x01),
      frameOf(Buffer.from('x'), 0x80),
    ]),
  ],
  refuses: [],
  run(input) {
    // One byte at a time each makes objects of its own.
    const bytes = input.subarray(1, 10_000);
    const chunk = 1 + (input[0] ?? 0);
    for (const takes of [true, false]) {
      const whole = sift(bytes, Math.max(1, bytes.length), takes);
      const cut = sift(bytes, chunk, takes);
      assert.deepEqual(cut.taken, whole.taken);
      assert.ok(cut.passed.equals(whole.passed), 'passed on otherwise when it came in pieces');
      // Only an unfinished frame may still be kept.
      if (!takes) assert.ok(Buffer.from(bytes).subarray(0, whole.passed.length).equals(whole.passed));
    }
  },
};
