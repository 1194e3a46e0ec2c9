import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { manualClock } from '../../../shared/clock.ts';
import { openHost } from '../../host/host.ts';
import { chooseDisks, parseDiskstats } from './linux.ts';
import { readWindowsDisks } from './windows.ts';

const text = readFileSync(
  join(import.meta.dirname, 'fixtures', 'nvme-and-cloud', 'proc', 'diskstats'),
  'utf8',
);
const names = (choice: { include?: string[]; exclude?: string[] }): string[] =>
  chooseDisks(parseDiskstats(text), { include: [], exclude: [], ...choice }).map((disk) => disk.name);

test('keeps whole disks that were used, also one that a cloud names like a partition', () => {
  assert.deepEqual(names({}), ['nvme0n1', 'xvda1', 'mmcblk0', 'md127']);
});

test('reads what the configuration adds and leaves out what it excludes', () => {
  assert.deepEqual(names({ include: ['dm-0', 'sdb'], exclude: ['mmcblk0', 'xvda1'] }), [
    'nvme0n1',
    'md127',
    'dm-0',
    'sdb',
  ]);
});

test('reads each counter from its column, sectors of 512 bytes', () => {
  assert.deepEqual(parseDiskstats(text)[0], {
    name: 'nvme0n1',
    reads: 1000,
    writes: 2000,
    readBytes: 80000 * 512,
    writeBytes: 160000 * 512,
    readTimeMs: 500,
    writeTimeMs: 900,
    ioTimeMs: 700,
    weightedIoTimeMs: 1400,
  });
});

test('skips the short lines of very old kernels and empty text', () => {
  assert.ok(!parseDiskstats(text).some((disk) => disk.name === 'sdb1'));
  assert.deepEqual(parseDiskstats(''), []);
});

test('without Win32 it says nothing', async () => {
  const host = openHost({ clock: manualClock(), platform: 'win32', root: import.meta.dirname });
  assert.deepEqual(await readWindowsDisks(host, { include: [], exclude: [] }), []);
});
