// Keeps the digest of every host's backups in memory and reads it again after a report that told of them. Promise: it never holds up
// the reports themselves; hosts are read one at a time, and a burst of records of one host is read once.

import type { Clock } from '../../shared/clock.ts';
import { describeError } from '../../shared/errors.ts';
import type { Log, StoredReport } from '../services.ts';
import type { State } from '../state/state.ts';
import { digestOf, type HostDigest } from './digest.ts';
import { forgetOld, type Retention } from './state/keep.ts';
import { readBackups } from './state/read.ts';

export interface BackupWatch {
  /** What is known now; undefined: nothing was told yet; `unread`: it was, and is not read yet after a start. */
  digest(hostId: string): HostDigest | 'unread' | undefined;
  /** Cheap for a report that tells nothing of backups. */
  stored(report: Pick<StoredReport, 'host' | 'events'>): void;
  /** After a digest changed. */
  onChange(listener: (hostId: string) => void): void;
  /** Resolves when all that was stored so far has been read. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

export interface BackupWatchOptions {
  state: State;
  clock: Clock;
  retention: Retention;
  log: Log;
}

const GATHER_MS = 1_000;
/** Forgetting, and reading again: that a set is no longer told of comes by age, not by a record. */
const HOURLY_MS = 3_600_000;

export async function openBackupWatch(options: BackupWatchOptions): Promise<BackupWatch> {
  const { state, clock, log, retention } = options;
  const digests = new Map<string, HostDigest | 'unread'>();
  const dirty = new Set<string>();
  const listeners = new Set<(hostId: string) => void>();
  let reading: Promise<void> | undefined;
  let closed = false;

  const readDirty = async (): Promise<void> => {
    for (const host of dirty) {
      if (closed) return;
      dirty.delete(host);
      digests.set(host, digestOf(await readBackups(state, host, clock.now())));
      for (const listener of listeners) listener(host);
    }
  };
  const read = (): Promise<void> => {
    reading ??= readDirty()
      .catch((error: unknown) => log.error({ error: describeError(error) }, 'backups cannot be read'))
      .finally(() => {
        reading = undefined;
      });
    return reading;
  };
  const readAll = async (): Promise<void> => {
    for (const host of await hostsWithBackups(state)) dirty.add(host);
    await read();
  };
  let forgetting: Promise<void> | undefined;
  const forget = (): void => {
    forgetting ??= forgetOld(state, clock.now(), retention)
      .then(readAll)
      .catch((error: unknown) =>
        log.error({ error: describeError(error) }, 'old backup records cannot be removed'),
      )
      .finally(() => {
        forgetting = undefined;
      });
  };
  const timers = [
    clock.every(GATHER_MS, () => {
      if (dirty.size > 0) void read();
    }),
    clock.every(HOURLY_MS, forget),
  ];
  // Behind the start, host by host: until then nothing is judged, and nothing resolved.
  for (const host of await hostsWithBackups(state)) {
    digests.set(host, 'unread');
    dirty.add(host);
  }
  void read();

  return {
    digest: (hostId) => digests.get(hostId),
    stored({ host, events }) {
      if (events?.some((event) => event.kind.startsWith('backup.'))) dirty.add(host);
    },
    onChange: (listener) => void listeners.add(listener),
    async settled() {
      await forgetting;
      await reading;
      while (dirty.size > 0) await read();
    },
    async close() {
      closed = true;
      for (const timer of timers) timer.cancel();
      await forgetting;
      await reading;
    },
  };
}

async function hostsWithBackups(state: State): Promise<string[]> {
  const told = await state.selectFrom('backupSets').select('hostId').distinct().execute();
  const found = await state.selectFrom('backupFindings').select('hostId').distinct().execute();
  return [...new Set([...told, ...found].map((row) => row.hostId))];
}
