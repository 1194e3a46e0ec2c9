// The list of fuzz targets. Each is loaded when its turn comes: a campaign instruments what its target needs and no more.

import type { Target } from '../target.ts';

const from =
  <K extends string>(load: () => Promise<Record<K, Target>>, name: K): (() => Promise<Target>) =>
  async () =>
    (await load())[name];

const frame = () => import('./frame.ts');
const config = () => import('./config.ts');
const spool = () => import('./spool.ts');
const store = () => import('./store.ts');
const ingest = () => import('./ingest.ts');

export const TARGETS: Record<string, () => Promise<Target>> = {
  'frame-agent': from(frame, 'agentFrame'),
  'frame-collector': from(frame, 'collectorFrame'),
  'spool-open': from(spool, 'openSegment'),
  'spool-closed': from(spool, 'closedSegment'),
  'spool-ledger': from(spool, 'ledger'),
  'spool-folder': from(spool, 'wholeFolder'),
  'config-agent': from(config, 'agentFile'),
  'config-collector': from(config, 'collectorFile'),
  'config-data': from(config, 'configData'),
  chunk: from(store, 'chunk'),
  rollup: from(store, 'rollup'),
  last: from(store, 'lastValues'),
  journal: from(store, 'journal'),
  group: from(store, 'groupBody'),
  'store-folder': async () => (await import('./store-folder.ts')).openStoreFolder(),
  scanner: from(ingest, 'scanner'),
  sieve: from(ingest, 'sieve'),
  http: async () => (await import('./http.ts')).openHttp(),
  link: async () => (await import('./link.ts')).link,
  'agent-files': async () => (await import('./agent-files.ts')).openAgentFiles(),
  proc: async () => (await import('./proc.ts')).procFiles,
};
