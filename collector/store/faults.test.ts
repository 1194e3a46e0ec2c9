// What disks and power cuts do to the embedded store: it keeps what it acknowledged, says what it lost, and lives.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, describe, it } from 'node:test';
import { crc32 } from 'node:zlib';
import { readConfig } from '../../shared/config/schema.ts';
import { isNamedError } from '../../shared/errors.ts';
import { storeConfig, type StoreConfig } from './config.ts';
import { inFolder, row, STREAM, T0, testClock } from './contract/rows.ts';
import { openEmbeddedStore } from './embedded.ts';
import { Engine } from './engine.ts';
import { realFiles, type Files } from './files.ts';
import { GroupWriter } from './group.ts';
import { RECORD_HEAD_BYTES } from './journal.ts';
import type { Store } from './store.ts';

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
const settings = (given: object = {}): StoreConfig => readConfig(storeConfig, { freeFloor: 0, ...given });
const opened: Store[] = [];

async function open(folder: string, config = settings()): Promise<Store> {
  const store = await openEmbeddedStore({ folder, clock: testClock(T0), config, log: quiet });
  opened.push(store);
  return store;
}

// A store left open by a failed case would keep the process from ending.
afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
});

const COLUMNS = ['cpu_usage_active', 'mem_used'];
const KEY = 'cpu_usage_active';

async function values(store: Store): Promise<number[]> {
  const points = await store.points({ host: 'h1', keys: [KEY], from: 0, to: Infinity });
  return points.get(KEY)?.map((p) => p.value) ?? [];
}

async function fill(store: Store, from: number, to: number): Promise<void> {
  store.declare('h1', 's2', COLUMNS);
  for (let seq = from; seq < to; seq++) await store.write([row(seq, [seq, 1])]);
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

/** The newest journal segment. */
function segment(folder: string): string {
  return join(
    folder,
    readdirSync(folder)
      .filter((n) => n.endsWith('.log'))
      .sort()
      .at(-1) as string,
  );
}

function flipByte(path: string, offset: number): void {
  const handle = openSync(path, 'r+');
  const byte = Buffer.alloc(1);
  readSync(handle, byte, 0, 1, offset);
  byte[0] = (byte[0] as number) ^ 0x55;
  writeSync(handle, byte, 0, 1, offset);
  closeSync(handle);
}

describe('embedded store on a failing machine', () => {
  it('cuts a torn tail and goes on after it', () =>
    inFolder(async (folder) => {
      let store = await open(folder);
      await fill(store, 0, 5);
      await store.close();
      const path = segment(folder);
      const record = statSync(path).size / 5;
      for (const lost of [1, 8, record - 8, record - 1]) {
        appendFileSync(path, readFileSync(path).subarray(0, record - lost));
        store = await open(folder);
        assert.deepEqual(await values(store), range(0, 5));
        assert.equal((await store.stats()).damagedBlocks, 0);
        await store.close();
        assert.equal(statSync(path).size, record * 5);
      }
      truncateSync(path, record * 5 - 1);
      store = await open(folder);
      assert.equal(store.watermark('h1', STREAM), 3);
      await fill(store, 4, 8);
      await store.close();
      store = await open(folder);
      assert.deepEqual(await values(store), range(0, 8));
      await store.close();
    }));

  it('skips a damaged journal record, counts it once, and shows the lost numbers as a gap', () =>
    inFolder(async (folder) => {
      let store = await open(folder);
      await fill(store, 0, 6);
      await store.close();
      const record = statSync(segment(folder)).size / 6;
      for (const offset of [record * 2 + 30, record * 4]) flipByte(segment(folder), offset);
      for (let i = 0; i < 2; i++) {
        store = await open(folder);
        assert.deepEqual(await values(store), [0, 1, 3, 5]);
        assert.equal(store.watermark('h1', STREAM), 5);
        const gaps = await store.gaps('h1', 0, Infinity);
        assert.deepEqual(
          gaps.map((g) => [g.from, g.to, g.reason]),
          [
            [2, 2, 'corrupt'],
            [4, 4, 'corrupt'],
          ],
        );
        await store.maintain();
        assert.equal((await store.stats()).damagedBlocks, 2);
        await store.close();
      }
    }));

  it('leaves a damaged chunk out, counts it once, and answers the rest', () =>
    inFolder(async (folder) => {
      let store = await open(folder);
      await fill(store, 0, 3);
      await store.maintain({ all: true });
      await fill(store, 3, 6);
      await store.maintain({ all: true });
      await fill(store, 6, 8);
      await store.close();
      const db = new DatabaseSync(join(folder, 'archive.db'));
      const data = Buffer.from(
        (db.prepare('SELECT data FROM chunks WHERE id = 1').get() as { data: Uint8Array }).data,
      );
      data[data.length - 1] = (data.at(-1) as number) ^ 1;
      db.prepare('UPDATE chunks SET data = ? WHERE id = 1').run(data);
      db.close();
      for (let i = 0; i < 2; i++) {
        store = await open(folder);
        assert.deepEqual(await values(store), range(3, 8));
        assert.deepEqual(await values(store), range(3, 8));
        await store.maintain();
        assert.equal((await store.stats()).damagedBlocks, 1);
        await store.close();
      }
    }));

  it('builds damaged newest values anew from the chunks, counts them once, and keeps what is stored', () =>
    inFolder(async (folder) => {
      let store = await open(folder);
      await fill(store, 0, 5);
      await store.maintain({ all: true });
      await fill(store, 5, 9);
      await store.maintain({ all: true });
      const want = await store.latest('h1');
      await store.close();
      for (const sql of [
        "UPDATE series SET last = substr(last, 1, length(last) - 1) || x'99'",
        'UPDATE series SET last = substr(last, 1, 3)',
      ]) {
        inArchive(folder, (db) => db.exec(sql));
        store = await open(folder);
        assert.deepEqual(await store.latest('h1'), want);
        await store.close();
      }
      // Not even the chunks are left: nothing is known of the newest values, but the series is not forgotten.
      inArchive(folder, (db) => db.exec('DELETE FROM chunks'));
      store = await open(folder);
      assert.equal(await store.latest('h1'), undefined);
      const ask = { host: 'h1', keys: [KEY], from: T0, to: T0 + 3_600_000, stepMs: 300_000 };
      assert.equal((await store.buckets(ask)).get(KEY)?.[0]?.count, 9);
      await store.maintain();
      assert.equal((await store.stats()).damagedBlocks, 1);
      await fill(store, 9, 10);
      await store.maintain({ all: true });
      await store.close();
      store = await open(folder);
      assert.equal((await store.latest('h1'))?.values.get(KEY)?.value, 9);
      await store.close();
    }));

  it('opens an archive whose newest values have no checksum yet, and gives them one', () =>
    inFolder(async (folder) => {
      let store = await open(folder);
      await fill(store, 0, 5);
      await store.maintain({ all: true });
      const want = await store.latest('h1');
      await store.close();
      // As it was before: the same without checksum and version.
      inArchive(folder, (db) => {
        db.exec('UPDATE series SET last = substr(last, 6)');
        db.exec('PRAGMA user_version = 1');
      });
      for (let i = 0; i < 2; i++) {
        store = await open(folder);
        assert.deepEqual(await store.latest('h1'), want);
        assert.equal((await store.stats()).damagedBlocks, 0);
        await store.close();
      }
    }));

  it('leaves out a chunk and a rollup that make no sense behind a right checksum', () =>
    inFolder(async (folder) => {
      let store = await open(folder);
      await fill(store, 0, 3);
      await store.maintain({ all: true });
      await fill(store, 3, 6);
      await store.close();
      // A million rows, and nothing behind them.
      const bytes = Buffer.from([0, 0, 0, 0, 1, 0x80, 0x80, 0x40, 2, 0, 0, 0, 0]);
      bytes.writeUInt32LE(crc32(bytes.subarray(4)));
      inArchive(folder, (db) => {
        db.prepare('UPDATE chunks SET data = ?').run(bytes);
        db.prepare('UPDATE rollups SET data = ?').run(bytes);
      });
      store = await open(folder);
      assert.deepEqual(await values(store), range(3, 6));
      const ask = { host: 'h1', keys: [KEY], from: T0, to: T0 + 3_600_000, stepMs: 300_000 };
      assert.equal((await store.buckets(ask)).get(KEY)?.[0]?.count, 3);
      await store.maintain({ all: true });
      assert.deepEqual(await values(store), range(3, 6));
      assert.equal((await store.stats()).damagedBlocks, 3);
      await store.close();
    }));

  it('builds a damaged rollup anew from the samples', () =>
    inFolder(async (folder) => {
      let store = await open(folder);
      await fill(store, 0, 30);
      await store.maintain({ all: true });
      const ask = { host: 'h1', keys: [KEY], from: T0, to: T0 + 3_600_000, stepMs: 300_000 };
      const want = await store.buckets(ask);
      await store.close();
      const db = new DatabaseSync(join(folder, 'archive.db'));
      db.exec("UPDATE rollups SET data = data || x'00'");
      db.close();
      store = await open(folder);
      assert.deepEqual(await store.buckets(ask), want);
      await fill(store, 30, 60);
      await store.maintain({ all: true });
      const buckets = (await store.buckets(ask)).get(KEY) ?? [];
      assert.deepEqual(
        buckets.map((b) => b.count),
        [20, 20, 20],
      );
      await store.close();
    }));

  it('refuses with STORE_FULL when the journal has no room, and takes the same row later', () =>
    inFolder(async (folder) => {
      const files = failingFiles();
      const commit = committer();
      const engine = new Engine({ folder, clock: testClock(T0), config: settings(), log: quiet, files });
      engine.open();
      files.failing = new Set(['full']);
      assert.throws(
        () => commit(engine, 0),
        (e) => isNamedError(e, 'STORE_FULL'),
      );
      files.failing = new Set();
      commit(engine, 0);
      assert.equal(engine.stats().rows, 1);
      engine.close();
    }));

  // Only root may mount; everyone else runs the case above.
  if (canMount())
    it('refuses writes on a full disk with nothing of them stored, and takes them when there is room again', () =>
      inFolder(async (folder) => {
        const mount = join(folder, 'small');
        mkdirSync(mount);
        execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', mount]);
        try {
          await fillDisk(mount);
        } finally {
          execFileSync('umount', [mount]);
        }
      }));

  it('takes back what an fsync did not make durable, and never stores it twice', () =>
    inFolder(async (folder) => {
      const files = failingFiles();
      const config = settings();
      const commit = committer();
      let engine = new Engine({ folder, clock: testClock(T0), config, log: quiet, files });
      engine.open();
      commit(engine, 0);
      for (const failing of [['sync'], ['write'], ['sync', 'truncate'], ['write', 'truncate']] as const) {
        files.failing = new Set(failing);
        assert.throws(
          () => commit(engine, 1),
          (e) => isNamedError(e, 'STORE_UNAVAILABLE'),
        );
      }
      files.failing = new Set();
      commit(engine, 1);
      commit(engine, 2);
      for (let i = 0; i < 2; i++) {
        const found = engine.points({ host: 1, keys: [KEY], from: 0, to: Infinity }).get(KEY);
        assert.deepEqual([...(found?.value ?? [])], [0, 1, 2]);
        assert.equal(engine.stats().rows, 3);
        assert.equal(engine.stats().damagedBlocks, 0);
        engine.close();
        engine = new Engine({ folder, clock: testClock(T0), config, log: quiet });
        engine.open();
      }
      engine.close();
    }));

  it('keeps what it acknowledged, once, when it is killed while writing and packing', () =>
    inFolder(async (folder) => {
      const acknowledged = new Map<string, number>();
      const cycles = process.env.NISWATCH_LONG ? 100 : 6;
      for (let cycle = 0; cycle < cycles; cycle++) {
        await killedWriter(folder, acknowledged, 40 + ((cycle * 37) % 200));
        const store = await open(folder);
        let rows = 0;
        for (const [host, seq] of acknowledged) {
          const watermark = store.watermark(host, STREAM);
          assert.ok(watermark >= seq, `${host} acknowledged ${seq}, kept ${watermark}`);
          const points = await store.points({ host, keys: ['value'], from: 0, to: Infinity });
          assert.deepEqual(
            points.get('value')?.map((p) => p.value),
            range(0, watermark + 1),
            host,
          );
          rows += watermark + 1;
        }
        assert.equal((await store.stats()).rows, rows);
        assert.equal((await store.stats()).damagedBlocks, 0);
        await store.close();
      }
    }));

  it('is owned by one process at a time', () =>
    inFolder(async (folder) => {
      const store = await open(folder);
      await assert.rejects(open(folder), (e) => isNamedError(e, 'STORE_IN_USE'));
      await fill(store, 0, 2);
      await store.close();
    }));
});

function inArchive(folder: string, work: (db: DatabaseSync) => void): void {
  const db = new DatabaseSync(join(folder, 'archive.db'));
  work(db);
  db.close();
}

function canMount(): boolean {
  return process.platform === 'linux' && process.getuid?.() === 0;
}

/** Fills the volume from outside, writes until refused, frees it, and goes on. */
async function fillDisk(mount: string): Promise<void> {
  const folder = join(mount, 'store');
  let store = await open(folder);
  await fill(store, 0, 10);
  writeFileSync(join(mount, 'ballast'), Buffer.alloc(statSync(mount).blksize * 400));
  let seq = 10;
  const refusal = await (async () => {
    for (;;) {
      const rows = Array.from({ length: 500 }, (_, i) => row(seq + i, [seq + i, 1]));
      try {
        await store.write(rows);
      } catch (error) {
        return error;
      }
      seq += rows.length;
    }
  })();
  assert.ok(isNamedError(refusal, 'STORE_FULL'), String(refusal));
  assert.equal(store.watermark('h1', STREAM), seq - 1);
  assert.deepEqual(await values(store), range(0, seq));
  await assert.rejects(store.write(Array.from({ length: 500 }, (_, i) => row(seq + i, [seq + i, 1]))));
  execFileSync('rm', [join(mount, 'ballast')]);
  await fill(store, seq, seq + 3);
  await store.close();
  store = await open(folder);
  assert.deepEqual(await values(store), range(0, seq + 3));
  await store.close();
}

type Failure = 'sync' | 'write' | 'truncate' | 'full';

function failingFiles(): Files & { failing: Set<Failure> } {
  const self = {
    ...realFiles,
    failing: new Set<Failure>(),
    sync(handle: number) {
      if (self.failing.has('sync')) throw new Error('input/output error');
      realFiles.sync(handle);
    },
    write(handle: number, data: Uint8Array, offset: number) {
      if (self.failing.has('full')) throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
      realFiles.write(handle, self.failing.has('write') ? data.subarray(0, data.length >> 1) : data, offset);
      if (self.failing.has('write')) throw new Error('input/output error');
    },
    truncate(handle: number, size: number) {
      if (self.failing.has('truncate')) throw new Error('input/output error');
      realFiles.truncate(handle, size);
    },
  };
  return self;
}

/** Commits one row straight to an engine. */
function committer(): (engine: Engine, seq: number) => void {
  return (engine, seq) => {
    const group = new GroupWriter(new ArrayBuffer(1024), RECORD_HEAD_BYTES);
    group.addRow({ stream: 1, series: 1, seq, at: T0 + seq, arrivedAt: T0 + seq, values: [seq] });
    engine.commit(new Uint8Array(group.take(), 0, group.size), RECORD_HEAD_BYTES, {
      hosts: [{ id: 1, name: 'h1' }],
      streams: [{ id: 1, host: 1, name: STREAM }],
      columns: [{ id: 1, names: [KEY] }],
      series: [{ id: 1, host: 1, hash: 's', columns: 1 }],
    });
  };
}

/** Runs a writer in its own process, notes what it says is durable, and kills it. */
async function killedWriter(
  folder: string,
  acknowledged: Map<string, number>,
  afterLines: number,
): Promise<void> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'fixtures', 'writer.ts'), folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let [text, lines] = ['', 0];
  const ended = new Promise((resolve) => child.on('close', resolve));
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
    const whole = text.split('\n');
    text = whole.pop() ?? '';
    for (const line of whole) {
      const [host, seq] = line.split(' ');
      acknowledged.set(host as string, Number(seq));
    }
    lines += whole.length;
    if (lines >= afterLines) child.kill('SIGKILL');
  });
  await ended;
  assert.equal(child.signalCode, 'SIGKILL');
}
