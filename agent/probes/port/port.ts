// The port probe: whether each configured port accepts a TCP connection, and how long that takes. Promise: it connects and hangs
// up, and sends nothing; a target that does not answer delays only itself.

import type { Value } from '../../../shared/config/schema.ts';
import type { Clock } from '../../../shared/clock.ts';
import { connectMs } from '../connect.ts';
import { readEach } from '../each.ts';
import { nameField, requireDistinctNames } from '../named.ts';
import { joinOutcomes, type Outcome } from '../outcome.ts';
import type { Probe, ProbeUnit } from '../probe.ts';
import { probeSection } from '../section.ts';
import { renderFailure } from '../words.ts';

const CONFIG = probeSection('TCP ports: whether they accept a connection.', 15_000, {
  targets: {
    kind: 'list',
    help: 'Ports to connect to.',
    of: {
      kind: 'section',
      help: 'One port.',
      fields: {
        name: nameField('Name under which it is reported.'),
        host: { kind: 'text', help: 'Host name or address.', default: '127.0.0.1' },
        port: { kind: 'int', help: 'TCP port.', min: 1, max: 65_535 },
        timeout: {
          kind: 'duration',
          help: 'No connection within this time is a failure.',
          default: 3_000,
          min: 100,
          max: 10_000,
        },
      },
    },
  },
});

type Target = Value<typeof CONFIG.fields.targets>[number];

export const PORT: ProbeUnit<typeof CONFIG.fields> = {
  name: 'port',
  config: CONFIG,
  metrics: ['port_up', 'port_connect_seconds'],
  // Loaded when asked for: the running agent never needs it.
  discover: async (host) => (await import('./discover.ts')).discoverPorts(host),
  open(config, host): Probe {
    requireDistinctNames('port', 'targets', config.targets);
    return {
      async read(signal) {
        const outcomes = await readEach(
          config.targets,
          (target) => readPort(target, host.clock, signal),
          signal,
        );
        return joinOutcomes(outcomes);
      },
    };
  },
};

async function readPort(target: Target, clock: Clock, signal: AbortSignal): Promise<Outcome> {
  const labels = { target: target.name };
  const id = `port:${target.name}`;
  const address = `${target.host}:${target.port}`;
  try {
    const { host, port, timeout: timeoutMs } = target;
    const ms = await connectMs({ host, port, timeoutMs }, clock, signal);
    return {
      samples: [
        { metric: 'port_up', labels, value: 1 },
        { metric: 'port_connect_seconds', labels, value: ms / 1000 },
      ],
      check: { id, status: 'ok', text: `端口 ${address} 可连接` },
    };
  } catch (error) {
    signal.throwIfAborted();
    return {
      samples: [{ metric: 'port_up', labels, value: 0 }],
      check: { id, status: 'critical', text: `端口 ${address} 无法连接：${renderFailure(error)}` },
    };
  }
}
