// A drill: the newest backup of a set restored into a scratch instance on this machine, timed, counted, compared. Promise: the live
// database is never connected to; whatever happens, the scratch instance is stopped and removed; what says nothing about the backup (no
// programs, no space, an interruption) is an error and no result.

import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { BackupDrillReport } from '../../shared/backup/reported.ts';
import type { Clock } from '../../shared/clock.ts';
import { isNamedError, NamedError } from '../../shared/errors.ts';
import { compareRows, type Comparison, type Expectation } from './compare.ts';
import type { Driver, Job, Place, Scratch } from './driver.ts';
import { openPrograms } from './programs.ts';
import { freeBytes, openScratch, requireSpace, type Space, unprivileged } from './scratch.ts';

export interface DrillOptions {
  place: Place;
  drivers: readonly Driver[];
  last?: Expectation['last'];
  clock: Clock;
  signal: AbortSignal;
  progress: Progress;
}

export interface Progress {
  step(words: string): void;
  /** Returns what ends the showing. */
  feed(descriptor: number, path: string): () => void;
}

export interface DrillOutcome {
  report: BackupDrillReport;
  job?: Job;
  comparison?: Comparison;
  tolerancePercent: number;
  /** Why it failed, other than by its rows. */
  failure?: string;
}

/** Throws DRILL_IMPOSSIBLE when no driver knows the files, DRILL_FAILED when the newest backup is known to be bad. */
export async function findJob(place: Place, drivers: readonly Driver[]): Promise<Job> {
  const { driver } = place.config;
  const asked = drivers.filter((d) =>
    driver === 'auto' ? d.name !== 'command' || place.config.command.length > 0 : d.name === driver,
  );
  for (const one of asked) {
    const job = await one.find(place);
    if (job) return job;
  }
  throw new NamedError(
    'DRILL_IMPOSSIBLE',
    `${place.folder} holds no backup that ${driver === 'auto' ? 'a built-in driver' : driver} can restore`,
    { mend: 'For other engines set driver: command and command: [PROGRAM, …] under drills in agent.yaml.' },
  );
}

export async function runDrill(options: DrillOptions): Promise<DrillOutcome> {
  const { place, clock } = options;
  const startedAt = clock.monotonic();
  let job: Job | undefined;
  try {
    job = await findJob(place, options.drivers);
    return await restoreAndCompare(options, job);
  } catch (error) {
    if (!isNamedError(error, 'DRILL_FAILED')) throw error;
    return failed({ options, job, seconds: (clock.monotonic() - startedAt) / 1000 }, error.message);
  }
}

function failed(
  { options, job, seconds }: { options: DrillOptions; job: Job | undefined; seconds: number },
  failure: string,
): DrillOutcome {
  const { config } = options.place;
  const report: BackupDrillReport = {
    of: 'drill',
    set: config.set,
    at: options.clock.now(),
    ok: false,
    seconds: round(seconds),
    bytes: job?.bytes ?? 0,
    moment: '',
    rows: [],
    text: failure,
  };
  return { report, tolerancePercent: config.tolerancePercent, failure, ...(job && { job }) };
}

function round(seconds: number): number {
  return Math.round(seconds * 10) / 10;
}

async function restoreAndCompare(options: DrillOptions, job: Job): Promise<DrillOutcome> {
  const { config } = options.place;
  const owner = unprivileged(config.user);
  const existing = existingParent(config.scratch);
  const space = async (needBytes: number): Promise<Space> => ({
    freeBytes: await freeBytes(existing),
    needBytes,
    reserveBytes: config.reserve,
  });
  requireSpace(config.scratch, await space(job.needBytes));
  options.signal.throwIfAborted();
  const limits = openLimits(options, () => space(0));
  const folder = openScratch(config.scratch, owner);
  const programs = openPrograms({
    ...(owner && { user: owner }),
    home: folder.path,
    signal: limits.signal,
    path: '/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/bin',
    onFeed: options.progress.feed,
  });
  try {
    const at = scratchOf({ options, folder, programs, signal: limits.signal });
    await requireReachable(at, config.scratch);
    return await timed({ options, job, at });
  } catch (error) {
    // What was cut off by us ends with the reason why, not with what the program said to it.
    throw limits.signal.aborted ? limits.signal.reason : error;
  } finally {
    limits.release();
    await programs.stopAll();
    folder.remove();
  }
}

/** Every folder above must let the unprivileged user through. */
async function requireReachable(at: Scratch, scratch: string): Promise<void> {
  const { code } = await at.programs.run('test', ['-w', at.folder], { anyExit: true });
  if (code === 0) return;
  throw new NamedError('DRILL_IMPOSSIBLE', `the user of the scratch instance cannot reach ${scratch}`, {
    mend: 'Set scratch: FOLDER under drills to one that other users may pass through, such as /var/tmp.',
  });
}

interface Limits {
  signal: AbortSignal;
  release(): void;
}

const LOOK_EVERY_MS = 5_000;

/** What ends a drill early: the caller, its time, or the space, for the volume may be the one that a live database writes to. */
function openLimits({ place, clock, signal }: DrillOptions, space: () => Promise<Space>): Limits {
  const abort = new AbortController();
  const onAbort = (): void => abort.abort(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  const { timeout, scratch } = place.config;
  const late = clock.after(timeout, () =>
    abort.abort(
      new NamedError('DRILL_FAILED', `not restored within ${Math.round(timeout / 1000)} s (timeout)`),
    ),
  );
  const guard = clock.every(LOOK_EVERY_MS, () => {
    void space().then((now) => {
      try {
        requireSpace(scratch, now);
      } catch (error) {
        abort.abort(error);
      }
    });
  });
  return {
    signal: abort.signal,
    release() {
      late.cancel();
      guard.cancel();
      signal.removeEventListener('abort', onAbort);
    },
  };
}

function existingParent(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : existingParent(dirname(path));
}

interface Opened {
  options: DrillOptions;
  folder: ReturnType<typeof openScratch>;
  programs: ReturnType<typeof openPrograms>;
  signal: AbortSignal;
}

const ASK_EVERY_MS = 200;

function scratchOf({ options, folder, programs, signal }: Opened): Scratch {
  return {
    folder: folder.path,
    programs,
    signal,
    handOver: async (path) => folder.handOver(path),
    step: options.progress.step,
    async until(check) {
      while (!(await check())) {
        signal.throwIfAborted();
        await new Promise<void>((resolve) => void options.clock.after(ASK_EVERY_MS, resolve));
      }
    },
  };
}

async function timed({
  options,
  job,
  at,
}: {
  options: DrillOptions;
  job: Job;
  at: Scratch;
}): Promise<DrillOutcome> {
  const { place, clock, last } = options;
  const { config } = place;
  const startedAt = clock.monotonic();
  const restored = await job.restore(at);
  const seconds = (clock.monotonic() - startedAt) / 1000;
  at.step('SELECT count(*)');
  const found = await restored.count();
  const counting = (clock.monotonic() - startedAt) / 1000 - seconds;
  await restored.stop();
  const comparison = compareRows(found, {
    configured: config.expected,
    tolerancePercent: config.tolerancePercent,
    ...(last && { last }),
  });
  const ok = comparison.wrong.length === 0 && found.size > 0;
  const report: BackupDrillReport = {
    of: 'drill',
    set: config.set,
    at: clock.now(),
    ok,
    seconds: round(seconds),
    bytes: job.bytes,
    moment: restored.moment,
    rows: comparison.rows,
    text: textOf({ job, comparison, config, counting, found: found.size }),
  };
  return {
    report,
    job,
    comparison,
    tolerancePercent: config.tolerancePercent,
    ...(found.size === 0 && { failure: 'not one table was restored' }),
  };
}

interface Said {
  job: Job;
  comparison: Comparison;
  config: Place['config'];
  counting: number;
  found: number;
}

function textOf({ job, comparison, config, counting, found }: Said): string {
  const what = job.files[0]?.path ?? job.steps[0] ?? '';
  const counted = `${found} tables counted in ${round(counting)} s`;
  const { wrong, against } = comparison;
  const judged =
    against === 'none'
      ? 'no earlier counts to compare with'
      : `${wrong.length === 0 ? 'rows agree with' : `${wrong.length} tables disagree with`} ${AGAINST[against]}, tolerance ${config.tolerancePercent} %`;
  return `${job.driver}: ${what}; ${found === 0 ? 'not one table was restored' : counted}; ${judged}`;
}

const AGAINST = {
  configured: 'the configured rows',
  last: 'the last good drill',
  both: 'the configured rows and the last good drill',
};
