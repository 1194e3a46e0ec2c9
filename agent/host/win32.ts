// Win32 by node:ffi. Promise: undefined where it cannot be had; no call here waits on the network or on a sleeping drive; a
// structure is only taken apart in win32-decode.ts.

import type { Win32 } from '../probes/probe.ts';
import { type Ffi, openFfi } from './ffi.ts';
import * as decode from './win32-decode.ts';

const KERNEL32 = {
  SetErrorMode: ['u32', 'u32'],
  GetLogicalDriveStringsW: ['u32', 'u32', 'pointer'],
  GetDriveTypeW: ['u32', 'pointer'],
  GetVolumeInformationW: [
    'i32',
    'pointer',
    'pointer',
    'u32',
    'pointer',
    'pointer',
    'pointer',
    'pointer',
    'u32',
  ],
  GlobalMemoryStatusEx: ['i32', 'pointer'],
  K32GetPerformanceInfo: ['i32', 'pointer', 'u32'],
  OpenProcess: ['u64', 'u32', 'i32', 'u32'],
  CloseHandle: ['i32', 'u64'],
  GetProcessTimes: ['i32', 'u64', 'pointer', 'pointer', 'pointer', 'pointer'],
  K32GetProcessMemoryInfo: ['i32', 'u64', 'pointer', 'u32'],
  CreateFileW: ['u64', 'pointer', 'u32', 'u32', 'pointer', 'u32', 'u32', 'u64'],
  DeviceIoControl: ['i32', 'u64', 'u32', 'pointer', 'u32', 'pointer', 'u32', 'pointer', 'pointer'],
} as const;
const NTDLL = { NtQuerySystemInformation: ['i32', 'u32', 'pointer', 'u32', 'pointer'] } as const;
const ADVAPI32 = {
  OpenSCManagerW: ['u64', 'pointer', 'pointer', 'u32'],
  CloseServiceHandle: ['i32', 'u64'],
  EnumServicesStatusExW: [
    'i32',
    'u64',
    'i32',
    'u32',
    'u32',
    'pointer',
    'u32',
    'pointer',
    'pointer',
    'pointer',
    'pointer',
  ],
} as const;
const IPHLPAPI = { GetIfTable2: ['u32', 'pointer'], FreeMibTable: ['void', 'u64'] } as const;

type Kernel32 = NonNullable<ReturnType<typeof openKernel32>>;
const openKernel32 = (ffi: Ffi) => ffi.open('kernel32.dll', KERNEL32);

export function openWin32(): Win32 | undefined {
  const ffi = openFfi({ library: 'kernel32.dll', function: 'GetCurrentProcessId' }, process.pid);
  const kernel32 = ffi && openKernel32(ffi);
  if (ffi === undefined || kernel32 === undefined) return undefined;
  // A drive without a medium must answer with an error, not with a window that nobody sees.
  kernel32.SetErrorMode(SEM_FAILCRITICALERRORS);
  return {
    drives: () => readDrives(kernel32),
    memory: memoryReader(ffi, kernel32),
    services: servicesReader(ffi),
    process: (pid) => readProcess(kernel32, pid),
    interfaces: interfacesReader(ffi),
    disks: () => readDisks(kernel32),
  };
}

const SEM_FAILCRITICALERRORS = 0x0001;
const FILE_READ_ONLY_VOLUME = 0x0008_0000;
const PROCESS_QUERY_LIMITED_INFORMATION = 0x1000;
const FILE_SHARE_READ_WRITE = 3;
const OPEN_EXISTING = 3;
const INVALID_HANDLE = 0xffff_ffff_ffff_ffffn;
const IOCTL_DISK_PERFORMANCE = 0x0007_0020;
const SYSTEM_PAGE_FILE_INFORMATION = 18;
const SC_MANAGER_ENUMERATE_SERVICE = 0x0004;
const SERVICE_WIN32 = 0x30;
const SERVICE_STATE_ALL = 3;

const wide = (text: string): Uint8Array => Buffer.from(`${text}\0`, 'utf16le');

function readDrives(kernel32: Kernel32): ReturnType<Win32['drives']> {
  const buffer = new Uint8Array(1024);
  const units = Number(kernel32.GetLogicalDriveStringsW(buffer.byteLength / 2, buffer));
  return decode.decodeDriveStrings(buffer.subarray(0, units * 2)).map((path) => {
    const kind = decode.decodeDriveType(Number(kernel32.GetDriveTypeW(wide(path))));
    // Asking a remote or removable drive for its flags may hang.
    return { path, kind, readOnly: kind === 'fixed' && isReadOnly(kernel32, path) };
  });
}

function isReadOnly(kernel32: Kernel32, path: string): boolean {
  const flags = new Uint32Array(1);
  const flagBytes = new Uint8Array(flags.buffer);
  const ok = kernel32.GetVolumeInformationW(wide(path), null, 0, null, null, flagBytes, null, 0);
  return ok !== 0 && ((flags[0] ?? 0) & FILE_READ_ONLY_VOLUME) !== 0;
}

function memoryReader(ffi: Ffi, kernel32: Kernel32): Win32['memory'] {
  const ntdll = ffi.open('ntdll.dll', NTDLL);
  const status = new Uint8Array(decode.MEMORYSTATUSEX_BYTES);
  const performance = new Uint8Array(decode.PERFORMANCE_INFORMATION_BYTES);
  const pageFiles = new Uint8Array(8192);
  const used = new Uint32Array(1);
  return () => {
    new DataView(status.buffer).setUint32(0, status.byteLength, true);
    if (kernel32.GlobalMemoryStatusEx(status) === 0) throw failed('GlobalMemoryStatusEx');
    if (kernel32.K32GetPerformanceInfo(performance, performance.byteLength) === 0)
      throw failed('GetPerformanceInfo');
    const { total, available, commitLimit } = decode.decodeMemoryStatus(status);
    const { commitTotal, pageBytes } = decode.decodePerformance(performance);
    const usedBytes = new Uint8Array(used.buffer);
    const answer = ntdll?.NtQuerySystemInformation(
      SYSTEM_PAGE_FILE_INFORMATION,
      pageFiles,
      pageFiles.byteLength,
      usedBytes,
    );
    const files =
      answer === 0 ? decode.decodePageFiles(pageFiles.subarray(0, used[0]), pageBytes) : undefined;
    // Without the page files' own figures: what may be promised beyond physical memory, and what is.
    const pageFileTotal = files?.total ?? Math.max(0, commitLimit - total);
    const pageFileUsed = files?.used ?? Math.min(pageFileTotal, Math.max(0, commitTotal - total));
    return { total, available, commitTotal, pageFileTotal, pageFileAvailable: pageFileTotal - pageFileUsed };
  };
}

function servicesReader(ffi: Ffi): Win32['services'] {
  const advapi32 = ffi.open('advapi32.dll', ADVAPI32);
  // The most that one call may be given; 1,000 services take about 150 KiB.
  const buffer = new Uint8Array(256 * 1024);
  return () => {
    const manager = advapi32?.OpenSCManagerW(null, null, SC_MANAGER_ENUMERATE_SERVICE);
    if (advapi32 === undefined || !manager) throw failed('OpenSCManager');
    try {
      const [needed, count, resume] = [new Uint8Array(4), new Uint8Array(4), new Uint8Array(4)];
      const found: ReturnType<Win32['services']> = [];
      for (let more = true; more;) {
        const ok = advapi32.EnumServicesStatusExW(
          manager,
          0,
          SERVICE_WIN32,
          SERVICE_STATE_ALL,
          buffer,
          buffer.byteLength,
          needed,
          count,
          resume,
          null,
        );
        const got = new DataView(count.buffer).getUint32(0, true);
        if (ok === 0 && got === 0) throw failed('EnumServicesStatusEx');
        found.push(...decode.decodeServices(buffer, got, ffi.addressOf(buffer)));
        more = ok === 0;
      }
      return found;
    } finally {
      advapi32.CloseServiceHandle(manager);
    }
  };
}

function readProcess(kernel32: Kernel32, pid: number): ReturnType<Win32['process']> {
  const handle = kernel32.OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, 0, pid);
  if (!handle) return undefined;
  try {
    const [created, ended, kernel, user] = [
      new Uint8Array(8),
      new Uint8Array(8),
      new Uint8Array(8),
      new Uint8Array(8),
    ];
    const memory = new Uint8Array(decode.PROCESS_MEMORY_COUNTERS_BYTES);
    if (kernel32.GetProcessTimes(handle, created, ended, kernel, user) === 0) return undefined;
    if (kernel32.K32GetProcessMemoryInfo(handle, memory, memory.byteLength) === 0) return undefined;
    return {
      memoryRss: decode.decodeWorkingSet(memory),
      cpuSeconds: decode.decodeCpuSeconds(kernel, user),
    };
  } finally {
    kernel32.CloseHandle(handle);
  }
}

function interfacesReader(ffi: Ffi): Win32['interfaces'] {
  const iphlpapi = ffi.open('iphlpapi.dll', IPHLPAPI);
  return () => {
    const pointer = new BigUint64Array(1);
    if (iphlpapi?.GetIfTable2(new Uint8Array(pointer.buffer)) !== 0) throw failed('GetIfTable2');
    const table = pointer[0] ?? 0n;
    try {
      const header = ffi.bytesAt(table, decode.IF_TABLE_HEADER_BYTES);
      const rows = new DataView(header.buffer, header.byteOffset).getUint32(0, true);
      return decode.decodeInterfaces(
        ffi.bytesAt(table, decode.IF_TABLE_HEADER_BYTES + rows * decode.IF_ROW_BYTES),
      );
    } finally {
      iphlpapi.FreeMibTable(table);
    }
  };
}

const MOST_DISKS = 16;

/** Numbers of disks may have holes after one was pulled: all are tried. Access 0 needs no rights. */
function readDisks(kernel32: Kernel32): ReturnType<Win32['disks']> {
  const found: ReturnType<Win32['disks']> = [];
  const bytes = new Uint8Array(decode.DISK_PERFORMANCE_BYTES);
  const returned = new Uint8Array(4);
  for (let number = 0; number < MOST_DISKS; number++) {
    const name = `PhysicalDrive${number}`;
    const path = wide(`\\\\.\\${name}`);
    const handle = kernel32.CreateFileW(path, 0, FILE_SHARE_READ_WRITE, null, OPEN_EXISTING, 0, 0n);
    if (handle === INVALID_HANDLE) continue;
    const ok = kernel32.DeviceIoControl(
      handle,
      IOCTL_DISK_PERFORMANCE,
      null,
      0,
      bytes,
      bytes.byteLength,
      returned,
      null,
    );
    kernel32.CloseHandle(handle);
    if (ok !== 0) found.push(decode.decodeDisk(name, bytes));
  }
  return found;
}

function failed(call: string): Error {
  return new Error(`${call} failed`);
}
