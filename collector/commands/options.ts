// The command line of `niswatch`: one table of commands with their options and sentences, from which parsing, `--help` and
// the errors for unknown words all follow.

import { parseArgs } from 'node:util';
import { nearest } from '../../shared/config/schema.ts';
import { NamedError } from '../../shared/errors.ts';

export interface OptionSpec {
  type: 'string' | 'boolean';
  help: string;
  value?: string;
}

export interface CommandSpec {
  /** Words that name the command, such as `user add`. */
  words: string;
  help: string;
  positional?: { name: string; help: string };
  options: Readonly<Record<string, OptionSpec>>;
}

export interface Invocation {
  command: string;
  positional: readonly string[];
  options: Readonly<Record<string, string | boolean | undefined>>;
}

export const COMMON: Readonly<Record<string, OptionSpec>> = {
  config: { type: 'string', value: 'FILE', help: 'collector.yaml; without it every default holds' },
  data: {
    type: 'string',
    value: 'DIR',
    help: 'data folder (default: $NISWATCH_DATA, else dataFolder of the configuration)',
  },
  json: { type: 'boolean', help: 'print JSON for programs' },
  help: { type: 'boolean', help: 'explain this command' },
};

/** Throws NamedError BAD_REQUEST that names the word and the nearest known one. `undefined`: no command was given. */
export function parseCommandLine(
  specs: readonly CommandSpec[],
  argv: readonly string[],
): Invocation | undefined {
  const words = argv.filter((word) => !word.startsWith('-'));
  const spec = [...specs]
    .sort((a, b) => b.words.length - a.words.length)
    .find((s) => s.words.split(' ').every((word, i) => argv[i] === word));
  if (!spec) {
    if (words.length === 0) return undefined;
    const near =
      nearest(
        words.slice(0, 2).join(' '),
        specs.map((s) => s.words),
      ) ??
      nearest(
        words[0] ?? '',
        specs.map((s) => s.words),
      );
    throw new NamedError(
      'BAD_REQUEST',
      `niswatch has no command ${JSON.stringify(words[0])}${near ? `; nearest: ${near}` : ''}`,
      {
        mend: 'niswatch --help lists the commands.',
      },
    );
  }
  const known = { ...spec.options, ...COMMON };
  const rest = argv.slice(spec.words.split(' ').length);
  try {
    const parsed = parseArgs({
      args: [...rest],
      options: Object.fromEntries(Object.entries(known).map(([name, o]) => [name, { type: o.type }])),
      allowPositionals: spec.positional !== undefined,
    });
    return { command: spec.words, positional: parsed.positionals, options: parsed.values };
  } catch (cause) {
    const unknown = /'--([^'=]+)/.exec((cause as Error).message)?.[1];
    const near = unknown && nearest(unknown, Object.keys(known));
    throw new NamedError('BAD_REQUEST', `niswatch ${spec.words}: ${(cause as Error).message.split('.')[0]}`, {
      cause,
      mend: near ? `Did you mean --${near}?` : `niswatch ${spec.words} --help explains the options.`,
    });
  }
}

export function renderHelp(specs: readonly CommandSpec[]): string {
  const width = Math.max(...specs.map((s) => usage(s).length));
  const lines = specs.map((s) => `  ${usage(s).padEnd(width)}  ${s.help}`);
  return `niswatch: the collector\n\n${lines.join('\n')}\n\nniswatch COMMAND --help explains a command. Exit codes: 0 done, 1 failed, 2 wrong call.\n`;
}

export function renderCommandHelp(spec: CommandSpec): string {
  const rows = Object.entries({ ...spec.options, ...COMMON }).map(([name, o]) => [
    `  --${name}${o.value ? ` ${o.value}` : ''}`,
    o.help,
  ]);
  const width = Math.max(...rows.map(([left]) => left?.length ?? 0));
  const positional = spec.positional ? `\n  ${spec.positional.name}: ${spec.positional.help}` : '';
  return `niswatch ${usage(spec)}\n${spec.help}${positional}\n\n${rows.map(([l, r]) => `${l?.padEnd(width)}  ${r}`).join('\n')}\n`;
}

function usage(spec: CommandSpec): string {
  return spec.positional ? `${spec.words} ${spec.positional.name}` : spec.words;
}
