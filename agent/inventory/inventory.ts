// What a server is and holds, as plain facts in a fixed order: the record that a migration is accepted by. Promise: reads only; what
// cannot be read is listed with its reason and never left out silently; secrets in the command lines of tasks are masked.

export const SECTIONS = [
  'system',
  'volumes',
  'services',
  'ports',
  'versions',
  'databases',
  'tables',
  'tasks',
] as const;
export type Section = (typeof SECTIONS)[number];

export type Fact = string | number | boolean;

export interface Item {
  /** Names it on both sides of a migration. */
  key: string;
  facts: Readonly<Record<string, Fact>>;
}

export interface Inventory {
  format: 'niswatch-inventory-1';
  /** UTC, ISO. */
  at: string;
  host: string;
  platform: string;
  sections: Readonly<Record<Section, readonly Item[]>>;
  /** What could not be read, and why. */
  missing: readonly { section: Section; why: string }[];
}

export type Source = (section: Section) => Promise<Item[]>;

export interface Gathering {
  at: string;
  host: string;
  platform: string;
  sources: readonly { section: Section; read(): Promise<Item[]> }[];
}

export async function gather({ at, host, platform, sources }: Gathering): Promise<Inventory> {
  const sections = Object.fromEntries(SECTIONS.map((name) => [name, [] as Item[]])) as Record<
    Section,
    Item[]
  >;
  const missing: { section: Section; why: string }[] = [];
  for (const { section, read } of sources) {
    try {
      sections[section].push(...(await read()));
    } catch (error) {
      missing.push({ section, why: (error as Error).message.slice(0, 300) });
    }
  }
  for (const name of SECTIONS) sections[name] = ordered(sections[name]);
  return { format: 'niswatch-inventory-1', at, host, platform, sections, missing };
}

/** By key; of two with one key the second gets a number, so that none hides another. */
function ordered(items: readonly Item[]): Item[] {
  const sorted = items.toSorted(
    (a, b) => compareText(a.key, b.key) || compareText(JSON.stringify(a.facts), JSON.stringify(b.facts)),
  );
  const seen = new Map<string, number>();
  return sorted.map((item) => {
    const n = (seen.get(item.key) ?? 0) + 1;
    seen.set(item.key, n);
    return n === 1 ? item : { ...item, key: `${item.key} #${n}` };
  });
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

const SECRET: readonly [RegExp, string][] = [
  [/((?:pass(?:word|wd)?|pwd|secret|token|api[-_]?key)\w*\s*[=:]\s*)("[^"]*"|'[^']*'|\S+)/gi, '$1***'],
  [/(--?(?:pass(?:word|wd)?|pwd|secret|token)\s+)("[^"]*"|'[^']*'|\S+)/gi, '$1***'],
  [/((?:mysql|mariadb)[^|;&]*\s-p)("[^"]*"|'[^']*'|\S+)/g, '$1***'],
  [/(:\/\/[^:/\s]+:)[^@\s]+@/g, '$1***@'],
];

/** A command line without what opens doors. */
export function masked(command: string): string {
  return SECRET.reduce((text, [pattern, by]) => text.replace(pattern, by), command.trim());
}
