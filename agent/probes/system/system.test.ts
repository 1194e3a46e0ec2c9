import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { type ManualClock, manualClock } from '../../../shared/clock.ts';
import { readConfig } from '../../../shared/config/schema.ts';
import { openHost } from '../../host/host.ts';
import type { Host, Probe } from '../probe.ts';
import { parseLoadavg, parseStat } from './linux.ts';
import { countUtmp, isUserSession } from './sessions.ts';
import { SYSTEM } from './system.ts';

const clock: ManualClock = manualClock(1_800_000_000_000);
const fixture = (name: string, platform: 'linux' | 'win32' = 'linux'): Host =>
  openHost({ clock, platform, root: join(import.meta.dirname, 'fixtures', name) });
const open = (host: Host): Probe => SYSTEM.open(readConfig(SYSTEM.config, {}), host);

async function valuesOf(probe: Probe): Promise<Record<string, number>> {
  const { samples } = await probe.read(new AbortController().signal);
  return Object.fromEntries(samples.map((sample) => [sample.metric, sample.value]));
}

test('counts sessions by the files of systemd where there is no utmp', async () => {
  assert.equal((await valuesOf(open(fixture('no-utmp')))).system_n_users, 1);
});

test('leaves sessions out where the system keeps neither', async () => {
  const values = await valuesOf(open(fixture('container')));
  assert.ok(!('system_n_users' in values));
  assert.equal(values.system_uptime, 93422.17);
});

test('reads sessions once a minute', async () => {
  let reads = 0;
  const host = fixture('container');
  const probe = open({ ...host, readHead: async () => (reads++, new Uint8Array(0)) });
  await valuesOf(probe);
  clock.advance(59_000);
  await valuesOf(probe);
  assert.equal(reads, 1);
  clock.advance(1_000);
  await valuesOf(probe);
  assert.equal(reads, 2);
});

test('counts only records of logged-in users, and no record that is cut short', () => {
  const bytes = new Uint8Array(384 * 4 + 100);
  const to = new DataView(bytes.buffer);
  [7, 6, 8, 7, 7].forEach((type, i) => to.setUint16(i * 384, type, true));
  assert.equal(countUtmp(bytes), 2);
  assert.equal(countUtmp(new Uint8Array(0)), 0);
});

test("a session counts while it is a user's and not closing", () => {
  assert.equal(isUserSession('STATE=active\nCLASS=user\n'), true);
  assert.equal(isUserSession('STATE=online\nCLASS=user\n'), true);
  assert.equal(isUserSession('STATE=closing\nCLASS=user\n'), false);
  assert.equal(isUserSession('STATE=active\nCLASS=greeter\n'), false);
  assert.equal(isUserSession('STATE=active\nCLASS=manager\n'), false);
});

test('text that is not what the kernel writes', () => {
  assert.equal(parseLoadavg(''), undefined);
  assert.throws(() => parseStat('cpu 1 2 3 4\n'), /no btime/);
});

test('on Windows the instant of boot does not shake, but follows a clock that was set', async () => {
  let uptime = 1000;
  const host = fixture('container', 'win32');
  const probe = open({ ...host, os: { ...host.os, uptimeSeconds: () => uptime, cpuTimes: () => [] } });
  const first = (await valuesOf(probe)).host_boot_time_seconds ?? 0;
  uptime += 1.4;
  assert.equal((await valuesOf(probe)).host_boot_time_seconds, first);
  clock.step(3_600_000);
  const values = await valuesOf(probe);
  assert.ok(Math.abs((values.host_boot_time_seconds ?? 0) - first - 3600) < 3);
  assert.deepEqual(Object.keys(values), ['system_uptime', 'host_boot_time_seconds']);
});
