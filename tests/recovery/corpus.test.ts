// Every recovery scenario that the corpus of backups states, answered from its files. The corpus says what must come out; nothing
// here knows how.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { before, describe, test } from 'node:test';
import { moments } from '../../collector/backups/moments.ts';
import { type Moment, parseMoment } from '../../collector/backups/moment.ts';
import { plan, type NoPlan, type RestorePlan } from '../../collector/backups/plan.ts';
import { readFolder } from '../../collector/backups/read-folder.ts';
import type { BackupSet } from '../../collector/backups/set.ts';
import type { FileVerdict } from '../../shared/backup/facts.ts';

const corpus = join(import.meta.dirname, '..', 'data', 'backup-corpus');

interface Scenario {
  id: string;
  set: string;
  target?: string;
  possible?: boolean;
  steps?: string[];
  why?: string;
  windows?: [string, string][];
}

const { recovery_scenarios: scenarios } = JSON.parse(readFileSync(join(corpus, 'expected.json'), 'utf8')) as {
  recovery_scenarios: Scenario[];
};

/** The files that each kind of scenario is about. */
const FILES: Record<string, (path: string) => boolean> = {
  mssql: (path) => path.startsWith('sqlserver-synthetic/chain_ok/'),
  pg: (path) => /^postgresql\/(basebackup|wal)\//.test(path),
  my: (path) =>
    path === 'mariadb/dump/nis_demo_full.sql' || /^mariadb\/binlog\/nis-bin\.00000[3-6]$/.test(path),
  pgbr: (path) => path.startsWith('pgbackrest/repo/'),
};
const moment = (text: string) => parseMoment(text) as Moment;
const NOW = moment('2026-12-01T00:00:00Z');

function below(path: string): string {
  return path.slice(corpus.length + 1);
}

function filesOf(scenario: Scenario, all: readonly FileVerdict[]): FileVerdict[] {
  const belongs = FILES[scenario.id.split('-')[0] ?? ''];
  assert.ok(belongs, scenario.id);
  const without = /^without (\S+)/.exec(scenario.set)?.[1];
  return all.filter((v) => belongs(below(v.path)) && !(without && basename(v.path).includes(without)));
}

function restorable(verdicts: readonly FileVerdict[]): BackupSet {
  const sets = moments(verdicts).sets.filter((s) => s.windows.length + s.points.length > 0);
  assert.equal(sets.length, 1, 'one set of these files can be restored');
  return sets[0] as BackupSet;
}

function planFor(set: BackupSet, at: string): RestorePlan | NoPlan {
  return plan({ set, at: moment(at), now: NOW, target: { zone: 'Asia/Shanghai' } });
}

/** `FULL_20250301_010000`, `LOG 0200`, `LOG_20250301_180000 STOPAT`: what each says of the file and its command. */
function assertStep(want: string, step: RestorePlan['steps'][number] | undefined): void {
  const [kind, digits = ''] = want.replace(' STOPAT', '').split(/[ ](?=\d{4}$)/);
  assert.ok(
    step && basename(step.file).includes(kind ?? '') && basename(step.file).includes(digits),
    `${want}: ${step?.file}`,
  );
  if (want.endsWith('STOPAT')) assert.match(step.command, /STOPAT=N'.*RECOVERY|RECOVERY.*STOPAT=N'/);
}

describe('the scenarios of the corpus', () => {
  let all: FileVerdict[] = [];
  before(async () => {
    all = await readFolder(corpus, { deep: true, zone: 'UTC' });
  });

  test('there are some', () => assert.ok(scenarios.length >= 12));

  for (const scenario of scenarios) {
    test(`${scenario.id}: ${scenario.set} ${scenario.target ?? ''}`, () => {
      const set = restorable(filesOf(scenario, all));
      const { windows, target, steps, possible } = scenario;
      if (windows)
        assert.deepEqual(
          set.windows.map((w) => w.map((m) => m.us)),
          windows.map((w) => w.map((text) => moment(text).us)),
        );
      if (!target) return;
      const made = planFor(set, target);
      assert.equal(made.possible, possible);
      if (steps && made.possible) {
        assert.equal(made.steps.length, steps.length);
        for (const [i, want] of steps.entries()) assertStep(want, made.steps[i]);
      }
      if (!made.possible) {
        const nearest = /nearest earlier proved moment (\S+?);/.exec(scenario.why ?? '')?.[1];
        if (nearest) assert.equal(made.nearest.before?.us, moment(nearest).us);
      }
    });
  }

  test('the plan of my-1 is the command that was really run', () => {
    const scenario = scenarios.find((s) => s.id === 'my-1') as Scenario;
    const made = planFor(restorable(filesOf(scenario, all)), scenario.target ?? '') as RestorePlan;
    assert.match(made.steps[1]?.command ?? '', /--start-position=422 --stop-datetime='2026-11-23 02:15:11'/);
  });

  test('pgbr-1 starts from the differential: the increment ended behind the moment', () => {
    const scenario = scenarios.find((s) => s.id === 'pgbr-1') as Scenario;
    const made = planFor(restorable(filesOf(scenario, all)), scenario.target ?? '') as RestorePlan;
    assert.match(made.steps[0]?.file ?? '', /_20261122-182043D$/);
  });

  test('each missing file takes moments away or nothing, and never a plan for what is gone', () => {
    for (const belongs of Object.values(FILES)) {
      const files = all.filter((v) => belongs(below(v.path)) && !v.path.includes('/backup/nis/2026'));
      for (const gone of files) {
        const sets = moments(all.filter((v) => belongs(below(v.path)) && v !== gone)).sets;
        const whole = restorable(all.filter((v) => belongs(below(v.path))));
        for (const m of sets.flatMap((s) => [...s.windows.flat(), ...s.points.map((p) => p.at)]))
          assert.ok(
            whole.windows.some(([a, b]) => a.us <= m.us && m.us <= b.us),
            `${gone.path}: ${m.text}`,
          );
        for (const set of sets)
          for (const gap of set.gaps) {
            const middle = { us: Math.floor((gap.from.us + gap.to.us) / 2), text: gap.from.text };
            if (gap.to.us - gap.from.us > 2)
              assert.equal(plan({ set, at: middle, now: NOW, target: { zone: 'UTC' } }).possible, false);
          }
      }
    }
  });
});
