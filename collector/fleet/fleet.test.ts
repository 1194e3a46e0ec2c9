import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { manualClock } from '../../shared/clock.ts';
import type { Log, StoredReport } from '../services.ts';
import { openState, type State } from '../state/state.ts';
import type { Bucket, Point } from '../store/store.ts';
import { type Fleet, openFleet } from './fleet.ts';

const quiet: Log = { info() {}, warn() {}, error() {} };
const NOW = Date.UTC(2026, 10, 22, 4);
const MINUTE = 60_000;

interface Stored {
  latest?: Record<string, Point>;
  buckets?: Record<string, Bucket[]>;
}

async function start(t: TestContext, held: Stored = {}) {
  const clock = manualClock(NOW);
  const state = await openState(':memory:');
  await state
    .insertInto('hospitals')
    .values({ id: 'p1', name: '市一院', timeZone: 'Asia/Shanghai', createdAt: 1 })
    .execute();
  await addHost(state, 'h1');
  const store = {
    latest: async () => ({ at: NOW - MINUTE, values: new Map(Object.entries(held.latest ?? {})) }),
    buckets: async () => new Map(Object.entries(held.buckets ?? {})),
    keys: async () => [],
  };
  const verdicts = { verdict: () => ({ word: 'up' as const, since: 0, evidence: [] }) };
  const open = (): Promise<Fleet> => openFleet({ state, store, verdicts, clock, log: quiet });
  const fleet = await open();
  t.after(async () => {
    await fleet.close();
    await state.destroy();
  });
  return { fleet, clock, state, open };
}

async function addHost(state: State, id: string): Promise<void> {
  await state
    .insertInto('hosts')
    .values({
      id,
      hospitalId: 'p1',
      name: `name of ${id}`,
      publicKey: '',
      fingerprint: '',
      enrolledAt: 1,
      revokedAt: null,
      hostname: id,
      os: 'linux',
      arch: 'x64',
      agentVersion: '1',
      boot: null,
      bootAt: null,
      offsetMs: null,
    })
    .execute();
}

const report = (
  at: number,
  values: Record<string, number>,
  more: Partial<StoredReport> = {},
): StoredReport => ({
  host: 'h1',
  at,
  arrivedAt: NOW,
  columns: Object.keys(values),
  values: Object.values(values),
  ...more,
});
const valueOf = (fleet: Fleet, key: string): number | undefined =>
  fleet.picture('h1')?.latest.get(key)?.value;

test('an older row never overwrites a newer value, but brings what was not known', async (t) => {
  const { fleet } = await start(t);
  fleet.stored(report(NOW - 1_000, { cpu_usage_active: 5 }));
  fleet.stored(report(NOW - 9_000, { cpu_usage_active: 99, mem_used_percent: 40 }));
  assert.equal(valueOf(fleet, 'cpu_usage_active'), 5);
  assert.equal(valueOf(fleet, 'mem_used_percent'), 40);
  assert.equal(fleet.latest('h1')?.at, NOW - 1_000);
});

test('what was not read this time keeps its last value and time', async (t) => {
  const { fleet } = await start(t);
  fleet.stored(report(NOW - 9_000, { cpu_usage_active: 5, mem_used_percent: 40 }));
  fleet.stored(report(NOW - 4_000, { cpu_usage_active: 6, mem_used_percent: Number.NaN }));
  assert.deepEqual(fleet.picture('h1')?.latest.get('mem_used_percent'), { at: NOW - 9_000, value: 40 });
  assert.deepEqual(fleet.picture('h1')?.latest.get('cpu_usage_active'), {
    at: NOW - 4_000,
    value: 6,
    intervalMs: 5_000,
  });
});

test('a row dated ahead counts as of its arrival and does not block the next', async (t) => {
  const { fleet } = await start(t);
  fleet.stored(report(NOW + 5 * MINUTE, { cpu_usage_active: 5 }));
  fleet.stored(report(NOW + 1, { cpu_usage_active: 6 }, { arrivedAt: NOW + 1 }));
  assert.equal(valueOf(fleet, 'cpu_usage_active'), 6);
});

test('when our own clock was set back, what is known does not hide what comes', async (t) => {
  const { fleet } = await start(t);
  const later = { arrivedAt: NOW + 60 * MINUTE };
  const ok = { id: 'service:nis', status: 'ok' as const };
  fleet.stored(
    report(NOW + 60 * MINUTE, { cpu_usage_active: 5, mem_used_percent: 1 }, { ...later, checks: [ok] }),
  );
  const down = { ...ok, status: 'critical' as const };
  fleet.stored(report(NOW - 2_000, { cpu_usage_active: 6 }, { checks: [down] }));
  assert.equal(valueOf(fleet, 'cpu_usage_active'), 6);
  assert.equal(valueOf(fleet, 'mem_used_percent'), 1);
  assert.equal(fleet.picture('h1')?.checks.get('service:nis')?.status, 'critical');
  assert.ok((fleet.latest('h1')?.at ?? Infinity) <= NOW);
  // Its backlog still hides nothing.
  fleet.stored(report(NOW - 30 * MINUTE, { cpu_usage_active: 99 }, { checks: [ok] }));
  assert.equal(valueOf(fleet, 'cpu_usage_active'), 6);
  assert.equal(fleet.picture('h1')?.checks.get('service:nis')?.status, 'critical');
});

test('columns may change: old series stay, new ones join, and each metric lists all of its own', async (t) => {
  const { fleet } = await start(t);
  const disk = (path: string): string => `disk_used_percent{path="${path}"}`;
  fleet.stored(report(NOW - 3_000, { [disk('/')]: 10 }));
  fleet.stored(report(NOW - 2_000, { cpu_usage_active: 1, [disk('/data')]: 20, [disk('/')]: 11 }));
  const picture = fleet.picture('h1');
  assert.deepEqual(
    picture?.series?.('disk_used_percent').map((series) => series.labels.path),
    ['/', '/data'],
  );
  assert.deepEqual([...(picture?.latest.keys() ?? [])], [disk('/'), 'cpu_usage_active', disk('/data')]);
  assert.equal(picture?.latest.size, 3);
  assert.equal(valueOf(fleet, disk('/')), 11);
});

test('after a restart it knows what store and state know', async (t) => {
  const { fleet, state, open } = await start(t, {
    latest: { cpu_usage_active: { at: NOW - MINUTE, value: 7 } },
  });
  assert.equal(valueOf(fleet, 'cpu_usage_active'), 7);
  const check = { hostId: 'h1', checkId: 'service:nginx', text: null, since: 5, updatedAt: 9 };
  await state
    .insertInto('checks')
    .values({ ...check, status: 'critical' })
    .execute();
  const again = await open();
  t.after(() => again.close());
  const known = again.picture('h1')?.checks.get('service:nginx');
  assert.deepEqual(known, { status: 'critical', since: 5, at: 9 });
});

test('a check keeps since when it has its status; an older result changes nothing', async (t) => {
  const { fleet } = await start(t);
  const tell = (at: number, status: 'ok' | 'critical'): void =>
    fleet.stored(report(at, {}, { checks: [{ id: 'service:nginx', status }] }));
  tell(NOW - 9_000, 'critical');
  tell(NOW - 4_000, 'critical');
  tell(NOW - 7_000, 'ok');
  assert.deepEqual(fleet.picture('h1')?.checks.get('service:nginx'), {
    status: 'critical',
    since: NOW - 9_000,
    at: NOW - 4_000,
  });
});

test('tells listeners of every report, and names each host with news once', async (t) => {
  const { fleet } = await start(t);
  const heard: number[] = [];
  const end = fleet.subscribe((r) => heard.push(r.at));
  fleet.stored(report(NOW - 2_000, { cpu_usage_active: 1 }));
  fleet.stored(report(NOW - 1_000, { cpu_usage_active: 2 }));
  end();
  fleet.stored(report(NOW, { cpu_usage_active: 3 }));
  assert.deepEqual(heard, [NOW - 2_000, NOW - 1_000]);
  assert.deepEqual(fleet.takeDirty(), ['h1']);
  assert.deepEqual(fleet.takeDirty(), []);
});

test('a host enrolled a moment ago counts at once and gets its name', async (t) => {
  const { fleet, state } = await start(t);
  await addHost(state, 'h2');
  fleet.stored(report(NOW, { cpu_usage_active: 3 }, { host: 'h2' }));
  await fleet.refresh();
  assert.equal(fleet.picture('h2')?.host.name, 'name of h2');
  assert.equal(fleet.picture('h2')?.latest.get('cpu_usage_active')?.value, 3);
});

test('a trend is known at once from the past that the store holds', async (t) => {
  const used = 'disk_used{path="/"}';
  const buckets = Array.from({ length: 36 }, (_, i): Bucket => {
    const last = 1_000 + i * 10;
    return { at: NOW - (36 - i) * 5 * MINUTE, min: last, max: last, mean: last, last, count: 20 };
  });
  const { fleet } = await start(t, {
    latest: { [used]: { at: NOW - 10_000, value: 1_360 } },
    buckets: { [used]: buckets },
  });
  await fleet.warmed;
  assert.ok(Math.abs((fleet.picture('h1')?.trend(used)?.perHour ?? 0) - 120) < 3);
});

test('a dump that has just ended is no trend', async (t) => {
  const { fleet, clock } = await start(t);
  const used = 'disk_used{path="/"}';
  for (let minute = 0; minute <= 240; minute += 5) {
    const at = NOW + minute * MINUTE;
    const value = 1_000 + Math.min(Math.max(minute - 100, 0), 30) * 100;
    fleet.stored(report(at, { [used]: value }, { arrivedAt: at }));
  }
  clock.advance(240 * MINUTE);
  assert.equal(fleet.picture('h1')?.trend(used)?.perHour, 0);
});

test('counts restarts over the last ten minutes, across a reset of the counter', async (t) => {
  const { fleet, clock } = await start(t);
  const restarts = 'service_restarts{name="nginx"}';
  for (const [minute, value] of [
    [0, 5],
    [5, 6],
    [10, 8],
    [15, 1],
  ] as const) {
    const at = NOW + minute * MINUTE;
    fleet.stored(report(at, { [restarts]: value }, { arrivedAt: at }));
  }
  clock.advance(15 * MINUTE);
  assert.equal(fleet.picture('h1')?.rise?.(restarts, 10 * MINUTE), 3);
  assert.equal(fleet.picture('h1')?.rise?.(restarts, 60 * MINUTE), undefined);
});

test('a host that was enrolled a moment ago and dies before its first report is known from the first word of it', async (t) => {
  const { fleet, state } = await start(t);
  await addHost(state, 'h2');
  fleet.meet('h1');
  assert.equal(fleet.picture('h2'), undefined);
  fleet.meet('h2');
  while (!fleet.picture('h2')) await new Promise((done) => setImmediate(done));
  assert.equal(fleet.picture('h2')?.host.name, 'name of h2');
  assert.ok([...fleet.hosts()].includes('h2'));
});
