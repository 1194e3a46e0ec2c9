import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isNamedError } from '../../shared/errors.ts';
import { type CommandSpec, parseCommandLine, renderCommandHelp, renderHelp } from './options.ts';

const specs: CommandSpec[] = [
  { words: 'serve', help: 'Runs.', options: { port: { type: 'string', value: 'N', help: 'where' } } },
  { words: 'user add', help: 'Adds.', positional: { name: 'NAME', help: 'who' }, options: {} },
];

test('finds the command, its options and its positional', () => {
  const parsed = parseCommandLine(specs, ['serve', '--port', '80']);
  assert.deepEqual(
    { ...parsed, options: { ...parsed?.options } },
    {
      command: 'serve',
      positional: [],
      options: { port: '80' },
    },
  );
  assert.deepEqual(parseCommandLine(specs, ['user', 'add', 'li', '--json'])?.positional, ['li']);
  assert.equal(parseCommandLine(specs, ['--help']), undefined);
});

const wrong: [argv: string[], message: RegExp][] = [
  [['serv'], /nearest: serve/],
  [['user', 'ad', 'li'], /nearest: user add/],
  [['serve', '--prot', '1'], /--prot/],
  [['serve', 'extra'], /extra/],
];
for (const [argv, message] of wrong) {
  test(`refuses ${argv.join(' ')} and names the word`, () => {
    assert.throws(
      () => parseCommandLine(specs, argv),
      (e) => isNamedError(e, 'BAD_REQUEST') && message.test(e.message),
    );
  });
}

test('help names every command and every option', () => {
  assert.match(renderHelp(specs), /user add NAME {2}Adds\./);
  assert.match(renderCommandHelp(specs[0] as CommandSpec), /--port N +where/);
});
