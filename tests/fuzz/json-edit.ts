// Edits of JSON text as a tree: another value, key or nesting in one place, everything else valid as before.

import type { Edit, Hints } from './edit.ts';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** What has confused readers of JSON before: texts for values that mean more than they show. */
const NASTY =
  `null true false -1 0 0.5 1e308 -1e308 9007199254740993 4294967296 "" "a" "__proto__" "constructor" "0" "-1" "1e999" "NaN"
"2026-02-30T25:61:00Z" "\\ud800" "\\u0000" "院" "\\u202e" [] {} [[]] [null] {"length":1000000000} {"toString":1,"valueOf":1} {"toJSON":1}
{"then":1} {"__proto__":{"a":1}} {"constructor":{"prototype":1}} {"0":"a","length":1}`.split(/[ \n]/);
const LONG = JSON.stringify('x'.repeat(5000));
const MAX_NODES = 4000;

/** A place in the tree: what holds it, and under which key. */
interface Slot {
  holder: Json[] | { [key: string]: Json };
  key: string | number;
}

/** undefined when the bytes are not JSON. */
export function jsonEdit(bytes: Buffer, edit: Edit, other: Uint8Array, hints: Hints): Buffer | undefined {
  const tree = parse(bytes);
  if (tree === undefined) return undefined;
  const root = [tree];
  const slots = slotsOf(root);
  const slot = slots[edit.at % slots.length];
  if (!slot) return undefined;
  change(slot, slots, edit, { other, hints });
  return Buffer.from(JSON.stringify(root[0]) ?? 'null');
}

function parse(bytes: Uint8Array): Json | undefined {
  // Deeper ones cannot be walked; they come about by repeating bytes.
  try {
    return JSON.parse(Buffer.from(bytes).toString()) as Json;
  } catch {
    return undefined;
  }
}

function slotsOf(root: Json[]): Slot[] {
  const slots: Slot[] = [];
  const open: Slot['holder'][] = [root];
  for (let holder = open.pop(); holder && slots.length < MAX_NODES; holder = open.pop()) {
    for (const key of Array.isArray(holder) ? holder.keys() : Object.keys(holder)) {
      slots.push({ holder, key });
      const value = at(holder, key);
      if (typeof value === 'object' && value !== null) open.push(value);
    }
  }
  return slots;
}

const at = (holder: Slot['holder'], key: string | number): Json =>
  (holder as Record<string, Json>)[key] ?? null;
function put(holder: Slot['holder'], key: string | number, value: Json): void {
  // Assigning would set the prototype.
  Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true });
}

function change(
  slot: Slot,
  slots: readonly Slot[],
  { byte, from, n }: Edit,
  { other, hints }: { other: Uint8Array; hints: Hints },
): void {
  const { holder, key } = slot;
  const value = at(holder, key);
  switch (byte % 10) {
    case 0:
      return remove(slot);
    case 1:
      return put(holder, key, [value]);
    case 2:
      return put(holder, key, nudged(value, from, n));
    case 3:
      return insert(slot, wordOf(hints, from) ?? `k${n}`);
    case 4:
      return put(holder, key, wordOf(hints, from) ?? 'a');
    case 5: {
      const twin = slots[from % slots.length];
      return put(holder, key, twin ? structuredClone(at(twin.holder, twin.key)) : null);
    }
    case 6: {
      const tree = parse(other);
      const theirs = tree === undefined ? [] : slotsOf([tree]);
      const twin = theirs[from % Math.max(1, theirs.length)];
      return put(holder, key, twin ? at(twin.holder, twin.key) : null);
    }
    case 7:
      return put(holder, key, n > 4000 ? (JSON.parse(LONG) as Json) : nasty(from));
    default:
      return put(holder, key, nasty(from));
  }
}

const nasty = (from: number): Json => JSON.parse(NASTY[from % NASTY.length] ?? 'null') as Json;

function wordOf({ words, misses }: Hints, from: number): string | undefined {
  const miss = misses[(from >> 4) % Math.max(1, misses.length)];
  const word = from & 1 && miss ? miss[from & 2 ? 0 : 1] : words[(from >> 4) % Math.max(1, words.length)];
  return word === undefined ? undefined : String(word);
}

function remove({ holder, key }: Slot): void {
  if (Array.isArray(holder)) holder.splice(Number(key), 1);
  else delete holder[key];
}

/** One more beside it: a copy in a list, a new key in a map. */
function insert({ holder, key }: Slot, name: string): void {
  const value = structuredClone(at(holder, key));
  if (Array.isArray(holder))
    holder.splice(Number(key), 0, ...Array.from({ length: 1 + (name.length % 3) }, () => value));
  else put(holder, name, value);
}

function nudged(value: Json, from: number, n: number): Json {
  if (typeof value === 'number')
    return [value + 1, value - 1, -value, value * n, value + 0.5, n][from % 6] ?? 0;
  if (typeof value === 'string') return from & 1 ? value.slice(0, n % (value.length + 1)) : value + value;
  if (typeof value === 'boolean') return !value;
  if (Array.isArray(value)) return from & 1 ? [...value, ...value] : value.slice(1);
  return value;
}
