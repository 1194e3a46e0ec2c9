// The agent's own log: one JSON object a line on stderr. Promise: static message, variable fields, nothing of a report's content.

import type { Clock } from '../shared/clock.ts';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export type LogFields = Readonly<Record<string, unknown>>;
export type Log = Record<LogLevel, (message: string, fields?: LogFields) => void>;

/** Writes lines of at least `level` through `write`. */
export function jsonLog(level: LogLevel, clock: Pick<Clock, 'now'>, write: (line: string) => void): Log {
  const least = LOG_LEVELS.indexOf(level);
  const at =
    (word: LogLevel) =>
    (message: string, fields: LogFields = {}): void => {
      if (LOG_LEVELS.indexOf(word) < least) return;
      const line = { at: new Date(clock.now()).toISOString(), level: word, message, ...fields };
      write(`${JSON.stringify(line)}\n`);
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

export const silentLog: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
