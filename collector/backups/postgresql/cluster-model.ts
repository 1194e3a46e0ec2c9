// For tests: a PostgreSQL that commits, takes base backups, fills and switches WAL segments, is restored to an earlier commit and goes
// on along a new timeline. It knows what it held at every moment, and replays a plan as the real one does: along the target's
// timelines, not before the base is consistent, refusing a target that the WAL does not reach and a segment of the wrong size.

import assert from 'node:assert/strict';
import type { FileVerdict } from '../../../shared/backup/facts.ts';
import { momentAt, parseMoment } from '../moment.ts';
import type { RestorePlan } from '../plan.ts';
import type { Content } from '../world.ts';
import { segmentName } from './wal.ts';

export const ACTIONS = ['write', 'write', 'write', 'write', 'base', 'switch', 'cut', 'fork'] as const;
export interface Action {
  what: (typeof ACTIONS)[number];
  /** Seconds that pass before it. */
  seconds: number;
  /** A detail of it: the size of a commit, how far back a fork goes, what lies beside a base. */
  n: number;
}

interface Commit {
  id: number;
  us: number;
  /** Its end. */
  lsn: number;
}
interface Stretch {
  timeline: number;
  /** Until which its WAL holds on this line. */
  until: number;
}
interface BaseState {
  timeline: number;
  start: number;
  stop: number;
  commits: Commit[];
  /** Committed between start and stop. */
  during: Commit[];
  hasWal: boolean;
}
interface SegmentFile {
  commits: Commit[];
  cut: boolean;
}

const SEGMENT = 2 ** 20;
const SYSTEM = '7000000000000000001';
const WAL = '/w/wal';
const START_US = Date.UTC(2025, 2, 1) * 1000;

const numberAt = (lsn: number): number => Math.floor(lsn / SEGMENT);
const time = (us: number): string => momentAt(us / 1000, 'UTC').text;
const lsnText = (lsn: number): string =>
  `${Math.floor(lsn / 2 ** 32).toString(16)}/${(lsn % 2 ** 32).toString(16).toUpperCase()}`;

export class ClusterModel {
  readonly verdicts: FileVerdict[] = [];
  #us = START_US;
  #lsn = SEGMENT + 40;
  #line: Stretch[] = [{ timeline: 1, until: Infinity }];
  #newest = 1;
  #ids = 0;
  #commits: Commit[] = [];
  #cutsNext = false;
  readonly #moments: { us: number; content: Content }[] = [];
  readonly #lines = new Map<number, Stretch[]>([[1, this.#line]]);
  readonly #bases = new Map<string, BaseState>();
  readonly #segments = new Map<string, SegmentFile>();

  act({ what, seconds, n }: Action): void {
    this.#us += seconds * 1_000_000;
    if (what === 'write') this.#write(n);
    else if (what === 'base') this.#base(n);
    else if (what === 'switch') this.#switch();
    else if (what === 'cut') this.#cutsNext = true;
    else this.#fork(n);
  }

  truth(atUs: number): Content {
    return this.#moments.findLast((m) => m.us <= atUs)?.content ?? [];
  }

  get #timeline(): number {
    return this.#line.at(-1)?.timeline ?? 1;
  }

  #note(): void {
    this.#moments.push({ us: this.#us, content: this.#commits.map((c) => c.id) });
  }

  #write(n: number): void {
    const size = 50_000 + (n % 9) * 60_000;
    if ((this.#lsn % SEGMENT) + size >= SEGMENT) this.#switch();
    this.#lsn += size;
    this.#commits.push({ id: this.#ids++, us: this.#us, lsn: this.#lsn });
    this.#note();
  }

  /** The segment is full, or is given up: it goes into the archive. */
  #switch(): void {
    const number = numberAt(this.#lsn);
    const commits = this.#commits.filter((c) => numberAt(c.lsn) === number);
    const cut = this.#cutsNext;
    this.#cutsNext = false;
    const name = segmentName(this.#timeline, number, SEGMENT);
    const kept = cut ? commits.slice(0, Math.floor(commits.length / 2)) : commits;
    this.#segments.set(name, { commits: kept, cut });
    const [first, last] = [kept[0], kept.at(-1)];
    this.#file(`${WAL}/${name}`, 'wal', cut ? 'INCOMPLETE' : 'VERIFIED', {
      kind: 'log',
      chain: {
        of: 'wal',
        systemId: SYSTEM,
        timeline: this.#timeline,
        segment: name,
        segmentBytes: SEGMENT,
        startLsn: lsnText(number * SEGMENT),
        ...(first ? { firstCommitAt: time(first.us) } : {}),
        ...(last ? { lastCommitAt: time(last.us) } : {}),
      },
    });
    this.#lsn = (number + 1) * SEGMENT + 40;
  }

  #base(n: number): void {
    const folder = `/w/base${this.#bases.size}`;
    const [timeline, start, commits] = [this.#timeline, this.#lsn, [...this.#commits]];
    this.#us += 1_000_000;
    if (n & 1) this.#write(n);
    this.#us += 1_000_000;
    const stop = this.#lsn + 200;
    const during = this.#commits.slice(commits.length);
    const names = { of: 'basebackup', timeline, startLsn: lsnText(start), stopLsn: lsnText(stop) } as const;
    const facts = { kind: 'full', finishedAt: time(this.#us), chain: names } as const;
    this.#file(`${folder}/base.tar`, 'tar', 'VERIFIED', facts);
    const hasWal = (n & 2) !== 0;
    if (hasWal) this.#file(`${folder}/pg_wal.tar`, 'tar', 'VERIFIED', { engine: 'files', kind: 'copy' });
    this.#bases.set(`${folder}/base.tar`, { timeline, start, stop, commits, during, hasWal });
    this.#lsn = stop;
    const label = `${segmentName(timeline, numberAt(start), SEGMENT)}.${start % SEGMENT}.backup`;
    this.#switch();
    if (n & 4) this.#file(`${WAL}/${label}`, 'backup_label', 'VERIFIED', { ...facts, kind: 'metadata' });
    this.#us += 1_000_000;
  }

  /** Restored to an earlier commit, of whichever timeline of this line, and opened. */
  #fork(n: number): void {
    const kept = this.#commits.length - 1 - (n % 5);
    const last = this.#commits[kept];
    if (!last) return;
    this.#commits = this.#commits.slice(0, kept + 1);
    this.#lsn = last.lsn;
    const timeline = ++this.#newest;
    const behind = this.#line.slice(0, this.#line.findIndex((s) => last.lsn <= s.until) + 1);
    const ancestors = behind.map((s, i) => (i === behind.length - 1 ? { ...s, until: last.lsn } : s));
    this.#line = [...ancestors, { timeline, until: Infinity }];
    this.#lines.set(timeline, this.#line);
    this.#file(`${WAL}/${historyName(timeline)}`, 'wal-history', 'COMPLETE', {
      kind: 'metadata',
      chain: {
        of: 'wal',
        systemId: '',
        timeline,
        segment: '',
        segmentBytes: SEGMENT,
        startLsn: '0/0',
        forks: ancestors.map((a) => ({ timeline: a.timeline, lsn: lsnText(a.until) })),
      },
    });
    this.#us += 1_000_000;
    this.#note();
  }

  #file(path: string, format: string, content: FileVerdict['content'], facts: FileVerdict['facts']): void {
    const all = { engine: 'postgresql', ...facts } as const;
    this.verdicts.push({ path, format, content, reason: 'read', layer: 'L2', facts: all });
  }

  /** Throws where the server would end with FATAL. */
  replay(made: RestorePlan, there: ReadonlySet<string>): Content {
    const [first, recover] = made.steps;
    const base = this.#bases.get(first?.file ?? '');
    assert.ok(base && recover, 'a base and a recovery');
    const setting = (name: string): string | undefined =>
      new RegExp(`^${name} = '(.*)'$`, 'm').exec(recover.command)?.[1];
    const target = Number(setting('recovery_target_timeline'));
    const line = this.#lines.get(target) ?? [];
    const command = setting('restore_command') ?? '';
    const listed = new Set(recover.files.map((f) => f.path));
    // From a folder of its own recovery gets what was put there; from the archive whatever the archive has.
    const staged = !command.includes(`${WAL}/%f`);
    const fetch = (name: string): SegmentFile | undefined => {
      const path = `${WAL}/${name}`;
      if (command === 'false' || !(staged ? listed : there).has(path)) return undefined;
      return this.#segments.get(name);
    };
    if (target !== base.timeline)
      assert.ok(staged && recover.command.includes(historyName(target)), 'the history of the target');
    const stopAt = parseMoment(setting('recovery_target_time'));
    const immediate = setting('recovery_target') === 'immediate';
    return this.#recover({ base, line, fetch, stopUs: stopAt?.us, immediate });
  }

  /** The same of a base and WAL that something else keeps; the base has no WAL of its own. */
  recover({ base, timeline, fetches, stopUs }: Kept): Content {
    const from = this.#bases.get(base);
    const line = this.#lines.get(timeline);
    assert.ok(from && line, 'a base and a timeline');
    const fetch = (name: string): SegmentFile | undefined =>
      fetches(name) ? this.#segments.get(name) : undefined;
    return this.#recover({ base: { ...from, hasWal: false }, line, fetch, stopUs, immediate: false });
  }

  #recover({ base, line, fetch, stopUs, immediate }: Recovery): Content {
    const held = [...base.commits];
    let reached = base.start;
    for (let number = numberAt(base.start); ; number++) {
      const name = segmentName(timelineOf(line, number), number, SEGMENT);
      const file = fetch(name) ?? this.#inside(base, number);
      if (!file) break;
      assert.ok(!file.cut, `FATAL: archive file "${name}" has wrong size`);
      for (const commit of file.commits) {
        if (commit.lsn <= base.start) continue;
        if (immediate && commit.lsn > base.stop) return held.map((c) => c.id);
        if (stopUs !== undefined && commit.us > stopUs) {
          assert.ok(commit.lsn > base.stop, 'FATAL: stop point is before consistent recovery point');
          return held.map((c) => c.id);
        }
        held.push(commit);
      }
      reached = (number + 1) * SEGMENT;
      if (immediate && reached >= base.stop) break;
    }
    assert.ok(reached >= base.stop, 'FATAL: WAL ends before end of online backup');
    assert.equal(stopUs, undefined, 'FATAL: recovery ended before configured recovery target was reached');
    return held.map((c) => c.id);
  }

  /** What a base brings along: its WAL from start to stop. */
  #inside(base: BaseState, number: number): SegmentFile | undefined {
    if (!base.hasWal || number > numberAt(base.stop)) return undefined;
    return { commits: base.during.filter((c) => numberAt(c.lsn) === number), cut: false };
  }
}

export interface Kept {
  /** Path of the base. */
  base: string;
  timeline: number;
  fetches(name: string): boolean;
  stopUs: number | undefined;
}

interface Recovery {
  base: BaseState;
  line: readonly Stretch[];
  fetch(name: string): SegmentFile | undefined;
  stopUs: number | undefined;
  immediate: boolean;
}

/** The newest timeline of the line that had begun by that segment. */
function timelineOf(line: readonly Stretch[], number: number): number {
  return line.find((s, i) => i === line.length - 1 || number < numberAt(s.until))?.timeline ?? 0;
}

function historyName(timeline: number): string {
  return `${timeline.toString(16).toUpperCase().padStart(8, '0')}.history`;
}
