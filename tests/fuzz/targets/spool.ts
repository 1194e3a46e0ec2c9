// What the agent finds in its spool folder. Each input is put in the place of one file; then the spool is opened, read to the
// end and written to. Promise under test: numbers come in order without a hole, and nothing is thrown for the disk's sake.

import assert from 'node:assert/strict';
import { packBlock, unpackBlocks, zstd } from '../../../agent/spool/blocks.ts';
import { LEDGER_FILE, openSpool } from '../../../agent/spool/disk-spool.ts';
import { encodeRecord, scanRecords } from '../../../agent/spool/record.ts';
import { type SimulatedDisk, simulatedDisk, SimulatedFile } from '../../../agent/spool/simulated-disk.ts';
import { COLUMNS, limitsOf } from '../../../agent/spool/spool-world.ts';
import type { Spool } from '../../../agent/spool/spool.ts';
import { manualClock } from '../../../shared/clock.ts';
import { containerShape, pack, unpack } from '../container.ts';
import type { Shape, Target } from '../target.ts';

const FOLDER = 'spool';
const REPORTS = 12;
const limits = limitsOf({ segmentBytes: '4KiB', windowBytes: 0 });

function open(disk: SimulatedDisk, seed: number): Spool {
  let drawn = seed;
  const random = (): Uint8Array => new Uint8Array(16).fill(++drawn);
  return openSpool({ folder: FOLDER, disk, random, clock: manualClock(), limits, log: () => undefined });
}

function append(spool: Spool, value: number): void {
  spool.append(
    { series: '0123456789abcdef', at: 1000 + value, off: null, boot: 'b', v: [value, 1, null] },
    COLUMNS[1] ?? [],
  );
}

function put(disk: SimulatedDisk, path: string, data: Uint8Array): void {
  disk.files.set(path, new SimulatedFile(Buffer.from(data), data.length, true));
}

/** A folder with an open segment, a closed one and a ledger, as a stopped agent leaves it. */
function madeFolder(): Map<string, Buffer> {
  const disk = simulatedDisk();
  const spool = open(disk, 0);
  for (let i = 0; i < REPORTS; i++) append(spool, i);
  spool.sync();
  spool.rotate();
  for (let i = 0; i < REPORTS; i++) append(spool, i);
  spool.reject(spool.liveStream, 3);
  spool.sync();
  const files = new Map([...disk.files].map(([path, file]) => [path, file.data]));
  spool.close();
  for (const [path, file] of disk.files) if (path.endsWith(LEDGER_FILE)) files.set(path, file.data);
  return files;
}

const folder = madeFolder();
const pathOf = (end: string): string => {
  const path = [...folder.keys()].find((p) => p.endsWith(end));
  assert.ok(path, `the sample folder has no ${end}: ${[...folder.keys()].join(' ')}`);
  return path;
};

function readAll(spool: Spool): void {
  for (const stream of spool.streams()) {
    let after = -1;
    for (;;) {
      const items = spool.next(stream, after, 64 * 1024);
      if (items.length === 0) break;
      for (const item of items) {
        const [from, to] =
          item.kind === 'report' ? [item.report.seq, item.report.seq] : [item.gap.from, item.gap.to];
        assert.equal(from, after + 1, 'numbers without a hole');
        assert.ok(to >= from && Number.isSafeInteger(to), `a range from ${from} to ${to}`);
        after = to;
      }
    }
  }
}

function readFolder(files: Iterable<readonly [string, Uint8Array]>): void {
  const disk = simulatedDisk();
  for (const [path, bytes] of files) put(disk, path, bytes);
  const spool = open(disk, 100);
  readAll(spool);
  append(spool, 1);
  spool.sync();
  for (const stream of spool.streams()) spool.acknowledge(stream, 5);
  for (const stream of spool.streams()) spool.next(stream, 5, 1024 * 1024);
  assert.ok(spool.stats().reports >= 0);
  spool.close();
  // What was written in between is read again.
  const again = open(disk, 200);
  readAll(again);
  again.close();
}

/** The JSON texts of records; undefined when one of them is damaged. */
const records: Shape = {
  open(input) {
    const pieces: Buffer[] = [];
    let isWhole = true;
    const bytes = Buffer.from(input);
    const end = scanRecords(bytes, {
      record: (start, to) => void pieces.push(bytes.subarray(start, to)),
      damaged: () => (isWhole = false),
    });
    return isWhole && end === bytes.length ? pieces : undefined;
  },
  close: (pieces) => Buffer.concat(pieces.map((piece) => encodeRecord(Buffer.from(piece).toString()))),
};

const blocks: Shape = {
  open: (input) => records.open(unpackBlocks(input, zstd)),
  close: (pieces) => packBlock(records.close(pieces), zstd),
};

const target = (name: string, end: string, shape?: Shape): Target => {
  const path = pathOf(end);
  return {
    name,
    samples: [folder.get(path) ?? Buffer.alloc(0)],
    refuses: [],
    ...(shape ? { shape } : {}),
    run: (input) => readFolder([...folder, [path, input]]),
  };
};

export const openSegment = target('spool-open', '.log', records);
export const closedSegment = target('spool-closed', '.zst', blocks);
export const ledger = target('spool-ledger', LEDGER_FILE);

const nameOf = (path: string): string => path.slice(FOLDER.length + 1);

/** Any files under any names. */
export const wholeFolder: Target = {
  name: 'spool-folder',
  samples: [pack([...folder].map(([path, bytes]) => [nameOf(path), bytes]))],
  refuses: [],
  shape: containerShape,
  run: (input) => readFolder(unpack(input).map(([name, bytes]) => [`${FOLDER}/${name}`, bytes])),
};
