// One reading of each probe, now, for people: `check` shows it. Metrics that are rates need a second reading a moment later.

import type { Clock } from '../../shared/clock.ts';
import { describeError } from '../../shared/errors.ts';
import type { ProbeUnit, Reading } from '../probes/probe.ts';
import { type ScheduledProbe, timeoutOf } from '../schedule/runner.ts';

const BETWEEN_MS = 1000;

export interface NamedReading {
  probe: string;
  reading: Reading | undefined;
  error?: string;
}

export async function readOnce(
  probes: readonly ScheduledProbe[],
  units: readonly ProbeUnit[],
  clock: Clock,
): Promise<NamedReading[]> {
  const first = await Promise.all(probes.map((probe) => readOne(probe)));
  const again = first.map((got) => got.reading !== undefined && lacks(got.reading, unitOf(units, got.probe)));
  if (again.includes(true)) await new Promise<void>((resolve) => clock.after(BETWEEN_MS, resolve));
  const all = await Promise.all(probes.map((probe, i) => (again[i] ? readOne(probe) : first[i])));
  for (const { probe } of probes) probe.close?.();
  return all.filter((got) => got !== undefined);
}

const unitOf = (units: readonly ProbeUnit[], name: string): ProbeUnit | undefined =>
  units.find((unit) => unit.name === name);

/** A metric that the probe declares and did not give may be a rate. */
function lacks(reading: Reading, unit: ProbeUnit | undefined): boolean {
  const given = new Set(reading.samples.map((sample) => sample.metric));
  return unit?.metrics.some((metric) => !given.has(metric)) ?? false;
}

async function readOne({ name, intervalMs, probe }: ScheduledProbe): Promise<NamedReading> {
  try {
    const reading = await probe.read(AbortSignal.timeout(timeoutOf(intervalMs)));
    const error = reading.errors?.map(describeError).join('; ');
    return { probe: name, reading, ...(error ? { error } : {}) };
  } catch (error) {
    return { probe: name, reading: undefined, error: describeError(error) };
  }
}
