// The same wrapper that calls Windows is proved here against libc.

import assert from 'node:assert/strict';
import os from 'node:os';
import { test } from 'node:test';
import { openFfi } from './ffi.ts';
import { openWin32 } from './win32.ts';

const LIBC = { library: 'libc.so.6', function: 'getpid' };

test('calls a system library and reads what it wrote', () => {
  const ffi = openFfi(LIBC, process.pid);
  const libc = ffi?.open('libc.so.6', { gethostname: ['i32', 'pointer', 'u64'] });
  const buffer = new Uint8Array(256);
  assert.equal(libc?.gethostname(buffer, 256n), 0);
  assert.equal(Buffer.from(buffer).toString('utf8', 0, buffer.indexOf(0)), os.hostname());
});

test('copies the bytes behind an address', () => {
  const ffi = openFfi(LIBC, process.pid);
  const bytes = new Uint8Array(4096).fill(7, 10, 20);
  const copy = ffi?.bytesAt(ffi.addressOf(bytes), 4096);
  assert.deepEqual([...(copy ?? [])], [...bytes]);
  bytes[0] = 1;
  assert.equal(copy?.[0], 0);
});

test('is not to be had when the proof call answers wrongly or is missing', () => {
  assert.equal(openFfi(LIBC, process.pid + 1), undefined);
  assert.equal(openFfi({ library: 'libc.so.6', function: 'no_such_function' }, process.pid), undefined);
  assert.equal(openFfi({ library: 'no-such-library.so', function: 'getpid' }, process.pid), undefined);
});

test('a library that lacks one of the functions is not to be had', () => {
  const ffi = openFfi(LIBC, process.pid);
  assert.ok(ffi);
  assert.equal(ffi.open('libc.so.6', { getpid: ['i32'], no_such_function: ['i32'] }), undefined);
});

test('there is no Win32 on a machine without kernel32.dll', () => {
  assert.equal(openWin32(), undefined);
});
