// A collector as the agent may meet one at its worst, on a manual clock: it delays, loses, refuses and cuts when told to, and holds
// to the wire's rules otherwise. It keeps what it stored, number by number.

import type { Clock } from '../../../shared/clock.ts';
import type { ErrorCode } from '../../../shared/errors.ts';
import {
  type AgentFrame,
  type CollectorFrame,
  type Gap,
  type Hello,
  PROTOCOL,
  type Report,
} from '../../../shared/frame.ts';
import type { OpenTransport, TransportEvents } from '../transport.ts';

export interface ModelCollector {
  open: OpenTransport;
  /** Stream → number → the report's time, or `gap:reason`. */
  stored: Map<string, Map<number, number | string>>;
  /** Accepted frames in order. */
  accepted: (Report | Gap)[];
  /** A number that was stored twice: a broken promise of this model or of the machine. */
  twice: string[];
  received: AgentFrame[];
  cut(): void;
  /** The next report is answered with this instead of being stored; without its number when `mute`. */
  refuseNext(code: ErrorCode, options?: { mute?: boolean; retryAfterMs?: number; times?: number }): void;
  /** The next frame in this direction vanishes. */
  lose(way: 'in' | 'out'): void;
  /** Until healed, no connection comes about. */
  down: boolean;
  upgradesRefused: boolean;
  silent: boolean;
  creditBytes: number;
  /** By how much the agent's clock was set that the model's own was not: both read the same one. */
  agentSetMs: number;
  name: string;
  connections: number;
  kinds: string[];
}

export function modelCollector(clock: Clock, delayMs: () => number): ModelCollector {
  let current: { events: TransportEvents; alive: boolean } | undefined;
  let refusal: Refusal | undefined;
  const takeRefusal = (): Refusal | undefined => {
    const told = refusal;
    refusal = told && told.times > 1 ? { ...told, times: told.times - 1 } : undefined;
    return told;
  };
  const losing = { in: 0, out: 0 };
  const later = (run: () => void): void => void clock.after(delayMs(), run);
  const lost = (way: 'in' | 'out'): boolean => losing[way] > 0 && losing[way]-- > 0;

  const model: ModelCollector = {
    stored: new Map(),
    accepted: [],
    twice: [],
    received: [],
    down: false,
    upgradesRefused: false,
    silent: false,
    creditBytes: 4000,
    agentSetMs: 0,
    name: 'model',
    connections: 0,
    kinds: [],
    cut() {
      const cut = current;
      current = undefined;
      if (!cut?.alive) return;
      cut.alive = false;
      later(() => cut.events.closed({ message: 'cut', upgradeRefused: false }));
    },
    refuseNext(code, { mute = false, retryAfterMs = 3000, times = 1 } = {}) {
      refusal = { code, mute, retryAfterMs, times };
    },
    lose(way) {
      losing[way] += 1;
    },
    open(_options, events) {
      const line = { events, alive: true };
      model.connections += 1;
      let queue = 0;
      const send = (frame: CollectorFrame): void => {
        if (lost('out') || model.silent) return;
        // One line delivers in order, however long each frame takes.
        queue = Math.max(queue, clock.monotonic() + delayMs());
        clock.after(queue - clock.monotonic(), () => line.alive && events.frame(frame));
      };
      const session = conversation(model, clock, takeRefusal, send);
      if (model.down || model.upgradesRefused) {
        line.alive = false;
        later(() => events.closed({ message: 'refused', upgradeRefused: model.upgradesRefused }));
      } else {
        current = line;
        send({
          t: 'challenge',
          protocol: PROTOCOL,
          collector: model.name,
          nonce: `n-${clock.now()}`,
          at: clock.now() - model.agentSetMs,
        });
      }
      let arriving = 0;
      return {
        send(frame) {
          if (lost('in')) return;
          arriving = Math.max(arriving, clock.monotonic() + delayMs());
          clock.after(arriving - clock.monotonic(), () => line.alive && session(frame));
        },
        close() {
          line.alive = false;
          events.closed({ message: 'closed', upgradeRefused: false });
        },
      };
    },
  };

  return model;
}

interface Refusal {
  code: ErrorCode;
  mute: boolean;
  retryAfterMs: number;
  times: number;
}

function conversation(
  model: ModelCollector,
  clock: Clock,
  takeRefusal: () => Refusal | undefined,
  send: (frame: CollectorFrame) => void,
): (frame: AgentFrame) => void {
  const series = new Set<string>();
  const takeReport = (frame: Report): CollectorFrame => {
    const at = { stream: frame.stream, seq: frame.seq };
    const told = takeRefusal();
    if (told) {
      const { code, mute, retryAfterMs } = told;
      return { t: 'refuse', code, message: 'as told', retryAfterMs, ...(mute ? {} : at) };
    }
    if (!series.has(frame.series)) return { t: 'refuse', code: 'SERIES_UNKNOWN', message: '', ...at };
    return store(model, frame, frame.seq, frame.seq);
  };
  return (frame) => {
    model.received.push(frame);
    if (frame.t === 'hello') {
      const watermarks = Object.fromEntries(frame.streams.map((s) => [s, watermarkOf(model, s)]));
      send({ t: 'welcome', at: clock.now() - model.agentSetMs, watermarks, creditBytes: model.creditBytes });
    } else if (frame.t === 'time') send({ ...frame, c: clock.now() - model.agentSetMs + 5000 });
    else if (frame.t === 'beat') send(frame);
    else if (frame.t === 'series') series.add(frame.id);
    else if (frame.t === 'report') send(takeReport(frame));
    else if (frame.t === 'gap') send(store(model, frame, frame.from, frame.to));
  };
}

const watermarkOf = (model: ModelCollector, stream: string): number =>
  (model.stored.get(stream)?.size ?? 0) - 1;

function store(model: ModelCollector, frame: Report | Gap, from: number, to: number): CollectorFrame {
  const { stream } = frame;
  const expected = watermarkOf(model, stream) + 1;
  if (from > expected)
    return { t: 'refuse', code: 'SEQUENCE_JUMP', message: '', stream, seq: from, expected };
  const numbers = model.stored.get(stream) ?? new Map<number, number | string>();
  model.stored.set(stream, numbers);
  if (to >= expected) model.accepted.push(frame);
  for (let seq = expected; seq <= to; seq++) {
    if (numbers.has(seq)) model.twice.push(`${stream}/${seq}`);
    numbers.set(seq, frame.t === 'report' ? frame.at : `gap:${frame.reason}`);
  }
  return { t: 'ack', stream, seq: watermarkOf(model, stream) };
}

/** What `host-1` says of itself at the beginning of a session. */
export function modelHello(clock: Clock, streams: Hello['streams']): Hello {
  return {
    t: 'hello',
    protocol: PROTOCOL,
    agent: 'host-1',
    sig: 's',
    version: '1',
    boot: 'b',
    at: clock.now(),
    bootAt: 0,
    fingerprint: 'f',
    journal: { startedAt: 0 },
    streams,
  };
}
