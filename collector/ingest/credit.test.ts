import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CREDIT_TASTE, type CreditPool, firstCredit, SHARE_EVERY_MS, shareCredit } from './credit.ts';
import { openSession, type Rules, type Session } from './model.ts';

const KIB = 1024;
const rules: Rules = { collector: 'c', seriesPerHost: 1, idleMs: 1, isSignedBy: () => true };
const nonces = { of: () => [], claim: () => true };
const guestsOf = (sessions: readonly Session[]) => sessions.map((session) => ({ session }));

/** Agents that send history as fast as their credit and a round trip allow, and a collector that shares the credit. */
class Scene {
  now = 1_000_000;
  readonly pool: CreditPool;
  readonly sessions: Session[] = [];
  readonly left = new Map<Session, number>();
  most = 0;

  constructor(poolBytes: number, perAgentBytes = 1024 * KIB) {
    this.pool = { poolBytes, perAgentBytes, grantedBytes: 0, wanting: 0 };
  }

  join(bytes: number, how: { known: boolean } = { known: true }): Session {
    const session = openSession(rules, nonces, this.now);
    if (how.known) session.hello = { streams: ['a', 'b'] } as Session['hello'] & object;
    firstCredit(session, 'websocket', this.now);
    this.sessions.push(session);
    this.left.set(session, bytes);
    return session;
  }

  /** One round trip: whoever has credit and history sends as much of it, one report at least. */
  round(): void {
    for (const [session, bytes] of this.left) {
      if (bytes <= 0 || session.creditBytes === 0) continue;
      session.historyAt = this.now;
      this.left.set(session, bytes - Math.max(session.creditBytes, KIB));
    }
    this.now += SHARE_EVERY_MS;
    shareCredit(this.pool, guestsOf(this.sessions), this.now);
    const busy = this.sessions.filter((s) => s.turn === 'turn' && (this.left.get(s) ?? 0) > 0);
    this.most = Math.max(
      this.most,
      busy.reduce((sum, s) => sum + s.creditBytes, 0),
    );
  }

  rounds(count: number): void {
    for (let n = 0; n < count; n++) this.round();
  }

  get behind(): number {
    return [...this.left.values()].filter((bytes) => bytes > 0).length;
  }
}

test('thousands of agents with history all get their turn, and what is in flight stays within the pool', () => {
  const scene = new Scene(4096 * KIB);
  for (let n = 0; n < 5000; n++) scene.join(150 * KIB);
  scene.rounds(1000);
  assert.equal(scene.behind, 0);
  assert.ok(scene.most <= 4096 * KIB, `${scene.most} bytes`);
  // Everybody is back to a taste, and nothing is held.
  assert.deepEqual(new Set(scene.sessions.map((s) => s.creditBytes)), new Set([CREDIT_TASTE]));
  assert.equal(scene.pool.grantedBytes, 0);
});

test('an agent that is alone gets all that one may have', () => {
  const scene = new Scene(4096 * KIB, 512 * KIB);
  const session = scene.join(10_000 * KIB);
  assert.equal(session.creditBytes, 0);
  scene.round();
  assert.equal(session.creditBytes, 512 * KIB);
});

test('history that no hello told of is noticed by its first report', () => {
  const scene = new Scene(4096 * KIB);
  const session = scene.join(300 * KIB, { known: false });
  assert.equal(session.creditBytes, CREDIT_TASTE);
  scene.round();
  assert.equal(session.turn, 'turn');
  scene.rounds(20);
  assert.equal(scene.behind, 0);
});

test('an agent without history holds nothing and is told nothing', () => {
  const scene = new Scene(4096 * KIB);
  const session = scene.join(0, { known: false });
  assert.deepEqual(shareCredit(scene.pool, guestsOf(scene.sessions), scene.now + 60_000), []);
  assert.equal(session.creditBytes, CREDIT_TASTE);
});

test('who has much makes room for those who wait, and goes on afterwards', () => {
  const scene = new Scene(64 * KIB);
  const [long, other] = [scene.join(100_000 * KIB), scene.join(100_000 * KIB)];
  const third = scene.join(10 * KIB);
  scene.round();
  assert.deepEqual([long.turn, other.turn, third.turn], ['turn', 'turn', 'waiting']);
  scene.rounds(10_000 / SHARE_EVERY_MS);
  assert.equal(third.turn, 'turn');
  scene.rounds(20_000 / SHARE_EVERY_MS);
  assert.equal(scene.left.get(third), -22 * KIB);
  assert.deepEqual([long.turn, other.turn, third.turn], ['turn', 'turn', 'none']);
});

test('large shares shrink when many come', () => {
  const scene = new Scene(4096 * KIB);
  const early = scene.join(10_000_000 * KIB);
  scene.round();
  assert.equal(early.creditBytes, 1024 * KIB);
  for (let n = 0; n < 200; n++) scene.join(150 * KIB);
  scene.round();
  assert.equal(early.creditBytes, 32 * KIB);
  scene.rounds(200);
  assert.equal(scene.behind, 1);
});

test('a pool smaller than a share still lets one agent after the other through', () => {
  const scene = new Scene(20 * KIB);
  for (let n = 0; n < 5; n++) scene.join(50 * KIB);
  scene.rounds(100);
  assert.equal(scene.behind, 0);
  assert.ok(scene.most <= 20 * KIB);
});
