import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { type ManualClock, manualClock } from '../../shared/clock.ts';
import type { Principal } from '../access/principal.ts';
import { openLiveHub } from './live.ts';
import { openStage, type Stage, START_AT } from './testing/stage.ts';

/** A browser's connection whose other end reads only when told to. */
class Connection extends EventEmitter {
  written: string[] = [];
  reads = true;
  destroyed = false;
  writableLength = 0;
  write(text: string): boolean {
    this.written.push(text);
    if (!this.reads) this.writableLength += text.length;
    return this.reads;
  }
  destroy(): void {
    this.destroyed = true;
    this.emit('close');
  }
  drain(): void {
    this.reads = true;
    this.writableLength = 0;
    this.emit('drain');
  }
  get events(): string[] {
    return this.written
      .join('')
      .split('\n\n')
      .filter((e) => e.startsWith('event:'));
  }
}

const engineer: Principal = {
  kind: 'token',
  id: 'e',
  name: 'e',
  role: 'engineer',
  hospitalId: undefined,
  hash: 'none',
};

async function hubWith(t: { after(run: () => unknown): void }) {
  const clock = manualClock(START_AT);
  const stage = await openStage({ clock });
  const hub = openLiveHub(stage.context);
  t.after(async () => {
    hub.close();
    await stage.close();
  });
  const join = (host?: string): Connection => {
    const connection = new Connection();
    hub.add(connection as unknown as ServerResponse, engineer, host);
    return connection;
  };
  return { stage, clock, hub, join };
}

/** One round of the hub: the second passes, its reading of the state ends, the next round is planned. */
async function second(clock: ManualClock): Promise<void> {
  clock.advance(1000);
  for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve));
}

function change(stage: Stage, n: number): void {
  stage.setVerdict('a1', { word: 'up', since: START_AT + n, evidence: [] });
}

test('a browser that does not read gets the newest picture when it reads again, not all the old ones', async (t) => {
  const { stage, clock, join } = await hubWith(t);
  const connection = join();
  connection.reads = false;
  connection.writableLength = 2 * 1024 * 1024;
  for (let n = 0; n < 20; n++) {
    change(stage, n);
    await second(clock);
  }
  assert.equal(connection.events.length, 0);
  connection.drain();
  assert.equal(connection.events.length, 1);
  assert.match(connection.events[0] ?? '', new RegExp(`"since":${START_AT + 19}\\b`));
});

test('a browser that stays stuck is closed; others go on', async (t) => {
  const { stage, clock, join } = await hubWith(t);
  const [stuck, fine] = [join(), join()];
  stuck.reads = false;
  stuck.writableLength = 2 * 1024 * 1024;
  for (let n = 0; n < 40; n++) {
    change(stage, n);
    await second(clock);
  }
  assert.equal(stuck.destroyed, true);
  assert.equal(fine.destroyed, false);
  assert.equal(fine.events.length, 40);
});

test('values go only to the browser that looks at their host', async (t) => {
  const { stage, clock, join } = await hubWith(t);
  stage.store.add('a1', 'cpu_usage_active', [{ at: START_AT, value: 7 }]);
  const [looks, other] = [join('a1'), join('b1')];
  change(stage, 1);
  await second(clock);
  assert.deepEqual(
    looks.events.map((e) => e.split('\n')[0]),
    ['event: host', 'event: values'],
  );
  assert.deepEqual(
    other.events.map((e) => e.split('\n')[0]),
    ['event: host'],
  );
});

test('a heartbeat passes every 15 s so that proxies keep the stream open', async (t) => {
  const { clock, join } = await hubWith(t);
  const connection = join();
  clock.advance(45_000);
  assert.equal(connection.written.filter((w) => w === ': \n\n').length, 3);
});

test('a crowd of pages of one account is refused by name', async (t) => {
  const { hub, join } = await hubWith(t);
  for (let i = 0; i < 30; i++) join();
  assert.throws(() => hub.checkRoom(engineer), { code: 'RATE_LIMITED' });
  hub.checkRoom({ ...engineer, id: 'another' });
});
