// Joins the parts of the collector. Promise: it is ready only when agents can be heard and the page can be read; stopping
// acknowledges what was accepted and leaves the store and the state closed.

import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import type { Clock } from '../shared/clock.ts';
import { NamedError } from '../shared/errors.ts';
import { openAccess } from './access/access.ts';
import { ensureAdminToken } from './access/tokens.ts';
import { type Alerts, openAlerts } from './alerts/alerts.ts';
import { createServer } from './api/server.ts';
import type { PageFiles } from './api/services.ts';
import { openFolderState, sessionLimits } from './commands/commands.ts';
import { type BackupWatch, openBackupWatch } from './backups/watch.ts';
import type { CollectorConfig } from './config.ts';
import { type Enrolment, openEnrolment } from './enrolment/enrolment.ts';
import { type Fleet, openFleet } from './fleet/fleet.ts';
import { NO_NAMES, openHostNames } from './host-names.ts';
import { agentRoutes } from './ingest/http.ts';
import { type Ingest, openIngest } from './ingest/ingest.ts';
import { attachLink } from './ingest/link.ts';
import { tellEngines } from './knowledge/open.ts';
import { watchUplink } from './liveness/uplink.ts';
import { openWatch, type Watch } from './liveness/watch.ts';
import { openChannels } from './notifiers/index.ts';
import { openRenderer } from './reports/renderer.ts';
import { openSelf } from './self.ts';
import type { Log } from './services.ts';
import type { State } from './state/state.ts';
import { openStore } from './store/open.ts';
import type { Store } from './store/store.ts';
import { VERSION } from './version.ts';
import { watchStore, type WatchedStore } from './watched-store.ts';
import { servicesOf } from './wiring.ts';

export interface CollectorOptions {
  config: CollectorConfig;
  folder: string;
  clock: Clock;
  log: Log;
  page: PageFiles;
}

export interface Collector {
  /** Where it listens, such as `http://127.0.0.1:8080`. */
  url: string;
  /** Makes a one-time login link for an administrator. */
  loginLink(): Promise<string>;
  /** Packs all that the store's journal holds, as it would within hours. */
  pack(): Promise<void>;
  stop(): Promise<void>;
}

const MAINTAIN_MS = 30_000;
/** Connections that wait to be accepted: with the usual 511, a fleet that comes back at once waits for TCP to try again. */
const BACKLOG = 4096;

/** Opens everything and listens. Throws NamedError of whatever cannot be opened; what was opened before is closed again. */
export async function openCollector(options: CollectorOptions): Promise<Collector> {
  const opened: (() => Promise<unknown> | void)[] = [];
  const closeAll = async (): Promise<void> => {
    for (const close of opened.splice(0).toReversed()) await close();
  };
  try {
    return await joinParts(options, opened, closeAll);
  } catch (error) {
    await closeAll();
    throw error;
  }
}

/** `opened` collects what must be closed, last opened first. */
async function joinParts(
  options: CollectorOptions,
  opened: (() => Promise<unknown> | void)[],
  closeAll: () => Promise<void>,
): Promise<Collector> {
  const { config, folder, clock, log } = options;
  const random = (bytes: number): Uint8Array => randomBytes(bytes);
  const unit = (): number => randomBytes(6).readUIntBE(0, 6) / 2 ** 48;

  const state = await openFolderState(folder);
  opened.push(() => state.destroy());
  const store = await openWatchedStore(options, state, opened);
  const watch = await openWatch({ state, clock, config: config.liveness, log });
  opened.push(() => watch.stop());
  const uplink = watchUplink({
    targets: config.liveness.uplink,
    clock,
    log,
    onTrouble: (on) => watch.ownTrouble(on),
  });
  opened.push(() => uplink.stop());
  const retention = { goneMs: config.backups.keepGone, pastMs: config.backups.keepPast };
  const backups = await openBackupWatch({ state, clock, log, retention });
  opened.push(() => backups.close());
  const fleet = await openFleet({ state, store, verdicts: watch, clock, log, backups });
  opened.push(() => fleet.close());
  fleet.subscribe((report) => watch.stored(report));
  fleet.subscribe((report) => backups.stored(report));
  const channels = openChannels(config.channels);
  for (const channel of channels) opened.push(() => channel.notifier.close?.());
  const alerts = await openAlerts({
    state,
    fleet,
    verdicts: watch,
    channels,
    clock,
    random: unit,
    config: { alerts: config.alerts, rules: config.rules as never },
    log,
    breathe: () => setImmediate(),
    ...(config.http.publicUrl ? { publicUrl: config.http.publicUrl } : {}),
  });
  opened.push(() => alerts.close());
  watch.onVerdict((host) => fleet.meet(host));
  watch.onVerdict((host) => alerts.touch(host));
  backups.onChange((host) => alerts.touch(host));
  const enrolment = openEnrolment({ state, clock, random, collectorName: config.name });
  const ingest = openIngest({
    state,
    store,
    clock,
    random,
    presence: watch,
    reports: fleet,
    config: config.ingest,
    collectorName: config.name,
    log,
  });
  const parts = { state, store, watch, fleet, alerts, backups, enrolment, ingest };
  const access = openAccess({ state, sessions: sessionLimits(config) });
  await ensureAdminToken(folder, state, clock.now());
  const server = await openServer(options, parts, access);
  const detach = attachLink(server.server, ingest);
  opened.push(async () => {
    detach();
    await ingest.stop();
    await server.close();
  });
  const maintenance = maintain(store, clock, log);
  opened.push(maintenance.stop);
  const url = await listen(server, config);
  log.info({ url, version: VERSION, channels: channels.map((c) => c.id) }, 'the collector listens');
  return {
    url,
    loginLink: async () => `${config.http.publicUrl || url}${await access.links.create(clock.now())}`,
    pack: () => store.maintain({ all: true }),
    stop: closeAll,
  };
}

async function openWatchedStore(
  { config, folder, clock, log }: CollectorOptions,
  state: State,
  opened: (() => Promise<unknown> | void)[],
): Promise<WatchedStore> {
  const { store: storeConfig, outlets } = config;
  const isTold = storeConfig.kind !== 'embedded' || outlets.length > 0;
  const places = isTold ? await openHostNames(state, clock) : NO_NAMES;
  opened.push(() => places.close());
  const store = await openStore({ folder, clock, config: storeConfig, outlets, places, log });
  opened.push(() => store.close());
  return watchStore(store, clock);
}

interface Parts {
  state: State;
  store: WatchedStore;
  watch: Watch;
  fleet: Fleet;
  alerts: Alerts;
  backups: BackupWatch;
  enrolment: Enrolment;
  ingest: Ingest;
}

async function openServer(
  { config, clock, log, page }: CollectorOptions,
  parts: Parts,
  access: ReturnType<typeof openAccess>,
): Promise<FastifyInstance> {
  const { state, store, ingest, enrolment } = parts;
  const self = openSelf(parts, clock, log);
  const knowledge = tellEngines({ config, state, own: self.history, clock, log });
  const reports = openRenderer();
  const server = await createServer({
    config: config.http,
    state,
    store,
    services: servicesOf({ ...parts, reports, clock }),
    access,
    metrics: self.metrics,
    own: self.history,
    clock,
    log,
    page,
    version: VERSION,
  });
  server.addHook('onClose', async () => {
    await Promise.all([reports.close(), self.stop(), knowledge.stop()]);
  });
  await server.register(agentRoutes({ ingest, enrolment, clock, log }));
  return server;
}

async function listen(server: FastifyInstance, { listen: { host, port } }: CollectorConfig): Promise<string> {
  try {
    await server.listen({ host, port, backlog: BACKLOG });
  } catch (cause) {
    const why =
      (cause as NodeJS.ErrnoException).code === 'EADDRINUSE'
        ? 'another program listens there'
        : String(cause);
    throw new NamedError('LISTEN_FAILED', `cannot listen on ${host}:${port}: ${why}`, { cause });
  }
  const address = server.server.address() as AddressInfo;
  const shown = address.address === '0.0.0.0' || address.address === '::' ? '127.0.0.1' : address.address;
  return `http://${shown.includes(':') ? `[${shown}]` : shown}:${address.port}`;
}

/** Packs, rolls up and applies retention now and then; one at a time. */
function maintain(store: Store, clock: Clock, log: Log): { stop(): Promise<void> } {
  let running: Promise<void> = Promise.resolve();
  let busy = false;
  const timer = clock.every(MAINTAIN_MS, () => {
    if (busy) return;
    busy = true;
    running = store
      .maintain()
      .catch((error: unknown) => log.error({ error }, 'the store cannot be packed now'))
      .finally(() => {
        busy = false;
      });
  });
  return {
    stop: () => {
      timer.cancel();
      return running;
    },
  };
}
