import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ManualClock, manualClock } from '../../shared/clock.ts';
import { NamedError } from '../../shared/errors.ts';
import { decodeAgentFrame, encodeFrame, type Report } from '../../shared/frame.ts';
import { jsonLog } from '../log.ts';
import { memorySpool } from '../link/testing/memory-spool.ts';
import type { Reading } from '../probes/probe.ts';
import { openSchedule, type Schedule } from './schedule.ts';

interface World {
  clock: ManualClock;
  spool: ReturnType<typeof memorySpool>;
  schedule: Schedule;
  log: string[];
  /** Moves time on, letting readings end in between. */
  pass(ms: number): Promise<void>;
  reports(): Report[];
  columns(report: Report): readonly string[];
}

type Read = (signal: AbortSignal, clock: ManualClock) => Promise<Reading>;

function world(probes: Record<string, { everyMs: number; read: Read }>): World {
  const clock = manualClock();
  let ids = 0;
  const spool = memorySpool(() => (++ids).toString(16).padStart(32, '0'));
  const log: string[] = [];
  const schedule = openSchedule({
    probes: Object.entries(probes).map(([name, { everyMs, read }]) => ({
      name,
      intervalMs: everyMs,
      probe: { read: (signal) => read(signal, clock) },
    })),
    clock,
    log: jsonLog('info', clock, (line) => log.push(line)),
    jitterMs: 0,
    boot: 'boot',
    offsetMs: () => 12,
    spool,
    appended: () => {},
  });
  return {
    clock,
    spool,
    schedule,
    log,
    async pass(ms) {
      for (let left = ms; left > 0; left -= 100) {
        await new Promise((resolve) => setImmediate(resolve));
        clock.advance(Math.min(100, left));
      }
      await new Promise((resolve) => setImmediate(resolve));
    },
    reports: () => spool.held(),
    columns(report) {
      const item = spool.next(report.stream, report.seq - 1, 1)[0];
      return item?.kind === 'report' ? item.series.columns : [];
    },
  };
}

const gauge = (value: number): Reading => ({ samples: [{ metric: 'mem_used', value }] });
const load = (value: number): Reading => ({ samples: [{ metric: 'system_load1', value }] });
const never = (): Promise<Reading> => new Promise(() => {});
const after = (clock: ManualClock, ms: number, reading: Reading): Promise<Reading> =>
  new Promise((resolve) => clock.after(ms, () => resolve(reading)));

test('joins what falls due together into one report, with the same columns every time', async () => {
  const w = world({
    mem: { everyMs: 15_000, read: async () => gauge(5) },
    system: { everyMs: 15_000, read: async () => load(0.5) },
  });
  w.schedule.start();
  await w.pass(46_000);
  const reports = w.reports();
  // At the start, 2 s later for rates, and at each interval.
  assert.deepEqual(
    reports.map((r) => r.at - (reports[0]?.at ?? 0)),
    [0, 2000, 15_000, 30_000, 45_000],
  );
  assert.deepEqual(w.columns(reports[0] as Report), ['mem_used', 'system_load1']);
  assert.equal(new Set(reports.map((r) => r.series)).size, 1);
  for (const report of reports) assert.deepEqual(decodeAgentFrame(encodeFrame(report)), report);
});

test('a value missing this time is null, and the columns stay', async () => {
  let n = 0;
  const w = world({
    mem: { everyMs: 15_000, read: async () => (n++ === 1 ? { samples: [] } : gauge(5)) },
    system: { everyMs: 15_000, read: async () => load(1) },
  });
  w.schedule.start();
  await w.pass(16_000);
  assert.deepEqual(
    w.reports().map((r) => r.v),
    [
      [5, 1],
      [null, 1],
      [5, 1],
    ],
  );
  assert.equal(new Set(w.reports().map((r) => r.series)).size, 1);
});

test('a slow probe holds up nobody: its reading follows in a report of its own', async () => {
  const w = world({
    mem: { everyMs: 60_000, read: async () => gauge(5) },
    http: { everyMs: 60_000, read: (_s, clock) => after(clock, 3500, load(2)) },
  });
  w.schedule.start();
  await w.pass(5000);
  const first = w.reports().find((r) => r.v.includes(5));
  const late = w.reports().find((r) => r.v.includes(2));
  assert.equal((late?.at ?? 0) - (first?.at ?? 0), 3500);
});

test('a round in which the clock is set is dated by the clock as it is at its end', async () => {
  const w = world({ service: { everyMs: 60_000, read: (_s, clock) => after(clock, 1500, gauge(5)) } });
  const from = w.clock.now();
  w.schedule.start();
  await w.pass(1000);
  w.clock.step(86_400_000);
  await w.pass(1000);
  assert.deepEqual(
    w.reports().map((r) => r.at - from),
    [86_400_000],
  );
});

test('a probe that still runs is not started again; each turn missed after its limit counts', async () => {
  let started = 0;
  const w = world({ disk: { everyMs: 15_000, read: () => (started++, never()) } });
  w.schedule.start();
  await w.pass(61_000);
  assert.equal(started, 1);
  const state = w.schedule.states()[0];
  assert.equal(state?.failing, 'PROBE_TIMEOUT');
  assert.equal(state?.errors, 5);
});

test('a reading that is under way at the next turn is no failure, and what it judges is told', async () => {
  const check = { id: 'service:app', status: 'critical', text: '已停止' } as const;
  const w = world({
    service: { everyMs: 1_000, read: (_, clock) => after(clock, 3_500, { samples: [], checks: [check] }) },
    mem: { everyMs: 15_000, read: async () => gauge(1) },
  });
  w.schedule.start();
  await w.pass(20_000);
  assert.equal(w.schedule.states().find((s) => s.name === 'service')?.errors, 0);
  assert.deepEqual(
    w.reports().flatMap((r) => r.checks ?? []),
    [check],
  );
});

test('checks never look older than those that were told before them', async () => {
  let ends = 3_500;
  const w = world({
    slow: {
      everyMs: 60_000,
      read: (_, clock) => after(clock, ends, { samples: [], checks: [{ id: 'service:a', status: 'ok' }] }),
    },
    fast: {
      everyMs: 60_000,
      read: async () => ({ samples: [], checks: [{ id: 'service:b', status: ends > 0 ? 'ok' : 'unknown' }] }),
    },
  });
  w.schedule.start();
  await w.pass(3_000);
  ends = 0;
  w.clock.step(-2_000);
  await w.pass(120_000);
  const times = w
    .reports()
    .filter((r) => r.checks)
    .map((r) => r.at);
  assert.ok(times.length >= 3);
  assert.deepEqual(
    times,
    [...new Set(times)].sort((a, b) => a - b),
  );
});

test('a lasting failure is told once when it starts and once when it ends', async () => {
  let broken = true;
  const read = async (): Promise<Reading> => {
    if (broken) throw new NamedError('PROBE_SUBJECT_MISSING', '/secret/path is gone');
    return gauge(1);
  };
  const w = world({ disk: { everyMs: 15_000, read } });
  w.schedule.start();
  await w.pass(40_000);
  broken = false;
  await w.pass(40_000);
  assert.equal(w.log.length, 2);
  const events = w.reports().flatMap((r) => r.events ?? []);
  assert.deepEqual(
    events.map((e) => e.kind),
    ['probe.failed', 'probe.recovered'],
  );
  const checks = w
    .reports()
    .flatMap((r) => r.checks ?? [])
    .filter((c) => c.id === 'probe:disk');
  assert.deepEqual(
    checks.map((c) => c.status),
    ['warning', 'ok'],
  );
  assert.ok(!JSON.stringify(w.reports()).includes('secret'), 'no path leaves in an error');
});

test('parts that could not be read are counted, and the rest is kept', async () => {
  const errors = [new NamedError('PROBE_TIMEOUT', 'one volume')];
  const w = world({ disk: { everyMs: 15_000, read: async () => ({ ...gauge(4), errors }) } });
  w.schedule.start();
  await w.pass(1000);
  assert.deepEqual(w.reports()[0]?.v, [4]);
  assert.equal(w.schedule.states()[0]?.errors, 1);
});

test('a changed status is reported at once, though another probe of the round is slow', async () => {
  let status: 'ok' | 'critical' = 'ok';
  const w = world({
    service: { everyMs: 60_000, read: async () => ({ samples: [], checks: [{ id: 'service:db', status }] }) },
    http: { everyMs: 60_000, read: (_s, clock) => after(clock, 1800, load(2)) },
  });
  w.schedule.start();
  await w.pass(30_000);
  status = 'critical';
  const before = w.reports().length;
  await w.pass(30_400);
  const news = w.reports().slice(before);
  assert.deepEqual(
    news.map((r) => r.checks?.[0]?.status),
    ['critical'],
  );
});

test('checks are sent when they change, all of them in the first report of a stream and every 10 min', async () => {
  const checks = [
    { id: 'disk:/', status: 'ok' as const },
    { id: 'disk:/data', status: 'ok' as const },
  ];
  const w = world({ disk: { everyMs: 15_000, read: async () => ({ ...gauge(1), checks }) } });
  w.schedule.start();
  await w.pass(31_000);
  assert.deepEqual(
    w.reports().map((r) => r.checks?.length ?? 0),
    [2, 0, 0, 0],
  );
  w.spool.rotate();
  await w.pass(15_000);
  assert.equal(w.reports().at(-1)?.checks?.length, 2);
  await w.pass(600_000);
  assert.equal(w.reports().filter((r) => r.checks?.length === 2).length, 3);
});

test('the last report carries the event of the end, and nothing follows it', async () => {
  const w = world({ mem: { everyMs: 15_000, read: async () => gauge(5) } });
  w.schedule.start();
  await w.pass(1000);
  w.schedule.stop({ at: 1, kind: 'agent.stop' });
  await w.pass(60_000);
  assert.deepEqual(w.reports().at(-1)?.events, [{ at: 1, kind: 'agent.stop' }]);
  assert.equal(w.reports().length, 2);
});

test('values that are not numbers are left out', async () => {
  const w = world({ mem: { everyMs: 15_000, read: async () => gauge(Number.NaN) } });
  w.schedule.event({ at: 1, kind: 'agent.start' });
  w.schedule.start();
  await w.pass(1000);
  assert.deepEqual(w.reports()[0]?.v, []);
});
