// A generated SQL Server: writes, fulls, differentials, logs, copy-only backups and restores that fork the history, each with the
// LSNs that the engine would write.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { FileVerdict, SqlServerChain } from '../../../shared/backup/facts.ts';
import { momentAt, parseMoment } from '../moment.ts';
import type { RestorePlan } from '../plan.ts';
import { checkWorlds, type Content, type World } from '../world.ts';

interface Commit {
  id: number;
  lsn: number;
  /** Seconds. */
  at: number;
}
interface Backup {
  chain: SqlServerChain;
  /** What is inside: of a log the commits of its range, else all. */
  commits: Commit[];
}
const ACTIONS = ['write', 'write', 'log', 'log', 'full', 'diff', 'copy-full', 'copy-log', 'restore'] as const;
type Action = { what: (typeof ACTIONS)[number]; seconds: number };
const START = Date.UTC(2025, 2, 1) / 1000;

class Server {
  now = START;
  ids = 0;
  lsn = 100;
  fork = 0;
  forks = 1;
  commits: Commit[] = [];
  /** The history that each fork was live with: from this second on. */
  lives: { since: number; commits: Commit[] }[] = [{ since: 0, commits: this.commits }];
  logStart = { lsn: 100, fork: 0, point: undefined as number | undefined };
  lastFull: SqlServerChain | undefined;
  backups = new Map<string, Backup>();
  verdicts: FileVerdict[] = [];

  act({ what, seconds }: Action): void {
    this.now += seconds;
    if (what === 'write') this.write();
    else if (what === 'restore') this.restore();
    else if (what === 'log' || what === 'copy-log') this.log(what === 'copy-log');
    else if (what !== 'diff' || this.lastFull) this.data(what);
  }

  write(): void {
    this.lsn += 10;
    this.commits.push({ id: this.ids++, lsn: this.lsn, at: this.now });
  }

  /** A full or a differential; something is written while it runs. */
  data(what: 'full' | 'copy-full' | 'diff'): void {
    const [startedAt, checkpoint] = [this.now, ++this.lsn];
    this.now += 20;
    this.write();
    this.now += 20;
    const finishedAt = this.now;
    const chain = this.add({
      startedAt,
      finishedAt,
      first: checkpoint,
      last: ++this.lsn,
      commits: [...this.commits],
      chain: {
        type: what === 'diff' ? 'I' : 'D',
        checkpointLsn: String(checkpoint),
        copyOnly: what === 'copy-full',
        firstForkGuid: `fork ${this.fork}`,
        ...(what === 'diff' ? { differentialBaseGuid: this.lastFull?.backupSetGuid ?? '' } : {}),
      },
    });
    if (what === 'full') this.lastFull = chain;
    this.now += 1;
  }

  log(copyOnly: boolean): void {
    const startedAt = this.now;
    const { lsn: first, fork, point } = this.logStart;
    const last = this.commits.some((c) => c.lsn >= first) || fork !== this.fork ? this.lsn + 1 : first;
    this.add({
      startedAt,
      finishedAt: this.now + 3,
      first,
      last,
      commits: this.commits.filter((c) => c.lsn >= first),
      chain: {
        type: 'L',
        copyOnly,
        firstForkGuid: `fork ${fork}`,
        ...(point === undefined ? {} : { forkPointLsn: String(point) }),
      },
    });
    this.lsn = Math.max(this.lsn, last);
    if (!copyOnly) this.logStart = { lsn: last, fork: this.fork, point: undefined };
    this.now += 2;
    if (this.ids % 2 === 0) this.write();
    this.now += 2;
  }

  /** Back to half of what was there since the last log: a new fork, the same LSNs again with other content. */
  restore(): void {
    if (this.logStart.fork !== this.fork) return;
    const since = this.commits.filter((c) => c.lsn >= this.logStart.lsn);
    const kept = since.slice(0, Math.ceil(since.length / 2));
    const point = kept.at(-1)?.lsn ?? this.logStart.lsn;
    this.commits = [...this.commits.filter((c) => c.lsn < this.logStart.lsn), ...kept];
    this.lsn = point;
    this.fork = this.forks++;
    this.now += 100;
    this.lives.push({ since: this.now, commits: this.commits });
    this.logStart = { ...this.logStart, point };
    this.lastFull = undefined;
  }

  add(backup: {
    startedAt: number;
    finishedAt: number;
    first: number;
    last: number;
    commits: Commit[];
    chain: Partial<SqlServerChain> & { type: SqlServerChain['type'] };
  }): SqlServerChain {
    const path = `${this.verdicts.length}.bak`;
    const chain: SqlServerChain = {
      of: 'sqlserver',
      firstLsn: String(backup.first),
      lastLsn: String(backup.last),
      checkpointLsn: '0',
      databaseBackupLsn: this.lastFull?.checkpointLsn ?? '0',
      backupSetGuid: `set ${path}`,
      lastForkGuid: `fork ${this.fork}`,
      familyGuid: 'family',
      position: 1,
      ...backup.chain,
    };
    const time = (s: number) => momentAt(s * 1000, 'Asia/Shanghai').text;
    this.backups.set(path, { chain, commits: backup.commits });
    this.verdicts.push({
      path,
      format: 'mtf',
      content: 'COMPLETE',
      reason: 'complete',
      layer: 'L2',
      facts: {
        engine: 'sqlserver',
        database: 'D',
        startedAt: time(backup.startedAt),
        finishedAt: time(backup.finishedAt),
        chain,
      },
    });
    return chain;
  }

  truth(atUs: number): Content {
    const live = this.lives.findLast((l) => l.since * 1e6 <= atUs);
    return (live?.commits ?? []).filter((c) => c.at * 1e6 <= atUs).map((c) => c.id);
  }

  replay(made: RestorePlan): Content {
    let held: Commit[] = [];
    let position = { lsn: -1, fork: '' };
    let base = '';
    for (const { file, command } of made.steps) {
      const { chain, commits } = this.backups.get(file) as Backup;
      const [first, last] = [Number(chain.firstLsn), Number(chain.lastLsn)];
      if (chain.type === 'D') base = chain.backupSetGuid;
      if (chain.type === 'I') assert.equal(chain.differentialBaseGuid, base, '3136');
      if (chain.type !== 'L') held = commits;
      else {
        assert.ok(first <= position.lsn, `4305 ${command}`);
        assert.ok(position.lsn < last, `4326 ${command}`);
        const before = Number(chain.forkPointLsn ?? Number.POSITIVE_INFINITY);
        const crosses = chain.firstForkGuid !== chain.lastForkGuid;
        const own = position.fork === chain.firstForkGuid && (!crosses || position.lsn <= before);
        const over = crosses && position.fork === chain.lastForkGuid && before <= position.lsn;
        assert.ok(own || over, `another fork: ${command}`);
        const stop = parseMoment(/STOPAT=N'([^']+)'/.exec(command)?.[1]) as { us: number };
        const known = new Set(held.map((c) => c.id));
        held = [...held, ...commits.filter((c) => !known.has(c.id) && c.at * 1e6 <= stop.us)];
      }
      position = { lsn: last, fork: chain.lastForkGuid ?? '' };
      const end =
        file === made.steps.at(-1)?.file && !made.after.some((c) => /WITH RECOVERY/.test(c.command ?? ''));
      assert.equal(/ RECOVERY/.test(command), end, 'only the last step opens the database');
    }
    return held.map((c) => c.id);
  }
}

const worlds: fc.Arbitrary<World> = fc
  .array(fc.record({ what: fc.constantFrom(...ACTIONS), seconds: fc.integer({ min: 5, max: 4000 }) }), {
    minLength: 3,
    maxLength: 30,
  })
  .map((actions) => {
    const server = new Server();
    server.act({ what: 'full', seconds: 1 });
    for (const action of actions) server.act(action);
    return {
      verdicts: server.verdicts,
      truth: (at: number) => server.truth(at),
      replay: (made: RestorePlan) => server.replay(made),
    };
  });

test('plans on a generated SQL Server bring back exactly what was there, and only what files prove', () => {
  checkWorlds(worlds, 300);
});
