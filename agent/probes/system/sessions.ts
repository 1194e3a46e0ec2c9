// Counts login sessions: from utmp, whose records are decoded as glibc lays them out, or from systemd's session files where a
// system has no utmp any more (Debian 13). Promise: no record's user, terminal or address is kept.
//
//   utmp record, 384 bytes on x86-64 and arm64:  0 type (16 bit, 7 = user process) · 4 pid (32 bit) · 8 terminal · 44 user …

import type { Host } from '../probe.ts';

const RECORD_BYTES = 384;
const USER_PROCESS = 7;
/** A server with more sessions than this has other troubles. */
const MOST_RECORDS = 2_000;

/** Undefined where the system keeps neither. */
export async function readSessions(host: Host): Promise<number | undefined> {
  try {
    return countUtmp(await host.readHead('/run/utmp', MOST_RECORDS * RECORD_BYTES));
  } catch {
    return countSessionFiles(host).catch(() => undefined);
  }
}

export function countUtmp(bytes: Uint8Array): number {
  const records = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let users = 0;
  for (let at = 0; at + RECORD_BYTES <= bytes.byteLength; at += RECORD_BYTES) {
    if (records.getUint16(at, true) === USER_PROCESS) users++;
  }
  return users;
}

async function countSessionFiles(host: Host): Promise<number> {
  // Beside each session file lies a pipe `ID.ref`, which would block a reader for ever.
  const names = (await host.list('/run/systemd/sessions')).filter((name) => /^[a-z0-9]+$/i.test(name));
  const texts = await Promise.all(
    names.map((name) => host.readText(`/run/systemd/sessions/${name}`).catch(() => '')),
  );
  return texts.filter(isUserSession).length;
}

/** Not the manager's own sessions, not login screens, not one that is closing. */
export function isUserSession(text: string): boolean {
  return /^CLASS=user$/m.test(text) && /^STATE=(active|online)$/m.test(text);
}
