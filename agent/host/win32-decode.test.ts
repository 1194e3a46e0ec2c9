// fixtures/wine-8: the raw bytes that a small C program got from the calls under Wine 8, beside what it printed of them by the SDK's
// own structures (printed.txt). What Wine does not answer is laid out by hand.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import * as decode from './win32-decode.ts';

const captured = (name: string): Uint8Array =>
  readFileSync(join(import.meta.dirname, 'fixtures', 'wine-8', `${name}.bin`));

test('lists drives and their kinds', () => {
  assert.deepEqual(decode.decodeDriveStrings(captured('drives')), ['C:\\', 'Z:\\']);
  assert.deepEqual(decode.decodeDriveStrings(new Uint8Array(2)), []);
  assert.deepEqual([0, 1, 2, 3, 4, 5, 6, 99].map(decode.decodeDriveType), [
    'other',
    'other',
    'removable',
    'fixed',
    'remote',
    'cdrom',
    'other',
    'other',
  ]);
});

test('reads physical memory and the commit charge', () => {
  assert.deepEqual(decode.decodeMemoryStatus(captured('memorystatus')), {
    total: 25276506112,
    available: 24928309248,
    commitLimit: 25276514304,
    commitAvailable: 24928309248,
  });
  assert.deepEqual(decode.decodePerformance(captured('performance')), {
    commitTotal: 85011 * 4096,
    pageBytes: 4096,
  });
});

test('sums page files, each with the distance to the next', () => {
  const bytes = new Uint8Array(0x50 + 0x20);
  const to = new DataView(bytes.buffer);
  for (const [at, next, total, used] of [
    [0, 0x50, 1000, 10],
    [0x50, 0, 500, 5],
  ] as const) {
    to.setUint32(at, next, true);
    to.setUint32(at + 4, total, true);
    to.setUint32(at + 8, used, true);
  }
  assert.deepEqual(decode.decodePageFiles(bytes, 4096), { total: 1500 * 4096, used: 15 * 4096 });
  assert.deepEqual(decode.decodePageFiles(new Uint8Array(0), 4096), { total: 0, used: 0 });
});

test('lists services with their state and process', () => {
  const services = decode.decodeServices(captured('services'), 16, 5368770624n);
  assert.equal(services.length, 16);
  assert.deepEqual(services[0], { name: 'Winedevice1', state: 'running', pid: 100 });
  assert.deepEqual(services[1], { name: 'BITS', state: 'stopped', pid: 0 });
  assert.deepEqual(services[15], { name: 'Winedevice2', state: 'running', pid: 236 });
});

test('reads the memory and processor time of a process', () => {
  assert.equal(decode.decodeWorkingSet(captured('processmemory')), 8503296);
  const times = captured('processtimes');
  assert.equal(decode.decodeCpuSeconds(times.subarray(16, 24), times.subarray(24, 32)), 0.04);
});

test('lists adapters without loopback', () => {
  const interfaces = decode.decodeInterfaces(captured('iftable'));
  assert.deepEqual(
    interfaces.map((one) => [one.name, one.up]),
    [
      ['ifb0', false],
      ['ifb1', false],
      ['eth0', true],
    ],
  );
  assert.deepEqual(interfaces[2], {
    name: 'eth0',
    up: true,
    bytesRecv: 634341573,
    packetsRecv: 14994,
    bytesSent: 676111,
    packetsSent: 8174,
    errIn: 0,
    errOut: 0,
    dropIn: 0,
    dropOut: 0,
  });
});

test('leaves out filters and tunnels, and reads a name of Chinese letters, errors and drops', () => {
  const rows = [
    { name: '以太网', type: 6, flags: 5, oper: 1 },
    { name: '以太网-WFP Native MAC Layer', type: 6, flags: 2, oper: 1 },
    { name: 'Teredo', type: 131, flags: 0, oper: 1 },
    { name: '团队', type: 6, flags: 0, oper: 1 },
    { name: 'gone', type: 6, flags: 0, oper: 2 },
  ];
  const interfaces = decode.decodeInterfaces(interfaceTable(rows));
  assert.deepEqual(
    interfaces.map((one) => one.name),
    ['以太网', '团队'],
  );
  assert.deepEqual(
    [interfaces[0]?.dropIn, interfaces[0]?.errIn, interfaces[0]?.dropOut, interfaces[0]?.errOut],
    [11, 12, 13, 14],
  );
});

function interfaceTable(rows: { name: string; type: number; flags: number; oper: number }[]): Uint8Array {
  const bytes = new Uint8Array(decode.IF_TABLE_HEADER_BYTES + rows.length * decode.IF_ROW_BYTES);
  const to = new DataView(bytes.buffer);
  to.setUint32(0, rows.length, true);
  rows.forEach((row, i) => {
    const at = decode.IF_TABLE_HEADER_BYTES + i * decode.IF_ROW_BYTES;
    bytes.set(Buffer.from(row.name, 'utf16le'), at + 28);
    to.setUint32(at + 1128, row.type, true);
    to.setUint8(at + 1152, row.flags);
    to.setUint32(at + 1156, row.oper, true);
    [1232, 1240, 1304, 1312].forEach((field, j) => to.setBigUint64(at + field, BigInt(11 + j), true));
  });
  return bytes;
}

test('reads the counters of a disk', () => {
  const bytes = new Uint8Array(decode.DISK_PERFORMANCE_BYTES);
  const to = new DataView(bytes.buffer);
  [5_000_000_000n, 7_000_000_000n, 30_000n, 40_000n].forEach((value, i) =>
    to.setBigUint64(i * 8, value, true),
  );
  to.setUint32(40, 4_000_000_000, true);
  to.setUint32(44, 2, true);
  assert.deepEqual(decode.decodeDisk('PhysicalDrive0', bytes), {
    name: 'PhysicalDrive0',
    readBytes: 5_000_000_000,
    writeBytes: 7_000_000_000,
    readTimeMs: 3,
    writeTimeMs: 4,
    reads: 4_000_000_000,
    writes: 2,
  });
});

test('a buffer that is too short is an error and never a figure', () => {
  const short = new Uint8Array(12);
  assert.throws(() => decode.decodeMemoryStatus(short), RangeError);
  assert.throws(() => decode.decodePerformance(short), RangeError);
  assert.throws(() => decode.decodeServices(short, 1, 0n), RangeError);
  assert.throws(() => decode.decodeDisk('PhysicalDrive0', short), RangeError);
  assert.throws(() => decode.decodeInterfaces(new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0])), RangeError);
});
