// A whole store folder as a failing disk, or a faulty writer with right checksums, may leave it: a chunk, the
// rollups and the newest values in the archive are damaged, the journal is whole. Promise under test: it opens, answers what is left, takes another row, packs,
// and gives that row back after it was opened again; nothing but damage is counted.

import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { crc32 } from 'node:zlib';
import { storeConfig } from '../../../collector/store/config.ts';
import { Engine } from '../../../collector/store/engine.ts';
import { GroupWriter } from '../../../collector/store/group.ts';
import { RECORD_HEAD_BYTES } from '../../../collector/store/journal.ts';
import { manualClock } from '../../../shared/clock.ts';
import { readConfig } from '../../../shared/config/schema.ts';
import { pack, unpack } from '../container.ts';
import type { Shape, Target } from '../target.ts';

const START = Date.UTC(2026, 2, 2);
const STEP_MS = 15_000;
const PACKED = 40;
const UNPACKED = 6;
const BLOBS = ['chunk', 'fine', 'coarse', 'last'] as const;
const KEYS = ['a', 'b'];
const definitions = {
  hosts: [{ id: 1, name: 'h1' }],
  streams: [{ id: 1, host: 1, name: 'ab'.repeat(16) }],
  columns: [{ id: 1, names: KEYS }],
  series: [{ id: 1, host: 1, hash: 's', columns: 1 }],
};
const config = readConfig(storeConfig, { freeFloor: 0 });
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

function openEngine(folder: string): Engine {
  const clock = manualClock(START + 3_600_000);
  const engine = new Engine({ folder, clock, config, log: quiet });
  engine.open();
  return engine;
}

function commit(engine: Engine, seq: number): void {
  const group = new GroupWriter(new ArrayBuffer(1024), RECORD_HEAD_BYTES);
  const at = START + seq * STEP_MS;
  group.addRow({ stream: 1, series: 1, seq, at, arrivedAt: at + 40, values: [seq, 7.5 + seq / 10] });
  engine.commit(new Uint8Array(group.take(), 0, group.size), RECORD_HEAD_BYTES, definitions);
}

function packAll(engine: Engine): void {
  engine.markDue(true);
  while (engine.packSome());
  engine.tidy(true);
}

/** One chunk, its rollups and newest values, and a journal of some rows that are not packed. */
function makeFolder(folder: string): Buffer {
  const engine = openEngine(folder);
  for (let seq = 0; seq < PACKED; seq++) commit(engine, seq);
  packAll(engine);
  for (let seq = PACKED; seq < PACKED + UNPACKED; seq++) commit(engine, seq);
  engine.close();
  const db = new DatabaseSync(join(folder, 'archive.db'));
  const blob = (sql: string): Buffer => Buffer.from((db.prepare(sql).get() as { data: Uint8Array }).data);
  const files: [string, Buffer][] = [
    ['chunk', blob('SELECT data FROM chunks')],
    ['fine', blob('SELECT data FROM rollups ORDER BY id')],
    ['coarse', blob('SELECT data FROM rollups ORDER BY id DESC')],
    ['last', blob('SELECT last AS data FROM series')],
  ];
  db.close();
  return pack(files);
}

/** The content of the blobs behind their checksums. */
const blobsShape: Shape = {
  open(input) {
    const files = unpack(input);
    const isSealed = files.every(([, b]) => b.length > 4 && b.readUInt32LE(0) === crc32(b.subarray(4)));
    return files.length === BLOBS.length && isSealed
      ? files.map(([, bytes]) => bytes.subarray(4))
      : undefined;
  },
  close: (pieces) =>
    pack(
      BLOBS.map((name, i) => {
        const content = Buffer.from(pieces[i] ?? []);
        const head = Buffer.alloc(4);
        head.writeUInt32LE(crc32(content));
        return [name, Buffer.concat([head, content])] as const;
      }),
    ),
};

/** Where a file system in memory is to be had nothing waits for a disk. */
const place = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

export async function openStoreFolder(): Promise<Target> {
  const base = mkdtempSync(join(place, 'niswatch-fuzz-'));
  const model = join(base, 'model');
  const sample = makeFolder(model);
  return {
    name: 'store-folder',
    samples: [sample],
    refuses: [],
    shape: blobsShape,
    share: 0.1,
    run(input) {
      const folder = join(base, 'tried');
      cpSync(model, folder, { recursive: true });
      try {
        putFiles(folder, input);
        useFolder(folder);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
    async close() {
      rmSync(base, { recursive: true, force: true });
    },
  };
}

function putFiles(folder: string, input: Buffer): void {
  const db = new DatabaseSync(join(folder, 'archive.db'));
  const sql: Readonly<Record<string, string>> = {
    chunk: 'UPDATE chunks SET data = ?',
    fine: 'UPDATE rollups SET data = ? WHERE id = (SELECT min(id) FROM rollups)',
    coarse: 'UPDATE rollups SET data = ? WHERE id = (SELECT max(id) FROM rollups)',
    last: 'UPDATE series SET last = ?',
  };
  for (const [name, bytes] of unpack(input)) {
    if (Object.hasOwn(sql, name)) db.prepare(sql[name] ?? '').run(bytes);
  }
  db.close();
}

function useFolder(folder: string): void {
  const range = { host: 1, keys: KEYS, from: START, to: START + 7_200_000 };
  let engine = openEngine(folder);
  engine.points(range);
  engine.buckets({ ...range, stepMs: 300_000 });
  engine.buckets({ ...range, stepMs: 3_600_000 });
  const unpacked = engine.points(range).get('a')?.value ?? new Float64Array(0);
  // The journal is whole: what it holds must not be lost by damage elsewhere.
  for (let seq = PACKED; seq < PACKED + UNPACKED; seq++)
    assert.ok(unpacked.includes(seq), `row ${seq} of the journal`);
  commit(engine, PACKED + UNPACKED);
  packAll(engine);
  engine.close();
  engine = openEngine(folder);
  const packed = engine.points(range).get('a')?.value ?? new Float64Array(0);
  for (let seq = PACKED; seq <= PACKED + UNPACKED; seq++)
    assert.ok(packed.includes(seq), `row ${seq} after packing`);
  assert.ok(engine.stats().damagedBlocks <= 8, `${engine.stats().damagedBlocks} damaged blocks`);
  engine.close();
}
