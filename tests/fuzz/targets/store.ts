// What the collector finds in its store: chunks, rollups, newest values, journal segments. Promise under test: damage is found
// by checksum, and content that a right checksum lets through is decoded within bounds or refused as STORE_CORRUPT; what is
// decoded comes back bit for bit when it is encoded again; the journal goes on behind any damage.

import assert from 'node:assert/strict';
import { crc32 } from 'node:zlib';
import { encodeChunk, openChunk } from '../../../collector/store/chunk.ts';
import { toDecimals, type Decimals } from '../../../collector/store/decimals.ts';
import type { Files } from '../../../collector/store/files.ts';
import { type GroupGap, GroupWriter, readGroup } from '../../../collector/store/group.ts';
import { decodeLast, encodeLast, foldLast, noLast } from '../../../collector/store/last.ts';
import { Journal, RECORD_HEAD_BYTES } from '../../../collector/store/journal.ts';
import { encodeRollup, openRollup } from '../../../collector/store/rollup-codec.ts';
import { cutRows, foldColumn, type RollupColumn, TIERS } from '../../../collector/store/rollup.ts';
import type { Rows } from '../../../collector/store/tail.ts';
import { host as fleetHost, SERIES, START_MS, STEP_MS } from '../../data/fleet.mjs';
import type { Shape, Target } from '../target.ts';

const STEP = TIERS[0]?.stepMs ?? 300_000;
const TICKS = 120;

function fleetRows(columns: number): Rows {
  const values = fleetHost(1);
  const rows = Array.from({ length: TICKS }, () => values.next());
  const at = Float64Array.from(rows, (_, i) => START_MS + i * STEP_MS + (i % 3));
  return {
    count: TICKS,
    at,
    arrivedAt: at.map((t) => t + 40),
    columns: Array.from({ length: columns }, (_, c) =>
      Float64Array.from(rows, (row) => row[c] ?? Number.NaN),
    ),
  };
}

/** One column each of what the fleet's values do not show. */
function oddRows(): Rows {
  const rows = fleetRows(1);
  const shapes: ((i: number) => number)[] = [
    () => 7,
    (i) => Math.sqrt(i),
    (i) => (i % 5 === 0 ? Number.NaN : i / 10),
    (i) => 500_107_862_016 - i * 4096,
    (i) => i * 4096,
  ];
  return {
    ...rows,
    columns: shapes.map((shape) => Float64Array.from({ length: TICKS }, (_, i) => shape(i))),
  };
}

const tables = [oddRows(), fleetRows(8), fleetRows(SERIES)];

function same(got: ArrayLike<number>, want: ArrayLike<number>, what: string): void {
  assert.equal(got.length, want.length, what);
  for (let i = 0; i < got.length; i++)
    if (!Object.is(got[i], want[i])) assert.fail(`${what}: ${got[i]} for ${want[i]}`);
}

function readTable(bytes: Uint8Array): Rows | undefined {
  const chunk = openChunk(bytes);
  if (!chunk) return undefined;
  return {
    count: chunk.rows,
    at: chunk.times(),
    arrivedAt: chunk.arrivals(),
    columns: Array.from({ length: chunk.width }, (_, c) => chunk.column(c)),
  };
}

function readChunk(bytes: Uint8Array): void {
  const rows = readTable(bytes);
  if (!rows) return;
  const again = readTable(encodeChunk(rows, () => undefined));
  assert.ok(again);
  same(again.at, rows.at, 'times');
  same(again.arrivedAt, rows.arrivedAt, 'arrivals');
  rows.columns.forEach((column, c) => same(again.columns[c] ?? [], column, 'a column'));
}

/** A checksum of four bytes over all that follows. */
const crcShape: Shape = {
  open(input) {
    const bytes = Buffer.from(input);
    if (bytes.length < 4 || bytes.readUInt32LE(0) !== crc32(bytes.subarray(4))) return undefined;
    return [bytes.subarray(4)];
  },
  close(pieces) {
    const content = Buffer.concat(pieces);
    const head = Buffer.alloc(4);
    head.writeUInt32LE(crc32(content));
    return Buffer.concat([head, content]);
  },
};

const chunks = tables.map((rows) => encodeChunk(rows, () => undefined));

export const chunk: Target = {
  name: 'chunk',
  samples: chunks,
  refuses: ['STORE_CORRUPT'],
  shape: crcShape,
  run: readChunk,
};

const decimals = (x: Float64Array): Decimals => toDecimals(x, x.length, new Float64Array(x.length));
const rollups = tables.map(({ at, columns }) => {
  const cuts = cutRows(at, at.length, STEP);
  return encodeRollup(
    { at: cuts.at, columns: columns.map((x) => foldColumn(cuts, at, x, decimals(x))) },
    STEP,
  );
});

/** Buckets without samples have no other numbers; decimals may come back as doubles and the other way round. */
function sameBuckets(got: RollupColumn, want: RollupColumn): void {
  same(got.count, want.count, 'counts');
  const [f, g] = [got, want].map(({ scale }) => (scale > 0 ? 10 ** scale : 1)) as [number, number];
  for (let b = 0; b < want.count.length; b++) {
    if (want.count[b] === 0) continue;
    for (const list of ['firstAt', 'lastAt'] as const) assert.equal(got[list][b], want[list][b], list);
    for (const list of ['min', 'max', 'last', 'sum'] as const)
      assert.equal((got[list][b] as number) / f, (want[list][b] as number) / g, list);
  }
}

function readRollup(bytes: Uint8Array): void {
  const found = openRollup(bytes, STEP)?.all();
  if (!found) return;
  const again = openRollup(encodeRollup(found, STEP), STEP)?.all();
  assert.ok(again);
  same(again.at, found.at, 'starts');
  found.columns.forEach((column, c) => sameBuckets(again.columns[c] as RollupColumn, column));
}

export const rollup: Target = {
  name: 'rollup',
  samples: rollups,
  refuses: ['STORE_CORRUPT'],
  shape: crcShape,
  run: readRollup,
};

const lasts = tables.map((rows) => {
  const last = noLast(rows.columns.length);
  foldLast(last, rows);
  return encodeLast(last);
});

export const lastValues: Target = {
  name: 'last',
  samples: [...lasts, encodeLast(noLast(3))],
  refuses: ['STORE_CORRUPT'],
  shape: crcShape,
  run(input) {
    const found = decodeLast(input);
    if (!found) return;
    assert.equal(found.ats.length, found.values.length);
    const again = decodeLast(encodeLast(found));
    assert.ok(again);
    same(again.ats, found.ats, 'times');
    same(again.values, found.values, 'values');
  },
};

function group(first: number): Uint8Array<ArrayBuffer> {
  const writer = new GroupWriter(new ArrayBuffer(4096), RECORD_HEAD_BYTES);
  for (let i = 0; i < 3; i++) {
    writer.addRow({
      stream: i,
      series: 1,
      seq: first + i,
      at: START_MS,
      arrivedAt: START_MS + 1,
      values: [1, 2.5, Number.NaN],
    });
  }
  writer.addGap({ stream: 1, from: 5, to: 9, reason: 'dropped', arrivedAt: START_MS, fromAt: 1 });
  return new Uint8Array(writer.take(), 0, writer.size);
}

const SEGMENT = '000000000001.log';

function memoryFiles(first?: Uint8Array): Files & { data: Map<string, Uint8Array<ArrayBuffer>> } {
  const data = new Map<string, Uint8Array<ArrayBuffer>>();
  if (first) data.set(SEGMENT, new Uint8Array(first));
  const names: string[] = [];
  const name = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
  const at = (handle: number): string => names[handle] ?? '';
  return {
    data,
    list: () => [...data.keys()].sort(),
    read: (path) => data.get(name(path)) ?? new Uint8Array(0),
    open(path) {
      if (!data.has(name(path))) data.set(name(path), new Uint8Array(0));
      return names.push(name(path)) - 1;
    },
    write(handle, bytes, offset) {
      const before = data.get(at(handle)) ?? new Uint8Array(0);
      const after = new Uint8Array(Math.max(before.length, offset + bytes.length));
      after.set(before);
      after.set(bytes, offset);
      data.set(at(handle), after);
    },
    sync: () => undefined,
    truncate: (handle, size) =>
      void data.set(at(handle), (data.get(at(handle)) ?? new Uint8Array(0)).slice(0, size)),
    close: () => undefined,
    remove: (path) => void data.delete(name(path)),
    syncFolder: () => undefined,
    freeBytes: () => 2 ** 40,
  };
}

const nothing = { row: () => undefined, gap: () => undefined };

function replay(files: Files): { journal: Journal; groups: number[] } {
  const groups: number[] = [];
  const journal = new Journal({ folder: 'store', files, segmentBytes: 1 << 20, onDamage: () => undefined });
  journal.replay(0, (number, buffer, from, to) => {
    readGroup(buffer, from, to, nothing);
    groups.push(number);
  });
  return { journal, groups };
}

function journalBytes(): Uint8Array {
  const files = memoryFiles();
  const { journal } = replay(files);
  for (let i = 0; i < 6; i++) journal.append(group(i * 3));
  journal.close();
  return files.data.get(SEGMENT) ?? new Uint8Array(0);
}

/** Whole records, each sealed under the next number. */
const recordsShape: Shape = {
  open(input) {
    const bytes = Buffer.from(input);
    const pieces: Buffer[] = [];
    for (let at = 0; at < bytes.length;) {
      if (at + RECORD_HEAD_BYTES > bytes.length) return undefined;
      const end = at + RECORD_HEAD_BYTES + bytes.readUInt32LE(at + 4);
      if (end > bytes.length) return undefined;
      pieces.push(bytes.subarray(at + RECORD_HEAD_BYTES, end));
      at = end;
    }
    return pieces;
  },
  close(pieces) {
    const files = memoryFiles();
    const { journal } = replay(files);
    for (const piece of pieces) {
      const body = Buffer.from(piece).subarray(0, piece.length - (piece.length % 8));
      journal.append(Buffer.concat([Buffer.alloc(RECORD_HEAD_BYTES), body]));
    }
    journal.close();
    return files.data.get(SEGMENT) ?? new Uint8Array(0);
  },
};

/** After any damage the journal takes another group, and gives it back after what it still had. */
export const journal: Target = {
  name: 'journal',
  samples: [journalBytes()],
  refuses: [],
  shape: recordsShape,
  run(input) {
    const files = memoryFiles(input);
    const { journal, groups } = replay(files);
    const added = journal.append(group(100));
    journal.close();
    assert.deepEqual(replay(files).groups, [...groups, added]);
  },
};

/** The body of a group as it stands: lengths that do not add up are refused, whatever they say. */
export const groupBody: Target = {
  name: 'group',
  samples: [group(1).subarray(RECORD_HEAD_BYTES)],
  refuses: [],
  run(input) {
    const whole = new Uint8Array(input.length - (input.length % 8));
    whole.set(input.subarray(0, whole.length));
    const found = entriesIn(whole);
    if (!found) return;
    const writer = new GroupWriter(new ArrayBuffer(64), 0);
    for (const entry of found) {
      if ('values' in entry) writer.addRow(entry);
      else writer.addGap(entry);
    }
    assert.deepEqual(entriesIn(new Uint8Array(writer.take(), 0, writer.size)), found);
  },
};

type Row = Parameters<GroupWriter['addRow']>[0];

/** undefined when the body is malformed. */
function entriesIn(body: Uint8Array<ArrayBuffer>): (Row | GroupGap)[] | undefined {
  const entries: (Row | GroupGap)[] = [];
  const isWhole = readGroup(body.buffer, body.byteOffset, body.byteOffset + body.length, {
    row: (stream, series, seq, at, arrivedAt, values) =>
      void entries.push({ stream, series, seq, at, arrivedAt, values: Array.from(values) }),
    gap: (gap) => void entries.push(gap),
  });
  return isWhole ? entries : undefined;
}
