// The process that reads backup files for the running agent: started when there is something to read, ended when there is not
// (background.ts). Promise: lowest priority, read flags only, never faster than told; it ends with the agent, whatever ends that; it
// ends by itself before it takes the memory that the server needs.
//
// argv: the file in which verdicts and places are remembered, so that a reading that was killed goes on.

import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { constants, setPriority } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { FileVerdict } from '../../shared/backup/facts.ts';
import { judgeAll, listFiles } from '../../shared/backup/folder.ts';
import { type OpenSource, openSource, throttle } from '../../shared/backup/node-source.ts';
import { systemClock } from '../../shared/clock.ts';
import type { Verified, VerifyTask } from '../probes/probe.ts';
import { openMemory } from './memory.ts';
import { openSweep } from './sweep.ts';
import { type FromReader, MEMORY_BYTES, type ToReader } from './protocol.ts';

const CHUNK = 256 * 1024;
const clock = systemClock();
const cache = process.argv[2] ?? '';
let readBytes = 0;
const sweep = openSweep();

try {
  setPriority(constants.priority.PRIORITY_LOW);
} catch {
  // A system that refuses leaves it as it is; the throttle still holds.
}
process.on('disconnect', () => process.exit(0));
process.on('message', (message: ToReader) => void read(message.task));
clock.every(1000, () => say({ t: 'alive', readBytes }));
clock.every(200, () => {
  const bytes = process.memoryUsage.rss();
  if (bytes < MEMORY_BYTES) return;
  say({ t: 'memory', bytes }, () => process.exit(1));
});
say({ t: 'ready' });

function say(message: FromReader, then?: () => void): void {
  process.send?.(message, () => then?.());
}

async function read(task: VerifyTask): Promise<void> {
  readBytes = 0;
  const startedAt = clock.monotonic();
  const found = await (task.of === 'digest' ? digest(task) : judgeFile(task)).catch(unreadable);
  const now = await stat(task.path).catch(() => undefined);
  const result: Verified = {
    ...found,
    bytes: now?.size ?? -1,
    modifiedAt: Math.round(now?.mtimeMs ?? -1),
    readBytes,
    seconds: (clock.monotonic() - startedAt) / 1000,
  };
  say({ t: 'done', result });
}

type Learnt = Pick<Verified, 'verdict' | 'sha256'>;

async function judgeFile(task: VerifyTask): Promise<Learnt> {
  const folder = dirname(task.path);
  const { root, files } = await listFiles(task.wholeFolder === true ? folder : task.path);
  const open = opener(task.bytesPerSecond);
  const verdicts = await judgeAll(files, {
    decoded: sweep,
    ...(cache !== '' && { memory: openMemory({ file: cache, root, deep: false, clock }) }),
    open: (below) => open(join(root, below)),
  });
  const own = verdicts.find((verdict) => verdict.path === basename(task.path));
  if (!own) throw new Error('the file is no longer there');
  if (task.wholeFolder === true) return { verdict: asOne(own, verdicts) };
  const { path: _path, ...verdict } = own;
  if (verdict.facts.sha256 !== undefined) return { verdict };
  // Structure alone was looked at: the rest is read too, so that "readable to its end" is true and copies can be compared.
  const { sha256 = '' } = await digest(task);
  return { verdict: { ...verdict, facts: { ...verdict.facts, sha256 } } };
}

const BAD: readonly FileVerdict['content'][] = ['CORRUPT', 'INCOMPLETE', 'EMPTY'];

/** A backup that is a folder is as good as its worst file and as large as all of them. */
function asOne(own: FileVerdict, all: readonly FileVerdict[]): Omit<FileVerdict, 'path'> {
  const { path: _path, ...verdict } = own;
  const contentBytes = all.reduce((sum, each) => sum + (each.facts.bytes ?? 0), 0);
  const facts = { ...verdict.facts, contentBytes };
  const worst = BAD.flatMap((content) => all.find((each) => each.content === content) ?? [])[0];
  if (!worst || BAD.includes(own.content)) return { ...verdict, facts };
  const { content, layer } = worst;
  return { ...verdict, content, layer, reason: `${worst.path}: ${worst.reason}`, facts };
}

async function digest(task: VerifyTask): Promise<Learnt> {
  const source = await opener(task.bytesPerSecond)(task.path);
  try {
    const hash = createHash('sha256');
    for (let offset = 0; offset < source.size;) {
      const bytes = await source.read(offset, CHUNK);
      if (bytes.length === 0) break;
      hash.update(bytes);
      offset += bytes.length;
    }
    return { sha256: hash.digest('hex') };
  } finally {
    await source.close();
  }
}

function opener(bytesPerSecond: number): (path: string) => Promise<OpenSource> {
  const pace = throttle(bytesPerSecond, clock);
  const onRead = (bytes: number): void => {
    readBytes += bytes;
    sweep(bytes);
  };
  return (path) => openSource(path, { throttle: pace, onRead });
}

function unreadable(error: NodeJS.ErrnoException): Learnt {
  const reason = error.code === undefined ? error.message : `${error.code}: the file cannot be read`;
  return { verdict: { format: 'unreadable', content: 'UNCONFIRMED', reason, layer: 'L0', facts: {} } };
}
