// The reading process under files and processes that mean harm. Whatever they do, the task ends with a reason, and the next one is served.

import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { createHash, randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { systemClock } from '../../shared/clock.ts';
import type { VerifyTask } from '../probes/probe.ts';
import { type BackgroundOptions, type Limits, openBackground } from './background.ts';

const DUMP = readFileSync(
  join(import.meta.dirname, '../../tests/data/backup-corpus/mariadb/dump/nis_demo_full.sql'),
);
const signal = new AbortController().signal;

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'niswatch-background-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function open(t: TestContext, cacheFile: string, more: Partial<BackgroundOptions> = {}) {
  const verifier = openBackground({ clock: systemClock(), cacheFile, ...more });
  t.after(() => verifier.rest());
  return verifier;
}

function task(path: string, more: Partial<VerifyTask> = {}): VerifyTask {
  const bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  return { of: 'judge', path, bytes, bytesPerSecond: 1024 ** 3, ...more };
}

/** A process in place of the reader that does one thing. */
function hostile(t: TestContext, text: string): { start(): ChildProcess; started: ChildProcess[] } {
  const file = join(folder(t), 'hostile.mjs');
  writeFileSync(file, text);
  const started: ChildProcess[] = [];
  return {
    started,
    start() {
      const child = fork(file, [], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'], execArgv: [] });
      started.push(child);
      return child;
    },
  };
}

test('judges a file and gives the SHA-256 of all of it, also where structure alone was looked at', async (t) => {
  const at = folder(t);
  const verifier = open(t, join(at, 'cache'));
  const noise = randomBytes(300_000);
  for (const [name, bytes, content] of [
    ['a.sql', DUMP, 'COMPLETE'],
    ['b.sql.gz', gzipSync(DUMP), 'VERIFIED'],
    ['c.bin', noise, 'UNCONFIRMED'],
  ] as const) {
    writeFileSync(join(at, name), bytes);
    const found = await verifier.run(task(join(at, name)), signal);
    assert.equal(
      found.verdict?.content === 'FOREIGN' ? 'UNCONFIRMED' : found.verdict?.content,
      content,
      name,
    );
    assert.equal(found.verdict?.facts.sha256, createHash('sha256').update(bytes).digest('hex'), name);
    assert.equal(found.bytes, bytes.length);
  }
  const { sha256 } = await verifier.run(task(join(at, 'a.sql'), { of: 'digest' }), signal);
  assert.equal(sha256, createHash('sha256').update(DUMP).digest('hex'));
});

test('a file that is gone or cannot be opened is unconfirmed, and the next one is read', async (t) => {
  const at = folder(t);
  const verifier = open(t, join(at, 'cache'));
  const gone = await verifier.run(task(join(at, 'gone.sql')), signal);
  assert.deepEqual(
    [gone.verdict?.content, gone.verdict?.format, gone.bytes],
    ['UNCONFIRMED', 'unreadable', -1],
  );
  writeFileSync(join(at, 'a.sql'), DUMP);
  assert.equal((await verifier.run(task(join(at, 'a.sql')), signal)).verdict?.content, 'COMPLETE');
});

test('a reading that was broken off goes on where it stood', async (t) => {
  const at = folder(t);
  const cache = join(at, 'cache');
  const path = join(at, 'big.sql');
  const [head = '', tail = ''] = DUMP.toString().split(/(?=-- Dump completed)/);
  writeFileSync(path, head);
  const rows = `INSERT INTO \`bed\` VALUES ${Array(2000).fill("(1,'x')").join(',')};\n`;
  for (let i = 0; i < 400; i++) appendFileSync(path, rows);
  appendFileSync(path, tail);
  const first = open(t, cache);
  const abort = new AbortController();
  // Places are written down every two seconds: slow enough that one is, while most is still to come.
  const broken = first.run(task(path, { bytesPerSecond: 1_000_000 }), abort.signal);
  while (!(statSync(cache, { throwIfNoEntry: false })?.size ?? 0))
    await new Promise((done) => setTimeout(done, 50));
  abort.abort(new Error('enough'));
  await assert.rejects(broken, /enough/);
  const found = await open(t, cache).run(task(path), signal);
  assert.equal(found.verdict?.content, 'COMPLETE');
  assert.equal(found.verdict?.facts.sha256, createHash('sha256').update(readFileSync(path)).digest('hex'));
  const { size } = statSync(path);
  // Once for the digest, and what was left for the judging.
  assert.ok(found.readBytes < 2 * size - 500_000, `${found.readBytes} of ${size}`);
});

const HARM: [name: string, text: string, limits: Partial<Limits>, reason: RegExp][] = [
  [
    'spins',
    `process.on('message', () => { for (;;); }); process.send({ t: 'ready' });`,
    { silentMs: 400 },
    /never came to an end/,
  ],
  [
    'reads nothing for ever',
    `setInterval(() => process.send({ t: 'alive', readBytes: 0 }), 20); process.on('message', () => {});`,
    { stalledMs: 300 },
    /no byte was read/,
  ],
  ['dies', `process.on('message', () => process.exit(3));`, {}, /ended by itself \(3\)/],
  ['dies before it is asked', `process.exit(4);`, {}, /ended by itself|cannot be reached/],
  [
    'takes memory',
    `process.on('message', () => process.send({ t: 'memory', bytes: 9 }));`,
    {},
    /took 9 bytes of memory/,
  ],
];
for (const [name, text, limits, reason] of HARM) {
  test(`a reader that ${name} is ended, the reason given, and another one started for the next file`, async (t) => {
    const harm = hostile(t, text);
    const verifier = open(t, '', { start: harm.start, limits });
    for (const count of [1, 2]) {
      const found = await verifier.run(task('/nowhere'), signal);
      assert.match(found.givenUp ?? '', reason);
      assert.equal(harm.started.length, count);
    }
    for (const child of harm.started)
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  });
}

test('a file that takes too long altogether is given up though it is read from all the time', async (t) => {
  const harm = hostile(
    t,
    `let n = 0; process.on('message', () => setInterval(() => process.send({ t: 'alive', readBytes: ++n }), 20));`,
  );
  const verifier = open(t, '', { start: harm.start, limits: { leastMs: 500 } });
  assert.match((await verifier.run(task('/nowhere'), signal)).givenUp ?? '', /too long altogether/);
});

test('the real reader ends with the process that started it', async (t) => {
  const at = folder(t);
  writeFileSync(join(at, 'a.sql'), DUMP);
  const main = join(at, 'main.mjs');
  const module = join(import.meta.dirname, 'background.ts');
  writeFileSync(
    main,
    `import { openBackground } from ${JSON.stringify(module)};
import { systemClock } from ${JSON.stringify(join(import.meta.dirname, '../../shared/clock.ts'))};
import cp from 'node:child_process';
const verifier = openBackground({ clock: systemClock(), cacheFile: '' });
await verifier.run({ of: 'digest', path: ${JSON.stringify(join(at, 'a.sql'))}, bytes: 1, bytesPerSecond: 1e9 }, new AbortController().signal);
const pids = cp.execFileSync('ps', ['-o', 'pid=,args=', '--ppid', String(process.pid)], { encoding: 'utf8' });
process.send(Number(pids.split('\\n').find((line) => line.includes('reader.ts'))?.trim().split(' ')[0]));
setInterval(() => {}, 1000);`,
  );
  const child = fork(main, [], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  t.after(() => child.kill('SIGKILL'));
  const [pid] = (await once(child, 'message')) as [number];
  assert.ok(pid > 0);
  child.kill('SIGKILL');
  const isThere = (): boolean => statSync(`/proc/${pid}`, { throwIfNoEntry: false }) !== undefined;
  for (let i = 0; isThere() && i < 600; i++) await new Promise((done) => setTimeout(done, 50));
  assert.equal(isThere(), false);
});
