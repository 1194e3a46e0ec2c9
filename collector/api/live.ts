// /api/v1/live: what moves on the page, as server-sent events. Promise: a picture is built once a second however many
// browsers look; each browser gets only what its account may see; a browser that does not read costs at most one pending
// picture per host, and is closed when it stays stuck.
//
//   event: host     {HostItem}                    the board's line of a host changed
//   event: values   {host, at, values}            newest values, only for the host named by ?host=
//   event: alert    {AlertItem}                   an alert changed

import type { ServerResponse } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import type { Timer } from '../../shared/clock.ts';
import { NamedError } from '../../shared/errors.ts';
import { confinementOf, type Principal } from '../access/principal.ts';
import { listAlerts } from './alerts.ts';
import type { Context } from './context.ts';
import { listHosts } from './hosts.ts';
import { readLatest } from './routes/hosts.ts';

const TICK_MS = 1000;
const HEARTBEAT_MS = 15_000;
const RECHECK_MS = 60_000;
const STUCK_MS = 30_000;
const MOST_BYTES = 1024 * 1024;
const MOST_BROWSERS = 1000;
const MOST_PER_ACCOUNT = 30;

interface Message {
  hospitalId: string;
  /** Set: only for browsers that look at this host. */
  host?: string;
  /** A newer message of the same key replaces a waiting one. */
  key: string;
  text: string;
}

interface Browser {
  response: ServerResponse;
  principal: Principal;
  host: string | undefined;
  pending: Map<string, string>;
  stuckSince: number | undefined;
}

export interface LiveHub {
  /** Takes the response over. Throws NamedError RATE_LIMITED before it does. */
  add(response: ServerResponse, principal: Principal, host: string | undefined): void;
  checkRoom(principal: Principal): void;
  close(): void;
}

export function openLiveHub(context: Context): LiveHub {
  const { services, clock } = context;
  const browsers = new Set<Browser>();
  const dirtyHosts = new Set<string>();
  const dirtyAlerts = new Set<string>();
  const unsubscribe = [
    services.fleet.subscribe((report) => dirtyHosts.add(report.host)),
    services.verdicts.subscribe((host) => dirtyHosts.add(host)),
    services.alerts.subscribe((change) => {
      dirtyAlerts.add(change.alertId);
      if (change.hostId !== null) dirtyHosts.add(change.hostId);
    }),
  ];
  const drop = (browser: Browser) => {
    if (!browsers.delete(browser)) return;
    context.metrics.liveConnections(-1);
    browser.response.destroy();
  };
  const timers = [
    repeatAfter(context, TICK_MS, () => tick(context, browsers, dirtyHosts, dirtyAlerts, drop)),
    clock.every(HEARTBEAT_MS, () => {
      for (const browser of browsers) flush(browser, ': \n\n', clock.now(), drop);
    }),
    repeatAfter(context, RECHECK_MS, async () => {
      for (const browser of browsers)
        if (!(await context.access.recheck(browser.principal, clock.now()))) drop(browser);
    }),
  ];
  return {
    checkRoom(principal) {
      const own = [...browsers].filter((b) => b.principal.id === principal.id).length;
      if (browsers.size >= MOST_BROWSERS || own >= MOST_PER_ACCOUNT)
        throw new NamedError('RATE_LIMITED', 'too many open live pages');
    },
    add(response, principal, host) {
      const browser: Browser = { response, principal, host, pending: new Map(), stuckSince: undefined };
      browsers.add(browser);
      context.metrics.liveConnections(1);
      response.on('close', () => drop(browser));
      response.on('drain', () => flush(browser, '', clock.now(), drop));
      response.write('retry: 2000\n: niswatch\n\n');
    },
    close() {
      for (const timer of timers) timer.cancel();
      for (const end of unsubscribe) end();
      for (const browser of browsers) drop(browser);
    },
  };
}

/** Runs again `delayMs` after the previous run ended, so that a slow one never overlaps the next. */
function repeatAfter({ clock, log }: Context, delayMs: number, run: () => Promise<void>): Timer {
  let stopped = false;
  let failing = false;
  const round = () => {
    run()
      .then(
        () => {
          failing = false;
        },
        (error: unknown) => {
          if (!failing) log.error({ err: error }, 'the live page cannot be fed');
          failing = true;
        },
      )
      .finally(() => {
        if (!stopped) timer = clock.after(delayMs, round);
      });
  };
  let timer = clock.after(delayMs, round);
  return {
    cancel() {
      stopped = true;
      timer.cancel();
    },
  };
}

async function tick(
  context: Context,
  browsers: ReadonlySet<Browser>,
  dirtyHosts: Set<string>,
  dirtyAlerts: Set<string>,
  drop: (browser: Browser) => void,
): Promise<void> {
  const hosts = [...dirtyHosts];
  const alerts = [...dirtyAlerts];
  dirtyHosts.clear();
  dirtyAlerts.clear();
  if (browsers.size === 0 || hosts.length + alerts.length === 0) return;
  const messages = await compose(context, hosts, alerts, watched(browsers));
  for (const browser of browsers) {
    const confined = confinementOf(browser.principal);
    for (const message of messages) {
      if (confined !== undefined && confined !== message.hospitalId) continue;
      if (message.host !== undefined && message.host !== browser.host) continue;
      browser.pending.set(message.key, message.text);
    }
    flush(browser, '', context.clock.now(), drop);
  }
}

const watched = (browsers: ReadonlySet<Browser>): ReadonlySet<string | undefined> =>
  new Set([...browsers].map((b) => b.host));

/** Few at a time: one statement of the database holds a bounded number of parameters. */
const BATCH = 200;

async function compose(
  context: Context,
  hosts: readonly string[],
  alerts: readonly string[],
  watchedHosts: ReadonlySet<string | undefined>,
): Promise<Message[]> {
  const messages: Message[] = [];
  const add = (event: string, id: string, hospitalId: string, data: object, host?: string) => {
    const text = `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
    messages.push({ hospitalId, key: `${event} ${id}`, text, ...(host === undefined ? {} : { host }) });
  };
  for (let i = 0; i < hosts.length; i += BATCH) {
    const ids = hosts.slice(i, i + BATCH);
    // Agents' reports have a turn between batches.
    if (i > 0) await setImmediate();
    for (const item of await listHosts(context, { ids, confinement: undefined })) {
      add('host', item.id, item.hospital.id, item);
      if (!watchedHosts.has(item.id)) continue;
      const latest = await readLatest(context, item.id);
      add('values', item.id, item.hospital.id, { host: item.id, ...latest }, item.id);
    }
  }
  for (let i = 0; i < alerts.length; i += BATCH) {
    const ids = alerts.slice(i, i + BATCH);
    for (const item of await listAlerts(context.state, { ids, confinement: undefined, limit: BATCH }))
      add('alert', item.id, item.hospital.id, item);
  }
  return messages;
}

function flush(browser: Browser, extra: string, now: number, drop: (browser: Browser) => void): void {
  const { response, pending } = browser;
  if (response.destroyed) return;
  if (response.writableLength > MOST_BYTES) {
    browser.stuckSince ??= now;
    if (now - browser.stuckSince > STUCK_MS) drop(browser);
    return;
  }
  browser.stuckSince = undefined;
  let text = extra;
  for (const [key, message] of pending) {
    // The rest waits for `drain`; meanwhile newer pictures replace older ones.
    if (text.length > MOST_BYTES / 4) break;
    text += message;
    pending.delete(key);
  }
  if (text !== '' && response.write(text) && pending.size > 0) flush(browser, '', now, drop);
}
