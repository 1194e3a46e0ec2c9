// `niswatch migrate-store --from KIND --to KIND`: copies history between the kinds of store that collector.yaml describes, while
// the collector is stopped. Ends with 1 when any series differs.

import type { Clock } from '../../shared/clock.ts';
import { NamedError } from '../../shared/errors.ts';
import { parseMoment } from '../backups/moment.ts';
import type { CollectorConfig } from '../config.ts';
import { openHostNames } from '../host-names.ts';
import type { Log } from '../services.ts';
import type { State } from '../state/state.ts';
import { migrate, type Migrated, type Progress } from '../store/migrate.ts';
import { openStore } from '../store/open.ts';
import type { Store } from '../store/store.ts';
import type { CommandSpec, Invocation } from './options.ts';

const KINDS = ['embedded', 'victoriametrics', 'influxdb'] as const;
type Kind = (typeof KINDS)[number];

export const MIGRATE_SPECS: readonly CommandSpec[] = [
  {
    words: 'migrate-store',
    help: 'Copies all history from one kind of store to another and proves it. The collector must be stopped.',
    options: {
      from: {
        type: 'string',
        value: 'KIND',
        help: `one of ${KINDS.join(', ')}, as collector.yaml describes it`,
      },
      to: { type: 'string', value: 'KIND', help: 'the same' },
      since: {
        type: 'string',
        value: 'TIME',
        help: 'begin of the history (default: all raw samples within keepRaw)',
      },
    },
  },
];

const SHOWN = 20;
const TELL_EVERY_MS = 2000;

export interface MigrateContext {
  config: CollectorConfig;
  folder: string;
  clock: Clock;
  log: Log;
  /** Where progress goes. */
  tell: (line: string) => void;
}

export async function runMigrateStore(
  call: Invocation,
  { config, folder, clock, log, tell }: MigrateContext,
  state: State,
): Promise<{ text: string; json: object; exitCode: number }> {
  const [from, to] = [kindOf(call, 'from'), kindOf(call, 'to')];
  if (from === to) throw wrong('--from and --to are the same', 'Name two kinds of store.');
  const hosts = await state.selectFrom('hosts').select('id').orderBy('id').execute();
  const places = await openHostNames(state, clock);
  const open = (kind: Kind): Promise<Store> =>
    openStore({ folder, clock, places, log, config: { ...config.store, kind }, order: 'anywhere' });
  const opened: Store[] = [];
  try {
    const source = await open(from);
    opened.push(source);
    const target = await open(to);
    opened.push(target);
    const now = clock.now();
    const result = await migrate({
      source,
      target,
      hosts: hosts.map((h) => h.id),
      from: sinceOf(call) ?? now - config.store.keepRaw,
      to: now + 1,
      now: () => clock.now(),
      progress: teller(clock, tell),
    });
    return { ...describe(result, { from, to }), exitCode: result.differences.length === 0 ? 0 : 1 };
  } finally {
    for (const store of opened.toReversed()) await store.close();
    places.close();
  }
}

function teller(clock: Clock, tell: (line: string) => void): (p: Progress) => void {
  let last = -Infinity;
  return ({ host, hosts, phase, samples }) => {
    if (clock.monotonic() - last < TELL_EVERY_MS) return;
    last = clock.monotonic();
    const what = phase === 'copy' ? 'copying' : 'proving';
    tell(`migrate-store: ${what} host ${hosts.done + 1} of ${hosts.all} (${host}), ${samples} samples read`);
  };
}

function describe(result: Migrated, kinds: { from: Kind; to: Kind }): { text: string; json: object } {
  const { series, samples, resumedRows, differences } = result;
  const lines = [
    `${samples} samples of ${series} series: ${kinds.from} to ${kinds.to}`,
    ...(resumedRows > 0 ? [`${resumedRows} rows were there from an earlier try`] : []),
    ...differences
      .slice(0, SHOWN)
      .map(
        (d) =>
          `DIFFERS ${d.host} ${d.key}: ${d.source.count} samples with sum ${d.source.sum}, copied ${d.target.count} with sum ${d.target.sum}`,
      ),
    differences.length === 0
      ? 'count and sum of every series are equal'
      : `${differences.length} series differ: run it again, and see whether the target keeps so old data (its retention)`,
  ];
  return { text: `${lines.join('\n')}\n`, json: { ...kinds, ...result } };
}

function kindOf(call: Invocation, name: 'from' | 'to'): Kind {
  const kind = KINDS.find((k) => k === call.options[name]);
  if (!kind)
    throw wrong(
      `--${name} ${String(call.options[name] ?? '')} is no kind of store`,
      `One of: ${KINDS.join(', ')}.`,
    );
  return kind;
}

function sinceOf(call: Invocation): number | undefined {
  const text = call.options.since;
  if (typeof text !== 'string') return undefined;
  const moment = parseMoment(text);
  if (!moment)
    throw wrong(`--since ${text} is not a moment`, 'Such as 2026-11-01 or 2026-11-01T08:00:00+08:00.');
  return Math.floor(moment.us / 1000);
}

const wrong = (what: string, mend: string): NamedError =>
  new NamedError('BAD_REQUEST', `niswatch migrate-store: ${what}`, { mend });
