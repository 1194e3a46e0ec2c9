// Reads /proc/uptime, /proc/loadavg, /proc/stat, and sessions once a minute.

import type { Host } from '../probe.ts';
import { readSessions } from './sessions.ts';
import type { System } from './facts.ts';

/** Sessions lie outside /proc, where a read costs more, and hardly change. */
const SESSIONS_EVERY_MS = 60_000;

export function linuxSystemReader(host: Host): () => Promise<System> {
  let users: number | undefined;
  let usersReadAt: number | undefined;
  return async () => {
    const now = host.clock.monotonic();
    if (usersReadAt === undefined || now - usersReadAt >= SESSIONS_EVERY_MS) {
      usersReadAt = now;
      users = await readSessions(host);
    }
    const load = parseLoadavg(await host.readText('/proc/loadavg'));
    return {
      ...parseStat(await host.readText('/proc/stat')),
      uptimeSeconds: Number.parseFloat(await host.readText('/proc/uptime')),
      ...(load ? { load } : {}),
      ...(users === undefined ? {} : { users }),
    };
  };
}

export function parseLoadavg(text: string): System['load'] {
  const [one, five, fifteen] = text.split(' ').map(Number);
  if (one === undefined || five === undefined || fifteen === undefined) return undefined;
  return { one, five, fifteen };
}

export function parseStat(text: string): Pick<System, 'bootAtSeconds' | 'processors'> {
  const boot = /^btime (\d+)$/m.exec(text)?.[1];
  if (boot === undefined) throw new Error('/proc/stat holds no btime');
  return { bootAtSeconds: Number(boot), processors: text.match(/^cpu\d+ /gm)?.length ?? 0 };
}
