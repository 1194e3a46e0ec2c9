// What the main thread knows of every host without asking the writer: numbers of hosts, streams and column lists,
// watermarks, newest values. Equal column lists are held once, however many hosts use them.

import { Newest } from '../newest.ts';
import { NamedError } from '../../shared/errors.ts';
import type { Definitions } from './archive.ts';
import type { Snapshot } from './engine.ts';
import type { GroupGap } from './group.ts';
import type { GapRecord, Latest, Point } from './store.ts';

export interface HostEntry {
  id: number;
  name: string;
  streams: Map<string, StreamEntry>;
  series: Map<string, SeriesEntry>;
  isDefined: boolean;
}

export interface StreamEntry {
  id: number;
  name: string;
  /** On the disk. */
  durable: number;
  /** Taken into a group, which may still fail. */
  accepted: number;
  isDefined: boolean;
}

interface ColumnList {
  id: number;
  names: readonly string[];
  isDefined: boolean;
}

/** One column list of one host, with the newest value of each column. */
export class SeriesEntry {
  readonly id: number;
  readonly hash: string;
  readonly list: ColumnList;
  isDefined = false;
  private newest: Newest | undefined;

  constructor(id: number, hash: string, list: ColumnList) {
    this.id = id;
    this.hash = hash;
    this.list = list;
  }

  get columns(): readonly string[] {
    return this.list.names;
  }

  restore(ats: Float64Array, values: Float64Array): void {
    this.newest = new Newest(this.columns.length);
    for (const [c, at] of ats.entries()) this.newest.put(c, values[c] as number, at);
  }

  take(at: number, row: ArrayLike<number>, isWhole: boolean): void {
    this.newest ??= new Newest(this.columns.length);
    this.newest.putRow(row, at, isWhole);
  }

  addTo(latest: Map<string, Point>): void {
    const { newest, columns } = this;
    if (!newest) return;
    for (let c = 0; c < columns.length; c++) {
      const at = newest.at(c);
      const key = columns[c] as string;
      if (at === -Infinity || at < (latest.get(key)?.at ?? -Infinity)) continue;
      latest.set(key, { at, value: newest.value(c) });
    }
  }
}

export class Directory {
  private readonly hosts = new Map<string, HostEntry>();
  private readonly lists = new Map<string, ColumnList>();
  private readonly ids = { hosts: 0, streams: 0, columns: 0, series: 0 };

  constructor({ dictionary, latest }: Snapshot) {
    const hostById = new Map<number, HostEntry>();
    const listById = new Map<number, ColumnList>();
    const seriesById = new Map<number, SeriesEntry>();
    for (const h of dictionary.hosts) {
      const host = { id: h.id, name: h.name, streams: new Map(), series: new Map(), isDefined: true };
      hostById.set(h.id, host);
      this.hosts.set(h.name, host);
    }
    for (const s of dictionary.streams)
      hostById
        .get(s.host)
        ?.streams.set(s.name, { id: s.id, name: s.name, durable: s.seq, accepted: s.seq, isDefined: true });
    for (const c of dictionary.columns) {
      const list = { id: c.id, names: c.names, isDefined: true };
      listById.set(c.id, list);
      this.lists.set(c.names.join('\n'), list);
    }
    for (const s of dictionary.series) {
      const list = listById.get(s.columns);
      if (!list) continue;
      const entry = new SeriesEntry(s.id, s.hash, list);
      entry.isDefined = true;
      seriesById.set(s.id, entry);
      hostById.get(s.host)?.series.set(s.hash, entry);
    }
    for (const { series, last } of latest) seriesById.get(series)?.restore(last.ats, last.values);
    for (const kind of ['hosts', 'streams', 'columns', 'series'] as const)
      this.ids[kind] = dictionary[kind].reduce((most, { id }) => Math.max(most, id), 0);
  }

  host(name: string): HostEntry | undefined {
    return this.hosts.get(name);
  }

  hostOf(name: string): HostEntry {
    let host = this.hosts.get(name);
    if (!host) {
      host = { id: ++this.ids.hosts, name, streams: new Map(), series: new Map(), isDefined: false };
      this.hosts.set(name, host);
    }
    return host;
  }

  streamOf(host: HostEntry, name: string): StreamEntry {
    let stream = host.streams.get(name);
    if (!stream) {
      stream = { id: ++this.ids.streams, name, durable: -1, accepted: -1, isDefined: false };
      host.streams.set(name, stream);
    }
    return stream;
  }

  declare(hostName: string, hash: string, columns: readonly string[]): void {
    const host = this.hostOf(hostName);
    const known = host.series.get(hash);
    if (known) {
      if (known.columns.length === columns.length && known.columns.every((c, i) => c === columns[i])) return;
      throw new NamedError('SERIES_CHANGED', `${hostName}: ${hash} was declared with other columns`);
    }
    const text = columns.join('\n');
    let list = this.lists.get(text);
    if (!list)
      this.lists.set(
        text,
        (list = { id: ++this.ids.columns, names: Object.freeze([...columns]), isDefined: false }),
      );
    host.series.set(hash, new SeriesEntry(++this.ids.series, hash, list));
  }

  /** Adds to the group what the writer has not been told yet. Marked at once: groups go in order, and `undefine` takes it back. */
  define(d: Definitions, host: HostEntry, stream: StreamEntry, series?: SeriesEntry): void {
    if (stream.isDefined && (series === undefined || series.isDefined)) return;
    if (!host.isDefined) d.hosts.push({ id: host.id, name: host.name });
    if (!stream.isDefined) d.streams.push({ id: stream.id, host: host.id, name: stream.name });
    host.isDefined = true;
    stream.isDefined = true;
    if (!series || series.isDefined) return;
    const { list } = series;
    if (!list.isDefined) d.columns.push({ id: list.id, names: list.names });
    d.series.push({ id: series.id, host: host.id, hash: series.hash, columns: list.id });
    list.isDefined = true;
    series.isDefined = true;
  }

  /** The group failed: whoever uses these names next defines them again (the writer ignores what it knows). */
  undefine(d: Definitions): void {
    const names = new Set(d.hosts.map((h) => h.id));
    const streams = new Set(d.streams.map((s) => s.id));
    const series = new Set(d.series.map((s) => s.id));
    const lists = new Set(d.columns.map((c) => c.id));
    if (names.size + streams.size + series.size + lists.size === 0) return;
    for (const list of this.lists.values()) if (lists.has(list.id)) list.isDefined = false;
    for (const host of this.hosts.values()) {
      if (names.has(host.id)) host.isDefined = false;
      for (const s of host.streams.values()) if (streams.has(s.id)) s.isDefined = false;
      for (const s of host.series.values()) if (series.has(s.id)) s.isDefined = false;
    }
  }

  latest(name: string): Latest | undefined {
    const values = new Map<string, Point>();
    for (const s of this.hosts.get(name)?.series.values() ?? []) s.addTo(values);
    let at = -Infinity;
    for (const point of values.values()) at = Math.max(at, point.at);
    return values.size === 0 ? undefined : { values, at };
  }

  /** Keys of the column lists that hold data or are about to. */
  keys(name: string): string[] {
    const keys = new Set<string>();
    for (const s of this.hosts.get(name)?.series.values() ?? [])
      if (s.isDefined) for (const c of s.columns) keys.add(c);
    return [...keys].sort();
  }
}

/** Gaps as the writer knows them, with the names of the host and its streams. */
export function namedGaps({ name: host, streams }: HostEntry, gaps: readonly GroupGap[]): GapRecord[] {
  const names = new Map([...streams].map(([name, { id }]) => [id, name]));
  return gaps.map(({ stream, ...gap }) => ({ ...gap, host, stream: names.get(stream) ?? '' }));
}
