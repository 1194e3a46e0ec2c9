// One connection: gives the machine its inputs and carries out its effects. Promise: whatever arrives, this connection is the
// only one that suffers from it.

import { type ErrorCode, isNamedError } from '../../shared/errors.ts';
import { type AgentFrame, type CollectorFrame, decodeAgentFrame, type Hello } from '../../shared/frame.ts';
import type { CloseKind } from '../services.ts';
import type { HostMark, Owner } from './commit.ts';
import { firstCredit } from './credit.ts';
import { deskOf, type Guest, type Hall, HIGH_WATER, type Wire } from './hall.ts';
import { type Budget, priceOfText } from './budget.ts';
import { type Challenges, type Desk, type Effect, openSession, type Session } from './model.ts';
import { type Outcome, refusal, takeReport } from './report.ts';
import {
  challenge,
  hearAgain,
  overBudget,
  overPrice,
  refuseAndClose,
  takeFrame,
  takeIdentity,
  takeMalformed,
} from './session.ts';
import { countRefusal } from './stats.ts';

const STOP_SENDING_BYTES = 1024 ** 2;
const GIVE_UP_BYTES = 4 * 1024 ** 2;
const RETRY_MS = 2_000;
const LISTS_SHARED = 20_000;
const CLOSE_LATER_MS = 2_000;

export class Conn implements Guest, Owner {
  readonly session: Session<HostMark>;
  readonly identified: Promise<void>;
  readonly #hall: Hall;
  readonly wire: Wire;
  readonly #via: 'websocket' | 'http';
  #identify: () => void = () => {};
  #over = false;
  /** The list of columns of the last plain report: kept to spare making its name anew. */
  #series = '';

  constructor(hall: Hall, wire: Wire, how: { via: 'websocket' } | { via: 'http'; nonces: Challenges }) {
    const now = hall.clock.now();
    this.#hall = hall;
    this.wire = wire;
    this.#via = how.via;
    const nonce = Buffer.from(hall.random(24)).toString('base64url');
    const nonces = how.via === 'http' ? how.nonces : oneNonce(nonce);
    this.session = openSession(hall.rules, nonces, now);
    this.identified = new Promise((resolve) => {
      this.#identify = resolve;
    });
    hall.all.add(this);
    hall.stats.connections = hall.all.size;
    hall.stats.connectionsTotal++;
    if (how.via === 'websocket') this.send(challenge(hall.rules.collector, nonce, now));
  }

  receive(text: string, bytes: number): void {
    const { session } = this;
    if (this.drops()) return;
    const now = this.#hall.clock.now();
    const waitMs = this.#arrived(bytes, now, priceOfText(bytes));
    if (waitMs !== undefined) return this.#refuseTooFast(placeOf(text), waitMs);
    let frame: AgentFrame;
    try {
      frame = decodeAgentFrame(text);
    } catch (error) {
      return this.#refuseMalformed(text, error);
    }
    const { desk } = session;
    const pricedMs = desk && overPrice(session, desk, { frame, bytes }, now);
    if (pricedMs !== undefined) return this.#refuseTooFast(placeOf(text), pricedMs);
    if (frame.t !== 'report' || desk === undefined) return this.apply(takeFrame(session, frame, now));
    const { stream, seq, series, at, off, checks, events, v } = frame;
    const more = { ...(checks === undefined ? {} : { checks }), ...(events === undefined ? {} : { events }) };
    const head = { stream, seq, series, at, off, width: v.length, ...more };
    this.#settle(takeReport(session, desk, head, now), (values) => {
      for (let i = 0; i < v.length; i++) values[i] = v[i] ?? Number.NaN;
      return !v.includes(null);
    });
  }

  pinged(): boolean {
    if (this.session.phase !== 'open') {
      this.apply(refuseAndClose(this.session, 'FRAME_UNEXPECTED', 'a ping before the handshake is done'));
      return false;
    }
    const waitMs = this.#arrived(0, this.#hall.clock.now());
    if (waitMs !== undefined) this.#refuseTooFast({}, waitMs);
    return waitMs === undefined;
  }

  drops(): boolean {
    const { session } = this;
    if (session.isDeaf) {
      session.dropped++;
      this.#hall.stats.dropped++;
    }
    return session.isDeaf || session.phase === 'closed';
  }

  receivePlain(bytes: Buffer, from: number, to: number): boolean {
    const { session } = this;
    const { scanner, clock } = this.#hall;
    const { desk } = session;
    if (session.phase !== 'open' || desk === undefined) return false;
    if (!scanner.scan(bytes, from, to, session.mark?.stream ?? '', this.#series)) return false;
    this.#series = scanner.series;
    const now = clock.now();
    const waitMs = this.#arrived(to - from, now);
    if (waitMs !== undefined) this.#refuseTooFast(scanner, waitMs);
    else this.#settle(takeReport(session, desk, scanner, now), scanner.copyTo);
    return true;
  }

  /** Counts a frame; the time to wait when the agent sends more than it may. */
  #arrived(bytes: number, now: number, price = 1): number | undefined {
    const hall = this.#hall;
    hall.stats.frames++;
    hall.stats.bytes += bytes;
    const { desk } = this.session;
    if (desk === undefined) return undefined;
    hall.presence.heard(desk.host, now);
    return overBudget(this.session, desk, { bytes, price }, now);
  }

  #settle(outcome: Outcome, fill: (values: Float64Array) => boolean): void {
    const { session } = this;
    const hall = this.#hall;
    if (outcome !== undefined && 'kind' in outcome) {
      const mark = session.mark as HostMark;
      mark.owner = this;
      outcome.values = hall.values.take(outcome.columns.length);
      outcome.isWhole = fill(outcome.values);
      hall.committer.add(outcome, mark);
      if (hall.committer.pending() >= HIGH_WATER) this.#hold();
      return;
    }
    if (outcome?.t !== 'refuse') hall.stats.duplicates++;
    if (session.mark) session.mark.owner = this;
    if (outcome) this.send(outcome);
  }

  acknowledge(mark: HostMark): void {
    if (this.#over) return;
    this.wire.sendShort(`{"t":"ack","stream":"${mark.stream}","seq":${mark.durable}}`);
    if (this.wire.bufferedBytes() > STOP_SENDING_BYTES) this.#checkBuffer();
  }

  host(): string | undefined {
    return this.session.desk?.host;
  }

  refuse(mark: HostMark): void {
    const expected = mark.durable + 1;
    const place = { stream: mark.stream, seq: expected };
    const more = { expected, retryAfterMs: RETRY_MS };
    this.send(refusal('STORE_UNAVAILABLE', 'the collector cannot store now', place, more));
  }

  send(frame: CollectorFrame): void {
    if (this.#over) return;
    if (frame.t === 'refuse') countRefusal(this.#hall.stats, frame.code);
    const text = JSON.stringify(frame);
    // Answers to beats are most of what a large fleet is sent; of these kinds all but the letters are numbers.
    if (frame.t === 'beat' || frame.t === 'time' || frame.t === 'credit') this.wire.sendShort(text);
    else this.wire.send(text);
    if (this.wire.bufferedBytes() > STOP_SENDING_BYTES) this.#checkBuffer();
  }

  ended(kind: CloseKind): void {
    this.#end(this.session.goodbye ? 'goodbye' : kind);
  }

  close(kind: CloseKind, code: ErrorCode | 'IDLE' | 'REPLACED' | 'STOPPING'): void {
    if (this.#over) return;
    this.#end(kind);
    this.wire.close(code);
  }

  apply(effects: readonly Effect[]): void {
    for (const effect of effects) this.#carryOut(effect);
  }

  #carryOut(effect: Effect): void {
    const hall = this.#hall;
    const host = this.session.desk?.host ?? '';
    const now = hall.clock.now();
    switch (effect.do) {
      case 'send':
        if (effect.frame.t === 'ack') hall.stats.duplicates++;
        return this.send(effect.frame);
      case 'identify':
        return void this.#lookUp(effect.hello);
      case 'opened':
        return this.#open(host, effect.hello, now);
      case 'declare':
        return this.#declare(host, effect.id, effect.columns);
      case 'gap': {
        const mark = this.session.mark as HostMark;
        mark.owner = this;
        return hall.committer.add(effect.entry, mark);
      }
      case 'offset':
        hall.committer.learn(host, { offsetMs: effect.offsetMs });
        return hall.reports.clockOffset(host, effect.offsetMs, effect.rttMs, now);
      case 'goodbye':
        return hall.presence.goodbye(host, effect.reason, now);
      case 'cloned':
        return void this.#tellClone(effect.hello, now);
      case 'close':
        return this.close(effect.kind, effect.code);
      case 'close later':
        this.wire.pause();
        return void hall.clock.after(CLOSE_LATER_MS, () => this.close('refused', effect.code));
    }
  }

  async #lookUp(hello: Hello): Promise<void> {
    const hall = this.#hall;
    try {
      const known = await hall.state
        .selectFrom('hosts')
        .select(['id', 'publicKey', 'fingerprint', 'revokedAt'])
        .where('id', '=', hello.agent)
        .executeTakeFirst();
      if (this.#over) return;
      const openDesk = (host: string): Desk<HostMark> => deskOf(hall, host);
      const budgetOf = (desk: Desk<HostMark>): Budget => (this.#via === 'http' ? desk.posts : desk.hellos);
      this.apply(takeIdentity(this.session, known, { openDesk, budgetOf, now: hall.clock.now() }));
    } catch (error) {
      hall.log.error({ error: String(error) }, 'cannot look up a host');
      this.apply(
        refuseAndClose(this.session, 'STORE_UNAVAILABLE', 'the collector cannot read its state now'),
      );
    }
    this.#identify();
  }

  #open(host: string, hello: Hello, now: number): void {
    const hall = this.#hall;
    const desk = deskOf(hall, host);
    hall.stats.handshakes++;
    if (this.#via === 'websocket') {
      const former = hall.live.get(host);
      hall.live.set(host, this);
      hall.stats.sessions = hall.live.size;
      if (former) {
        hall.stats.replaced++;
        former.close('replaced', 'REPLACED');
      }
    }
    const watermarks: Record<string, number> = {};
    for (const stream of hello.streams) {
      watermarks[stream] = hall.store.watermark(host, stream);
      // What the former connection left on its way to the store is acknowledged here.
      const mark = desk.marks.get(stream);
      if (mark) mark.owner = this;
    }
    const creditBytes = firstCredit(this.session, this.#via, now);
    hall.committer.learn(host, { agentVersion: hello.version, boot: hello.boot, bootAt: hello.bootAt });
    hall.presence.hello(host, hello, now);
    this.send({ t: 'welcome', at: now, watermarks, creditBytes });
  }

  #declare(host: string, id: string, columns: readonly string[]): void {
    // Sharing spares memory; forgetting what is shared now and then bounds it.
    if (this.#hall.columns.size > LISTS_SHARED) this.#hall.columns.clear();
    const shared = this.#hall.columns.get(id) ?? columns;
    this.#hall.columns.set(id, shared);
    this.session.series.set(id, shared);
    this.#hall.store.declare(host, id, shared);
  }

  /** Said once per machine, or a copy that tries every few seconds would fill the audit trail. */
  async #tellClone(hello: Hello, now: number): Promise<void> {
    const hall = this.#hall;
    hall.stats.clones++;
    const key = `${hello.agent}\n${hello.fingerprint}`;
    if (hall.clonesSeen.has(key) || hall.clonesSeen.size > 10_000) return;
    hall.clonesSeen.add(key);
    hall.log.warn({ host: hello.agent, fingerprint: hello.fingerprint }, 'a key is used by a second machine');
    const detail = JSON.stringify({ fingerprint: hello.fingerprint, boot: hello.boot });
    const row = {
      at: now,
      who: `host:${hello.agent}`,
      what: 'host.cloned-key',
      subject: hello.agent,
      detail,
    };
    try {
      await hall.state.insertInto('audit').values(row).execute();
    } catch (error) {
      hall.clonesSeen.delete(key);
      hall.log.error({ error: String(error) }, 'cannot record a cloned key');
    }
  }

  #refuseTooFast({ stream, seq }: { stream?: string; seq?: number }, retryAfterMs: number): void {
    const message = 'more than this agent may send';
    const place = stream === undefined || seq === undefined ? {} : { stream, seq };
    this.send({ t: 'refuse', code: 'RATE_LIMITED', message, ...place, retryAfterMs });
    const { pauseMs } = this.session;
    this.session.pauseMs = 0;
    // Over HTTP there is nothing to pause: the answer to the post is what holds the next one back.
    if (pauseMs === 0 || this.#via === 'http') return;
    this.#hall.stats.pauses++;
    this.session.isDeaf = true;
    this.wire.pause();
    this.#hall.clock.after(pauseMs, () => this.#hearAgain());
  }

  #hearAgain(): void {
    if (this.#over) return;
    this.apply(hearAgain(this.session, this.#hall.clock.now()));
    if (!this.#hall.held.has(this)) this.wire.resume();
  }

  #refuseMalformed(text: string, error: unknown): void {
    if (!isNamedError(error)) throw error;
    this.apply(takeMalformed(this.session, error.code, error.message, placeOf(text)));
  }

  #hold(): void {
    this.wire.pause();
    this.#hall.held.add(this);
  }

  /** An agent that does not read its answers: first it is not read from, then it is let go. */
  #checkBuffer(): void {
    if (this.wire.bufferedBytes() > GIVE_UP_BYTES) return this.close('timeout', 'IDLE');
    this.#hold();
  }

  #end(kind: CloseKind): void {
    if (this.#over) return;
    this.#over = true;
    const { session } = this;
    const hall = this.#hall;
    session.phase = 'closed';
    hall.all.delete(this);
    hall.held.delete(this);
    hall.stats.connections = hall.all.size;
    this.#identify();
    const desk = session.desk;
    if (!desk) return;
    if (hall.live.get(desk.host) === this) {
      hall.live.delete(desk.host);
      hall.stats.sessions = hall.live.size;
    }
    if (this.#via === 'websocket') hall.presence.closed(desk.host, kind, hall.clock.now());
    const idle = [...desk.marks.values()].every((mark) => mark.accepted === mark.durable);
    if (idle && !hall.live.has(desk.host)) desk.marks.clear();
  }
}

function oneNonce(nonce: string): Challenges {
  let unused = true;
  return {
    of: () => [nonce],
    claim() {
      const first = unused;
      unused = false;
      return first;
    },
  };
}

/** What can still be read of a frame that is refused, so that the agent knows which one it was. */
function placeOf(text: string): { stream?: string; seq?: number } {
  const stream = /"stream":"([0-9a-f]{32})"/.exec(text.slice(0, 400))?.[1];
  const seq = /"seq":(\d{1,15})\b/.exec(text.slice(0, 400))?.[1];
  return { ...(stream === undefined ? {} : { stream }), ...(seq === undefined ? {} : { seq: Number(seq) }) };
}
