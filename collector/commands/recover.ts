// `niswatch recover windows` and `recover plan`: what the backup files of a folder can bring back, and how. With --files they need no
// collector and no configuration, read the files and print; with --host see recover-host.ts. Nothing is ever run.

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { FileVerdict } from '../../shared/backup/facts.ts';
import type { Clock } from '../../shared/clock.ts';
import { NamedError } from '../../shared/errors.ts';
import type { Language } from '../../shared/text.ts';
import type { Target } from '../backups/engine.ts';
import {
  checkZone,
  DEFAULT_ZONE,
  hasZone,
  inOffset,
  type Moment,
  momentAt,
  parseMoment,
} from '../backups/moment.ts';
import { type Moments, moments } from '../backups/moments.ts';
import { type NoPlan, plan, type RestorePlan } from '../backups/plan.ts';
import { planData, renderPlan } from '../backups/render/plan.ts';
import { renderWindows, windowsData } from '../backups/render/windows.ts';
import type { ReadOptions } from '../backups/read-folder.ts';
import { chooseSets } from '../backups/choose.ts';
import type { CommandSpec, Invocation, OptionSpec } from './options.ts';

const SOURCE: Record<string, OptionSpec> = {
  host: {
    type: 'string',
    value: 'NAME',
    help: 'what the agent of this host (name or id) reported to the collector of this data folder',
  },
  set: { type: 'string', value: 'NAME', help: 'with --host: the backup set' },
  files: {
    type: 'string',
    value: 'DIR',
    help: 'instead of --host: folder with backup files; it is read as a whole, sub-folders too',
  },
  verdicts: {
    type: 'string',
    value: 'FILE',
    help: 'instead of these: what `niswatch-agent verify --json` printed, a line per file',
  },
  zone: {
    type: 'string',
    value: 'ZONE',
    help: `zone of times that carry none, such as Asia/Shanghai (default ${DEFAULT_ZONE}; for times in files this machine’s)`,
  },
  fast: { type: 'boolean', help: 'read heads and ends only: no digests, fewer proofs' },
  lang: { type: 'string', value: 'zh|en', help: 'language of the text' },
};

export const RECOVER_SPECS: readonly CommandSpec[] = [
  {
    words: 'recover windows',
    help: 'Says which moments the backups of a host, or the files of a folder, can bring back, and where the gaps are.',
    options: SOURCE,
  },
  {
    words: 'recover plan',
    help: 'Prints how to restore to a moment: files, commands, checks. It runs nothing. Exit code 1: not possible.',
    options: {
      ...SOURCE,
      at: { type: 'string', value: 'TIME', help: 'the moment, 2025-03-01T17:30:00+08:00 (required)' },
      database: { type: 'string', value: 'NAME', help: 'of several databases, this one' },
      as: { type: 'string', value: 'NAME', help: 'name to restore under (default NAME_check)' },
      'target-dir': { type: 'string', value: 'DIR', help: 'empty folder for the restored server’s data' },
      'target-socket': {
        type: 'string',
        value: 'PATH',
        help: 'socket (or socket folder) of the scratch server',
      },
      'target-port': { type: 'string', value: 'N', help: 'port of the scratch server' },
      'target-user': { type: 'string', value: 'NAME', help: 'account on the scratch server' },
      'character-set': { type: 'string', value: 'NAME', help: 'MySQL, MariaDB: of the original database' },
      collation: { type: 'string', value: 'NAME', help: 'MySQL, MariaDB: of the original database' },
      'data-dir': { type: 'string', value: 'DIR', help: 'SQL Server: folder for data files' },
      'log-dir': { type: 'string', value: 'DIR', help: 'SQL Server: folder for log files' },
      'read-rate': { type: 'string', value: 'N', help: 'measured reading in MiB/s, for the time estimate' },
    },
  },
];

export interface RecoverContext {
  clock: Clock;
  env: NodeJS.ProcessEnv;
  /** Judges every file below a folder. */
  readFolder: (folder: string, options: ReadOptions) => Promise<FileVerdict[]>;
}

export interface RecoverPrinted {
  text: string;
  json: object;
  exitCode: 0 | 1;
}

export async function runRecover(call: Invocation, context: RecoverContext): Promise<RecoverPrinted> {
  const zone = zoneOf(call);
  const language = languageOf(call, context.env);
  const at = call.command === 'recover plan' ? atOf(call, zone) : undefined;
  const read = moments(await verdictsOf(call, context), { zone });
  if (!at) {
    return { json: windowsData(read, zone), text: renderWindows(read, language), exitCode: 0 };
  }
  const made = plansOf(call, {
    read,
    at,
    zone,
    now: momentAt(Math.floor(context.clock.now() / 1000) * 1000, zone),
  });
  return printPlans(made, { call, zone, language });
}

async function verdictsOf(call: Invocation, context: RecoverContext): Promise<FileVerdict[]> {
  const { files, verdicts } = call.options;
  if (typeof files === 'string' && verdicts === undefined) {
    // Files were written where they lie: without --zone this machine's zone holds for them.
    const zone = optionOf(call, 'zone');
    return context.readFolder(files, { deep: call.options.fast !== true, ...(zone ? { zone } : {}) });
  }
  if (typeof verdicts === 'string' && files === undefined) return readVerdicts(verdicts);
  throw wrong(
    call,
    'exactly one of --files and --verdicts is needed, or --host',
    'Name the host or the folder: --host NAME --set NAME, or --files DIR.',
  );
}

function readVerdicts(path: string): FileVerdict[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new NamedError('BAD_REQUEST', `--verdicts ${path}: ${(cause as Error).message}`, { cause });
  }
  return text
    .split('\n')
    .flatMap((line, i) => (line.trim() === '' ? [] : [parseVerdict(line, `${path}:${i + 1}`)]));
}

function parseVerdict(line: string, where: string): FileVerdict {
  const mend = 'One JSON object per line, as `niswatch-agent verify --json` prints them.';
  try {
    const verdict = JSON.parse(line) as Partial<FileVerdict>;
    const texts = [verdict.path, verdict.format, verdict.content, verdict.reason];
    if (texts.every((t) => typeof t === 'string') && typeof verdict.facts === 'object' && verdict.facts)
      return verdict as FileVerdict;
  } catch (cause) {
    throw new NamedError('BAD_REQUEST', `${where} is not JSON`, { cause, mend });
  }
  throw new NamedError('BAD_REQUEST', `${where} is not a verdict: path, format, content, reason, facts`, {
    mend,
  });
}

interface PlanInput {
  read: Moments;
  at: Moment;
  zone: string;
  now: Moment;
}

function plansOf(call: Invocation, { read, at, zone, now }: PlanInput): (RestorePlan | NoPlan)[] {
  const target = targetOf(call, zone);
  const rate = numberOption(call, 'read-rate');
  const readRate =
    rate === undefined ? {} : { readRate: { bytesPerSecond: rate * 1024 ** 2, measured: true } };
  return chooseSets(read, optionOf(call, 'database')).map((set) =>
    plan({ set, at, now, target, ...readRate }),
  );
}

export function printPlans(
  made: readonly (RestorePlan | NoPlan)[],
  { call, zone, language }: { call: Invocation; zone: string; language: Language },
): RecoverPrinted {
  const given = String(call.options.at);
  const note = hasZone(given)
    ? undefined
    : { zh: `${given} 没有写时区,按 ${zone} 理解`, en: `${given} carries no zone; ${zone} was taken` };
  const [only, ...more] = made.map(planData);
  const text = made.map((p) => renderPlan(p, language)).join('\n');
  return {
    json: {
      ...(more.length === 0 ? only : { plans: [only, ...more] }),
      zone,
      ...(note ? { zoneNote: note.en } : {}),
    },
    text: note ? `${note[language]}\n${text}` : text,
    exitCode: made.every((p) => p.possible) ? 0 : 1,
  };
}

/** Of this machine: commands change folders in between. */
const FOLDERS = new Set(['targetDir', 'socket']);

/** `elsewhere`: the commands are for another machine, whose folders mean nothing here. */
export function targetOf(call: Invocation, zone: string, where: 'here' | 'elsewhere' = 'here'): Target {
  const texts = {
    as: 'as',
    targetDir: 'target-dir',
    dataDir: 'data-dir',
    logDir: 'log-dir',
    socket: 'target-socket',
    characterSet: 'character-set',
    collation: 'collation',
    user: 'target-user',
  };
  const given = Object.entries(texts).flatMap(([key, option]) => {
    const value = optionOf(call, option);
    if (value === undefined) return [];
    return [[key, where === 'here' && FOLDERS.has(key) ? resolve(value) : value]];
  });
  const port = numberOption(call, 'target-port');
  return { zone, ...(Object.fromEntries(given) as Partial<Target>), ...(port === undefined ? {} : { port }) };
}

export function zoneOf(call: Invocation, fallback = DEFAULT_ZONE): string {
  const given = optionOf(call, 'zone') ?? fallback;
  const zone = checkZone(given);
  if (zone) return zone;
  throw wrong(call, `--zone ${given} is not a time zone`, 'Asia/Shanghai, UTC or an offset such as +08:00.');
}

export function atOf(call: Invocation, zone: string): Moment {
  const given = optionOf(call, 'at');
  if (given === undefined)
    throw wrong(call, '--at is missing', 'Name the moment: --at 2025-03-01T17:30:00+08:00.');
  const at = parseMoment(given, zone);
  if (at) return at.text.endsWith('Z') ? inOffset(at, '+00:00') : at;
  throw wrong(call, `--at ${given} is not a moment`, 'Write it as 2025-03-01T17:30:00+08:00.');
}

/** Chinese when the environment speaks it. */
export function languageOf(call: Invocation, env: NodeJS.ProcessEnv): Language {
  const spoken = /^zh/i.test(env.LC_ALL || env.LC_MESSAGES || env.LANG || '') ? 'zh' : 'en';
  const given = optionOf(call, 'lang') ?? spoken;
  if (given === 'zh' || given === 'en') return given;
  throw wrong(call, `--lang ${given} is not a language`, 'zh or en.');
}

export function optionOf(call: Invocation, name: string): string | undefined {
  const value = call.options[name];
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}

export function numberOption(call: Invocation, name: string): number | undefined {
  const given = optionOf(call, name);
  if (given === undefined) return undefined;
  const value = Number(given);
  if (Number.isFinite(value) && value > 0) return value;
  throw wrong(call, `--${name} ${given} is not a number above 0`, 'A number above 0.');
}

function wrong(call: Invocation, message: string, mend: string): NamedError {
  return new NamedError('BAD_REQUEST', `niswatch ${call.command}: ${message}`, { mend });
}
