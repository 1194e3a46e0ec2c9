// What carries frames: a WebSocket, or posts where a proxy refuses WebSocket. Promise: `closed` is called once, last, and
// nothing follows it; frames arrive decoded and in order.

import type { AgentFrame, CollectorFrame, Hello } from '../../shared/frame.ts';
import type { Clock } from '../../shared/clock.ts';
import type { DialOptions } from './dial.ts';

export interface TransportEvents {
  frame(frame: CollectorFrame): void;
  closed(end: { message: string; upgradeRefused: boolean }): void;
}

export interface Transport {
  send(frame: AgentFrame): void;
  /** Sends what was handed over, then ends. */
  close(): void;
}

export interface TransportOptions {
  url: string;
  agent: string;
  dial: DialOptions;
  clock: Clock;
  /** A hello for this nonce: the HTTP form says hello at every post. */
  hello(nonce: string): Hello;
}

export type OpenTransport = (options: TransportOptions, events: TransportEvents) => Transport;
