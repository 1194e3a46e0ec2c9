// A stage for tests of the HTTP side and the page: the real server, access and state, listening on a free port, with two
// hospitals, and small services that throw when misused.

import type { FastifyInstance } from 'fastify';
import type { AddressInfo } from 'node:net';
import { type Clock, manualClock } from '../../../shared/clock.ts';
import { readConfig } from '../../../shared/config/schema.ts';
import { NamedError } from '../../../shared/errors.ts';
import { digestOf, type HostDigest } from '../../backups/digest.ts';
import { forecastOf } from '../../backups/forecast.ts';
import { readBackups } from '../../backups/state/read.ts';
import { openAccess } from '../../access/access.ts';
import type { Verdict } from '../../liveness/verdict.ts';
import { openMetrics } from '../../metrics.ts';
import { openRenderer, type Renderer } from '../../reports/renderer.ts';
import type { StoredReport } from '../../services.ts';
import type { Role } from '../../state/schema.ts';
import { openState, type State } from '../../state/state.ts';
import { HTTP_CONFIG } from '../config.ts';
import type { Context } from '../context.ts';
import { createServer } from '../server.ts';
import { type AlertChange, NO_PAGE, type PageFiles, type Services } from '../services.ts';
import { memoryStore, type MemoryStore } from './series.ts';

/** A Monday, 10:00 in Shanghai. */
export const START_AT = Date.UTC(2026, 2, 2, 2);

export interface Stage {
  app: FastifyInstance;
  url: string;
  clock: Clock & { advance?(ms: number): void };
  context: Context;
  state: State;
  store: MemoryStore;
  /** Faults that were logged. */
  faults: object[];
  setVerdict(host: string, verdict: Verdict): void;
  report(report: StoredReport): void;
  /** Reads the host’s backups from the state, as the collector does after a report. */
  readBackups(host: string): Promise<void>;
  close(): Promise<void>;
}

export interface StageOptions {
  clock?: Clock;
  page?: PageFiles;
  config?: object;
}

export async function openStage(options: StageOptions = {}): Promise<Stage> {
  const clock = options.clock ?? manualClock(START_AT);
  const state = await openState(':memory:');
  await seedPlaces(state, clock.now());
  const store = memoryStore();
  const faults: object[] = [];
  const config = readConfig(HTTP_CONFIG, options.config);
  const renderer = openRenderer();
  const services = stageServices(state, clock, renderer);
  const context: Context = {
    config,
    state,
    store,
    services,
    clock,
    version: '0.1.0-test',
    page: options.page ?? NO_PAGE,
    log: { info() {}, warn() {}, error: (fields) => void faults.push(fields) },
    // The cheapest work factor: these tests are about who gets in, not about how long a guess takes.
    access: openAccess({
      state,
      sessions: { idleMs: config.sessionIdle, lifetimeMs: config.sessionLifetime },
      passwords: { cost: 16 },
    }),
    metrics: openMetrics(
      {
        connected: () => 2,
        ingest: () => ({ reports_stored_total: 7 }),
        store: () => store.stats(),
        alerts: () => Promise.resolve([{ severity: 'critical', state: 'firing', count: 1 }]),
        hosts: () => Promise.resolve([{ verdict: 'up', count: 2 }]),
        now: () => clock.now(),
      },
      { processMetrics: false },
    ),
  };
  const app = await createServer(context);
  await app.listen({ host: '127.0.0.1', port: 0 });
  return {
    app,
    url: `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`,
    clock,
    context,
    state,
    store,
    faults,
    setVerdict: services.setVerdict,
    report: services.report,
    readBackups: services.readBackups,
    async close() {
      await app.close();
      await renderer.close();
      await state.destroy();
    },
  };
}

interface StageServices extends Services {
  setVerdict(host: string, verdict: Verdict): void;
  report(report: StoredReport): void;
  readBackups(host: string): Promise<void>;
}

function stageServices(state: State, clock: Clock, renderer: Renderer): StageServices {
  const verdicts = new Map<string, Verdict>();
  const digests = new Map<string, HostDigest>();
  const reports = new Set<(report: StoredReport) => void>();
  const verdictListeners = new Set<(host: string, verdict: Verdict) => void>();
  const alertListeners = new Set<(change: AlertChange) => void>();
  const listen =
    <T>(set: Set<T>) =>
    (listener: T) => {
      set.add(listener);
      return () => void set.delete(listener);
    };
  return {
    fleet: { latest: () => undefined, subscribe: listen(reports) },
    verdicts: {
      verdict: (host) => verdicts.get(host) ?? { word: 'never-seen', since: START_AT, evidence: [] },
      lastHeardAt: () => undefined,
      connected: () => verdicts.size,
      subscribe: listen(verdictListeners),
    },
    alerts: {
      subscribe: listen(alertListeners),
      async acknowledge(id, who, note) {
        const change = await acknowledge(state, clock.now(), id, who, note);
        for (const listener of alertListeners) listener(change);
      },
    },
    backups: {
      digest: (host) => digests.get(host),
      forecast(_host, set, zone) {
        const disk = set.volume && { path: set.volume.path, freeBytes: set.volume.freeBytes };
        return forecastOf(set, disk, { now: clock.now(), zone });
      },
    },
    async readBackups(host) {
      digests.set(host, digestOf(await readBackups(state, host, clock.now())));
    },
    enrolment: { createCode: ({ who }) => Promise.resolve(`CODE-FOR-${who}`) },
    reports: renderer,
    ingestStats: () => ({ reports_stored_total: 7 }),
    notReady: () => Promise.resolve([]),
    setVerdict(host, verdict) {
      verdicts.set(host, verdict);
      for (const listener of verdictListeners) listener(host, verdict);
    },
    report: (report) => reports.forEach((listener) => listener(report)),
  };
}

async function acknowledge(
  state: State,
  now: number,
  id: string,
  who: string,
  note: string,
): Promise<AlertChange> {
  const row = await state.selectFrom('alerts').selectAll().where('id', '=', id).executeTakeFirst();
  if (!row) throw new NamedError('NOT_FOUND', `no alert ${id}`);
  if (row.state !== 'firing') throw new NamedError('CONFLICT', `the alert is ${row.state}`);
  await state
    .updateTable('alerts')
    .set({ state: 'acknowledged', acknowledgedAt: now, acknowledgedBy: who, note, updatedAt: now })
    .where('id', '=', id)
    .execute();
  await state
    .insertInto('alertLog')
    .values({ alertId: id, at: now, what: 'acknowledged', who, note })
    .execute();
  return { alertId: id, hostId: row.hostId, hospitalId: row.hospitalId };
}

/** 市一院 (a) with hosts a1, a2 and 县医院 (b) with host b1. */
async function seedPlaces(state: State, now: number): Promise<void> {
  const hospitals = [
    { id: 'a', name: '市第一人民医院' },
    { id: 'b', name: '青山县人民医院' },
  ];
  for (const hospital of hospitals)
    await state
      .insertInto('hospitals')
      .values({ ...hospital, timeZone: 'Asia/Shanghai', createdAt: now })
      .execute();
  for (const [id, name] of [
    ['a1', '院感主服务器'],
    ['a2', '院感备机'],
    ['b1', 'NIS-SERVER'],
  ] as const)
    await state
      .insertInto('hosts')
      .values({
        id,
        name,
        hospitalId: id.slice(0, 1),
        publicKey: `key-${id}`,
        fingerprint: `machine-${id}`,
        enrolledAt: now - 40 * 86_400_000,
        revokedAt: null,
        hostname: `nis-${id}`,
        os: id === 'b1' ? 'Windows Server 2019 Standard' : 'Debian GNU/Linux 12',
        arch: 'x64',
        agentVersion: '0.1.0',
        boot: 'boot-1',
        bootAt: now - 12 * 86_400_000,
        offsetMs: 42,
      })
      .execute();
}

export async function seedAlert(
  state: State,
  alert: { id: string; host: string; at: number; severity?: 'critical' | 'warning'; subject?: string },
): Promise<void> {
  await state
    .insertInto('alerts')
    .values({
      id: alert.id,
      rule: 'service-down',
      hospitalId: alert.host.slice(0, 1),
      hostId: alert.host,
      subject: alert.subject ?? 'nis-web',
      severity: alert.severity ?? 'critical',
      state: 'firing',
      value: 0,
      summary: JSON.stringify({ zh: '服务 nis-web 已停止', en: 'Service nis-web is down' }),
      advice: JSON.stringify({
        zh: '登录服务器，查看服务日志后重启。',
        en: 'Read its log, then restart it.',
      }),
      evidence: JSON.stringify({ 'service_up{name="nis-web"}': 0 }),
      pendingAt: alert.at,
      firingAt: alert.at,
      acknowledgedAt: null,
      acknowledgedBy: null,
      note: null,
      resolvedAt: null,
      clearingAt: null,
      open: 1,
      updatedAt: alert.at,
    })
    .execute();
  for (const [what, offset] of [
    ['pending', 0],
    ['firing', 0],
    ['notified', 4000],
  ] as const)
    await state
      .insertInto('alertLog')
      .values({ alertId: alert.id, at: alert.at + offset, what, who: 'collector', note: null })
      .execute();
}

/** A token's header for programs. */
export async function tokenFor(
  stage: Stage,
  role: Role,
  hospitalId?: string,
): Promise<{ authorization: string }> {
  const token = await stage.context.access.tokens.add(
    { name: `${role}-${hospitalId ?? 'all'}`, role, hospitalId },
    { who: 'test', now: stage.clock.now() },
  );
  return { authorization: `Bearer ${token}` };
}
