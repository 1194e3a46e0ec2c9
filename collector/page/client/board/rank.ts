// What the board shows first: how bad a host is, who matches the filter, and the counts on top. Pure.

import type { HostItem } from '../../../api/shapes.ts';

export type Tally = 'up' | 'silent' | 'other' | 'critical' | 'warning';
export const TALLIES: readonly Tally[] = ['up', 'silent', 'other', 'critical', 'warning'];

const VERDICT_RANK: Record<HostItem['verdict']['word'], number> = {
  down: 650,
  'site-silent': 600,
  silent: 500,
  'agent-lost': 350,
  suspect: 300,
  'mass-silent': 250,
  crashed: 0,
  shutdown: 150,
  stopped: 140,
  'collector-away': 60,
  'never-seen': 50,
  up: 0,
};

/** Higher is worse: silence, then critical alerts, then warnings, then how full it is. */
export function badness(host: HostItem): number {
  const alerts = Math.min(9, host.alerts.critical) * 45 + Math.min(9, host.alerts.warning) * 5;
  const fullest = host.disks[0]?.usedPercent ?? 0;
  return VERDICT_RANK[host.verdict.word] + alerts + fullest / 100;
}

export function needsAttention(host: HostItem): boolean {
  return badness(host) >= 5 && host.verdict.word !== 'never-seen' && host.verdict.word !== 'collector-away';
}

export function inTally(host: HostItem, tally: Tally): boolean {
  const { word } = host.verdict;
  switch (tally) {
    case 'up':
      return word === 'up' || word === 'suspect';
    case 'silent':
      return word === 'silent' || word === 'site-silent' || word === 'mass-silent' || word === 'down';
    case 'other':
      return !inTally(host, 'up') && !inTally(host, 'silent');
    case 'critical':
      return host.alerts.critical > 0;
    case 'warning':
      return host.alerts.warning > 0;
  }
}

/** Hosts count once for where they are; alerts count each. */
export function tallyOf(hosts: readonly HostItem[], tally: Tally): number {
  if (tally === 'critical' || tally === 'warning')
    return hosts.reduce((sum, host) => sum + host.alerts[tally], 0);
  return hosts.filter((host) => inTally(host, tally)).length;
}

export function matches(host: HostItem, filter: string): boolean {
  const text = `${host.name} ${host.hospital.name} ${host.hostname} ${host.os}`.toLowerCase();
  return filter
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

export interface Group {
  id: string;
  name: string;
  hosts: HostItem[];
}

/** Hospitals with their hosts, both in the wanted order. */
export function groupHosts(hosts: readonly HostItem[], order: 'worst' | 'name'): Group[] {
  const groups = new Map<string, Group>();
  for (const host of hosts) {
    const group = groups.get(host.hospital.id) ?? { ...host.hospital, hosts: [] };
    group.hosts.push(host);
    groups.set(host.hospital.id, group);
  }
  const byName = (a: { name: string }, b: { name: string }) => a.name.localeCompare(b.name, 'zh-CN');
  const list = [...groups.values()].sort(byName);
  for (const group of list) group.hosts.sort(byName);
  if (order === 'name') return list;
  const worst = (group: Group) => Math.max(...group.hosts.map(badness));
  for (const group of list) group.hosts.sort((a, b) => badness(b) - badness(a));
  return list.sort((a, b) => Math.floor(worst(b)) - Math.floor(worst(a)));
}
