// `niswatch-agent drill SET`: restores the newest backup of a set into a scratch instance on this machine and says whether it worked.
// Exit code: 0 restored and the rows are as expected, 1 the drill could not be carried out (which says nothing about the backup), 2 the
// backup failed it. Only a person or the local scheduler starts it: no frame of the wire leads here.

import { execFile } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { type Clock, systemClock } from '../../shared/clock.ts';
import { nearest, readConfig } from '../../shared/config/schema.ts';
import { NamedError } from '../../shared/errors.ts';
import { type AgentConfig, loadConfig } from '../config.ts';
import { type DrillConfig, DRILL_SECTION } from '../drill/config.ts';
import { findJob, type Progress, runDrill } from '../drill/drill.ts';
import type { Place } from '../drill/driver.ts';
import { DRIVERS } from '../drill/index.ts';
import { appendReport, fitting, keepLastGood, readLastGood } from '../drill/record.ts';
import { freeBytes } from '../drill/scratch.ts';
import { renderDryRun, renderOutcome } from '../drill/words.ts';
import { compileGlob } from '../probes/glob.ts';
import {
  type Command,
  CONFIG_FLAGS,
  type ExitCode,
  type Flags,
  type Io,
  JSON_FLAG,
  text,
  UsageError,
} from './command.ts';
import { inCompilingChild } from './compiling.ts';

export const DRILL: Command = {
  name: 'drill',
  words: 'SET',
  summary: {
    zh: '恢复演练：把备份集最新一份恢复到本机临时实例，计时并核对行数',
    en: 'Restore drill: the newest backup of a set into a scratch instance here, timed and counted',
  },
  flags: {
    'dry-run': { help: { zh: '只显示将要做什么', en: 'Show what would be done, and do nothing' } },
    file: {
      value: 'PATH',
      help: {
        zh: '演练指定的备份文件或目录（默认最新一份）',
        en: 'Drill this backup file or folder (default: the newest)',
      },
    },
    ...CONFIG_FLAGS,
    ...JSON_FLAG,
  },
  async run(flags, words, io) {
    const { config, dataFolder } = await loadConfig({
      file: text(flags, 'config'),
      data: text(flags, 'data'),
    });
    const place = placeOf(config, words[0], text(flags, 'file'));
    const clock = systemClock();
    const elsewhere = inCompilingChild();
    if (elsewhere) return elsewhere;
    if (flags['dry-run']) return dryRun(place, flags, io);
    lowerPriority();
    const stop = onSignals();
    const last = readLastGood(dataFolder, place.config.set);
    const progress = progressOf(io, clock);
    try {
      const outcome = await runDrill({
        place,
        drivers: DRIVERS,
        clock,
        signal: stop.signal,
        progress,
        ...(last && { last }),
      });
      progress.end();
      const wrong = new Set(outcome.comparison?.wrong.map((row) => row.table));
      appendReport(dataFolder, fitting(outcome.report, wrong));
      if (outcome.report.ok) {
        const rows = Object.fromEntries(outcome.report.rows.map((row) => [row.table, row.found]));
        keepLastGood(dataFolder, place.config.set, { at: outcome.report.at, rows });
      }
      io.out(flags.json ? `${JSON.stringify(outcome.report)}\n` : renderOutcome(outcome, io.language));
      return outcome.report.ok ? 0 : 2;
    } finally {
      progress.end();
      stop.release();
    }
  },
};

function placeOf(config: AgentConfig, set: string | undefined, only: string | undefined): Place {
  const probe = config.probes.backup as
    { sets?: readonly { name: string; folder: string; pattern?: string }[] } | undefined;
  const sets = probe?.sets ?? [];
  const names = [...new Set([...sets.map((s) => s.name), ...config.drills.map((d) => d.set)])];
  if (set === undefined) throw new UsageError(`name a set: ${names.join(', ') || 'none is configured yet'}`);
  const found = sets.find((s) => s.name === set);
  const own = config.drills.find((d) => d.set === set);
  if (!found && !own) {
    const near = nearest(set, names);
    throw new NamedError('DRILL_IMPOSSIBLE', `there is no set ${set}${near ? `; nearest: ${near}` : ''}`, {
      mend: 'Name a set of probes.backup.sets or drills in agent.yaml.',
    });
  }
  const drill: DrillConfig = own ?? readConfig(DRILL_SECTION, { set });
  const folder = drill.folder || found?.folder || '';
  if (folder === '' && drill.command.length === 0) {
    throw new NamedError('CONFIG_BAD_VALUE', `drills: ${set} has no folder`, {
      mend: 'Set folder: under drills.',
    });
  }
  const pattern = compileGlob(found?.pattern ?? '*');
  return {
    config: drill,
    folder,
    matches: (name) => pattern.test(name),
    ...(only !== undefined && { only }),
  };
}

async function dryRun(place: Place, flags: Flags, io: Io): Promise<ExitCode> {
  const job = await findJob(place, DRIVERS);
  const { set, scratch } = place.config;
  const free = await freeBytes(scratch);
  const user = process.getuid?.() === 0 ? place.config.user : '(self)';
  const { driver, files, bytes, needBytes, takenAt, steps } = job;
  if (flags.json) {
    io.out(
      `${JSON.stringify({ set, driver, files, bytes, needBytes, takenAt, steps, scratch, freeBytes: free, user })}\n`,
    );
  } else io.out(renderDryRun({ set, job, scratch, freeBytes: free, user }, io.language));
  return 0;
}

/** Processor and disk: what the drill starts inherits both. */
function lowerPriority(): void {
  try {
    setPriority(constants.priority.PRIORITY_LOW);
  } catch {
    // A system that refuses leaves it as it is.
  }
  if (process.platform === 'linux') execFile('ionice', ['-c', '3', '-p', String(process.pid)], () => {});
}

/** Ctrl-C ends the drill in good order: the scratch instance is stopped and removed first. */
function onSignals(): { signal: AbortSignal; release(): void } {
  const abort = new AbortController();
  const stop = (): void =>
    abort.abort(
      new NamedError('DRILL_IMPOSSIBLE', 'the drill was interrupted; the scratch instance is removed', {
        mend: 'Start it again when there is time for it.',
      }),
    );
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const name of signals) process.on(name, stop);
  return {
    signal: abort.signal,
    release: () => {
      for (const name of signals) process.off(name, stop);
    },
  };
}

const SHOW_EVERY_MS = 1_000;

/** On a terminal one line that is written over; elsewhere one line a step. */
function progressOf(io: Io, clock: Clock): Progress & { end(): void } {
  const isTerminal = process.stderr.isTTY === true;
  const startedAt = clock.monotonic();
  let words = '';
  let fed: (() => number) | undefined;
  const show = (): void => {
    const seconds = Math.round((clock.monotonic() - startedAt) / 1000);
    const percent = fed === undefined ? '' : `  ${Math.floor(fed() * 100)} %`;
    io.err(`\r\u001b[K${seconds} s  ${words.slice(0, 100)}${percent}`);
  };
  const timer = isTerminal ? clock.every(SHOW_EVERY_MS, show) : undefined;
  return {
    step(next) {
      words = next;
      if (isTerminal) show();
      else io.err(`${next}\n`);
    },
    feed(descriptor, path) {
      fed = () => positionOf(descriptor, path);
      return () => (fed = undefined);
    },
    end() {
      timer?.cancel();
      if (isTerminal) io.err('\r\u001b[K');
    },
  };
}

/** A file that is shared with a child has one position for both. */
function positionOf(descriptor: number, path: string): number {
  try {
    const at = Number(/^pos:\s+(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8'))?.[1]);
    return Math.min(1, at / Math.max(1, statSync(path).size));
  } catch {
    return 0;
  }
}
