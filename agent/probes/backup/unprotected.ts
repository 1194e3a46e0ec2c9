// Databases that run on this machine and that no set backs up. Promise: looked for once an hour, by the names of processes or services
// alone; a set whose engine is not told may be any of those that are exported by script, and accuses none of them.

import { proofOf } from '../../../shared/backup/proof.ts';
import type { BackupFindingReport } from '../../../shared/backup/reported.ts';
import type { Host } from '../probe.ts';
import type { SetConfig } from './config.ts';

type ConfigEngine = SetConfig['engine'];

export interface RunningDatabase {
  /** As the machine calls it: a unit, a service, a program. */
  name: string;
  engine: ConfigEngine;
}

const EVERY_MS = 3_600_000;
const EXPORTED_BY_SCRIPT: readonly ConfigEngine[] = ['mariadb', 'postgresql', 'mongodb'];

/** Pure. Those that stood before and no longer do are gone. */
export function findUnprotected(
  running: readonly RunningDatabase[],
  engines: readonly ConfigEngine[],
  before: readonly BackupFindingReport[],
): BackupFindingReport[] {
  const saved = new Set(engines.map(familyOf));
  const isSaved = (engine: ConfigEngine): boolean =>
    saved.has(familyOf(engine)) || (saved.has('other') && EXPORTED_BY_SCRIPT.includes(familyOf(engine)));
  const standing = running
    .filter(({ engine }) => !isSaved(engine))
    .map(({ name, engine }): BackupFindingReport => {
      const { evidence: text, proof } = proofOf('no-set', { engine, name });
      return { of: 'finding', set: '', kind: 'database-without-set', key: name, text, proof };
    });
  const stands = new Set(standing.map(({ key }) => key));
  const gone = before.filter(({ key }) => !stands.has(key)).map((finding) => ({ ...finding, gone: true }));
  return [...standing, ...gone];
}

function familyOf(engine: ConfigEngine): ConfigEngine {
  return engine === 'mysql' ? 'mariadb' : engine;
}

/** What is found when it is time to look; else what was found last. */
export function openUnprotected(
  host: Host,
  engines: readonly ConfigEngine[],
): () => Promise<readonly BackupFindingReport[]> {
  let found: BackupFindingReport[] = [];
  let lookedAt = Number.NEGATIVE_INFINITY;
  return async () => {
    const now = host.clock.monotonic();
    if (now - lookedAt < EVERY_MS) return found;
    lookedAt = now;
    const running = await readRunning(host).catch(() => undefined);
    if (running) found = findUnprotected(running, engines, found);
    return found;
  };
}

/** Loaded when it is needed, and on a host of its own, because what is found is remembered by the host. */
async function readRunning(host: Host): Promise<RunningDatabase[]> {
  const { findServers } = await import('../../discover/servers.ts');
  const servers = await findServers({ ...host });
  return servers.flatMap(({ name, unit, windows, known }) =>
    known.engine === undefined ? [] : [{ name: windows ?? unit ?? name, engine: known.engine }],
  );
}
