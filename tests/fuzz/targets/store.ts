// What the collector finds in its store: chunks, rollups, journal segments. Promise under test: damage is found by checksum
// before anything is decoded, and the journal goes on behind it.

import assert from 'node:assert/strict';
import { encodeChunk, openChunk } from '../../../collector/store/chunk.ts';
import { toDecimals, type Decimals } from '../../../collector/store/column.ts';
import type { Files } from '../../../collector/store/files.ts';
import { GroupWriter, readGroup } from '../../../collector/store/group.ts';
import { Journal, RECORD_HEAD_BYTES } from '../../../collector/store/journal.ts';
import { encodeRollup, openRollup } from '../../../collector/store/rollup-codec.ts';
import { cutRows, foldColumn, TIERS } from '../../../collector/store/rollup.ts';
import type { Rows } from '../../../collector/store/tail.ts';
import { host as fleetHost, SERIES, START_MS, STEP_MS } from '../../data/fleet.mjs';
import type { Target } from '../target.ts';

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

function readChunk(bytes: Uint8Array): void {
  const chunk = openChunk(bytes);
  if (!chunk) return;
  chunk.times();
  chunk.arrivals();
  for (let c = 0; c < chunk.width; c++) chunk.column(c);
}

const chunks = tables.map((rows) => encodeChunk(rows, () => undefined));

export const chunk: Target = { name: 'chunk', samples: chunks, run: readChunk };

const decimals = (x: Float64Array): Decimals => toDecimals(x, x.length, new Float64Array(x.length));
const rollups = tables.map(({ at, columns }) => {
  const cuts = cutRows(at, at.length, STEP);
  return encodeRollup(
    { at: cuts.at, columns: columns.map((x) => foldColumn(cuts, at, x, decimals(x))) },
    STEP,
  );
});
const readRollup = (bytes: Uint8Array): void => void openRollup(bytes, STEP)?.all();

export const rollup: Target = { name: 'rollup', samples: rollups, run: readRollup };

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

/** After any damage the journal takes another group, and gives it back after what it still had. */
export const journal: Target = {
  name: 'journal',
  samples: [journalBytes()],
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
  run(input) {
    const whole = new Uint8Array(input.length - (input.length % 8));
    whole.set(input.subarray(0, whole.length));
    readGroup(whole.buffer, 0, whole.length, nothing);
  },
};
