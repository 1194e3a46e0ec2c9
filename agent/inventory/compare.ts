// Before and after a migration: what is missing, changed, new, and whether the new server can be accepted. Pure. Promise: every difference
// is listed with its weight and the rule that gave it; the same two inventories give the same list in the same order.

import { type Fact, type Inventory, type Item, SECTIONS, type Section } from './inventory.ts';

/** `fault` stands against acceptance · `check` wants a person's yes · `note` is as a migration brings it. */
export type Weight = 'fault' | 'check' | 'note';

export interface Difference {
  section: Section;
  key: string;
  kind: 'missing' | 'changed' | 'new' | 'unread';
  weight: Weight;
  fact?: string;
  before?: Fact;
  after?: Fact;
}

export interface Comparison {
  before: { host: string; at: string };
  after: { host: string; at: string };
  verdict: 'accepted' | 'check' | 'refused';
  differences: Difference[];
  counts: Readonly<Record<Section, { before: number; after: number; equal: number }>>;
}

export function compareInventories(before: Inventory, after: Inventory): Comparison {
  const differences = [
    ...SECTIONS.flatMap((section) => compareSection(section, before, after)),
    ...unread(before, after),
  ];
  const worst = differences.some((d) => d.weight === 'fault')
    ? 'refused'
    : differences.some((d) => d.weight === 'check')
      ? 'check'
      : 'accepted';
  const counts = Object.fromEntries(
    SECTIONS.map((section) => {
      const touched = new Set(
        differences.filter((d) => d.section === section && d.kind !== 'new').map((d) => d.key),
      );
      const [old, now] = [before.sections[section], after.sections[section]];
      return [
        section,
        { before: old.length, after: now.length, equal: old.filter((item) => !touched.has(item.key)).length },
      ];
    }),
  ) as Comparison['counts'];
  return {
    before: { host: before.host, at: before.at },
    after: { host: after.host, at: after.at },
    verdict: worst,
    differences,
    counts,
  };
}

function compareSection(section: Section, before: Inventory, after: Inventory): Difference[] {
  const now = new Map(after.sections[section].map((item) => [item.key, item]));
  const old = new Map(before.sections[section].map((item) => [item.key, item]));
  const lost = [...old.values()].flatMap((item): Difference[] => {
    const other = now.get(item.key);
    if (other) return changes(section, item, other);
    return [{ section, key: item.key, kind: 'missing', weight: weightOfMissing(section, item) }];
  });
  const added = [...now.keys()]
    .filter((key) => !old.has(key))
    .map((key): Difference => ({ section, key, kind: 'new', weight: 'note' }));
  return [...lost, ...added];
}

function weightOfMissing(section: Section, item: Item): Weight {
  if (section === 'system') return 'note';
  if (section === 'volumes' || section === 'versions') return 'check';
  if (section === 'services') return item.facts.running === true ? 'fault' : 'check';
  return 'fault';
}

function changes(section: Section, old: Item, now: Item): Difference[] {
  const names = [...new Set([...Object.keys(old.facts), ...Object.keys(now.facts)])].sort();
  return names.flatMap((fact): Difference[] => {
    const [before, after] = [old.facts[fact], now.facts[fact]];
    if (before === after) return [];
    const weight = weightOfChange({ section, key: old.key, fact, before, after });
    if (weight === undefined) return [];
    return [
      {
        section,
        key: old.key,
        kind: 'changed',
        weight,
        fact,
        ...(before !== undefined && { before }),
        ...(after !== undefined && { after }),
      },
    ];
  });
}

interface Change {
  section: Section;
  key: string;
  fact: string;
  before: Fact | undefined;
  after: Fact | undefined;
}

/** undefined: differs at every look and means nothing. */
function weightOfChange(change: Change): Weight | undefined {
  const { section, key, fact, before, after } = change;
  const less = Number(after) < Number(before);
  switch (section) {
    case 'system':
      if (key === 'zone' || key === 'locale') return 'check';
      return (key === 'memory' || key === 'processors') && less ? 'check' : 'note';
    case 'volumes':
      if (fact === 'usedBytes' || fact === 'availableBytes') return undefined;
      return fact === 'totalBytes' && less ? 'check' : 'note';
    case 'services':
      if (fact === 'running') return before === true ? 'fault' : 'note';
      return fact === 'processes' ? undefined : 'check';
    case 'ports':
      return fact === 'address' ? 'check' : 'note';
    case 'versions':
      return isOlder(String(before), String(after)) ? 'check' : 'note';
    case 'databases':
      if (fact === 'bytes') return Number(after) < Number(before) / 2 ? 'check' : 'note';
      return fact === 'version' && !isOlder(String(before), String(after)) ? 'note' : 'check';
    case 'tables':
      if (fact !== 'rows' || before === undefined || after === undefined) return 'fault';
      return less ? 'fault' : 'check';
    case 'tasks':
      return fact === 'enabled' && before === true ? 'fault' : 'check';
    default: {
      const never: never = section;
      return never;
    }
  }
}

/** Whether `after` is an older version than `before`. */
export function isOlder(before: string, after: string): boolean {
  const parts = (text: string): number[] => (text.match(/\d+/g) ?? []).map(Number);
  const [a, b] = [parts(before), parts(after)];
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    if ((a[i] ?? 0) !== (b[i] ?? 0)) return (b[i] ?? 0) < (a[i] ?? 0);
  }
  return false;
}

/** What only one of the two looks could read cannot be compared, which is neither a yes nor a no. */
function unread(before: Inventory, after: Inventory): Difference[] {
  const of = ({ missing }: Inventory, side: string): Difference[] =>
    missing.map(({ section, why }) => ({ section, key: `${side}: ${why}`, kind: 'unread', weight: 'check' }));
  return [...of(before, 'before'), ...of(after, 'after')];
}
