// The host's clock: its offset from the collector as the link measured it, whether the system disciplines it, and steps.
// Promise: an offset that was never measured is left out; a step is told once, with its size.

import type { Values } from '../../../shared/config/schema.ts';
import type { Host, Judgement, Probe, ProbeEvent, ProbeUnit, Sample } from '../probe.ts';
import { probeSection } from '../section.ts';
import { readLinuxSynchronized } from './linux.ts';
import { readWindowsSynchronized } from './windows.ts';

const CONFIG = probeSection("The host's clock.", 60_000, {
  warnOffset: {
    kind: 'duration',
    help: 'Offset from the collector from which the check warns.',
    default: 30_000,
    min: 100,
  },
  criticalOffset: {
    kind: 'duration',
    help: 'Offset from the collector from which the check is critical.',
    default: 300_000,
    min: 100,
  },
  stepOver: {
    kind: 'duration',
    help: 'A jump of the clock against the time that really passed counts as a step from this size.',
    default: 2_000,
    min: 500,
  },
});
type Config = Values<typeof CONFIG.fields>;

export const CLOCK: ProbeUnit<typeof CONFIG.fields> = {
  name: 'clock',
  config: CONFIG,
  metrics: ['clock_offset_seconds', 'clock_rtt_seconds', 'clock_synchronized'],
  open,
};

function open(config: Config, host: Host): Probe {
  const readSynchronized = host.platform === 'win32' ? readWindowsSynchronized : readLinuxSynchronized;
  const findStep = stepFinder(config.stepOver);
  return {
    async read() {
      const step = findStep(host.clock.now(), host.clock.monotonic());
      const measured = host.clockOffset?.();
      const synchronized = await readSynchronized(host);
      const samples: Sample[] = [];
      if (measured) {
        samples.push({ metric: 'clock_offset_seconds', value: measured.offsetMs / 1000 });
        samples.push({ metric: 'clock_rtt_seconds', value: measured.rttMs / 1000 });
      }
      if (synchronized !== undefined)
        samples.push({ metric: 'clock_synchronized', value: synchronized ? 1 : 0 });
      return {
        samples,
        ...(measured ? { checks: [judgeOffset(measured.offsetMs, config)] } : {}),
        ...(step ? { events: [step] } : {}),
      };
    },
  };
}

/** Compares the wall clock with the time that really passed since the previous reading. */
function stepFinder(stepOverMs: number): (wallMs: number, monotonicMs: number) => ProbeEvent | undefined {
  let previousGapMs: number | undefined;
  return (wallMs, monotonicMs) => {
    const gapMs = wallMs - monotonicMs;
    const stepMs = gapMs - (previousGapMs ?? gapMs);
    previousGapMs = gapMs;
    if (Math.abs(stepMs) < stepOverMs) return undefined;
    return { kind: 'clock.step', data: { seconds: Math.round(stepMs) / 1000 } };
  };
}

/** `offsetMs` is the collector's clock less the host's: positive means that the host is slow. */
export function judgeOffset(
  offsetMs: number,
  limits: Pick<Config, 'warnOffset' | 'criticalOffset'>,
): Judgement {
  const size = Math.abs(offsetMs);
  const status = size >= limits.criticalOffset ? 'critical' : size >= limits.warnOffset ? 'warning' : 'ok';
  const seconds = (size / 1000).toFixed(1);
  if (seconds === '0.0') return { id: 'clock:host', status, text: '时钟与中心一致' };
  return { id: 'clock:host', status, text: `时钟比中心${offsetMs >= 0 ? '慢' : '快'} ${seconds} 秒` };
}
