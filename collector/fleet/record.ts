// What is known of one host, compact: numbers in the order of its layout. Its picture is a view, made once.

import type { HostDigest } from '../backups/digest.ts';
import type { Clock } from '../../shared/clock.ts';
import type { StoredReport, VerdictSource } from '../services.ts';
import type { HostPicture } from '../rules/rule.ts';
import { Newest } from '../newest.ts';
import { type History, openHistory, SLOTS } from './history.ts';
import type { Layout, Layouts } from './layout.ts';

export interface HostName {
  id: string;
  name: string;
  hospitalId: string;
  hospitalName: string;
}

export interface NewestValue {
  at: number;
  value: number;
  intervalMs?: number;
}

/** Whose past is kept, and how many slots: what forecasts (6 h) and restart counts (1 h) ask for. */
const HISTORY: ReadonlyMap<string, number> = new Map([
  ['disk_used', SLOTS],
  ['service_restarts', 14],
]);

/** A live report arrives within this. */
const LATE_MS = 60_000;

interface Remembered {
  key: string;
  place: number;
  slots: number;
}

const remembered = new WeakMap<Layout, readonly Remembered[]>();

/** The series of a layout whose past is kept: looked up for every report, hence once for all hosts. */
function rememberedOf(layout: Layout): readonly Remembered[] {
  let found = remembered.get(layout);
  if (!found) {
    found = [...HISTORY].flatMap(([metric, slots]) =>
      layout.series(metric).map(({ key }) => ({ key, place: layout.place.get(key) ?? -1, slots })),
    );
    remembered.set(layout, found);
  }
  return found;
}

/** What a picture shows besides what the reports brought. */
export interface Sources {
  verdicts: Pick<VerdictSource, 'verdict'>;
  clock: Clock;
  backups?: { digest(hostId: string): HostDigest | 'unread' | undefined } | undefined;
}

export class HostRecord {
  readonly checks = new Map<
    string,
    { status: 'ok' | 'warning' | 'critical' | 'unknown'; text?: string; since: number; at?: number }
  >();
  readonly picture: HostPicture;
  name: HostName;
  /** Corrected time of the newest report. */
  at = 0;
  #layouts: Layouts;
  #layout: Layout;
  #newest = new Newest(0);
  /** Columns that the last report had, and whether their places are the first ones, in order. */
  #lastColumns: readonly string[] = [];
  #areInOrder = true;
  #histories = new Map<string, History>();
  #remembered: readonly Remembered[] = [];

  constructor(name: HostName, layouts: Layouts, sources: Sources) {
    this.name = name;
    this.#layouts = layouts;
    this.#layout = layouts.of([]);
    this.picture = this.#makePicture(sources);
  }

  rename(name: HostName): void {
    this.name = name;
  }

  /** Values of a stored report; each counts where it is newer than what is known. */
  take(report: StoredReport): void {
    const { columns, values } = report;
    // The agent's clock, though corrected, may lie ahead: a value must not block the next one.
    const at = Math.min(report.at, report.arrivedAt);
    if (this.at > report.arrivedAt) this.#followClock(Math.max(at, report.arrivedAt - LATE_MS));
    if (columns !== this.#lastColumns) this.#meet(columns);
    if (this.#areInOrder) this.#newest.putRow(values, at, report.isWhole === true);
    else {
      const places = this.#layout.placesOf(this.#layouts.of(columns));
      for (let i = 0; i < places.length; i++) this.#newest.put(places[i] as number, values[i] as number, at);
    }
    this.at = Math.max(this.at, at);
    this.#remember(at);
  }

  /** Nothing is known later than it arrives: our own clock was set back. Trends begin anew. */
  #followClock(now: number): void {
    this.#newest.noLaterThan(now);
    this.#histories.clear();
    for (const check of this.checks.values())
      if (check.at !== undefined && check.at >= now) check.at = now - 1;
    this.at = now;
  }

  #meet(columns: readonly string[]): void {
    const layout = this.#layouts.of(columns);
    this.#grow(layout);
    this.#lastColumns = columns;
    this.#areInOrder = this.#layout.placesOf(layout).every((place, i) => place === i);
  }

  /** A result older than the one that is known changes nothing. */
  takeChecks(report: StoredReport): void {
    const at = Math.min(report.at, report.arrivedAt);
    for (const { id, status, text } of report.checks ?? []) {
      const before = this.checks.get(id);
      if (before?.at !== undefined && before.at >= at) continue;
      const since = before?.status === status ? before.since : at;
      this.checks.set(id, { status, since, at, ...(text === undefined ? {} : { text }) });
    }
  }

  set(key: string, value: number, at: number): void {
    this.#grow(this.#layouts.of([key]));
    this.#newest.put(this.#layout.place.get(key) ?? -1, value, at);
  }

  /** What the store remembers. */
  load(values: ReadonlyMap<string, { at: number; value: number }>): void {
    this.#grow(this.#layouts.of([...values.keys()]));
    for (const [key, { at, value }] of values) {
      this.#newest.put(this.#layout.place.get(key) ?? -1, value, at);
      this.at = Math.max(this.at, at);
    }
  }

  backfill(key: string, points: readonly { at: number; value: number }[]): void {
    const fresh = openHistory(HISTORY.get(key.split('{')[0] ?? ''));
    for (const point of points) fresh.put(point.at, point.value);
    const now = this.#at(key);
    if (now) fresh.put(now.at, now.value);
    this.#histories.set(key, fresh);
  }

  /** Series whose past is kept. */
  historyKeys(): string[] {
    return [...HISTORY.keys()].flatMap((metric) => this.#layout.series(metric).map((series) => series.key));
  }

  #grow(other: Layout): void {
    const layout = this.#layouts.union(this.#layout, other);
    if (layout === this.#layout) return;
    this.#newest.grow(layout.columns.length);
    this.#layout = layout;
    this.#remembered = rememberedOf(layout);
  }

  #remember(at: number): void {
    for (const { key, place, slots } of this.#remembered) {
      // Only what this report brought: an older value is not the value of now, late data is not put in.
      if (this.#newest.at(place) !== at) continue;
      let history = this.#histories.get(key);
      if (!history) this.#histories.set(key, (history = openHistory(slots)));
      history.put(at, this.#newest.value(place));
    }
  }

  #at(key: string): NewestValue | undefined {
    const place = this.#layout.place.get(key);
    if (place === undefined) return undefined;
    const at = this.#newest.at(place);
    if (at === -Infinity) return undefined;
    const intervalMs = this.#newest.interval(place);
    const value = this.#newest.value(place);
    return intervalMs > 0 ? { at, value, intervalMs } : { at, value };
  }

  *#entries(): Generator<[string, NewestValue]> {
    for (const key of this.#layout.columns) {
      const newest = this.#at(key);
      if (newest) yield [key, newest];
    }
  }

  #makePicture({ verdicts, clock, backups }: Sources): HostPicture {
    const name = (): HostName => this.name;
    return {
      get host() {
        return name();
      },
      get verdict() {
        return verdicts.verdict(name().id);
      },
      latest: mapView(
        (key) => this.#at(key),
        () => this.#entries(),
        () => this.#newest.known,
      ),
      get backups() {
        return backups?.digest(name().id);
      },
      checks: this.checks,
      series: (metric) => this.#layout.series(metric),
      trend: (key) => this.#histories.get(key)?.trend(clock.now()),
      rise: (key, overMs) => this.#histories.get(key)?.rise(clock.now(), overMs),
    };
  }
}

/** A Map to read from, without one entry object per series in memory. */
function mapView<V>(
  get: (key: string) => V | undefined,
  entries: () => Generator<[string, V]>,
  size: () => number,
): ReadonlyMap<string, V> {
  const pick = function* <T>(choose: (entry: [string, V]) => T): Generator<T, undefined> {
    for (const entry of entries()) yield choose(entry);
  };
  const view: ReadonlyMap<string, V> = {
    get,
    has: (key) => get(key) !== undefined,
    get size() {
      return size();
    },
    forEach(run) {
      for (const [key, value] of entries()) run(value, key, view);
    },
    entries: () => pick((entry) => entry),
    keys: () => pick((entry) => entry[0]),
    values: () => pick((entry) => entry[1]),
    [Symbol.iterator]: () => pick((entry) => entry),
  };
  return view;
}
