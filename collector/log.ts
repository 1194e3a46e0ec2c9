// The collector's log: one JSON object a line on standard error, by pino. Secrets never reach it.

import pino from 'pino';
import type { Log } from './services.ts';

export function openLog(level: 'debug' | 'info' | 'warn' | 'error'): Log {
  const log = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { error: pino.stdSerializers.err, err: pino.stdSerializers.err },
    },
    pino.destination({ dest: 2, sync: false }),
  );
  return {
    info: (fields, message) => log.info(fields, message),
    warn: (fields, message) => log.warn(fields, message),
    error: (fields, message) => log.error(fields, message),
  };
}
