// For tests: what pgBackRest keeps of the generated PostgreSQL: full, differential and incremental backups, its lists and their copies,
// the WAL under `archive/`. It restores as the real one does: with all that the backup builds on, WAL only where `archive.info` or its
// copy is, a cut segment as it lies there, and no segment that lies there twice.

import assert from 'node:assert/strict';
import type { BackupKind, FileVerdict, RepositoryChain } from '../../../shared/backup/facts.ts';
import { parseMoment } from '../moment.ts';
import type { RestorePlan } from '../plan.ts';
import type { Content } from '../world.ts';
import { type Action, ClusterModel } from './cluster-model.ts';

type Backup = RepositoryChain['backups'][number];

interface Taken {
  backup: Backup;
  /** Of the cluster. */
  base: string;
  /** Of the backup, and of those that it builds on. */
  needs: string[];
}

export const KINDS = ['full', 'differential', 'incremental'] as const;
const ROOT = '/r';

export class RepositoryModel {
  readonly #cluster = new ClusterModel();
  readonly #taken: Taken[] = [];
  readonly #kept: FileVerdict[] = [];
  readonly #stanza: string;
  #seen = 0;

  constructor(stanza: string) {
    this.#stanza = stanza;
  }

  /** `kind`: of the backup, where it is one; `twice`: what is archived by it lies there once more, damaged. */
  act(action: Action, { kind, twice }: { kind: BackupKind; twice: boolean }): void {
    this.#cluster.act({ ...action, n: action.n & ~2 });
    for (const verdict of this.#cluster.verdicts.slice(this.#seen)) this.#keep(verdict, kind, twice);
    this.#seen = this.#cluster.verdicts.length;
  }

  truth(atUs: number): Content {
    return this.#cluster.truth(atUs);
  }

  #keep(verdict: FileVerdict, kind: BackupKind, twice: boolean): void {
    const { chain } = verdict.facts;
    if (chain?.of === 'basebackup' && verdict.format === 'tar') this.#take(verdict, kind);
    else if (chain?.of === 'wal') {
      const name = verdict.path.split('/').at(-1) ?? '';
      const path = `${ROOT}/archive/${this.#stanza}/15-1/${name}`;
      if (chain.forks) this.#kept.push({ ...verdict, path });
      else this.#kept.push({ ...verdict, path: `${path}-${'a'.repeat(40)}` });
      if (twice && !chain.forks)
        this.#kept.push({ ...verdict, path: `${path}-${'0'.repeat(40)}`, content: 'CORRUPT' });
    }
  }

  #take({ path, facts }: FileVerdict, wanted: BackupKind): void {
    const chain = facts.chain;
    assert.ok(chain?.of === 'basebackup');
    const prior =
      wanted === 'incremental' ? this.#taken.at(-1) : this.#taken.findLast((t) => t.backup.kind === 'full');
    const kind = prior ? wanted : 'full';
    const on = kind === 'full' ? undefined : prior;
    const label = `${String(this.#taken.length).padStart(6, '0')}${kind === 'full' ? 'F' : kind === 'incremental' ? 'I' : 'D'}`;
    const { startLsn, stopLsn, timeline } = chain;
    const backup: Backup = {
      label,
      kind,
      ...(on ? { prior: on.backup.label, references: on.needs } : {}),
      startedAt: facts.finishedAt ?? '',
      finishedAt: facts.finishedAt ?? '',
      startLsn,
      ...(stopLsn === undefined ? {} : { stopLsn }),
      timeline,
      bytes: 1000,
      defects: [],
    };
    this.#taken.push({ backup, base: path, needs: [...(on?.needs ?? []), label] });
  }

  get verdicts(): FileVerdict[] {
    return this.without(new Set());
  }

  /** As the files are read without some of them. */
  without(gone: ReadonlySet<string>): FileVerdict[] {
    const left = (path: string): boolean => !gone.has(path);
    const whole = (label: string): boolean => filesOf(this.#stanza, label).every(left);
    const backups = this.#taken.map(({ backup, needs }) => ({
      ...backup,
      defects: needs.filter((n) => !whole(n)).map((n) => `${n} is damaged`),
    }));
    const systemId = '7000000000000000001';
    const list: FileVerdict['facts'] = {
      engine: 'postgresql',
      chain: { of: 'repository', tool: 'pgbackrest', systemId, backups },
    };
    const none: FileVerdict['facts'] = {
      ...list,
      chain: { of: 'repository', tool: 'pgbackrest', systemId, backups: [] },
    };
    const data: FileVerdict['facts'] = { engine: 'postgresql' };
    return [
      ...lists('backup', this.#stanza).map((path) => read(path, 'pgbackrest-backup.info', list)),
      ...lists('archive', this.#stanza).map((path) => read(path, 'pgbackrest-archive.info', none)),
      ...this.#taken.flatMap(({ backup }) =>
        filesOf(this.#stanza, backup.label).map((path) => read(path, 'pgbackrest-file', data)),
      ),
      ...this.#kept,
    ].filter((v) => left(v.path));
  }

  /** With all that is there, and with nothing but what the plan names. */
  replay(made: RestorePlan, there: ReadonlySet<string>): Content {
    const listed = made.steps.flatMap((s) => s.files.map((f) => f.path));
    const named = [...there].filter((path) => listed.some((l) => path === l || path.startsWith(`${l}/`)));
    const held = this.#restore(made, there);
    assert.deepEqual(this.#restore(made, new Set(named)), held, 'the named files suffice');
    return held;
  }

  #restore(made: RestorePlan, there: ReadonlySet<string>): Content {
    const command = made.steps[0]?.command ?? '';
    const option = (name: string): string | undefined =>
      new RegExp(`--${name}=("[^"]*"|\\S+)`).exec(command)?.[1]?.replaceAll('"', '');
    assert.equal(option('stanza'), this.#stanza);
    const taken = this.#taken.find((t) => t.backup.label === option('set'));
    assert.ok(taken, 'a backup of this stanza');
    for (const path of taken.needs.flatMap((label) => filesOf(this.#stanza, label)))
      assert.ok(there.has(path), `FATAL: ${path} is missing`);
    assert.ok(lists('backup', this.#stanza).some((path) => there.has(path)));
    const timeline = Number(option('target-timeline'));
    const stem = `${ROOT}/archive/${this.#stanza}/15-1`;
    const history = `${stem}/${timeline.toString(16).toUpperCase().padStart(8, '0')}.history`;
    const ownLine = timeline === taken.backup.timeline;
    assert.ok(ownLine || there.has(history), 'FATAL: recovery target timeline does not exist');
    return this.#cluster.recover({
      base: taken.base,
      timeline,
      fetches: (name) => this.#fetches({ name, stem, command, there }),
      stopUs: parseMoment(option('target'))?.us,
    });
  }

  #fetches({ name, stem, command, there }: Fetch): boolean {
    const branch = new RegExp(` ${name}\\) ([^;]*);;`).exec(command)?.[1];
    if (branch === 'false') return false;
    if (branch !== undefined) return branch.includes(`${stem}/${name}-a`) && there.has(pathIn(branch));
    const files = [...there].filter((path) => path.startsWith(`${stem}/${name}-`));
    return files.length === 1 && lists('archive', this.#stanza).some((path) => there.has(path));
  }
}

interface Fetch {
  name: string;
  stem: string;
  command: string;
  there: ReadonlySet<string>;
}

function pathIn(branch: string): string {
  return /\/r\/archive\/[^'" ]+/.exec(branch)?.[0] ?? '';
}

function lists(of: 'backup' | 'archive', stanza: string): string[] {
  return ['', '.copy'].map((end) => `${ROOT}/${of}/${stanza}/${of}.info${end}`);
}

function filesOf(stanza: string, label: string): string[] {
  return ['backup.manifest', 'bundle/1'].map((name) => `${ROOT}/backup/${stanza}/${label}/${name}`);
}

function read(path: string, format: string, facts: FileVerdict['facts']): FileVerdict {
  return { path, format, content: 'VERIFIED', reason: 'read', layer: 'L2', facts };
}
