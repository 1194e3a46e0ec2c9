// The backup probe: for each set (folder + pattern + policy) the newest finished file, its age and size, the copies kept, whether
// one is being written, and the rung of the proof ladder; what is known of its files is told as records. Promise: this process lists
// files and looks at them, and opens none; reading them to their end is the verifier's, outside; a set that cannot be read is said
// to be unknown by name and hides none of the others.

import type { NamedError } from '../../../shared/errors.ts';
import type { BackupDrillReport, BackupFindingReport } from '../../../shared/backup/reported.ts';
import { fileError } from '../file-set.ts';
import { requireDistinctNames } from '../named.ts';
import { joinOutcomes, type Outcome } from '../outcome.ts';
import type { Host, Probe, ProbeEvent, ProbeUnit, Reading } from '../probe.ts';
import { renderFailure } from '../words.ts';
import { CONFIG, type SetConfig } from './config.ts';
import { openPump } from './pump.ts';
import { fullBudget, NOTHING_TOLD, tell, type Telling } from './records.ts';
import { openStore, type Store } from './store.ts';
import { openUnprotected } from './unprotected.ts';
import { WatchedSet } from './watch.ts';

export const BACKUP: ProbeUnit<typeof CONFIG.fields> = {
  name: 'backup',
  config: CONFIG,
  metrics: ['backup_age_seconds', 'backup_size_bytes', 'backup_copies', 'backup_writing', 'backup_rung'],
  // Loaded when asked for: the running agent never needs it.
  discover: async (host) => (await import('./discover.ts')).discoverBackups(host),
  open(config, host): Probe {
    requireDistinctNames('backup', 'sets', config.sets);
    return openSets(config, host);
  },
};

function openSets(
  { sets: configs, quiet }: { sets: readonly SetConfig[]; quiet: readonly string[] },
  host: Host,
): Probe {
  const store = openStore(host.data);
  const sets = configs.map(
    (config, i) => new WatchedSet({ config, key: `probes.backup.sets[${i}]`, host, store }),
  );
  const pump = openPump({ sets, verifier: host.verifier, clock: host.clock, quiet });
  const unprotected = openUnprotected(
    host,
    configs.map(({ engine }) => engine),
  );
  const teller = createTeller(sets, host);
  let loaded: Promise<void> | undefined;
  return {
    async read(): Promise<Reading> {
      loaded ??= sets.length > 0 ? store.load() : Promise.resolve();
      await loaded;
      const drills = sets.length > 0 ? await store.drills() : [];
      const outcomes = await Promise.all(sets.map((set) => readSet(set, drills)));
      const reading = joinOutcomes(outcomes);
      const events = await teller(await unprotected());
      await keep(store, sets);
      pump.wake();
      return { ...reading, events: [...(reading.events ?? []), ...events] };
    },
    close: () => pump.close(),
  };
}

async function readSet(set: WatchedSet, drills: readonly BackupDrillReport[]): Promise<Outcome> {
  const { name, folder } = set.config;
  try {
    return await set.read(drills.filter((drill) => drill.set === name));
  } catch (error) {
    const named = fileError(`backup set ${name}`, folder, error);
    set.unread(named.code);
    return judgeUnread(set.config, named);
  }
}

/** A folder that is gone holds no backup (rung 0); one that cannot be read says nothing. */
function judgeUnread(policy: SetConfig, error: NamedError): Outcome {
  const isMissing = error.code === 'PROBE_SUBJECT_MISSING';
  const why = `目录 ${policy.folder} ${renderFailure(error.cause)}`;
  const samples = [{ metric: 'backup_rung' as const, labels: { set: policy.name }, value: 0 }];
  return {
    samples: isMissing ? samples : [],
    check: { id: `backup:${policy.name}`, status: 'unknown', text: `备份集 ${policy.name} 无法判断：${why}` },
    error,
  };
}

/** Records of all sets within one report's bounds; the set that was told first comes last the next time. */
function createTeller(
  sets: readonly WatchedSet[],
  host: Host,
): (ofHost: readonly BackupFindingReport[]) => Promise<ProbeEvent[]> {
  const told = new Map<WatchedSet, Telling>();
  let toldOfHost = NOTHING_TOLD;
  let first = 0;
  return async (ofHost) => {
    const budget = fullBudget();
    const events: ProbeEvent[] = [];
    const news = { set: '', gone: [], files: [], report: undefined, others: ofHost, render: String };
    const said = tell(toldOfHost, news, host.clock.now(), budget);
    toldOfHost = said.told;
    events.push(...said.events);
    first = sets.length === 0 ? 0 : (first + 1) % sets.length;
    for (const set of [...sets.slice(first), ...sets.slice(0, first)]) {
      const render = (path: string): string => set.render(path);
      const news = { set: set.config.name, gone: [...set.gone], render, ...set.standing };
      const said = tell(told.get(set) ?? NOTHING_TOLD, news, host.clock.now(), budget);
      told.set(set, said.told);
      events.push(...said.events);
      await set.forget(said.gone);
    }
    return events;
  };
}

async function keep(store: Store, sets: readonly WatchedSet[]): Promise<void> {
  await store.keepSets(Object.fromEntries(sets.map((set) => [set.config.name, set.remembered])));
}
