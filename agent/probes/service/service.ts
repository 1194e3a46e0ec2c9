// The service probe: whether each configured service runs, how often it restarted, and what it uses. Promise: no child process;
// zombies do not count as running; a service that cannot be judged hides none of the others.

import { NamedError } from '../../../shared/errors.ts';
import { nameField, requireDistinctNames } from '../named.ts';
import type { Host, Probe, ProbeUnit, Reading } from '../probe.ts';
import { probeSection } from '../section.ts';
import { createLinuxReader } from './linux.ts';
import { judgeService, NEW_SERVICE, type Seen, type ServiceState } from './state.ts';
import { readWindowsServices } from './windows.ts';

const CONFIG = probeSection('Services: running, restarts, memory, processor.', 5_000, {
  services: {
    kind: 'list',
    help: 'Services to watch. On Linux the first of unit, pidFile and process that finds it running counts.',
    of: {
      kind: 'section',
      help: 'One service.',
      fields: {
        name: nameField('Name under which it is reported.'),
        unit: { kind: 'text', help: 'systemd unit, such as nginx.service.', default: '' },
        windows: { kind: 'text', help: 'Windows service name (not the display name).', default: '' },
        process: {
          kind: 'text',
          help: 'Linux process name, or the full path of its program.',
          default: '',
        },
        pidFile: {
          kind: 'text',
          help: 'Linux pid file; give process too, so that a stale file is noticed.',
          default: '',
        },
      },
    },
  },
});

export const SERVICE: ProbeUnit<typeof CONFIG.fields> = {
  name: 'service',
  config: CONFIG,
  metrics: [
    'service_up',
    'service_restarts',
    'service_memory_rss',
    'service_cpu_percent',
    'service_processes',
  ],
  // Loaded when asked for: the running agent never needs it.
  discover: async (host) => (await import('./discover.ts')).discoverServices(host),
  open(config, host): Probe {
    requireDistinctNames('service', 'services', config.services);
    const look = openReader(config.services, host);
    const states = new Map<string, ServiceState>();
    return {
      async read(signal) {
        if (config.services.length === 0) return { samples: [] };
        return judgeAll(await look(signal), states, host.clock.monotonic());
      },
    };
  },
};

type Entries = Parameters<typeof createLinuxReader>[1] & Parameters<typeof readWindowsServices>[1];

function openReader(entries: Entries, host: Host): (signal: AbortSignal) => Promise<Map<string, Seen>> {
  if (host.platform === 'win32') return async () => readWindowsServices(host, entries);
  const reader = createLinuxReader(host, entries);
  return (signal) => reader.read(signal);
}

function judgeAll(seen: Map<string, Seen>, states: Map<string, ServiceState>, nowMs: number): Reading {
  const outcomes = [...seen].map(([name, one]) => {
    const outcome = judgeService(name, states.get(name) ?? NEW_SERVICE, one, nowMs);
    states.set(name, outcome.state);
    return outcome;
  });
  return {
    samples: outcomes.flatMap((outcome) => outcome.samples),
    checks: outcomes.map((outcome) => outcome.check),
    events: outcomes.flatMap((outcome) => outcome.events),
    errors: [...seen].flatMap(([name, one]) =>
      one.kind === 'unreadable' ? [unreadable(name, one.why)] : [],
    ),
  };
}

function unreadable(name: string, why: string): NamedError {
  return new NamedError('PROBE_SUBJECT_MISSING', `service ${name}: ${why}`);
}
