// `niswatch-agent verify PATH…`: reads backup files and says of each what can be proved. Exit code: 0 all VERIFIED or COMPLETE,
// 1 something UNCONFIRMED or NO_DATA, 2 something INCOMPLETE, CORRUPT, EMPTY or FOREIGN, or a path that is not there.
//
// Decoding and checksums need a compiler, which the agent's own process does without (--jitless): there the command goes on in a child
// of its own (decisions/0005). Promise: lowest priority, read flags only, never faster than --rate.

import { constants, setPriority } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../shared/clock.ts';
import { parseSize } from '../../shared/config/schema.ts';
import type { Content, FileVerdict } from '../../shared/backup/facts.ts';
import { judgeAll, listFiles } from '../../shared/backup/folder.ts';
import { fullSpeed, openSource, throttle, type Throttle } from '../../shared/backup/node-source.ts';
import { openMemory } from '../verify/memory.ts';
import { openSweep } from '../verify/sweep.ts';
import { renderVerdicts } from '../verify/words.ts';
import { inCompilingChild } from './compiling.ts';
import { type Command, type ExitCode, type Flags, type Io, JSON_FLAG, text, UsageError } from './command.ts';

export const VERIFY: Command = {
  name: 'verify',
  words: 'PATH…',
  summary: {
    zh: '读取备份文件或文件夹，逐个说明能证明到什么程度',
    en: 'Read backup files or folders and say of each what can be proved',
  },
  flags: {
    ...JSON_FLAG,
    deep: { help: { zh: '解码并重算一切可校验的内容', en: 'Decode and recompute everything that can be' } },
    rate: { value: '50MiB', help: { zh: '每秒最多读取的字节数', en: 'Bytes per second to read at most' } },
    cache: {
      value: 'FILE',
      help: {
        zh: '记录结论与进度；未变的文件不再重读，中断后继续',
        en: 'Remember verdicts and progress: unchanged files are not read again, a broken run goes on',
      },
    },
    zone: {
      value: 'ZONE',
      help: {
        zh: '文件内时间未带时区时采用的时区，如 Asia/Shanghai',
        en: 'Time zone for times that carry none, such as Asia/Shanghai',
      },
    },
  },
  async run(flags, words, io) {
    if (words.length === 0) throw new UsageError('name at least one file or folder');
    const pace = paceOf(flags);
    const elsewhere = inCompilingChild();
    if (elsewhere) return elsewhere;
    lowerPriority();
    const verdicts: FileVerdict[] = [];
    let missing = false;
    for (const path of words) {
      const found = await verifyPath(path, flags, pace, io);
      if (!found) missing = true;
      else verdicts.push(...found);
    }
    if (flags.json) for (const verdict of verdicts) io.out(`${JSON.stringify(verdict)}\n`);
    else io.out(renderVerdicts(verdicts, io.language));
    return missing ? 2 : exitCode(verdicts);
  },
};

function paceOf(flags: Flags): Throttle {
  const rate = text(flags, 'rate')?.replace(/\/s$/, '');
  if (rate === undefined) return fullSpeed;
  const bytes = parseSize(rate);
  if (bytes === undefined || bytes <= 0)
    throw new UsageError(`--rate ${rate} is no size; give one such as 50MiB`);
  return throttle(bytes, systemClock());
}

function lowerPriority(): void {
  try {
    setPriority(constants.priority.PRIORITY_LOW);
  } catch {
    // A system that refuses leaves it as it is; the throttle still holds.
  }
}

async function verifyPath(
  path: string,
  flags: Flags,
  pace: Throttle,
  io: Io,
): Promise<FileVerdict[] | undefined> {
  const listed = await listFiles(path).catch((error: NodeJS.ErrnoException) => error);
  if (listed instanceof Error) {
    io.err(
      `${path}: ${listed.code === 'ENOENT' ? 'there is no such file or folder' : `cannot be read (${listed.code})`}\n`,
    );
    return undefined;
  }
  const zone = zoneOf(flags);
  const cache = text(flags, 'cache');
  const deep = flags.deep === true;
  const { root, files } = listed;
  const isFolder = root === path;
  const total = files.reduce((sum, file) => sum + (file.asked ? file.size : 0), 0);
  const progress = progressLine(io, total);
  const sweep = openSweep();
  const verdicts = await judgeAll(files, {
    deep,
    ...(zone !== undefined && { zone }),
    ...(cache !== undefined && {
      memory: openMemory({ file: cache, root, deep, clock: systemClock() }),
    }),
    open: (below) =>
      openSource(join(root, below), {
        throttle: pace,
        onRead(bytes) {
          progress.read(bytes);
          sweep(bytes);
        },
      }),
    decoded: sweep,
    onFile: (file) => progress.file(file.path),
  });
  progress.end();
  return verdicts.map((v) => ({
    ...v,
    path: isFolder ? `${path.replace(/\/+$/, '')}/${v.path}` : path,
  }));
}

function zoneOf(flags: Flags): string | undefined {
  const zone = text(flags, 'zone');
  if (zone === undefined) return undefined;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone;
  } catch {
    throw new UsageError(`--zone ${zone} is no time zone; give one such as Asia/Shanghai`);
  }
}

const SHOW_EVERY_MS = 500;

/** One line on a terminal that is written over; nothing elsewhere. */
function progressLine(
  io: Io,
  total: number,
): { read(bytes: number): void; file(path: string): void; end(): void } {
  const shows = process.stderr.isTTY === true;
  let done = 0;
  let name = '';
  let shown = 0;
  const show = (): void => {
    const now = performance.now();
    if (!shows || now - shown < SHOW_EVERY_MS) return;
    shown = now;
    const percent = total === 0 ? 100 : Math.min(100, Math.floor((done / total) * 100));
    io.err(`\r\u001b[K${percent} %  ${name.slice(-60)}`);
  };
  return {
    read(bytes) {
      done += bytes;
      show();
    },
    file(path) {
      name = path;
      show();
    },
    end: () => shows && io.err('\r\u001b[K'),
  };
}

const CODES: Record<Content, ExitCode> = {
  VERIFIED: 0,
  COMPLETE: 0,
  UNCONFIRMED: 1,
  NO_DATA: 1,
  INCOMPLETE: 2,
  CORRUPT: 2,
  EMPTY: 2,
  FOREIGN: 2,
};

export function exitCode(verdicts: readonly FileVerdict[]): ExitCode {
  return verdicts.reduce<ExitCode>((code, v) => (CODES[v.content] > code ? CODES[v.content] : code), 0);
}
