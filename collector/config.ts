// collector.yaml: process matters only. Hospitals, hosts, users and tokens are state. Each unit declares its own section; here
// they are joined. Defaults work with no file at all.

import { readFileSync } from 'node:fs';
import { readConfigFile } from '../shared/config/file.ts';
import type { SectionField, Values } from '../shared/config/schema.ts';
import { NamedError } from '../shared/errors.ts';
import { alertsConfig } from './alerts/config.ts';
import { backupsConfig } from './backups/config.ts';
import { HTTP_CONFIG } from './api/config.ts';
import { ingestConfig } from './ingest/config.ts';
import { livenessConfig } from './liveness/config.ts';
import { channelsConfig } from './notifiers/index.ts';
import { rulesConfig } from './rules/index.ts';
import { storeConfig } from './store/config.ts';
import { chosenEngine, outletsConfig } from './store/outside/config.ts';

export const collectorConfig = {
  kind: 'section',
  help: 'The collector.',
  fields: {
    name: {
      kind: 'text',
      help: 'Name of this collector. Agents learn it at enrolment and refuse another one; do not change it afterwards.',
      default: 'niswatch',
      pattern: { re: /^[\w.-]{1,100}$/, words: 'letters, digits, dot, dash or underscore' },
    },
    dataFolder: { kind: 'text', help: 'Where everything is kept.', default: './data' },
    listen: {
      kind: 'section',
      help: 'Where agents and people connect.',
      fields: {
        host: { kind: 'text', help: 'Address to listen on; 0.0.0.0 for all.', default: '127.0.0.1' },
        port: {
          kind: 'int',
          help: 'Port to listen on; 0 takes a free one.',
          default: 8080,
          min: 0,
          max: 65_535,
        },
      },
    },
    log: {
      kind: 'section',
      help: 'The log on standard error, one JSON object a line.',
      fields: {
        level: {
          kind: 'choice',
          help: 'The mildest lines that are written.',
          words: ['debug', 'info', 'warn', 'error'],
          default: 'info',
        },
      },
    },
    http: HTTP_CONFIG,
    ingest: ingestConfig,
    liveness: livenessConfig,
    store: storeConfig,
    outlets: outletsConfig,
    rules: rulesConfig,
    alerts: alertsConfig,
    backups: backupsConfig,
    channels: channelsConfig,
  },
} as const satisfies SectionField;

export type CollectorConfig = Values<typeof collectorConfig.fields>;

/** Reads `file`, or takes every default when there is none. Throws NamedError CONFIG_*. */
export function readCollectorConfig(
  file: string | undefined,
  env: Record<string, string | undefined>,
): CollectorConfig {
  const readText = (path: string): string => readFileSync(path, 'utf8');
  const config = readConfigFile(collectorConfig, file ?? 'collector.yaml', {
    readText,
    env,
    optional: file === undefined,
  });
  checkEngines(config);
  return config;
}

/** What the schema cannot say: each kind of engine needs its own keys. */
function checkEngines({ store, outlets }: CollectorConfig): void {
  if (store.kind !== 'embedded') chosenEngine(store, 'store');
  const names = new Set<string>();
  for (const outlet of outlets) {
    chosenEngine(outlet, `outlets (${outlet.name})`);
    if (names.has(outlet.name))
      throw new NamedError('CONFIG_BAD_VALUE', `outlets: two are called ${outlet.name}`, {
        mend: 'Give each outlet a name of its own.',
      });
    names.add(outlet.name);
  }
}
