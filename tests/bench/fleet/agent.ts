// One agent of a fleet: the production link (machine, lanes, backoff, WebSocket) over a spool whose reports are drawn.

import type { KeyObject } from 'node:crypto';
import { sign } from 'node:crypto';
import { type CollectorLink, openLink } from '../../../agent/link/collector-link.ts';
import { openHttp } from '../../../agent/link/http.ts';
import type { OpenTransport } from '../../../agent/link/transport.ts';
import { openWebSocket } from '../../../agent/link/websocket.ts';
import { silentLog } from '../../../agent/log.ts';
import { systemClock } from '../../../shared/clock.ts';
import { type CollectorFrame, type Hello, PROTOCOL, signedText } from '../../../shared/frame.ts';
import { COLLECTOR_NAME, FINGERPRINT, hostId } from '../ingest/plan.ts';
import { type DrawnSpool, openDrawnSpool } from './spool.ts';

export interface FleetAgent {
  readonly spool: DrawnSpool;
  readonly link: CollectorLink;
}

export interface FleetAgentOptions {
  i: number;
  url: string;
  key: KeyObject;
  /** Each frame of the collector, before the link hears it. */
  heard(frame: CollectorFrame): void;
  ended(why: string): void;
  /** A report that was made with an open link was acknowledged so long after it; what was made without one is backlog. */
  acknowledged(ms: number): void;
}

const clock = systemClock();
const DIAL_MS = 20_000;

export function openFleetAgent(options: FleetAgentOptions): FleetAgent {
  const { i, url, key } = options;
  let openedAt = 0;
  const spool = openDrawnSpool(i, ({ addedAt, isMissed }) => {
    if (!isMissed && addedAt >= openedAt) options.acknowledged(performance.now() - addedAt);
  });
  const startedAt = Date.now();
  const hello = (nonce: string, collector: string): Hello =>
    helloOf(i, key, nonce, collector, startedAt, spool);
  const watched =
    (open: OpenTransport): OpenTransport =>
    (dialled, events) =>
      open(dialled, {
        frame(frame) {
          if (frame.t === 'welcome') openedAt = performance.now();
          options.heard(frame);
          events.frame(frame);
        },
        closed(end) {
          options.ended(end.message);
          events.closed(end);
        },
      });
  const link = openLink({
    collector: COLLECTOR_NAME,
    urls: [url],
    agent: hostId(i),
    spool,
    clock,
    random: Math.random,
    log: silentLog,
    dial: { timeoutMs: DIAL_MS },
    transports: { websocket: watched(openWebSocket), http: watched(openHttp) },
    hello,
  });
  return { spool, link };
}

function helloOf(
  i: number,
  key: KeyObject,
  nonce: string,
  collector: string,
  startedAt: number,
  spool: DrawnSpool,
): Hello {
  const agent = hostId(i);
  return {
    t: 'hello',
    protocol: PROTOCOL,
    agent,
    sig: sign(null, Buffer.from(signedText(agent, collector, nonce)), key).toString('base64url'),
    version: '0.1.0',
    boot: 'bench',
    at: Date.now(),
    bootAt: startedAt - 1000,
    fingerprint: FINGERPRINT,
    journal: { startedAt },
    streams: spool.streams(),
  };
}
