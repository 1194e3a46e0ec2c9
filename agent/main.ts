#!/usr/bin/env node
// niswatch-agent: finds the command and runs it. The only place of the agent that touches the process itself.

// A file operation on a hung network share holds a thread of libuv's pool until the share comes back, and with the usual four
// threads a few of them would stop every other read. The pool takes its size at its first use, which is after this module's
// imports are loaded; nothing that is imported here may touch files while it loads.
process.env.UV_THREADPOOL_SIZE ??= '16';

import { nearest } from '../shared/config/schema.ts';
import { NamedError } from '../shared/errors.ts';
import {
  type Command,
  explain,
  helpOf,
  type Io,
  languageOf,
  readFlags,
  UsageError,
} from './commands/command.ts';
import { COMMANDS } from './commands/index.ts';

const io: Io = {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  env: process.env,
  language: languageOf(flagOf('lang'), process.env),
};

function flagOf(name: string): string | undefined {
  const args = process.argv.slice(2);
  const at = args.findIndex((arg) => arg === `--${name}` || arg.startsWith(`--${name}=`));
  return at < 0 ? undefined : (args[at]?.split('=')[1] ?? args[at + 1]);
}

async function overview(): Promise<string> {
  const commands = await Promise.all(Object.values(COMMANDS).map((load) => load()));
  const lines = commands.map(
    (c) => `  ${`${c.name} ${c.words}`.trim().padEnd(16)} ${c.summary[io.language]}`,
  );
  const more = io.language === 'zh' ? '每个命令都支持 --help。' : 'Every command has --help.';
  return `niswatch-agent COMMAND [flags]\n\n${lines.join('\n')}\n\n${more}\n`;
}

async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === 'help') {
    io.out(await overview());
    return name === undefined ? 2 : 0;
  }
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!load) {
    const near = nearest(name, Object.keys(COMMANDS));
    io.err(`${name} is not a command${near ? `; nearest: ${near}` : ''}\n\n${await overview()}`);
    return 2;
  }
  return runCommand(await load(), rest);
}

async function runCommand(command: Command, args: readonly string[]): Promise<number> {
  try {
    const { flags, words } = readFlags(command, args);
    if (flags.help) {
      io.out(helpOf(command, io.language));
      return 0;
    }
    return await command.run(flags, words, io);
  } catch (error) {
    if (error instanceof UsageError) {
      io.err(`${error.message}\n\n${helpOf(command, io.language)}`);
      return 2;
    }
    if (!(error instanceof Error)) throw error;
    io.err(`${explain(error)}\n`);
    // A bug shows its place; a world or configuration error shows its mend.
    if (!(error instanceof NamedError) && /^(Type|Reference|Range)Error/.test(error.name))
      io.err(`${error.stack}\n`);
    return 1;
  }
}

process.exitCode = await main(process.argv.slice(2));
