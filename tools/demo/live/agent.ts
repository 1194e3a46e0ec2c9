// One agent of the demonstration: the production link and spool, over readings that the world gives. Promise: what it sends went
// through the same frames, signatures and acknowledgements as a hospital's.

import { type KeyObject, randomBytes, sign } from 'node:crypto';
import { type CollectorLink, openLink } from '../../../agent/link/collector-link.ts';
import { openHttp } from '../../../agent/link/http.ts';
import { openWebSocket } from '../../../agent/link/websocket.ts';
import { silentLog } from '../../../agent/log.ts';
import { seriesId } from '../../../agent/schedule/columns.ts';
import { spoolConfig } from '../../../agent/spool/config.ts';
import { openSpool } from '../../../agent/spool/disk-spool.ts';
import { simulatedDisk } from '../../../agent/spool/simulated-disk.ts';
import type { Spool } from '../../../agent/spool/spool.ts';
import { VERSION } from '../../../agent/version.ts';
import { type Clock, systemClock } from '../../../shared/clock.ts';
import { readConfig } from '../../../shared/config/schema.ts';
import { type CheckResult, type Hello, PROTOCOL, signedText } from '../../../shared/frame.ts';
import { fingerprintOf, keyOf } from '../apply/keys.ts';
import { checksAt } from '../world/checks.ts';
import { bootOf } from '../world/episodes.ts';
import { bootText, processAt } from '../world/scenes.ts';
import type { DemoHost, World } from '../world/shape.ts';
import { clockOffset, type HostValues, openValues } from '../world/values.ts';
import { openNews } from './news.ts';

export interface DemoAgent {
  start(): void;
  /** Reads once and sends. `at`: real time; what lies in the past waited in the spool. */
  report(at: number): void;
  stop(): Promise<void>;
}

export interface DemoAgentOptions {
  world: World;
  host: DemoHost;
  url: string;
  collector: string;
  secret: string;
}

const DIAL_MS = 20_000;
/** All checks are told again after so long, as agents do. */
const RETELL_MS = 8 * 60_000;
const STOP_MS = 2_000;

export function openDemoAgent(options: DemoAgentOptions): DemoAgent {
  const { world, host, url, collector, secret } = options;
  // A clock that is off is off for the agent too: the collector measures it.
  const lateMs =
    Math.abs(clockOffset(host, world.endAt)) > 1_000 ? Math.round(clockOffset(host, world.endAt)) : 0;
  const clock = lateClock(systemClock(), lateMs);
  const spool = openSpool({
    folder: '/spool',
    disk: simulatedDisk(),
    random: () => randomBytes(16),
    clock,
    limits: readConfig(spoolConfig, {}),
    log: () => undefined,
  });
  const link = openLink({
    collector,
    urls: [url],
    agent: host.id,
    spool,
    clock,
    random: Math.random,
    log: silentLog,
    dial: { timeoutMs: DIAL_MS },
    transports: { websocket: openWebSocket, http: openHttp },
    hello: (nonce, name) => helloOf(options, { key: keyOf(secret, host.id), nonce, name, clock, spool }),
  });
  const readings = openReadings(world, host);
  return {
    start: () => link.start(),
    report(at) {
      const { values, checks, events } = readings(at);
      spool.append(
        {
          series: readings.series,
          at: at - lateMs,
          off: link.offsetMs() ?? (lateMs || null),
          boot: bootText(bootOf(host, at)),
          v: values,
          ...(checks.length > 0 ? { checks } : {}),
          ...(events.length > 0 ? { events: events.map((e) => ({ ...e, at: e.at - lateMs })) } : {}),
        },
        readings.columns,
      );
      spool.sync();
      link.wake();
    },
    stop: () => stopLink(link),
  };
}

const stopLink = (link: CollectorLink): Promise<void> => link.stop('stop', STOP_MS);

function lateClock(clock: Clock, lateMs: number): Clock {
  return { ...clock, now: () => clock.now() - lateMs };
}

interface Greeting {
  key: KeyObject;
  nonce: string;
  name: string;
  clock: Clock;
  spool: Spool;
}

function helloOf({ host }: DemoAgentOptions, { key, nonce, name, clock, spool }: Greeting): Hello {
  const at = clock.now();
  const bootAt = bootOf(host, at);
  return {
    t: 'hello',
    protocol: PROTOCOL,
    agent: host.id,
    sig: sign(null, Buffer.from(signedText(host.id, name, nonce)), key).toString('base64url'),
    version: VERSION,
    boot: bootText(bootAt),
    at,
    bootAt,
    fingerprint: fingerprintOf(host.id),
    journal: { startedAt: processAt(host, at) },
    streams: spool.streams(),
  };
}

function openReadings(world: World, host: DemoHost) {
  const { columns, read }: HostValues = openValues(world, host);
  const row = new Float64Array(columns.length);
  const news = openNews(world, host);
  const told = new Map<string, CheckResult>();
  let toldAt = -Infinity;
  const readAt = (at: number) => {
    read(at, row);
    const all = checksAt(world, host, at);
    const again = at - toldAt >= RETELL_MS;
    const checks = all.filter((check) => again || told.get(check.id)?.status !== check.status);
    if (again) toldAt = at;
    for (const check of checks) told.set(check.id, check);
    return {
      values: Array.from(row, (value) => (Number.isNaN(value) ? null : value)),
      checks,
      events: news(at),
    };
  };
  return Object.assign(readAt, { columns, series: seriesId(columns) });
}
