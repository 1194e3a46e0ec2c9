// The agent before a collector that says anything: lines of frames, between them time that passes and connections that break.
// Promise under test: nothing but the known effects, nothing acknowledged that was not sent, numbers on each stream in order,
// and always an instant at which it wants to be woken.
//
//   {"t":"challenge",…}
//   tick 1000 | pump | closed | refused | stop

import assert from 'node:assert/strict';
import { step, nextTickAt } from '../../../agent/link/machine.ts';
import { type Effect, initialState, type Input, type MachineState } from '../../../agent/link/state.ts';
import { memorySpool } from '../../../agent/link/testing/memory-spool.ts';
import { isNamedError } from '../../../shared/errors.ts';
import { decodeAgentFrame, decodeCollectorFrame, encodeFrame } from '../../../shared/frame.ts';
import { seededRandom } from '../../sim/random.ts';
import type { Target } from '../target.ts';

const stream = '01'.repeat(16);
const START = 1_790_000_000_000;
const MOST_LINES = 200;
const MOST_INPUTS = 2000;

const open = [
  '{"t":"challenge","protocol":1,"collector":"centre","nonce":"bm9uY2U","at":1}',
  '{"t":"welcome","at":1,"watermarks":{},"creditBytes":65536}',
];
const samples = [
  [
    ...open,
    'pump',
    `{"t":"ack","stream":"${stream}","seq":1}`,
    '{"t":"time","n":0,"a":1,"c":2}',
    '{"t":"beat","n":1,"at":1}',
    '{"t":"credit","creditBytes":10}',
    'stop',
  ],
  [
    ...open,
    'pump',
    `{"t":"refuse","code":"SEQUENCE_JUMP","message":"x","stream":"${stream}","seq":1,"expected":0}`,
    'tick 1000',
    '{"t":"refuse","code":"RATE_LIMITED","message":"x","retryAfterMs":10}',
    'tick 20000',
    `{"t":"refuse","code":"FRAME_MALFORMED","message":"x","stream":"${stream}","seq":0}`,
    'closed',
    'tick 60000',
    ...open,
    'tick 40000',
  ],
  [
    'refused',
    'tick 9000',
    'refused',
    'tick 90000',
    open[0] ?? '',
    '{"t":"refuse","code":"REVOKED","message":"x"}',
  ],
];

function inputOf(line: string): { input: Input; afterMs: number } | undefined {
  const [word, number] = line.split(' ');
  switch (word) {
    case 'tick':
      return { input: { kind: 'tick' }, afterMs: Math.min(1e9, Math.max(0, Number(number) || 0)) };
    case 'pump':
      return { input: { kind: 'pump' }, afterMs: 0 };
    case 'closed':
    case 'refused':
      return { input: { kind: 'closed', message: 'x', upgradeRefused: word === 'refused' }, afterMs: 0 };
    case 'stop':
      return { input: { kind: 'stop', reason: 'stop', withinMs: 2000 }, afterMs: 0 };
    default:
      try {
        return { input: { kind: 'frame', frame: decodeCollectorFrame(line) }, afterMs: 1 };
      } catch (error) {
        if (!isNamedError(error)) throw error;
        return undefined;
      }
  }
}

class Run {
  readonly #spool;
  readonly #random = seededRandom(1);
  readonly #sent = new Map<string, number>();
  #state: MachineState = initialState({ collector: 'centre', urls: ['wss://a', 'wss://b'] });
  #mono = 1000;
  #inputs = 0;

  constructor() {
    let ids = 0;
    this.#spool = memorySpool(() => String(++ids).padStart(2, '0').repeat(16));
    for (let i = 0; i < 6; i++) {
      if (i === 4) this.#spool.rotate();
      this.#spool.append({ series: '0123456789abcdef', at: START + i, off: 0, boot: 'b', v: [i] }, ['a']);
    }
    this.feed({ kind: 'start' }, 0);
  }

  feed(first: Input, afterMs: number): void {
    this.#mono += afterMs;
    const queue = [first];
    for (let input = queue.shift(); input; input = queue.shift()) {
      assert.ok(++this.#inputs < MOST_INPUTS, 'it keeps itself busy for ever');
      const view = { wall: START + this.#mono, mono: this.#mono, random: this.#random, spool: this.#spool };
      const { state, effects } = step(this.#state, input, view);
      this.#state = state;
      const wake = nextTickAt(state);
      assert.ok(wake > 0, `wants to be woken at ${wake}`);
      for (const effect of effects) if (this.#apply(effect)) queue.push({ kind: 'pump' });
    }
  }

  /** Whether it asks for a pump. */
  #apply(effect: Effect): boolean {
    switch (effect.kind) {
      case 'connect':
        this.#sent.clear();
        assert.match(effect.url, /^wss:\/\/[ab]$/);
        return false;
      case 'send':
        this.#note(decodeAgentFrame(encodeFrame(effect.frame)));
        return false;
      case 'acknowledge':
        this.#spool.acknowledge(effect.stream, effect.seq);
        return false;
      case 'reject':
        this.#spool.reject(effect.stream, effect.seq);
        return false;
      case 'rotate':
        this.#spool.rotate();
        return false;
      case 'restored':
        this.#spool.restored(effect.seq, effect.salt);
        return false;
      case 'pump':
        return true;
      case 'hello':
        assert.equal(effect.collector, 'centre');
        return false;
      case 'close':
      case 'note':
        return false;
      default:
        return assert.fail(`an unknown effect ${JSON.stringify(effect satisfies never)}`);
    }
  }

  #note(frame: ReturnType<typeof decodeAgentFrame>): void {
    if (frame.t !== 'report' && frame.t !== 'gap') return;
    const [from, to] = frame.t === 'report' ? [frame.seq, frame.seq] : [frame.from, frame.to];
    const before = this.#sent.get(frame.stream);
    assert.ok(before === undefined || from <= before + 1, `${from} after ${before}`);
    this.#sent.set(frame.stream, to);
  }
}

export const link: Target = {
  name: 'link',
  samples: samples.map((lines) => Buffer.from(lines.join('\n'))),
  refuses: [],
  shape: {
    open: (input) =>
      Buffer.from(input)
        .toString()
        .split('\n')
        .map((line) => Buffer.from(line)),
    close: (pieces) => Buffer.from(pieces.map((piece) => Buffer.from(piece).toString()).join('\n')),
  },
  run(input) {
    const run = new Run();
    for (const line of input.toString().split('\n', MOST_LINES)) {
      const next = inputOf(line);
      if (next) run.feed(next.input, next.afterMs);
    }
  },
};
