import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isNamedError } from '../errors.ts';
import { parseYaml, readConfigFile } from './file.ts';
import { renderSample, renderTable } from './render.ts';
import {
  nearest,
  parseDuration,
  parseSize,
  readConfig,
  renderDuration,
  renderSize,
  type SectionField,
} from './schema.ts';

const schema = {
  kind: 'section',
  help: 'A test.',
  fields: {
    name: {
      kind: 'text',
      help: 'A name.',
      default: 'x',
      pattern: { re: /^[a-z]+$/, words: 'lower-case letters' },
    },
    interval: { kind: 'duration', help: 'How often.', default: 15_000, min: 1000, max: 3_600_000 },
    limit: { kind: 'size', help: 'How much.', default: 1024, min: 1 },
    count: { kind: 'int', help: 'How many.', default: 3, min: 1, max: 10 },
    mode: { kind: 'choice', help: 'Which.', words: ['a', 'b'], default: 'a' },
    password: { kind: 'secret', help: 'A secret.', default: '' },
    on: { kind: 'bool', help: 'Whether.', default: true },
    inner: { kind: 'section', help: 'Inside.', fields: { deep: { kind: 'int', help: 'Deep.', default: 1 } } },
    sets: {
      kind: 'list',
      help: 'Sets.',
      of: { kind: 'section', help: 'A set.', fields: { folder: { kind: 'text', help: 'Where.' } } },
    },
    parts: { kind: 'map', help: 'Parts.', of: { kind: 'int', help: 'A number.', default: 1 } },
  },
} as const satisfies SectionField;

test('an empty file gives every default, frozen', () => {
  const config = readConfig(schema, undefined);
  assert.equal(config.interval, 15_000);
  assert.deepEqual(config.sets, []);
  assert.equal(config.inner.deep, 1);
  assert.ok(Object.isFrozen(config) && Object.isFrozen(config.inner) && Object.isFrozen(config.sets));
});

const wrong: [input: unknown, code: string, message: RegExp][] = [
  [{ intervall: '5s' }, 'CONFIG_UNKNOWN_KEY', /a\.yaml: intervall is not a known key; nearest: interval/],
  [{ inner: { depp: 1 } }, 'CONFIG_UNKNOWN_KEY', /inner\.depp .*nearest: deep/],
  [
    { interval: '10ms' },
    'CONFIG_BAD_VALUE',
    /interval: "10ms" is not a duration.*at least 1s and at most 1h/,
  ],
  [{ interval: 15 }, 'CONFIG_BAD_VALUE', /interval/],
  [{ limit: '1 MB' }, 'CONFIG_BAD_VALUE', /limit.*64MiB/],
  [{ count: 2.5 }, 'CONFIG_BAD_VALUE', /count.*whole number/],
  [{ count: 11 }, 'CONFIG_BAD_VALUE', /at most 10/],
  [{ mode: 'c' }, 'CONFIG_BAD_VALUE', /one of a, b/],
  [{ on: 'yes' }, 'CONFIG_BAD_VALUE', /true or false/],
  [{ name: 'X1' }, 'CONFIG_BAD_VALUE', /lower-case letters/],
  [{ sets: [{}] }, 'CONFIG_BAD_VALUE', /sets\[0\]\.folder is missing/],
  [{ sets: {} }, 'CONFIG_BAD_VALUE', /sets.*a list/],
  [[], 'CONFIG_BAD_VALUE', /a section of keys/],
  [{ __proto__: null, constructor: 1 }, 'CONFIG_UNKNOWN_KEY', /constructor/],
];
for (const [input, code, message] of wrong) {
  test(`refuses ${JSON.stringify(input)} and names the key`, () => {
    assert.throws(
      () => readConfig(schema, input, { file: 'a.yaml' }),
      (error) =>
        isNamedError(error) && error.code === code && message.test(error.message) && error.mend !== '',
    );
  });
}

test('a secret may come from a file or the environment and never shows in an error', () => {
  const options = { readSecretFile: () => 'geheim\n', env: { PW: 'aus-env' } };
  assert.equal(readConfig(schema, { password: { file: '/x' } }, options).password, 'geheim');
  assert.equal(readConfig(schema, { password: { env: 'PW' } }, options).password, 'aus-env');
  assert.throws(
    () => readConfig(schema, { password: { word: 'hush' } }, options),
    (error) => isNamedError(error) && !error.message.includes('hush'),
  );
});

test('durations and sizes are read and written alike', () => {
  for (const text of ['0ms', '500ms', '30s', '5m', '26h', '30d'])
    assert.equal(renderDuration(parseDuration(text) ?? -1), text);
  for (const text of ['0B', '100B', '64KiB', '512MiB', '1GiB', '2TiB'])
    assert.equal(renderSize(parseSize(text) ?? -1), text);
  assert.equal(parseDuration('1.5h'), 5_400_000);
  assert.equal(parseDuration('5 parsecs'), undefined);
});

test('the nearest known key is offered only when it is near', () => {
  assert.equal(nearest('serivce', ['service', 'disk']), 'service');
  assert.equal(nearest('zzzzzz', ['service', 'disk']), undefined);
});

test('a YAML fault names file, line and column', () => {
  assert.throws(
    () => parseYaml('a: 1\nb: [1, 2\nc: 3\n', 'agent.yaml'),
    (error) => isNamedError(error, 'CONFIG_SYNTAX') && /^agent\.yaml:\d+:\d+: /.test(error.message),
  );
});

for (const [name, text] of [
  ['a map', 'a: 1\n{ b: 1 }: c'],
  ['a list', '? [a, b]\n: c'],
  ['what an alias stands for', 'a: &x { b: 1 }\n*x : c'],
] as const) {
  test(`a key that is ${name} is a fault of the file, with its place, and nothing is printed`, (t) => {
    const printed = t.mock.method(process, 'emitWarning', () => undefined);
    assert.throws(
      () => parseYaml(text, 'agent.yaml'),
      (error) => isNamedError(error, 'CONFIG_SYNTAX') && /^agent\.yaml:\d+:\d+: a key/.test(error.message),
    );
    assert.equal(printed.mock.callCount(), 0);
  });
}

test('a secret file that cannot be read is named with its key', () => {
  const readSecretFile = (): string => {
    throw new Error('ENOENT: no such file');
  };
  const field = { kind: 'secret', help: 'A secret.', default: '' } as const;
  assert.throws(
    () =>
      readConfig(
        { kind: 'section', help: '', fields: { key: field } },
        { key: { file: '/s' } },
        { readSecretFile },
      ),
    (error) =>
      isNamedError(error, 'CONFIG_UNREADABLE') && error.message.startsWith('key: cannot read /s: ENOENT'),
  );
});

test('a missing file is an error unless it is optional', () => {
  const readText = () => {
    throw Object.assign(new Error('ENOENT: no such file'), { code: 'ENOENT' });
  };
  assert.throws(
    () => readConfigFile(schema, 'x.yaml', { readText }),
    (error) => isNamedError(error, 'CONFIG_UNREADABLE'),
  );
  assert.equal(readConfigFile(schema, 'x.yaml', { readText, optional: true }).count, 3);
});

test('the generated sample is valid and means the defaults', () => {
  const sample = parseYaml(renderSample(schema), 'sample');
  assert.deepEqual(readConfig(schema, sample), readConfig(schema, {}));
  assert.match(renderTable(schema), /\| `sets\[\]\.folder` \| text \|/);
});
