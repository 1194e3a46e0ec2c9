// Configuration files of both programs: YAML text to checked values. Promise under test: what is read is complete, of the kind
// and in the range that the schema says, and frozen to the last value; nothing is printed on the way.

import assert from 'node:assert/strict';
import { AGENT_CONFIG } from '../../../agent/config.ts';
import { collectorConfig } from '../../../collector/config.ts';
import { parseYaml, readConfigFile } from '../../../shared/config/file.ts';
import { type Field, type Fields, readConfig, type SectionField } from '../../../shared/config/schema.ts';
import { isNamedError } from '../../../shared/errors.ts';
import type { ErrorCode } from '../../../shared/errors.ts';
import type { Target } from '../target.ts';

/** A person's file: what is longer takes the YAML parser its time, and no outsider can send one. */
const MAX_BYTES = 6_000;
const FILE = 'fuzz.yaml';
const SECRET_FILE = '/run/secret';
const REFUSES: ErrorCode[] = ['CONFIG_SYNTAX', 'CONFIG_UNKNOWN_KEY', 'CONFIG_BAD_VALUE', 'CONFIG_UNREADABLE'];

const SECRETS = { readSecretFile: readSecret, env: { PROXY: 'p' } };

function readSecret(path: string): string {
  if (path === SECRET_FILE) return 'secret\n';
  throw Object.assign(new Error(`ENOENT: no such file or directory, open '${path}'`), { code: 'ENOENT' });
}

const agentYaml = `
collector: { urls: ["https://watch.example.com"], proxy: { file: ${SECRET_FILE} } }
interval: 15s
spool: { maxBytes: 512MiB }
probes:
  disk: { interval: 1m }
  service:
    services: [{ name: nginx, pidFile: /run/nginx.pid }]
  backup:
    sets: [{ name: nis-full, folder: /backup, pattern: "nis-*.sql.gz" }]
`;
const anchoredYaml = `
collector: &c { urls: ["https://watch.example.com"], proxy: { env: PROXY } }
probes:
  port:
    targets: [&t { name: db, port: &p 1433 }, { name: web, port: *p }, *t]
`;
const collectorYaml = `
name: centre
listen: { host: 127.0.0.1, port: 8080 }
ingest: { framesPerSecond: 200, historyPool: 64MiB }
store: { packAfter: 2h }
`;

function configTarget<S extends Fields>(
  name: string,
  section: SectionField<S>,
  texts: readonly string[],
): Target {
  return {
    name,
    samples: texts.map((text) => Buffer.from(text)),
    refuses: REFUSES,
    run(input) {
      const source = input.subarray(0, MAX_BYTES).toString();
      const readText = (path: string): string => (path === FILE ? source : readSecret(path));
      checkValue(
        section,
        quietly(() => readConfigFile(section, FILE, { readText, env: SECRETS.env })),
      );
    },
  };
}

/** What a library warns about is written over the log of a service, past every format. */
function quietly<T>(work: () => T): T {
  const printed: string[] = [];
  const { emitWarning } = process;
  process.emitWarning = (warning: string | Error) => void printed.push(String(warning));
  try {
    return work();
  } finally {
    process.emitWarning = emitWarning;
    assert.deepEqual(printed, []);
  }
}

function checkValue(field: Field, value: unknown, path = ''): void {
  if (typeof value === 'object') assert.ok(Object.isFrozen(value), `${path} is not frozen`);
  switch (field.kind) {
    case 'section':
      if (value === undefined && field.optional) return;
      assert.deepEqual(Object.keys(value as object).sort(), Object.keys(field.fields).sort(), path);
      for (const [key, inner] of Object.entries(field.fields))
        checkValue(inner, (value as Record<string, unknown>)[key], `${path}.${key}`);
      return;
    case 'list':
      for (const [i, item] of (value as unknown[]).entries()) checkValue(field.of, item, `${path}[${i}]`);
      return;
    case 'map':
      for (const [key, item] of Object.entries(value as object)) checkValue(field.of, item, `${path}.${key}`);
      return;
    case 'bool':
      return assert.equal(typeof value, 'boolean', path);
    case 'choice':
      return assert.ok(field.words.includes(value as string), path);
    case 'text':
    case 'secret':
      return assert.equal(typeof value, 'string', path);
    default:
      assert.ok(Number.isFinite(value), `${path} is ${String(value)}`);
      assert.ok(
        (value as number) >= (field.min ?? -Infinity) && (value as number) <= (field.max ?? Infinity),
      );
  }
}

export const agentFile = configTarget('config-agent', AGENT_CONFIG, [agentYaml, anchoredYaml]);
export const collectorFile = configTarget('config-collector', collectorConfig, [collectorYaml]);

/** The schema reader on data that no YAML would give. */
export const configData: Target = {
  name: 'config-data',
  samples: [agentYaml, collectorYaml].map((text) => Buffer.from(JSON.stringify(parseYaml(text, FILE)))),
  refuses: REFUSES,
  run(input) {
    let value: unknown;
    try {
      value = JSON.parse(input.toString());
    } catch {
      return;
    }
    try {
      checkValue(AGENT_CONFIG, readConfig(AGENT_CONFIG, value, SECRETS));
    } catch (error) {
      if (!isNamedError(error)) throw error;
      checkValue(collectorConfig, readConfig(collectorConfig, value, SECRETS));
    }
  },
};
