// agent.yaml: the only authority on what is read on this machine, assembled from the units' own sections. Who the agent is
// (key, host id) is not here but in identity.json, so that this file can be copied, reviewed and kept under version control.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { NamedError } from '../shared/errors.ts';
import { readConfig, type SectionField, type Values } from '../shared/config/schema.ts';
import { DRILLS_CONFIG } from './drill/config.ts';
import { LOG_LEVELS } from './log.ts';
import { PROBES } from './probes/index.ts';
import type { ProbeUnit } from './probes/probe.ts';
import { spoolConfig } from './spool/config.ts';

const DEFAULT_INTERVAL_MS = 15_000;

const COLLECTOR = {
  kind: 'section',
  help: 'The collector, and the way to it.',
  fields: {
    urls: {
      kind: 'list',
      help: 'Addresses, tried in turn; empty = those learned at enrolment.',
      of: {
        kind: 'text',
        help: 'Such as https://collector.example.com.',
        pattern: {
          re: /^(https?|wss?):\/\/[^\s/]+/,
          words: 'an address such as https://collector.example.com',
        },
      },
    },
    name: {
      kind: 'text',
      help: 'The name that the collector must give; empty = the one learned at enrolment.',
      default: '',
    },
    proxy: {
      kind: 'secret',
      help: 'HTTP(S) proxy, http://[user:password@]host:port; empty = none.',
      default: '',
    },
    caFile: {
      kind: 'text',
      help: 'PEM file of the only certificate authority to trust; empty = the well-known ones.',
      default: '',
    },
  },
} as const satisfies SectionField;

const LOG = {
  kind: 'section',
  help: "The agent's own log, JSON lines on stderr.",
  fields: { level: { kind: 'choice', words: LOG_LEVELS, help: 'The least level written.', default: 'info' } },
} as const satisfies SectionField;

/** The section of agent.yaml for these probes; commands use `AGENT_CONFIG`, tests may give their own. */
function agentSection(probes: readonly ProbeUnit[], platform: NodeJS.Platform = process.platform) {
  return {
    kind: 'section',
    help: 'Settings of the agent.',
    fields: {
      collector: COLLECTOR,
      interval: {
        kind: 'duration',
        help: 'Time between readings of every probe that has no interval of its own and whose default is 15s.',
        default: DEFAULT_INTERVAL_MS,
        min: 1000,
        max: 86_400_000,
      },
      dataFolder: {
        kind: 'text',
        help: 'Where identity, spool and status are kept.',
        default: defaultDataFolder(platform, process.env),
      },
      spool: spoolConfig,
      log: LOG,
      drills: DRILLS_CONFIG,
      probes: {
        kind: 'section',
        help: 'What is read on this machine.',
        fields: Object.fromEntries(probes.map((unit) => [unit.name, unit.config])),
      },
    },
  } as const satisfies SectionField;
}

export const AGENT_CONFIG = agentSection(PROBES);
export type AgentConfig = Values<ReturnType<typeof agentSection>['fields']>;

function defaultDataFolder(platform: NodeJS.Platform, env: NodeJS.ProcessEnv): string {
  if (platform === 'win32') return `${env.ProgramData ?? 'C:\\ProgramData'}\\niswatch-agent`;
  return '/var/lib/niswatch-agent';
}

function defaultConfigFile(platform: NodeJS.Platform, env: NodeJS.ProcessEnv): string {
  if (platform === 'win32') return `${defaultDataFolder(platform, env)}\\agent.yaml`;
  return '/etc/niswatch-agent/agent.yaml';
}

export interface ConfigSource {
  /** --config: must exist. */
  file?: string | undefined;
  /** --data: overrides `dataFolder`, and its agent.yaml comes before the default file. */
  data?: string | undefined;
}

export interface LoadedConfig {
  config: AgentConfig;
  dataFolder: string;
  /** undefined when there is no file: all defaults. */
  file: string | undefined;
}

/** Throws CONFIG_*, naming the file and the key. Without any file the defaults hold. */
export async function loadConfig(
  source: ConfigSource,
  probes: readonly ProbeUnit[] = PROBES,
): Promise<LoadedConfig> {
  const section = agentSection(probes);
  const file = source.file ?? findFile(source.data);
  const raw = file === undefined ? {} : await readRaw(file);
  const config = readConfig(section, withInterval(raw, probes), {
    ...(file === undefined ? {} : { file }),
    readSecretFile: (path) => readFileSync(path, 'utf8'),
    env: process.env,
  });
  return { config, dataFolder: source.data ?? config.dataFolder, file };
}

function findFile(data: string | undefined): string | undefined {
  const candidates = [
    ...(data === undefined ? [] : [join(data, 'agent.yaml')]),
    defaultConfigFile(process.platform, process.env),
  ];
  return candidates.find((path) => existsSync(path));
}

async function readRaw(file: string): Promise<unknown> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new NamedError('CONFIG_UNREADABLE', `cannot read ${file}: ${(cause as Error).message}`, { cause });
  }
  // The YAML parser takes megabytes: an agent that runs on defaults goes without.
  const { parseYaml } = await import('../shared/config/file.ts');
  return parseYaml(text, file);
}

/** Gives the file's own `interval` to the probes that would use the common default. What is malformed is left for the schema to name. */
function withInterval(raw: unknown, probes: readonly ProbeUnit[]): unknown {
  const file = raw as { interval?: unknown; probes?: Record<string, { interval?: unknown } | null> } | null;
  if (typeof file !== 'object' || file === null || file.interval === undefined) return raw;
  const given = file.probes ?? {};
  if (typeof given !== 'object') return raw;
  const sections = probes.filter((unit) => {
    const field = unit.config.fields.interval;
    const own = given[unit.name];
    const common = field?.kind === 'duration' && field.default === DEFAULT_INTERVAL_MS;
    return (
      common && (own === undefined || own === null || (typeof own === 'object' && own.interval === undefined))
    );
  });
  const filled = sections.map((unit) => [unit.name, { ...given[unit.name], interval: file.interval }]);
  return { ...file, probes: { ...given, ...Object.fromEntries(filled) } };
}
