// Win32 structures to plain figures. Promise: pure functions over bytes, little-endian, 64-bit layouts as the Windows SDK headers
// lay them out; a buffer that is too short throws RangeError and never yields a made-up figure.

import type { Win32 } from '../probes/probe.ts';

type Service = ReturnType<Win32['services']>[number];
type Interface = ReturnType<Win32['interfaces']>[number];
type Disk = ReturnType<Win32['disks']>[number];

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const u64 = (from: DataView, at: number): number => Number(from.getBigUint64(at, true));

/** Text of 16-bit units up to the first zero or `units`. */
function text(from: DataView, at: number, units: number): string {
  let out = '';
  for (let i = 0; i < units; i++) {
    const unit = from.getUint16(at + i * 2, true);
    if (unit === 0) break;
    out += String.fromCharCode(unit);
  }
  return out;
}

/** GetLogicalDriveStringsW: texts one after the other, an empty one at the end. */
export function decodeDriveStrings(bytes: Uint8Array): string[] {
  const from = view(bytes);
  const drives: string[] = [];
  for (let at = 0; at + 2 <= bytes.byteLength;) {
    const drive = text(from, at, (bytes.byteLength - at) >> 1);
    if (drive === '') break;
    drives.push(drive);
    at += (drive.length + 1) * 2;
  }
  return drives;
}

/** GetDriveTypeW. */
export function decodeDriveType(type: number): ReturnType<Win32['drives']>[number]['kind'] {
  return (['other', 'other', 'removable', 'fixed', 'remote', 'cdrom'] as const)[type] ?? 'other';
}

export const MEMORYSTATUSEX_BYTES = 64;
/** MEMORYSTATUSEX; `commitLimit` is what the structure calls the page file: physical memory and page files together. */
export function decodeMemoryStatus(bytes: Uint8Array): {
  total: number;
  available: number;
  commitLimit: number;
  commitAvailable: number;
} {
  const from = view(bytes);
  return {
    total: u64(from, 8),
    available: u64(from, 16),
    commitLimit: u64(from, 24),
    commitAvailable: u64(from, 32),
  };
}

export const PERFORMANCE_INFORMATION_BYTES = 104;
export function decodePerformance(bytes: Uint8Array): { commitTotal: number; pageBytes: number } {
  const from = view(bytes);
  const pageBytes = u64(from, 80);
  return { commitTotal: u64(from, 8) * pageBytes, pageBytes };
}

/** SYSTEM_PAGEFILE_INFORMATION, one entry per page file, each with the distance to the next (0 = last); sizes in pages. */
export function decodePageFiles(bytes: Uint8Array, pageBytes: number): { total: number; used: number } {
  const from = view(bytes);
  const sum = { total: 0, used: 0 };
  for (let at = 0, next = 1; next !== 0 && at < bytes.byteLength; at += next) {
    next = from.getUint32(at, true);
    sum.total += from.getUint32(at + 4, true) * pageBytes;
    sum.used += from.getUint32(at + 8, true) * pageBytes;
  }
  return sum;
}

const SERVICE_BYTES = 56;
const SERVICE_STATES: Readonly<Record<number, Service['state']>> = {
  1: 'stopped',
  2: 'starting',
  3: 'stopping',
  4: 'running',
  5: 'starting',
  6: 'paused',
  7: 'paused',
};

/** ENUM_SERVICE_STATUS_PROCESSW[count]; names are pointers into the same buffer, which lay at `address`. */
export function decodeServices(bytes: Uint8Array, count: number, address: bigint): Service[] {
  const from = view(bytes);
  return Array.from({ length: count }, (_, i) => {
    const at = i * SERVICE_BYTES;
    const name = Number(from.getBigUint64(at, true) - address);
    return {
      name: text(from, name, 256),
      state: SERVICE_STATES[from.getUint32(at + 20, true)] ?? 'stopped',
      pid: from.getUint32(at + 44, true),
    };
  });
}

export const PROCESS_MEMORY_COUNTERS_BYTES = 72;
export function decodeWorkingSet(bytes: Uint8Array): number {
  return u64(view(bytes), 16);
}

/** Two FILETIMEs, kernel and user, in units of 100 ns. */
export function decodeCpuSeconds(kernel: Uint8Array, user: Uint8Array): number {
  return (u64(view(kernel), 0) + u64(view(user), 0)) / 1e7;
}

export const IF_TABLE_HEADER_BYTES = 8;
export const IF_ROW_BYTES = 1352;
const IF_TYPE_LOOPBACK = 24;
const IF_TYPE_TUNNEL = 131;
const FLAG_HARDWARE = 1;
const FLAG_FILTER = 2;
const FLAG_CONNECTOR = 4;
const OPER_UP = 1;

/** MIB_IF_TABLE2: rows of real adapters. Filter drivers repeat an adapter's counters under names of their own and are left out. */
export function decodeInterfaces(bytes: Uint8Array): Interface[] {
  const from = view(bytes);
  const found: Interface[] = [];
  for (let i = 0; i < from.getUint32(0, true); i++) {
    const at = IF_TABLE_HEADER_BYTES + i * IF_ROW_BYTES;
    const type = from.getUint32(at + 1128, true);
    const flags = from.getUint8(at + 1152);
    const up = from.getUint32(at + 1156, true) === OPER_UP;
    if (type === IF_TYPE_LOOPBACK || type === IF_TYPE_TUNNEL || (flags & FLAG_FILTER) !== 0) continue;
    // A team of adapters is no hardware, but it is up.
    if (!up && (flags & (FLAG_HARDWARE | FLAG_CONNECTOR)) === 0) continue;
    found.push(decodeInterface(from, at, up));
  }
  return found;
}

function decodeInterface(from: DataView, at: number, up: boolean): Interface {
  return {
    name: text(from, at + 28, 257),
    up,
    bytesRecv: u64(from, at + 1208),
    packetsRecv: u64(from, at + 1216) + u64(from, at + 1224),
    dropIn: u64(from, at + 1232),
    errIn: u64(from, at + 1240),
    bytesSent: u64(from, at + 1280),
    packetsSent: u64(from, at + 1288) + u64(from, at + 1296),
    dropOut: u64(from, at + 1304),
    errOut: u64(from, at + 1312),
  };
}

export const DISK_PERFORMANCE_BYTES = 88;
/** DISK_PERFORMANCE; times in units of 100 ns. */
export function decodeDisk(name: string, bytes: Uint8Array): Disk {
  const from = view(bytes);
  return {
    name,
    readBytes: u64(from, 0),
    writeBytes: u64(from, 8),
    readTimeMs: u64(from, 16) / 1e4,
    writeTimeMs: u64(from, 24) / 1e4,
    reads: from.getUint32(40, true),
    writes: from.getUint32(44, true),
  };
}
