// Which process listens on which TCP port, from /proc alone: the kernel's table gives port and inode, a process's open files give inode.

import type { Host } from '../probes/probe.ts';

export interface Listener {
  /** Where a program on this machine reaches it. */
  host: string;
  port: number;
}

const LISTENING = '0A';
const RANDOM_PORTS = '/proc/sys/net/ipv4/ip_local_port_range';
const FIRST_RANDOM_PORT = 32_768;

/** From here on the kernel deals ports out by chance, and they are others after a restart. */
async function firstRandomPort(host: Host): Promise<number> {
  const text = await host.readText(RANDOM_PORTS).catch(() => '');
  return Number.parseInt(text, 10) || FIRST_RANDOM_PORT;
}

/** Listening ports of the given processes. Needs the rights to see their open files; without them the list is empty. */
export async function readListeners(host: Host, pids: readonly number[]): Promise<Map<number, Listener[]>> {
  const byInode = new Map<string, Listener>();
  for (const file of ['/proc/net/tcp', '/proc/net/tcp6']) {
    const text = await host.readText(file).catch(() => '');
    for (const [inode, listener] of parseListeners(text)) byInode.set(inode, listener);
  }
  const limit = await firstRandomPort(host);
  const out = new Map<number, Listener[]>();
  for (const pid of pids) {
    const ports = new Map<number, Listener>();
    for (const fd of await host.list(`/proc/${pid}/fd`).catch(() => [] as string[])) {
      const target = await host.readLink(`/proc/${pid}/fd/${fd}`).catch(() => '');
      const listener = byInode.get(/^socket:\[(\d+)\]$/.exec(target)?.[1] ?? '');
      if (!listener || listener.port >= limit) continue;
      const known = ports.get(listener.port);
      if (!known || listener.host === '127.0.0.1') ports.set(listener.port, listener);
    }
    out.set(
      pid,
      [...ports.values()].sort((a, b) => a.port - b.port),
    );
  }
  return out;
}

/** `/proc/net/tcp` or `tcp6` → listeners by inode. */
export function parseListeners(text: string): Map<string, Listener> {
  const out = new Map<string, Listener>();
  for (const line of text.split('\n').slice(1)) {
    const [, local = '', , state, , , , , , inode] = line.trim().split(/\s+/);
    const [address = '', port = ''] = local.split(':');
    if (state !== LISTENING || inode === undefined) continue;
    out.set(inode, { host: reachableAt(address), port: Number.parseInt(port, 16) });
  }
  return out;
}

/** The kernel prints an address as 32-bit words in the machine's (little-endian) order. */
function reachableAt(hex: string): string {
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap((word) =>
    (word.match(/../g) ?? []).reverse().map((byte) => Number.parseInt(byte, 16)),
  );
  if (bytes.every((byte) => byte === 0)) return '127.0.0.1';
  if (bytes.length === 4) return bytes.join('.');
  const isMapped = bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255;
  if (isMapped) return bytes.slice(12).join('.');
  const words = Array.from({ length: 8 }, (_, i) =>
    (((bytes[i * 2] ?? 0) << 8) | (bytes[i * 2 + 1] ?? 0)).toString(16),
  );
  return words.join(':').replace(/^(0:){7}/, '::');
}
