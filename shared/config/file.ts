// Reads a YAML configuration file and checks it against a schema. A missing file is an empty one when `optional`.

import { type Document, isCollection, isAlias, LineCounter, parseDocument, visit } from 'yaml';
import { NamedError } from '../errors.ts';
import { type Fields, type ReadOptions, readConfig, type SectionField, type Values } from './schema.ts';

export interface ConfigFileOptions extends Omit<ReadOptions, 'file'> {
  readText: (path: string) => string;
  optional?: boolean;
}

/** Throws NamedError CONFIG_UNREADABLE, CONFIG_SYNTAX (with the line), CONFIG_UNKNOWN_KEY or CONFIG_BAD_VALUE. */
export function readConfigFile<S extends Fields>(
  section: SectionField<S>,
  path: string,
  options: ConfigFileOptions,
): Values<S> {
  let text: string;
  try {
    text = options.readText(path);
  } catch (cause) {
    if (options.optional && (cause as NodeJS.ErrnoException).code === 'ENOENT')
      return readConfig(section, {}, options);
    throw new NamedError('CONFIG_UNREADABLE', `cannot read ${path}: ${(cause as Error).message}`, { cause });
  }
  const { readSecretFile = options.readText, ...rest } = options;
  return readConfig(section, parseYaml(text, path), { ...rest, readSecretFile, file: path });
}

/** YAML text → plain data. Throws NamedError CONFIG_SYNTAX with file, line and column. */
export function parseYaml(text: string, path: string): unknown {
  const lineCounter = new LineCounter();
  // Only the first error is told: pretty ones would be drawn for each of thousands.
  const document = parseDocument(text, { prettyErrors: false, strict: true, lineCounter });
  const fault = document.errors[0] ?? document.warnings[0] ?? collectionKey(document);
  if (fault) {
    const { line, col } = lineCounter.linePos(fault.pos[0]);
    throw new NamedError('CONFIG_SYNTAX', `${path}:${line}:${col}: ${fault.message.split('\n')[0]}`);
  }
  try {
    const value: unknown = document.toJS({ maxAliasCount: 50 }) ?? {};
    JSON.stringify(value);
    return value;
  } catch (cause) {
    // Aliases that multiply beyond measure or contain themselves: only seen when they are followed.
    throw new NamedError('CONFIG_SYNTAX', `${path}: ${(cause as Error).message.split('\n')[0]}`, { cause });
  }
}

/** `{a: 1}: b` and the like, which the parser would turn into a text of its own, with a warning past every log. */
function collectionKey(document: Document): { pos: readonly [number]; message: string } | undefined {
  let at: number | undefined;
  visit(document, {
    Pair(_, { key }) {
      const node = isAlias(key) ? key.resolve(document) : key;
      if (!isCollection(node)) return undefined;
      at = (isAlias(key) ? key : node).range?.[0] ?? 0;
      return visit.BREAK;
    },
  });
  return at === undefined ? undefined : { pos: [at], message: 'a key must be a text, not a list or a map' };
}
