// The interface of a command, and what every command shares: flags, language, exit codes. A command is a file here and a line in
// `index.ts`. Promise: exit code 0 ok, 1 warning or failure, 2 critical or wrong usage; an error names its mend.

import { parseArgs, type ParseArgsConfig } from 'node:util';
import { NamedError } from '../../shared/errors.ts';
import { nearest } from '../../shared/config/schema.ts';
import type { Language, Text } from '../../shared/text.ts';

export interface Io {
  out(text: string): void;
  err(text: string): void;
  env: NodeJS.ProcessEnv;
  language: Language;
}

export type ExitCode = 0 | 1 | 2;
export type Flags = Readonly<Record<string, string | boolean | undefined>>;

export interface Flag {
  /** Absent: a switch. */
  value?: string;
  help: Text;
}

export interface Command {
  name: string;
  /** Words after the name, such as `[NAME]`. */
  words: string;
  summary: Text;
  flags: Readonly<Record<string, Flag>>;
  run(flags: Flags, words: readonly string[], io: Io): Promise<ExitCode>;
}

export const CONFIG_FLAGS = {
  config: { value: 'FILE', help: { zh: '配置文件 agent.yaml', en: 'The configuration file agent.yaml' } },
  data: {
    value: 'DIR',
    help: { zh: '数据目录（身份、缓存、状态）', en: 'The data folder: identity, spool, status' },
  },
} as const satisfies Record<string, Flag>;

export const JSON_FLAG = {
  json: { help: { zh: '输出 JSON，供程序读取', en: 'Print JSON for programs' } },
} as const satisfies Record<string, Flag>;

const SHARED_FLAGS: Record<string, Flag> = {
  lang: { value: 'zh|en', help: { zh: '界面语言', en: 'Language of the output' } },
  help: { help: { zh: '显示帮助', en: 'Show this help' } },
};

/** Chinese when the environment speaks it. */
export function languageOf(flag: unknown, env: NodeJS.ProcessEnv): Language {
  if (flag === 'zh' || flag === 'en') return flag;
  return /^zh/i.test(env.LC_ALL || env.LC_MESSAGES || env.LANG || '') ? 'zh' : 'en';
}

/** A wrong word on the command line. */
export class UsageError extends Error {}

/** Throws UsageError, which names the nearest known flag. */
export function readFlags(command: Command, args: readonly string[]): { flags: Flags; words: string[] } {
  const known = { ...command.flags, ...SHARED_FLAGS };
  const options: NonNullable<ParseArgsConfig['options']> = {};
  for (const [name, flag] of Object.entries(known))
    options[name] = { type: flag.value ? 'string' : 'boolean' };
  for (const arg of args) {
    const name = /^--([^=]+)/.exec(arg)?.[1];
    if (name === undefined || Object.hasOwn(known, name)) continue;
    const near = nearest(name, Object.keys(known));
    throw new UsageError(`--${name} is not a flag of ${command.name}${near ? `; nearest: --${near}` : ''}`);
  }
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    return { flags: values as Flags, words: positionals };
  } catch (error) {
    throw new UsageError((error as Error).message.split('. ')[0] ?? 'wrong usage', { cause: error });
  }
}

export function helpOf(command: Command, language: Language): string {
  const flags = Object.entries({ ...command.flags, ...SHARED_FLAGS });
  const left = ([name, flag]: [string, Flag]): string => `--${name}${flag.value ? ` ${flag.value}` : ''}`;
  const width = Math.max(...flags.map((flag) => left(flag).length));
  const lines = flags.map((flag) => `  ${left(flag).padEnd(width)}  ${flag[1].help[language]}`);
  const usage = ['niswatch-agent', command.name, command.words, '[flags]'].filter(Boolean).join(' ');
  return `${command.summary[language]}\n\n${usage}\n\n${lines.join('\n')}\n`;
}

export function text(flags: Flags, name: string): string | undefined {
  const value = flags[name];
  return typeof value === 'string' ? value : undefined;
}

/** A flag without which the command cannot run. */
export function needed(flags: Flags, name: string): string {
  const value = text(flags, name);
  if (value === undefined || value === '') throw new UsageError(`--${name} is missing`);
  return value;
}

/** An error as people read it: message, code, mend. */
export function explain(error: unknown): string {
  if (error instanceof NamedError) return `${error.message} [${error.code}]\n${error.mend}`;
  return error instanceof Error ? error.message : String(error);
}
