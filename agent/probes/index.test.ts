import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { CHECK_KINDS, METRICS, seriesKey } from '../../shared/catalogue.ts';
import { manualClock } from '../../shared/clock.ts';
import { renderTable } from '../../shared/config/render.ts';
import { readConfig } from '../../shared/config/schema.ts';
import { openHost } from '../host/host.ts';
import { PROBES } from './index.ts';
import type { Host, ProbeUnit, Reading } from './probe.ts';

const FIXTURES = join(import.meta.dirname, 'fixtures');
const never = new AbortController().signal;

/** Those that read the machine itself and need nothing configured. */
const MACHINE = ['cpu', 'mem', 'swap', 'disk', 'diskio', 'net', 'system', 'clock'];
const machineProbes = PROBES.filter((unit) => MACHINE.includes(unit.name));

const readJson = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));

/** Two readings, for probes that compare; before the first the machine counted no processor time. */
async function readTwice(unit: ProbeUnit, config: unknown, host: Host): Promise<Reading> {
  let fresh = true;
  const idle = (time: { user: number }) => ({ ...time, user: 0, nice: 0, sys: 0, idle: 0, irq: 0 });
  const probe = unit.open(readConfig(unit.config, config), {
    ...host,
    readText: async (path, signal) =>
      fresh && path === '/proc/stat' ? 'cpu  0 0 0 0 0 0 0 0\nbtime 0\n' : host.readText(path, signal),
    os: { ...host.os, cpuTimes: () => (fresh ? host.os.cpuTimes().map(idle) : host.os.cpuTimes()) },
  });
  await probe.read(never);
  fresh = false;
  const reading = await probe.read(never);
  probe.close?.();
  return reading;
}

interface Told {
  series: Record<string, number>;
  checks: string[];
  errors: string[];
}

async function tellMachine(name: string): Promise<Told> {
  const root = join(FIXTURES, name);
  const platform = name.startsWith('windows') ? 'win32' : 'linux';
  const host = openHost({
    clock: manualClock(Date.UTC(2026, 10, 22)),
    root,
    platform,
    clockOffset: () => ({ offsetMs: 1500, rttMs: 30 }),
  });
  const configs = existsSync(join(root, 'agent.json')) ? readJson(join(root, 'agent.json')) : {};
  const told: Told = { series: {}, checks: [], errors: [] };
  for (const unit of machineProbes) {
    const reading = await readTwice(unit, (configs as Record<string, unknown>)[unit.name], host);
    assertDeclared(unit, reading);
    for (const { metric, labels, value } of reading.samples)
      told.series[seriesKey(metric, labels)] = Math.round(value * 1e6) / 1e6;
    told.checks.push(...(reading.checks ?? []).map((c) => `${c.id} ${c.status} ${c.text}`));
    told.errors.push(...(reading.errors ?? []).map((e) => `${e.code} ${e.message}`));
  }
  return told;
}

function assertDeclared(unit: ProbeUnit, reading: Reading): void {
  for (const { metric, labels, value } of reading.samples) {
    assert.ok(unit.metrics.includes(metric), `${unit.name} sends ${metric} without declaring it`);
    assert.deepEqual(Object.keys(labels ?? {}), [...METRICS[metric].labels], `labels of ${metric}`);
    assert.ok(Number.isFinite(value), `${metric} is ${value}`);
  }
  for (const { id } of reading.checks ?? [])
    assert.ok((CHECK_KINDS as readonly string[]).includes(id.slice(0, id.indexOf(':'))), id);
}

for (const machine of readdirSync(FIXTURES)) {
  test(`the captured machine ${machine} gives exactly the expected series, checks and errors`, async () => {
    assert.deepEqual(await tellMachine(machine), readJson(join(FIXTURES, machine, 'expected.json')));
  });
}

test('each probe has a name of its own, a folder of that name, and the two keys that every section holds', () => {
  assert.equal(new Set(PROBES.map((unit) => unit.name)).size, PROBES.length);
  for (const { name, config } of PROBES) {
    assert.ok(existsSync(join(import.meta.dirname, name, `${name}.ts`)), name);
    assert.equal(config.fields.enabled?.kind, 'bool', name);
    assert.equal(config.fields.interval?.kind, 'duration', name);
  }
});

test('every declared metric is in the catalogue and belongs to one probe', () => {
  const owners = new Map<string, string>();
  for (const { name, metrics } of PROBES) {
    for (const metric of metrics) {
      assert.ok(Object.hasOwn(METRICS, metric), `${name} declares ${metric}`);
      assert.equal(owners.get(metric), undefined, `${metric} is declared by two probes`);
      owners.set(metric, name);
    }
  }
});

test('the table of keys in a README is the one of the schema', () => {
  for (const { name, config } of machineProbes) {
    const readme = readFileSync(join(import.meta.dirname, name, 'README.md'), 'utf8');
    assert.ok(readme.includes(renderTable(config)), `${name}/README.md needs:\n${renderTable(config)}`);
  }
});

test('on this machine the figures agree with df and /proc', async () => {
  const host = openHost({ clock: manualClock(), platform: 'linux' });
  const values = new Map<string, number>();
  for (const unit of machineProbes) {
    const reading = await unit.open(readConfig(unit.config, undefined), host).read(never);
    assertDeclared(unit, reading);
    for (const { metric, labels, value } of reading.samples) values.set(seriesKey(metric, labels), value);
  }
  const df = execFileSync('df', ['-B1', '--output=size,used,avail,pcent', '/'], { encoding: 'utf8' });
  const [size, used, free, percent] = (df.split('\n')[1] ?? '').trim().split(/[ %]+/).map(Number);
  const near = (key: string, want: number | undefined, within: number): void => {
    const got = values.get(key) ?? Number.NaN;
    assert.ok(Math.abs(got - (want ?? Number.NaN)) <= within, `${key} is ${got}, not ${want}`);
  };
  // Other programs write and take memory between the two readings.
  const slack = 256 * 1024 ** 2;
  near('disk_total{path="/"}', size, 0);
  near('disk_used{path="/"}', used, slack);
  near('disk_free{path="/"}', free, slack);
  near('disk_used_percent{path="/"}', percent, 1.5);
  const uptime = Number.parseFloat(readFileSync('/proc/uptime', 'utf8'));
  near('system_uptime', uptime, 60);
  const memory = execFileSync('free', ['-b'], { encoding: 'utf8' });
  const [total, , , , , available] = (/^Mem:\s+(.*)$/m.exec(memory)?.[1] ?? '').split(/ +/).map(Number);
  near('mem_total', total, 0);
  near('mem_available', available, 1024 ** 3);
});
