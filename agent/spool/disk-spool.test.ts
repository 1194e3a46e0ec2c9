// What the spool promises, one sentence each, on a simulated disk.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limitsOf, SpoolWorld } from './spool-world.ts';

const SMALL = limitsOf({ segmentBytes: '4KiB', windowBytes: '1KiB' });
const WIDE = limitsOf({ segmentBytes: '128KiB', windowBytes: '1KiB' });
const times = (count: number, run: (i: number) => void): void => {
  for (let i = 0; i < count; i++) run(i);
};
const filesOf = (world: SpoolWorld): string[] => [...world.disk.files.keys()].sort();
const kinds = (world: SpoolWorld): string[] => filesOf(world).map((f) => f.split('.').slice(1).join('.'));

test('serves reports that no disk call has seen yet', () => {
  const world = new SpoolWorld(SMALL);
  world.append();
  assert.equal(world.drain(world.spool.liveStream, 1), 1);
});

test('draws a new stream at each open and hands the old one out as history', () => {
  const world = new SpoolWorld(SMALL);
  const first = world.spool.liveStream;
  world.append();
  world.reopen();
  assert.notEqual(world.spool.liveStream, first);
  assert.deepEqual(world.spool.streams(), [first, world.spool.liveStream]);
  world.drainAll();
  assert.equal(world.received.get(first)?.size, 1);
});

test('keeps a file until all of it is acknowledged', () => {
  const world = new SpoolWorld(SMALL);
  const stream = world.spool.liveStream;
  times(100, () => world.append());
  world.sync();
  const before = world.disk.files.size;
  while (world.watermark(stream) < 50) world.drain(stream, 1);
  world.acknowledge(stream);
  world.sync();
  assert.ok(world.disk.files.size < before && world.disk.files.size > 2);
  world.crash();
  world.drainAll();
  assert.equal(world.received.get(stream)?.size, 100);
});

test('leaves only the ledger behind when all was acknowledged', () => {
  const world = new SpoolWorld(SMALL);
  times(100, () => world.append());
  world.reopen();
  world.drainAll();
  assert.deepEqual(filesOf(world), ['/spool/ledger.json']);
});

test('rotation lets live reports overtake the backlog', () => {
  const world = new SpoolWorld(SMALL);
  times(50, () => world.append());
  world.rotate();
  world.append();
  assert.equal(world.drain(world.spool.liveStream, 1), 1);
  world.drainAll();
  assert.deepEqual(world.missing(), []);
});

test('a refused report becomes a gap and the next ones follow', () => {
  const world = new SpoolWorld(SMALL);
  const stream = world.spool.liveStream;
  times(3, () => world.append());
  world.drain(stream, 1);
  world.reject(stream);
  world.drainAll();
  assert.deepEqual(
    world.gaps.map(({ from, to, reason }) => [from, to, reason]),
    [[1, 1, 'refused']],
  );
  assert.equal(world.spool.stats().lost.refused, 1);
});

test('thins the oldest history to one report in five minutes, keeps events and changed checks, and names every number', () => {
  const world = new SpoolWorld({ ...WIDE, maxBytes: 170_000 });
  const stream = world.spool.liveStream;
  times(4000, (i) => {
    if (i === 100) world.append({ events: [{ at: 1, kind: 'service.down' }] });
    else if (i === 150) world.append({ checks: [{ id: 'service:a', status: 'critical' }] });
    else world.append();
    world.sync();
  });
  const { lost, bytes } = world.spool.stats();
  assert.ok(bytes <= 170_000, `${bytes} bytes`);
  assert.ok(lost.thinned > 500);
  assert.equal(lost.dropped, 0);
  world.drainAll();
  const received = world.received.get(stream);
  assert.ok(received?.has(100) && received.has(150));
  const named = world.gaps.reduce((sum, g) => sum + g.to - g.from + 1, 0);
  assert.equal(named, lost.thinned);
  assert.equal((received?.size ?? 0) + named, 4000);
});

test('drops the oldest only when all history is thinned', () => {
  const world = new SpoolWorld({ ...WIDE, maxBytes: 170_000 });
  times(12_000, () => {
    world.append();
    world.sync();
  });
  const { lost } = world.spool.stats();
  assert.ok(lost.thinned > 0 && lost.dropped > 0);
  assert.ok(!kinds(world).slice(0, 5).includes('full.zst'));
  world.drainAll();
  assert.equal(world.gaps[0]?.reason, 'dropped');
  assert.equal(world.gaps[0]?.from, 0);
});

test('declared losses survive a crash', () => {
  const world = new SpoolWorld({ ...WIDE, maxBytes: 170_000 });
  const stream = world.spool.liveStream;
  times(12_000, () => {
    world.append();
    world.sync();
  });
  world.crash();
  world.drainAll();
  assert.equal(world.gaps.find((g) => g.stream === stream)?.reason, 'dropped');
  for (const { declared } of world.missing()) assert.notEqual(declared, 'silently');
});

test('gives way when the volume runs short, but never below two segments', () => {
  const world = new SpoolWorld({ ...WIDE, segmentBytes: 16_384, freeFloor: 500_000 });
  times(3000, () => world.append());
  world.sync();
  world.disk.totalBytes = 400_000;
  times(40, () => {
    world.clock.advance(30_000);
    world.sync();
  });
  const { bytes, lost, reports } = world.spool.stats();
  assert.ok(bytes <= 3 * 16_384, `${bytes} bytes`);
  assert.ok(lost.thinned + lost.dropped > 0 && reports > 0);
  world.drainAll();
});

test('says that the disk fails, serves from memory within a bound, declares the rest, and recovers', () => {
  const world = new SpoolWorld({ ...SMALL, memoryBytes: 20_000 });
  const stream = world.spool.liveStream;
  world.fail((call) => (call === 'append' ? 'EIO' : undefined));
  times(200, () => {
    world.append();
    world.sync();
  });
  const { failing, lost } = world.spool.stats();
  assert.match(failing ?? '', /^EIO/);
  assert.ok(lost.dropped > 0 && lost.dropped < 200);
  world.drainAll();
  assert.equal((world.received.get(stream)?.size ?? 0) + lost.dropped, 200);
  assert.equal(world.gaps[0]?.reason, 'dropped');
});

test('after a failed sync writes anew all that is not proven, into another file', () => {
  const world = new SpoolWorld(SMALL);
  const stream = world.spool.liveStream;
  times(5, () => world.append());
  world.sync();
  world.fail((call) => (call === 'sync' ? 'EIO' : undefined));
  times(5, () => world.append());
  world.sync();
  assert.match(world.spool.stats().failing ?? '', /^EIO/);
  world.fail(() => undefined);
  world.clock.advance(60_000);
  world.sync();
  assert.equal(world.spool.stats().failing, undefined);
  world.crash();
  world.drainAll();
  assert.equal(world.received.get(stream)?.size, 10);
  assert.deepEqual(world.gaps, []);
});

test('a missing segment is a gap of exactly its numbers', () => {
  const world = new SpoolWorld(SMALL);
  const stream = world.spool.liveStream;
  times(100, () => world.append());
  world.reopen();
  const victims = filesOf(world).filter((f) => f.includes(stream));
  const first = victims[0] ?? '';
  const middle = victims[2] ?? '';
  world.disk.files.delete(first);
  world.disk.files.delete(middle);
  world.reopen();
  world.drainAll();
  const range = (file: string): unknown[] => [...file.split('_').slice(2, 4).map(Number), 'corrupt'];
  assert.deepEqual(
    world.gaps.map(({ from, to, reason }) => [from, to, reason]),
    [range(first), range(middle)],
  );
});

test('a collector that was restored from an old backup is told what is gone', () => {
  const world = new SpoolWorld(SMALL);
  const stream = world.spool.liveStream;
  times(100, () => world.append());
  world.sync();
  world.drain(stream, 1_000_000);
  world.acknowledge(stream);
  world.sync();
  world.append();
  const items = world.spool.next(stream, 10, 1_000_000);
  assert.equal(items[0]?.kind, 'gap');
  assert.equal(items.at(-1)?.kind, 'report');
});

test('an unreadable folder is said, and reports go on from memory until it can be read', () => {
  const world = new SpoolWorld(SMALL);
  times(3, () => world.append());
  world.sync();
  world.fail(() => 'EACCES');
  world.crash();
  assert.match(world.spool.stats().failing ?? '', /^EACCES/);
  world.append();
  assert.equal(world.drain(world.spool.liveStream, 1), 1);
  world.drainAll();
  assert.deepEqual(world.missing(), []);
});
