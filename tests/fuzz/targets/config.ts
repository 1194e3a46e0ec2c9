// Configuration files of both programs: YAML text to checked values. Defaults reach no disk and no network.

import { AGENT_CONFIG } from '../../../agent/config.ts';
import { collectorConfig } from '../../../collector/config.ts';
import { parseYaml, readConfigFile } from '../../../shared/config/file.ts';
import { type Fields, readConfig, type SectionField } from '../../../shared/config/schema.ts';
import { isNamedError } from '../../../shared/errors.ts';
import type { Target } from '../target.ts';

/** A person's file: what is longer takes the YAML parser its time, and no outsider can send one. */
const MAX_BYTES = 6_000;
const FILE = 'fuzz.yaml';

const agentYaml = `
collector: { urls: ["https://watch.example.com"] }
interval: 15s
spool: { maxBytes: 512MiB }
probes:
  disk: { interval: 1m }
  service:
    services: [{ name: nginx, pidFile: /run/nginx.pid }]
  backup:
    sets: [{ name: nis-full, folder: /backup, pattern: "nis-*.sql.gz" }]
`;
const collectorYaml = `
name: centre
listen: { host: 127.0.0.1, port: 8080 }
ingest: { framesPerSecond: 200, historyPool: 64MiB }
store: { packAfter: 2h }
`;

function configTarget<S extends Fields>(name: string, section: SectionField<S>, text: string): Target {
  return {
    name,
    samples: [Buffer.from(text)],
    run(input) {
      const source = input.subarray(0, MAX_BYTES).toString();
      const readText = (path: string): string => (path === FILE ? source : '');
      readConfigFile(section, FILE, { readText, env: {} });
    },
  };
}

export const agentFile = configTarget('config-agent', AGENT_CONFIG, agentYaml);
export const collectorFile = configTarget('config-collector', collectorConfig, collectorYaml);

/** The schema reader on data that no YAML would give. */
export const configData: Target = {
  name: 'config-data',
  samples: [agentYaml, collectorYaml].map((text) => Buffer.from(JSON.stringify(parseYaml(text, FILE)))),
  run(input) {
    let value: unknown;
    try {
      value = JSON.parse(input.toString());
    } catch {
      return;
    }
    try {
      readConfig(AGENT_CONFIG, value);
    } catch (error) {
      if (!isNamedError(error)) throw error;
      readConfig(collectorConfig, value);
    }
  },
};
