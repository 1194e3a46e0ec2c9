// The spool on a real disk: damage, a full volume, a killed process.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test, type TestContext } from 'node:test';
import { randomBytes } from 'node:crypto';
import { zstdDecompressSync } from 'node:zlib';
import { manualClock } from '../../shared/clock.ts';
import type { SpoolLimits } from './config.ts';
import { openSpool } from './disk-spool.ts';
import { nodeDisk } from './node-disk.ts';
import type { Spool, SpoolDisk } from './spool.ts';
import { COLUMNS, limitsOf } from './spool-world.ts';

const SMALL = limitsOf({ segmentBytes: '4KiB', windowBytes: 0 });

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'niswatch-spool-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function open(folder: string, limits: SpoolLimits = SMALL, clock = manualClock(), disk = nodeDisk()): Spool {
  const random = (): Uint8Array => randomBytes(16);
  return openSpool({ folder, disk, random, clock, limits, log: () => undefined });
}

function append(spool: Spool, value: number): void {
  const columns = COLUMNS[1] ?? [];
  spool.append({ series: '0123456789abcdef', at: value, off: null, boot: 'b', v: [value, 1, null] }, columns);
}

/** Number by number what comes out: the value, or the reason of the gap. */
function readAll(spool: Spool, stream: string): (number | string)[] {
  const out: (number | string)[] = [];
  for (;;) {
    const items = spool.next(stream, out.length - 1, 4096);
    if (items.length === 0) return out;
    for (const item of items) {
      if (item.kind === 'report') assert.equal(item.report.seq, out.length);
      else assert.equal(item.gap.from, out.length);
      if (item.kind === 'report') out.push(item.report.v[0] ?? -1);
      else while (out.length <= item.gap.to) out.push(item.gap.reason);
    }
  }
}

/** Thousands of openings: they need not reach the device. */
const hasty: SpoolDisk = { ...nodeDisk(), sync: () => undefined, replace: writeFileSync };

function damageEverywhere(t: TestContext, prepare: (folder: string) => string): void {
  const folder = folderFor(t);
  const stream = prepare(folder);
  const file = readdirSync(folder).find((f) => f.includes(stream)) ?? '';
  const files = new Map(readdirSync(folder).map((f) => [f, readFileSync(join(folder, f))]));
  const intact = files.get(file) ?? Buffer.alloc(0);
  for (let at = 0; at < intact.length; at++) {
    for (const f of readdirSync(folder)) rmSync(join(folder, f));
    for (const [f, bytes] of files) writeFileSync(join(folder, f), bytes);
    const damaged = Buffer.from(intact);
    damaged[at] = at % 3 === 0 ? 10 : (damaged[at] ?? 0) ^ 0x41;
    if (damaged.equals(intact)) continue;
    writeFileSync(join(folder, file), damaged);
    const spool = open(folder, SMALL, manualClock(), hasty);
    const values = readAll(spool, stream);
    assert.equal(values.length, 6, `byte ${at}: every number is handed out or declared`);
    values.forEach((value, i) => assert.ok(value === i || value === 'corrupt', `byte ${at}: ${value}`));
    if (file.endsWith('.log')) {
      const lost = values.filter((v) => v === 'corrupt').length;
      assert.ok(lost <= 1 || at < 500, `byte ${at}: one bad byte costs one record, not ${lost}`);
    }
    spool.close();
  }
}

test('one bad byte anywhere in an open segment costs one record, which is declared', (t) => {
  damageEverywhere(t, (folder) => {
    const spool = open(folder);
    for (let i = 0; i < 6; i++) append(spool, i);
    spool.sync();
    return spool.liveStream;
  });
});

test('one bad byte anywhere in a closed segment is declared with exact numbers', (t) => {
  damageEverywhere(t, (folder) => {
    const spool = open(folder);
    const stream = spool.liveStream;
    for (let i = 0; i < 6; i++) append(spool, i);
    spool.rotate();
    spool.close();
    return stream;
  });
});

test('a closed segment is an ordinary zst file with one readable record per line', (t) => {
  const folder = folderFor(t);
  const spool = open(folder);
  append(spool, 7);
  spool.rotate();
  spool.close();
  const file = readdirSync(folder).find((f) => f.endsWith('.full.zst')) ?? '';
  const lines = zstdDecompressSync(readFileSync(join(folder, file)))
    .toString()
    .trimEnd()
    .split('\n');
  assert.deepEqual(
    lines.map((line) => (JSON.parse(line.slice(18)) as { t: string }).t),
    ['segment', 'series', 'report'],
  );
});

test('a full volume stops nothing: what does not fit is kept in memory, then declared', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'niswatch-spool-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder]);
  t.after(() => {
    execFileSync('umount', [folder]);
    rmSync(folder, { recursive: true });
  });
  const clock = manualClock();
  const limits = { ...limitsOf({ segmentBytes: '16KiB' }), memoryBytes: 50_000 };
  const spool = open(folder, limits, clock);
  writeFileSync(join(folder, 'other'), Buffer.alloc(40_000));
  for (let i = 0; i < 2000; i++) {
    append(spool, i);
    clock.advance(1000);
    spool.sync();
  }
  assert.match(spool.stats().failing ?? '', /^ENOSPC/);
  rmSync(join(folder, 'other'));
  clock.advance(60_000);
  spool.sync();
  assert.equal(spool.stats().failing, undefined);
  const values = readAll(spool, spool.liveStream);
  assert.equal(values.length, 2000);
  values.forEach((value, i) => assert.ok(value === i || value === 'dropped' || value === 'thinned'));
  assert.equal(values.at(-1), 1999);
  spool.close();
});

const CYCLES = process.env.NISWATCH_LONG ? 500 : 10;

test(`what a sync has confirmed is there after kill -9, ${CYCLES} times`, async (t) => {
  const folder = folderFor(t);
  for (let cycle = 0; cycle < CYCLES; cycle++) {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'append-forever.ts'), folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let confirmed = { stream: '', count: 0 };
    const enough = 1 + Math.floor((cycle * 137) % 400);
    for await (const line of createInterface(child.stdout)) {
      confirmed = JSON.parse(line) as typeof confirmed;
      if (confirmed.count >= enough) child.kill('SIGKILL');
    }
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    const spool = open(folder);
    const values = readAll(spool, confirmed.stream);
    assert.ok(values.length >= confirmed.count, `cycle ${cycle}: ${values.length} of ${confirmed.count}`);
    values.forEach((value, i) => assert.equal(value, i));
    for (const stream of spool.streams()) spool.acknowledge(stream, Number.MAX_SAFE_INTEGER);
    spool.close();
  }
});
