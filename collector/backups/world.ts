// For tests: a generated history of one server with the backups that were taken of it, the truth at every moment, and a model of
// the engine that refuses what the real one refuses. The properties hold for every engine.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { FileVerdict } from '../../shared/backup/facts.ts';
import { moments } from './moments.ts';
import { type Moment, momentAt } from './moment.ts';
import { type NoPlan, plan, type RestorePlan } from './plan.ts';
import type { BackupSet } from './set.ts';

/** Names of committed transactions. */
export type Content = readonly number[];

export interface World {
  verdicts: FileVerdict[];
  /** The set that is meant, where there are others beside it. */
  server?: string;
  /** What is said of the files that are left, where a list of the files tells what is not there. */
  without?(gone: ReadonlySet<string>): FileVerdict[];
  /** What the database held at an instant. */
  truth(atUs: number): Content;
  /** Executes the commands on a model that has the files `there`; throws where the engine would refuse. */
  replay(made: RestorePlan, there: ReadonlySet<string>): Content;
}

const NOW = momentAt(Date.UTC(2026, 0, 1), 'Asia/Shanghai');

function momentsToTry(set: BackupSet | undefined, shifts: readonly number[]): Moment[] {
  const edges = set
    ? [...set.windows.flat(), ...set.points.map((p) => p.at), ...set.gaps.flatMap((g) => [g.from, g.to])]
    : [];
  return edges.flatMap((edge) =>
    [0, ...shifts].map((seconds) => momentAt(Math.floor(edge.us / 1000) + seconds * 1000, 'Asia/Shanghai')),
  );
}

function holds(set: BackupSet | undefined, at: Moment): boolean {
  return (
    set !== undefined &&
    (set.windows.some(([a, b]) => a.us <= at.us && at.us <= b.us) ||
      set.points.some((p) => p.at.us === at.us))
  );
}

function planFor(set: BackupSet, at: Moment): RestorePlan | NoPlan {
  return plan({ set, at, now: NOW, target: { zone: 'Asia/Shanghai', targetDir: '/scratch' } });
}

function setOf({ verdicts, server }: World): BackupSet | undefined {
  const { sets } = moments(verdicts);
  if (server !== undefined) return sets.find((s) => s.server === server);
  assert.ok(sets.length <= 1, 'one server makes one set');
  return sets[0];
}

/** Every plan's files exist and bring back the truth; there is a plan exactly for restorable moments. */
function plansAreTrue(world: World, shifts: readonly number[]): void {
  const set = setOf(world);
  const there = new Set(world.verdicts.map((v) => v.path));
  gapsAreGaps(set);
  for (const at of momentsToTry(set, shifts)) {
    const made = planFor(set as BackupSet, at);
    assert.equal(made.possible, holds(set, at), `a plan exactly for restorable moments: ${at.text}`);
    if (!made.possible) continue;
    for (const { path } of made.steps.flatMap((s) => s.files)) {
      // A whole folder is listed as one.
      const isThere = there.has(path) || world.verdicts.some((v) => v.path.startsWith(`${path}/`));
      assert.ok(isThere, path);
    }
    assert.deepEqual(
      world.replay(made, there),
      world.truth(at.us),
      `what the plan for ${at.text} brings back`,
    );
  }
}

/** Nothing of a gap can be had, and what is missing there is named. */
function gapsAreGaps(set: BackupSet | undefined): void {
  for (const { from, to, missing } of set?.gaps ?? []) {
    const held = set?.windows.filter(([a, b]) => a.us < to.us && b.us > from.us);
    assert.deepEqual(held, [], `a window inside the gap from ${from.text} to ${to.text}`);
    assert.ok(missing.length > 0, `the gap behind ${from.text} names what is missing`);
  }
}

/** Without some files nothing becomes restorable that was not before. */
function fewerFilesGiveFewerMoments(world: World, drops: readonly number[], shifts: readonly number[]): void {
  const before = setOf(world);
  const gone = new Set(drops.map((d) => world.verdicts[d % Math.max(1, world.verdicts.length)]?.path ?? ''));
  const fewer = world.without?.(gone) ?? world.verdicts.filter((v) => !gone.has(v.path));
  const after = setOf({ ...world, verdicts: fewer });
  for (const at of momentsToTry(after, shifts)) {
    if (holds(after, at)) assert.ok(holds(before, at), `${at.text} came from nowhere`);
  }
  plansAreTrue({ ...world, verdicts: fewer }, shifts);
}

export function checkWorlds(worlds: fc.Arbitrary<World>, runs: number): void {
  const shifts = fc.array(fc.integer({ min: -9000, max: 9000 }), { maxLength: 4 });
  fc.assert(
    fc.property(worlds, shifts, fc.array(fc.nat(), { minLength: 1, maxLength: 3 }), (world, by, drops) => {
      plansAreTrue(world, by);
      fewerFilesGiveFewerMoments(world, drops, by);
    }),
    { numRuns: runs },
  );
}
