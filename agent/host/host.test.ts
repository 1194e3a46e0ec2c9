import assert from 'node:assert/strict';
import { mkdtempSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { manualClock } from '../../shared/clock.ts';
import { openHost } from './host.ts';

function folder(files: Record<string, string>): { root: string } & Disposable {
  const root = mkdtempSync(join(os.tmpdir(), 'niswatch-host-'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return { root, [Symbol.dispose]: () => rmSync(root, { recursive: true }) };
}

const clock = manualClock();

test('reads the real machine when no root is given', async () => {
  const host = openHost({ clock, platform: 'linux' });
  assert.match(await host.readText('/proc/uptime'), /^\d+\.\d+ /);
  assert.equal(host.os.hostname(), os.hostname());
  const space = await host.statfs('/');
  assert.ok(space.totalBytes > 0 && space.availableBytes <= space.freeBytes);
  assert.equal(host.win32, undefined);
});

test('resolves every path below the fixture root, and none leads out of it', async () => {
  using fixture = folder({ 'proc/stat': 'cpu', 'C/Backup/a.bak': 'x', 'etc/hosts': 'inside' });
  const host = openHost({ root: fixture.root, clock, platform: 'linux' });
  assert.equal(await host.readText('/proc/stat'), 'cpu');
  assert.equal(await host.readText('C:\\Backup\\a.bak'), 'x');
  assert.equal(await host.readText('/../../../../etc/hosts'), 'inside');
  await assert.rejects(host.readText('/etc/passwd'), { code: 'ENOENT' });
});

test('reads no more of a file than the head that was asked for', async () => {
  using fixture = folder({ 'data/long': 'abcdefgh' });
  const host = openHost({ root: fixture.root, clock });
  assert.equal(Buffer.from(await host.readHead('/data/long', 3)).toString(), 'abc');
  assert.equal(Buffer.from(await host.readHead('/data/long', 100)).toString(), 'abcdefgh');
});

test('tells files, folders and links whose target is gone apart', async () => {
  using fixture = folder({ 'data/file': 'four' });
  symlinkSync('/nowhere', join(fixture.root, 'data/broken'));
  const host = openHost({ root: fixture.root, clock });
  assert.deepEqual(await host.list('/data').then((names) => names.sort()), ['broken', 'file']);
  const file = await host.stat('/data/file');
  assert.deepEqual([file.kind, file.size], ['file', 4]);
  assert.equal((await host.stat('/data')).kind, 'folder');
  assert.equal((await host.stat('/data/broken')).kind, 'other');
  assert.equal(await host.readLink('/data/broken'), '/nowhere');
  await assert.rejects(host.stat('/data/none'), { code: 'ENOENT' });
});

test('takes statfs and the figures of the runtime from captures, and names what was not captured', async () => {
  using fixture = folder({
    'statfs.json': '{"/": {"totalBytes": 10}, "/mnt": {"error": "EIO"}}',
    'os.json': '{"hostname": "nis-1"}',
  });
  const host = openHost({ root: fixture.root, clock });
  assert.equal((await host.statfs('/')).totalBytes, 10);
  await assert.rejects(host.statfs('/mnt'), { code: 'EIO' });
  await assert.rejects(host.statfs('/data'), /data was not captured/);
  assert.equal(host.os.hostname(), 'nis-1');
  assert.throws(() => host.os.totalMemory(), /os.json holds no totalMemory/);
});

test('gives Win32 only where it was captured', () => {
  using fixture = folder({
    'win32.json': '{"drives": [], "process": {"7": {"memoryRss": 1, "cpuSeconds": 2}}}',
  });
  const win32 = openHost({ root: fixture.root, clock, platform: 'win32' }).win32;
  assert.deepEqual(win32?.drives(), []);
  assert.deepEqual(win32?.process(7), { memoryRss: 1, cpuSeconds: 2 });
  assert.equal(win32?.process(8), undefined);
  assert.throws(() => win32?.services(), /win32.json holds no services/);
});

test('passes on what the link measured of the clock', () => {
  const measured = { offsetMs: 5, rttMs: 20 };
  assert.equal(openHost({ clock, clockOffset: () => measured }).clockOffset?.(), measured);
});
