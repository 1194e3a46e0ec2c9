// The collector of the ingest and fleet benches in its own process: the whole one, as `niswatch serve` joins it, so that what it
// spends and holds is measured by itself. What is counted begins when it listens and ends when it has stopped. Started with a
// port, it is a restart: the hosts are there.

import { readFileSync } from 'node:fs';
import { openCollector } from '../../../collector/collector.ts';
import { openFolderState } from '../../../collector/commands/commands.ts';
import { collectorConfig } from '../../../collector/config.ts';
import type { State } from '../../../collector/state/state.ts';
import { systemClock } from '../../../shared/clock.ts';
import { readConfig } from '../../../shared/config/schema.ts';
import {
  COLLECTOR_NAME,
  FINGERPRINT,
  type FromCollector,
  hostId,
  type Plan,
  type ToCollector,
} from './plan.ts';
import { countSpent } from './spent.ts';

const HOSPITALS = 400;
const plan = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as Plan;
const clock = systemClock();
const config = readConfig(collectorConfig, {
  name: COLLECTOR_NAME,
  listen: { port: Number(process.argv[3] ?? 0) },
  ...(plan.ingest ? { ingest: plan.ingest } : {}),
});
const say = (level: string) => (fields: object, message: string) => {
  if (level !== 'info') process.stderr.write(`${level}: ${message} ${JSON.stringify(fields)}\n`);
};
const log = { info: say('info'), warn: say('warn'), error: say('error') };
const page = {
  scriptHashes: [],
  asset: () => undefined,
  index: { body: Buffer.from(''), gzip: undefined, type: 'text/html', etag: '', immutable: false },
};
const tell = (message: FromCollector): void => void process.send?.(message);

async function addHosts(state: State): Promise<void> {
  const now = clock.now();
  const hospitals = Array.from({ length: Math.min(HOSPITALS, plan.agents) }, (_, i) => i);
  await state.transaction().execute(async (tx) => {
    for (const i of hospitals) {
      const hospital = { id: `h${i}`, name: `医院 ${i}`, timeZone: 'Asia/Shanghai', createdAt: now };
      await tx.insertInto('hospitals').values(hospital).execute();
    }
    const facts = { os: 'linux', arch: 'x64', agentVersion: '0.1.0', fingerprint: FINGERPRINT };
    const rest = { enrolledAt: now, revokedAt: null, boot: null, bootAt: null, offsetMs: null };
    for (const [i, { publicKey }] of plan.keys.entries()) {
      const names = {
        id: hostId(i),
        hospitalId: `h${i % hospitals.length}`,
        name: `nis-${i}`,
        hostname: `nis-${i}`,
      };
      await tx
        .insertInto('hosts')
        .values({ ...names, publicKey, ...facts, ...rest })
        .execute();
    }
  });
}

if (process.argv[3] === undefined) {
  const state = await openFolderState(plan.folder);
  await addHosts(state);
  await state.destroy();
}
const collector = await openCollector({ config, folder: plan.folder, clock, log, page });
const spent = countSpent();
tell({ did: 'ready', url: collector.url });

process.on('message', (message: ToCollector) => {
  if (message.do === 'finish') void finish();
  else if (message.do === 'pack') void pack();
  else tell({ did: 'use', rssMiB: process.memoryUsage.rss() / 1024 ** 2, ...spent() });
});

async function pack(): Promise<void> {
  await collector.pack();
  tell({ did: 'packed', ...spent() });
}

async function finish(): Promise<void> {
  await collector.stop();
  tell({ did: 'stop', ...spent() });
  process.disconnect?.();
}
