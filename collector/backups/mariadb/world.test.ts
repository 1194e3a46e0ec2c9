// A generated MariaDB: writes, dumps at a place in the binary log, mariabackup fulls and increments, rotations, restarts and a live log
// at the end; copies that were taken too early and files that were cut.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { BinlogChain, Chain, FileVerdict } from '../../../shared/backup/facts.ts';
import { momentAt, parseMoment } from '../moment.ts';
import type { RestorePlan } from '../plan.ts';
import { checkWorlds, type Content, type World } from '../world.ts';

interface Event {
  id: number;
  /** Microseconds; the log keeps whole seconds. */
  us: number;
  end: number;
}
interface Log {
  sequence: number;
  openedUs: number;
  events: Event[];
  end: number;
}
const ACTIONS = ['write', 'write', 'write', 'dump', 'dump', 'rotate', 'rotate', 'restart', 'cut'] as const;
type Action = { what: (typeof ACTIONS)[number]; ms: number };
const START = Date.UTC(2025, 2, 1) * 1000;
const second = (us: number) => Math.floor(us / 1e6);
const time = (us: number) => momentAt(second(us) * 1000, 'UTC').text;

class Server {
  us = START;
  ids = 0;
  events: Event[] = [];
  log: Log = { sequence: 1, openedUs: START, events: [], end: 250 };
  logs = new Map<string, Log>();
  dumps = new Map<string, Event[]>();
  verdicts: FileVerdict[] = [];

  act({ what, ms }: Action): void {
    this.us += ms * 1000;
    if (what === 'write') this.write();
    else if (what === 'dump') this.dump();
    else this.close(what);
  }

  write(): void {
    this.log.end += 100;
    const event = { id: this.ids++, us: this.us, end: this.log.end };
    this.log.events.push(event);
    this.events.push(event);
  }

  dump(): void {
    const path = `dump${this.verdicts.length}.sql`;
    const binlog = { file: this.nameOf(this.log), position: this.log.end };
    this.dumps.set(path, [...this.events]);
    // The trailer carries the end of the dump: nothing of it is older.
    this.us = (second(this.us) + 3) * 1_000_000;
    this.file(path, 'dump', { of: 'dump', binlog }, time(this.us));
    this.us += 1_000_000;
  }

  nameOf(log: Log): string {
    return `bin.${String(log.sequence).padStart(6, '0')}`;
  }

  close(how: 'rotate' | 'restart' | 'cut'): void {
    const end = how === 'rotate' ? 'rotate' : how === 'restart' ? 'stop' : 'cut';
    this.logFile(end);
    this.log = { sequence: this.log.sequence + 1, openedUs: this.us, events: [], end: 250 };
  }

  /** A cut one has lost its last third. */
  logFile(end: BinlogChain['end']): void {
    const { log } = this;
    const kept = end === 'cut' ? log.events.slice(0, Math.ceil((log.events.length * 2) / 3)) : log.events;
    const closed = end === 'rotate' || end === 'stop';
    const lastUs = closed ? this.us : (kept.at(-1)?.us ?? log.openedUs);
    this.logs.set(this.nameOf(log), { ...log, events: kept });
    const content = closed ? 'VERIFIED' : end === 'cut' ? 'INCOMPLETE' : 'UNCONFIRMED';
    this.file(
      this.nameOf(log),
      'log',
      {
        of: 'binlog',
        sequence: log.sequence,
        base: 'bin',
        serverId: 1,
        firstEventAt: time(log.openedUs),
        lastEventAt: time(lastUs),
        endPosition: closed ? log.end + 50 : (kept.at(-1)?.end ?? 250),
        end,
        ...(end === 'rotate' ? { nextFile: this.nameOf({ ...log, sequence: log.sequence + 1 }) } : {}),
        checksums: true,
      },
      undefined,
      content,
    );
  }

  file(
    path: string,
    kind: 'dump' | 'log',
    chain: Chain,
    at?: string,
    content: FileVerdict['content'] = 'VERIFIED',
  ) {
    this.verdicts.push({
      path,
      format: kind === 'log' ? 'binlog' : 'mysqldump',
      content,
      reason: 'read',
      layer: 'L2',
      facts: {
        engine: 'mariadb',
        kind,
        ...(kind === 'dump' ? { database: 'd' } : {}),
        ...(at ? { finishedAt: at, capturedAt: at } : {}),
        chain,
      },
    });
  }

  /** Nothing of the second of the moment: the log is exact to the second. */
  truth(atUs: number): Content {
    return this.events.filter((e) => second(e.us) < second(atUs)).map((e) => e.id);
  }

  replay(made: RestorePlan): Content {
    const [dump, replay] = made.steps;
    const held = [...(this.dumps.get(dump?.file ?? '') ?? [])];
    if (!replay) return this.asTold(held, made);
    const start = Number(/--start-position=(\d+)/.exec(replay.command)?.[1]);
    const stopAt = parseMoment(/--stop-datetime='([^']+)'/.exec(replay.command)?.[1]);
    const stop = Number(/--stop-position=(\d+)/.exec(replay.command)?.[1] ?? Number.POSITIVE_INFINITY);
    const names = replay.files.map((f) => f.path);
    assert.deepEqual(names, names.toSorted(), 'in order');
    for (const [i, name] of names.entries()) {
      assert.ok(replay.command.includes(name), `${name} in the one command`);
      const log = this.logs.get(name) as Log;
      if (i > 0) assert.equal(log.sequence, (this.logs.get(names[i - 1] ?? '') as Log).sequence + 1);
      for (const event of log.events) {
        if (i === 0 && event.end <= start) continue;
        if (i === names.length - 1 && event.end > stop) break;
        if (stopAt && second(event.us) >= second(stopAt.us)) return this.asTold(held, made);
        held.push(event);
      }
    }
    return this.asTold(held, made);
  }

  /** At the last moment everything is replayed: what the moment's own second holds may be there or not. */
  asTold(held: Event[], made: RestorePlan): Content {
    const own = held.filter((e) => second(e.us) < second(made.at.us)).map((e) => e.id);
    const more = held.filter((e) => second(e.us) > second(made.at.us));
    assert.deepEqual(more, [], 'nothing from behind the moment');
    return own;
  }
}

const worlds: fc.Arbitrary<World> = fc
  .array(fc.record({ what: fc.constantFrom(...ACTIONS), ms: fc.integer({ min: 100, max: 9000 }) }), {
    minLength: 3,
    maxLength: 30,
  })
  .map((actions) => {
    const server = new Server();
    server.act({ what: 'dump', ms: 1 });
    for (const action of actions) server.act(action);
    server.logFile('live');
    return {
      verdicts: server.verdicts,
      truth: (at: number) => server.truth(at),
      replay: (made: RestorePlan) => server.replay(made),
    };
  });

test('plans on a generated MariaDB bring back exactly what was there, and only what files prove', () => {
  checkWorlds(worlds, 100);
});
