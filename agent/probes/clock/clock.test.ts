import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { type ManualClock, manualClock } from '../../../shared/clock.ts';
import { readConfig } from '../../../shared/config/schema.ts';
import { openHost } from '../../host/host.ts';
import type { ClockMeasurement, Probe, Reading } from '../probe.ts';
import { CLOCK, judgeOffset } from './clock.ts';

function open(
  fixture: string,
  measured?: () => ClockMeasurement | undefined,
): { probe: Probe; clock: ManualClock } {
  const clock = manualClock();
  const root = join(import.meta.dirname, 'fixtures', fixture);
  const host = openHost({ clock, platform: 'linux', root, ...(measured ? { clockOffset: measured } : {}) });
  return { probe: CLOCK.open(readConfig(CLOCK.config, {}), host), clock };
}

const read = (probe: Probe): Promise<Reading> => probe.read(new AbortController().signal);

test('tells a disciplined clock by the mark of systemd-timesyncd, and says nothing under chrony', async () => {
  const of = async (fixture: string): Promise<number[]> =>
    (await read(open(fixture).probe)).samples.map((sample) => sample.value);
  assert.deepEqual(await of('timesyncd'), [1]);
  assert.deepEqual(await of('timesyncd-unsynchronized'), [0]);
  assert.deepEqual(await of('chrony'), []);
});

test('reports the offset once the link has measured it', async () => {
  const measurements: ClockMeasurement[] = [];
  const { probe } = open('chrony', () => measurements.at(-1));
  assert.deepEqual(await read(probe), { samples: [] });
  measurements.push({ offsetMs: -42_500, rttMs: 31 });
  assert.deepEqual(await read(probe), {
    samples: [
      { metric: 'clock_offset_seconds', value: -42.5 },
      { metric: 'clock_rtt_seconds', value: 0.031 },
    ],
    checks: [{ id: 'clock:host', status: 'warning', text: '时钟比中心快 42.5 秒' }],
  });
});

test('judges the offset by its size', () => {
  const limits = { warnOffset: 30_000, criticalOffset: 300_000 };
  const status = (offsetMs: number): string => judgeOffset(offsetMs, limits).status;
  assert.deepEqual([29_999, -30_000, 299_999, -300_000].map(status), [
    'ok',
    'warning',
    'warning',
    'critical',
  ]);
  assert.equal(judgeOffset(1_500, limits).text, '时钟比中心慢 1.5 秒');
});

test('tells a step once, forward or back, with its size', async () => {
  const { probe, clock } = open('chrony');
  const next = async (stepMs: number): Promise<Reading['events']> => {
    clock.advance(60_000);
    clock.step(stepMs);
    return (await read(probe)).events;
  };
  assert.equal((await read(probe)).events, undefined);
  assert.equal(await next(0), undefined);
  assert.deepEqual(await next(7_200_000), [{ kind: 'clock.step', data: { seconds: 7200 } }]);
  assert.equal(await next(0), undefined);
  assert.deepEqual(await next(-2_500), [{ kind: 'clock.step', data: { seconds: -2.5 } }]);
});

test('a clock that is slewed does not step, however far it is slewed in all', async () => {
  const { probe, clock } = open('chrony');
  await read(probe);
  for (let minute = 0; minute < 100; minute++) {
    clock.advance(60_000);
    clock.step(30);
    assert.equal((await read(probe)).events, undefined);
  }
});
