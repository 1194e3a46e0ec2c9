// Configuration by schema: one declaration gives the type, the default, the range, the sentence for people, the sample file
// and the reference table. Promise: what `readConfig` returns is complete, typed and frozen; anything unknown or out of
// range is an error that names the key and the mend. Kept small on purpose: the agent loads it (see decisions/0003).

import { NamedError } from '../errors.ts';

interface Common<T> {
  /** One sentence for people. */
  help: string;
  /** Absent: the key is required. */
  default?: T;
}

export interface TextField extends Common<string> {
  kind: 'text';
  /** A regular expression the whole text must match, and what it means in words. */
  pattern?: { re: RegExp; words: string };
}
export interface NumberField extends Common<number> {
  kind: 'number' | 'int';
  min?: number;
  max?: number;
  unit?: string;
}
/** Milliseconds; written as `500ms`, `30s`, `5m`, `26h`, `30d`. */
export interface DurationField extends Common<number> {
  kind: 'duration';
  min?: number;
  max?: number;
}
/** Bytes; written as `512MiB`, `1GiB`, `64KiB`, `100B`. */
export interface SizeField extends Common<number> {
  kind: 'size';
  min?: number;
  max?: number;
}
export interface BoolField extends Common<boolean> {
  kind: 'bool';
}
export interface ChoiceField<W extends string = string> extends Common<W> {
  kind: 'choice';
  words: readonly W[];
}
/** Text that prints as `***`; `{file: PATH}` or `{env: NAME}` take it from elsewhere. */
export interface SecretField extends Common<string> {
  kind: 'secret';
  /** It may not stand in the file itself. */
  elsewhere?: true;
}
export interface ListField<F extends Field = Field> {
  kind: 'list';
  help: string;
  of: F;
}
export interface MapField<F extends Field = Field> {
  kind: 'map';
  help: string;
  of: F;
}
export interface SectionField<S extends Fields = Fields> {
  kind: 'section';
  help: string;
  fields: S;
  /** Absent section: filled with defaults (false), or `undefined` (true). */
  optional?: boolean;
}

export type Field =
  | TextField
  | NumberField
  | DurationField
  | SizeField
  | BoolField
  | ChoiceField
  | SecretField
  | ListField
  | MapField
  | SectionField;
export type Fields = { readonly [key: string]: Field };

export type Value<F> =
  F extends ChoiceField<infer W>
    ? W
    : F extends { kind: 'text' | 'secret' }
      ? string
      : F extends { kind: 'number' | 'int' | 'duration' | 'size' }
        ? number
        : F extends { kind: 'bool' }
          ? boolean
          : F extends ListField<infer E>
            ? readonly Value<E>[]
            : F extends MapField<infer E>
              ? { readonly [name: string]: Value<E> }
              : F extends SectionField<infer S>
                ? F extends { optional: true }
                  ? Values<S> | undefined
                  : Values<S>
                : never;
export type Values<S extends Fields> = { readonly [K in keyof S]: Value<S[K]> };

export interface ReadOptions {
  /** Named in errors. */
  file?: string;
  readSecretFile?: (path: string) => string;
  env?: Record<string, string | undefined>;
}

const DURATION: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const SIZE: Record<string, number> = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3, TiB: 1024 ** 4 };

/** `30s` → 30000. A bare 0 is allowed. Returns undefined when the text is not a duration. */
export function parseDuration(text: unknown): number | undefined {
  return parseUnits(text, DURATION);
}
/** `64MiB` → 67108864. Returns undefined when the text is not a size. */
export function parseSize(text: unknown): number | undefined {
  return parseUnits(text, SIZE);
}
function parseUnits(text: unknown, units: Record<string, number>): number | undefined {
  if (text === 0 || text === '0') return 0;
  if (typeof text !== 'string') return undefined;
  const match = /^(\d+(?:\.\d+)?)\s*([A-Za-z]+)$/.exec(text.trim());
  const unit = match?.[2] === undefined ? undefined : units[match[2]];
  return unit === undefined ? undefined : Math.round(Number(match?.[1]) * unit);
}
export function renderDuration(ms: number): string {
  return renderUnits(ms, DURATION, 'ms');
}
export function renderSize(bytes: number): string {
  return renderUnits(bytes, SIZE, 'B');
}
function renderUnits(value: number, units: Record<string, number>, base: string): string {
  if (value === 0) return `0${base}`;
  const [unit, factor] = Object.entries(units)
    .reverse()
    .find(([, f]) => value % f === 0) ?? [base, 1];
  return `${value / factor}${unit}`;
}

/** Checks `input` (parsed YAML or JSON; undefined = no file) against the section; returns frozen values with every default filled in. */
export function readConfig<S extends Fields>(
  section: SectionField<S>,
  input: unknown,
  options: ReadOptions = {},
): Values<S> {
  return readSection(section, input ?? {}, '', options) as Values<S>;
}

function bad(path: string, wanted: string, got: unknown, options: ReadOptions): never {
  const where = options.file ? `${options.file}: ` : '';
  const shown = JSON.stringify(got) ?? String(got);
  throw new NamedError('CONFIG_BAD_VALUE', `${where}${path}: ${shown.slice(0, 80)} is not ${wanted}`, {
    mend: `Set ${path} to ${wanted}.`,
  });
}

function readSection(section: SectionField, input: unknown, path: string, options: ReadOptions): object {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    bad(path || 'the file', 'a section of keys', input, options);
  }
  const known = Object.keys(section.fields);
  for (const key of Object.keys(input)) {
    if (!Object.hasOwn(section.fields, key)) unknownKey(path ? `${path}.${key}` : key, key, known, options);
  }
  const out: Record<string, unknown> = {};
  for (const key of known) {
    const field = section.fields[key] as Field;
    const value = Object.hasOwn(input, key) ? (input as Record<string, unknown>)[key] : undefined;
    out[key] = readField(field, value ?? undefined, path ? `${path}.${key}` : key, options);
  }
  return Object.freeze(out);
}

function unknownKey(path: string, key: string, known: string[], options: ReadOptions): never {
  const near = nearest(key, known);
  const where = options.file ? `${options.file}: ` : '';
  throw new NamedError(
    'CONFIG_UNKNOWN_KEY',
    `${where}${path} is not a known key${near ? `; nearest: ${near}` : ''}`,
    {
      mend: near ? `Write ${near}, or remove the key.` : `Remove it. Known keys: ${known.join(', ')}.`,
    },
  );
}

function readField(field: Field, value: unknown, path: string, options: ReadOptions): unknown {
  if (value === undefined) return defaultOf(field, path, options);
  switch (field.kind) {
    case 'text':
      if (typeof value !== 'string') bad(path, 'a text', value, options);
      if (field.pattern && !field.pattern.re.test(value)) bad(path, field.pattern.words, value, options);
      return value;
    case 'number':
    case 'int':
      return inRange(field, typeof value === 'number' ? value : Number.NaN, path, value, options, String);
    case 'duration':
      return inRange(field, parseDuration(value) ?? Number.NaN, path, value, options, renderDuration);
    case 'size':
      return inRange(field, parseSize(value) ?? Number.NaN, path, value, options, renderSize);
    case 'bool':
      return typeof value === 'boolean' ? value : bad(path, 'true or false', value, options);
    case 'choice':
      return field.words.includes(value as string)
        ? value
        : bad(path, `one of ${field.words.join(', ')}`, value, options);
    case 'secret':
      return readSecret(field, value, path, options);
    case 'list':
      if (!Array.isArray(value)) bad(path, 'a list', value, options);
      return Object.freeze(value.map((item, i) => readField(field.of, item, `${path}[${i}]`, options)));
    case 'map':
      if (typeof value !== 'object' || value === null || Array.isArray(value))
        bad(path, 'a map of names', value, options);
      return Object.freeze(
        Object.fromEntries(
          Object.entries(value).map(([k, v]) => [k, readField(field.of, v ?? {}, `${path}.${k}`, options)]),
        ),
      );
    case 'section':
      return readSection(field, value, path, options);
  }
}

function defaultOf(field: Field, path: string, options: ReadOptions): unknown {
  switch (field.kind) {
    case 'list':
      return Object.freeze([]);
    case 'map':
      return Object.freeze({});
    case 'section':
      return field.optional ? undefined : readSection(field, {}, path, options);
    default: {
      if (field.default !== undefined) return field.default;
      const where = options.file ? `${options.file}: ` : '';
      throw new NamedError('CONFIG_BAD_VALUE', `${where}${path} is missing`, {
        mend: `Set ${path}: ${field.help}`,
      });
    }
  }
}

function inRange(
  field: NumberField | DurationField | SizeField,
  value: number,
  path: string,
  raw: unknown,
  options: ReadOptions,
  show: (value: number) => string,
): number {
  const kind = {
    number: 'a number',
    int: 'a whole number',
    duration: 'a duration such as 30s',
    size: 'a size such as 64MiB',
  };
  const { min, max } = field;
  const limits = [
    min === undefined ? '' : `at least ${show(min)}`,
    max === undefined ? '' : `at most ${show(max)}`,
  ];
  const wanted = [kind[field.kind], limits.filter(Boolean).join(' and ')].filter(Boolean).join(', ');
  const whole = field.kind === 'number' || Number.isInteger(value);
  if (!Number.isFinite(value) || !whole || value < (min ?? -Infinity) || value > (max ?? Infinity)) {
    bad(path, wanted, raw, options);
  }
  return value;
}

function readSecret(field: SecretField, value: unknown, path: string, options: ReadOptions): string {
  if (field.elsewhere && typeof value === 'string') bad(path, '{file: PATH} or {env: NAME}', '***', options);
  if (typeof value === 'string') return value;
  const source = value as { file?: unknown; env?: unknown };
  if (typeof source.file === 'string' && options.readSecretFile)
    return readSecretFile(source.file, path, options.readSecretFile, options);
  if (typeof source.env === 'string') {
    const found = options.env?.[source.env];
    if (found !== undefined) return found;
    bad(path, `a secret: the environment has no ${source.env}`, value, options);
  }
  return bad(path, 'a secret: text, {file: PATH} or {env: NAME}', '***', options);
}

function readSecretFile(
  file: string,
  path: string,
  read: (path: string) => string,
  options: ReadOptions,
): string {
  try {
    return read(file).trim();
  } catch (cause) {
    const where = options.file ? `${options.file}: ` : '';
    throw new NamedError(
      'CONFIG_UNREADABLE',
      `${where}${path}: cannot read ${file}: ${(cause as Error).message}`,
      {
        cause,
      },
    );
  }
}

/** A word much longer than all that are known is none of them mistyped. */
const MAX_WORD = 100;

/** The nearest of `words` by edit distance, if one is near enough to be what was meant. */
export function nearest(word: string, words: readonly string[]): string | undefined {
  if (word.length > MAX_WORD) return undefined;
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(word.length / 2)) + 1;
  for (const candidate of words) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next[j] = Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1);
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
