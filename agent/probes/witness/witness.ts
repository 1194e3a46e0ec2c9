// The witness probe: whether other hosts of this hospital answer, seen from here. When one of them falls silent, its collector asks
// nobody: what this probe sent is what tells a host that is down from an agent or a link that failed. Promise: it connects and hangs up,
// and sends nothing; "no" is said only after three tries within ten seconds; what it cannot judge (no network of its own, a name that
// does not resolve) is said as unknown, never as down.

import type { Value } from '../../../shared/config/schema.ts';
import type { Clock } from '../../../shared/clock.ts';
import { connectMs } from '../connect.ts';
import { readEach } from '../each.ts';
import { nameField, requireDistinctNames } from '../named.ts';
import { joinOutcomes, type Outcome } from '../outcome.ts';
import type { Probe, ProbeUnit } from '../probe.ts';
import { probeSection } from '../section.ts';
import { renderFailure } from '../words.ts';

const TRIES = 3;
const BETWEEN_MS = 1_500;
/** Three tries and the pauses between them fit into the shortest interval. */
const TIMEOUT_MAX_MS = 2_000;

const CONFIG = probeSection('Other hosts of this hospital: whether their port answers from here.', 10_000, {
  interval: {
    kind: 'duration',
    help: 'Time between readings; the collector needs a fresh one to call a host down early.',
    default: 10_000,
    min: 10_000,
    max: 20_000,
  },
  targets: {
    kind: 'list',
    help: 'Hosts to witness.',
    of: {
      kind: 'section',
      help: 'One host and the port by which it is known to live.',
      fields: {
        host: nameField('The host as the collector knows it: its name or its id.'),
        address: { kind: 'text', help: 'Its host name or address in this network.' },
        port: {
          kind: 'int',
          help: 'A TCP port that it always listens on, such as that of its database or of remote login.',
          min: 1,
          max: 65_535,
        },
        timeout: {
          kind: 'duration',
          help: 'No connection within this time is a failed try.',
          default: TIMEOUT_MAX_MS,
          min: 100,
          max: TIMEOUT_MAX_MS,
        },
      },
    },
  },
});

type Target = Value<typeof CONFIG.fields.targets>[number];

export const WITNESS: ProbeUnit<typeof CONFIG.fields> = {
  name: 'witness',
  config: CONFIG,
  metrics: ['witness_answer'],
  open(config, host): Probe {
    requireDistinctNames(
      'witness',
      'targets',
      config.targets.map((target) => ({ name: target.host })),
    );
    return {
      async read(signal) {
        const outcomes = await readEach(
          config.targets,
          (target) => readTarget(target, host.clock, signal),
          signal,
        );
        return joinOutcomes(outcomes);
      },
    };
  },
};

type Answer = 'accepts' | 'refuses' | 'nothing' | 'unknown';
const CODES = { accepts: 2, refuses: 1, nothing: 0 } as const;

async function readTarget(target: Target, clock: Clock, signal: AbortSignal): Promise<Outcome> {
  const { answer, reason } = await ask(target, clock, signal);
  const id = `witness:${target.host}`;
  const address = `${target.address}:${target.port}`;
  if (answer === 'unknown') {
    const text = `无法从本机探测 ${target.host}（${address}）：${reason}`;
    return { samples: [], check: { id, status: 'unknown', text } };
  }
  const labels = { target: target.host };
  const samples = [{ metric: 'witness_answer' as const, labels, value: CODES[answer] }];
  if (answer === 'accepts') {
    const text = `从本机可连接 ${target.host}（${address}）`;
    return { samples, check: { id, status: 'ok', text } };
  }
  const text = `从本机无法连接 ${target.host}（${address}）：${reason}`;
  return { samples, check: { id, status: 'critical', text } };
}

/** The best of three tries: one that gets through ends them, a refusal outweighs no answer. */
async function ask(
  target: Target,
  clock: Clock,
  signal: AbortSignal,
): Promise<{ answer: Answer; reason: string }> {
  const { address: host, port, timeout: timeoutMs } = target;
  let best: { answer: Answer; reason: string } | undefined;
  for (let tries = 1; tries <= TRIES; tries++) {
    try {
      await connectMs({ host, port, timeoutMs }, clock, signal);
      return { answer: 'accepts', reason: '' };
    } catch (error) {
      signal.throwIfAborted();
      const said = { answer: answerOf(error), reason: renderFailure(error) };
      if (!best || RANK[said.answer] > RANK[best.answer]) best = said;
    }
    if (tries < TRIES) await pause(clock, signal);
  }
  return best ?? { answer: 'unknown', reason: '' };
}

const RANK: Record<Answer, number> = { nothing: 0, unknown: 1, refuses: 2, accepts: 3 };

/** Codes of a fault on this side: they say nothing of the other. */
const OWN_FAULTS: ReadonlySet<string> = new Set([
  'ENETUNREACH',
  'ENETDOWN',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EADDRNOTAVAIL',
  'EMFILE',
  'ENFILE',
  'EACCES',
  'EPERM',
]);

function answerOf(error: unknown): Answer {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ECONNREFUSED' || code === 'ECONNRESET') return 'refuses';
  return code !== undefined && OWN_FAULTS.has(code) ? 'unknown' : 'nothing';
}

function pause(clock: Clock, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = clock.after(BETWEEN_MS, () => {
      signal.removeEventListener('abort', stop);
      resolve();
    });
    const stop = (): void => {
      timer.cancel();
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', stop, { once: true });
  });
}
