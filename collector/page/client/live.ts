// What moves: hosts and open alerts, kept up to date by server-sent events. After each (re)connection everything is read
// again, so nothing that happened in between is missed.

import type { AlertItem, HostItem, LatestValues } from '../../api/shapes.ts';
import { observable } from './observable.ts';
import { get, readSession, session } from './request.ts';

export type LinkState = 'connecting' | 'live' | 'lost';

export const link = observable<LinkState>('connecting');
export const hosts = observable<ReadonlyMap<string, HostItem> | undefined>(undefined);
/** Alerts that somebody must look after: firing or acknowledged. */
export const openAlerts = observable<ReadonlyMap<string, AlertItem> | undefined>(undefined);
/** Counts every change of any alert, for screens that read more than the open ones. */
export const alertChanges = observable(0);
/** Newest values of the watched host. */
export const watchedValues = observable<(LatestValues & { host: string }) | undefined>(undefined);

let source: EventSource | undefined;
let watched: string | undefined;
let readWhen = 0;

async function readAll(): Promise<void> {
  const round = ++readWhen;
  const [hostList, alertList] = await Promise.all([
    get<{ items: HostItem[] }>('/hosts?limit=5000'),
    get<{ items: AlertItem[] }>('/alerts?limit=1000'),
  ]);
  if (round !== readWhen) return;
  hosts.set(new Map(hostList.items.map((item) => [item.id, item])));
  openAlerts.set(new Map(alertList.items.map((item) => [item.id, item])));
}

function connect(): void {
  source?.close();
  const query = watched === undefined ? '' : `?host=${encodeURIComponent(watched)}`;
  const mine = new EventSource(`/api/v1/live${query}`);
  source = mine;
  mine.addEventListener('open', () => {
    readAll().then(
      () => source === mine && link.set('live'),
      () => link.set('lost'),
    );
  });
  mine.addEventListener('error', () => {
    if (source !== mine) return;
    link.set('lost');
    // A refused stream (logged out, server restarted with other keys) is not retried by the browser.
    if (mine.readyState === EventSource.CLOSED) void again(mine);
  });
  mine.addEventListener('host', (event) => {
    const item = JSON.parse((event as MessageEvent<string>).data) as HostItem;
    hosts.set(new Map(hosts.get()).set(item.id, item));
  });
  mine.addEventListener('alert', (event) => {
    const item = JSON.parse((event as MessageEvent<string>).data) as AlertItem;
    applyAlert(item);
  });
  mine.addEventListener('values', (event) => {
    watchedValues.set(JSON.parse((event as MessageEvent<string>).data) as LatestValues & { host: string });
  });
}

async function again(failed: EventSource): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 3000));
  await readSession().catch(() => undefined);
  if (source !== failed) return;
  if (session.get() === 'none') stopLive();
  else connect();
}

export function applyAlert(item: AlertItem): void {
  const next = new Map(openAlerts.get());
  if (item.state === 'firing' || item.state === 'acknowledged') next.set(item.id, item);
  else next.delete(item.id);
  openAlerts.set(next);
  alertChanges.set(alertChanges.get() + 1);
}

export function startLive(): void {
  if (!source) connect();
}

export function stopLive(): void {
  source?.close();
  source = undefined;
  link.set('connecting');
  hosts.set(undefined);
  openAlerts.set(undefined);
}

/** The host whose values are wanted too; undefined: none. */
export function watch(host: string | undefined): void {
  if (watched === host) return;
  watched = host;
  watchedValues.set(undefined);
  if (source) connect();
}
