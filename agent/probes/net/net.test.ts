import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { manualClock } from '../../../shared/clock.ts';
import { openHost } from '../../host/host.ts';
import { parseNetDev } from './linux.ts';
import { chooseInterfaces } from './net.ts';
import { readWindowsInterfaces } from './windows.ts';

const text = readFileSync(
  join(import.meta.dirname, 'fixtures', 'rhel-5-and-containers', 'proc', 'net', 'dev'),
  'utf8',
);
const names = (choice: { include?: string[]; exclude?: string[] }): string[] =>
  chooseInterfaces(parseNetDev(text), { include: [], exclude: [], ...choice }).map((one) => one.name);

test('keeps what stands for a cable or a team of cables and carried something', () => {
  assert.deepEqual(names({}), ['eth0', 'eth0:1', 'bond0']);
});

test('reads what the configuration adds and leaves out what it excludes', () => {
  assert.deepEqual(names({ include: ['tun*', 'eth9'], exclude: ['eth0*'] }), ['bond0', 'tun0', 'eth9']);
});

test('reads each counter from its column, also without a blank after the colon', () => {
  assert.deepEqual(parseNetDev(text)[1], {
    name: 'eth0',
    bytesRecv: 4294967295,
    packetsRecv: 100,
    errIn: 1,
    dropIn: 2,
    bytesSent: 2000,
    packetsSent: 200,
    errOut: 7,
    dropOut: 8,
  });
});

test('skips headings and lines that are cut short', () => {
  assert.deepEqual(parseNetDev('Inter-| Receive\n face |bytes\n eth0: 1 2 3\n'), []);
});

test('without Win32 it says nothing', async () => {
  const host = openHost({ clock: manualClock(), platform: 'win32', root: import.meta.dirname });
  assert.deepEqual(await readWindowsInterfaces(host), []);
});
