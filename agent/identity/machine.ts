// What tells this machine and this boot from others. Promise: the fingerprint is a hash; none of the names that go into it leaves.

import { createHash } from 'node:crypto';

/** The few facts needed; the shell reads them, tests give their own. */
export interface MachineFacts {
  platform: NodeJS.Platform;
  /** undefined when the file is missing or may not be read. */
  readText(path: string): string | undefined;
  /** Names of the network interfaces with their hardware addresses. */
  interfaces(): { name: string; mac: string }[];
  exists(path: string): boolean;
  now(): number;
  uptimeSeconds(): number;
}

/** What the system calls this installation; on Windows the caller asks the registry (once, at enrolment). */
export function machineName(facts: MachineFacts): string {
  const id = facts.readText('/etc/machine-id')?.trim() || facts.readText('/var/lib/dbus/machine-id')?.trim();
  // Only root may read the product uuid, so it must not decide when the machine-id is there: enrolment runs as root, the service not.
  return id || facts.readText('/sys/class/dmi/id/product_uuid')?.trim().toLowerCase() || '';
}

/** SHA-256 over the installation's name and the addresses of its real network cards: a copied disk on other hardware differs. */
export function fingerprint(machine: string, facts: MachineFacts): string {
  const cards = facts.interfaces().filter((card) => isHardware(card, facts));
  const macs = [...new Set(cards.map((card) => card.mac.toLowerCase()))].sort();
  return createHash('sha256')
    .update(`niswatch-machine-v1\n${machine}\n${macs.join('\n')}`)
    .digest('hex');
}

function isHardware(card: { name: string; mac: string }, facts: MachineFacts): boolean {
  if (/^(00:)*00$/.test(card.mac)) return false;
  // Container bridges and tunnels come and go; on Linux only a card with a device behind it counts.
  return facts.platform !== 'linux' || facts.exists(`/sys/class/net/${card.name}/device`);
}

export interface Boot {
  id: string;
  at: number;
}

/** `previous` is the boot that the last run wrote down: without a boot id of the system, the same boot time is the same boot. */
export function readBoot(facts: MachineFacts, previous?: Boot): Boot {
  const seconds = /^btime (\d+)$/m.exec(facts.readText('/proc/stat') ?? '')?.[1];
  const at = seconds ? Number(seconds) * 1000 : Math.round(facts.now() - facts.uptimeSeconds() * 1000);
  const id = facts.readText('/proc/sys/kernel/random/boot_id')?.trim();
  if (id) return { id, at };
  // The clock is corrected while the machine runs: a minute apart is still the same boot.
  if (previous && Math.abs(previous.at - at) < 60_000) return previous;
  return { id: `boot-${Math.round(at / 1000)}`, at };
}
