// The simulated network: TCP connections between agents and the collector. Bytes of one connection keep their order, those of
// different connections do not. A cut path holds bytes back; a connection may survive that, be reset, or be lost half-open: then
// each end learns it only when it speaks and the other end's machine answers.

import type { Random } from './random.ts';
import type { Owner, Scheduler } from './scheduler.ts';

/** One end of a connection, as its process sees it. */
export interface End {
  readonly owner: Owner;
  hear(text: string): void;
  ended(kind: 'closed' | 'reset'): void;
}

type Side = 'agent' | 'collector';
interface Parcel {
  kind: 'text' | 'closed' | 'reset';
  text: string;
}

export interface Path {
  isCut(): boolean;
  delayMs(): number;
}

const other = (side: Side): Side => (side === 'agent' ? 'collector' : 'agent');

export class Connection {
  readonly path: Path;
  readonly #scheduler: Scheduler;
  readonly #ends: Record<Side, End | undefined> = { agent: undefined, collector: undefined };
  readonly #waiting: Record<Side, Parcel[]> = { agent: [], collector: [] };
  readonly #lastAt: Record<Side, number> = { agent: 0, collector: 0 };
  readonly #paused: Record<Side, boolean> = { agent: false, collector: false };
  readonly #queued: Record<Side, number> = { agent: 0, collector: 0 };
  /** Bytes vanish from now on: a middle box forgot this connection. */
  isLost = false;

  constructor(scheduler: Scheduler, path: Path) {
    this.#scheduler = scheduler;
    this.path = path;
  }

  attach(side: Side, end: End): void {
    this.#ends[side] = end;
  }

  isOpen(): boolean {
    return this.#ends.agent !== undefined || this.#ends.collector !== undefined;
  }

  /** Bytes on their way to this side. */
  queuedTo(side: Side): number {
    return this.#queued[side];
  }

  send(to: Side, text: string): void {
    this.#post(to, { kind: 'text', text });
  }

  /** The process of this side ends the connection: what it sent before still goes. */
  close(side: Side, kind: 'closed' | 'reset'): void {
    if (this.#ends[side] === undefined) return;
    this.#ends[side] = undefined;
    this.#waiting[side] = [];
    this.#post(other(side), { kind, text: '' });
  }

  /** The machine of this side is gone without a word. */
  vanish(side: Side): void {
    this.#ends[side] = undefined;
    this.#waiting[side] = [];
  }

  /** Something on the path resets the connection: this end hears of it. */
  reset(side: Side): void {
    this.isLost = true;
    this.#end(side, 'reset');
  }

  pause(side: Side): void {
    this.#paused[side] = true;
  }

  resume(side: Side): void {
    this.#paused[side] = false;
    if (this.#waiting[side].length > 0) this.#scheduler.after(0, undefined, () => this.flush(side));
  }

  /** What was held back goes on, as far as it may. */
  flush(side: Side): void {
    while (this.#waiting[side].length > 0 && this.#mayArrive(side)) {
      const parcel = this.#waiting[side].shift();
      if (parcel) this.#arrive(side, parcel);
    }
  }

  #post(to: Side, parcel: Parcel): void {
    const at = Math.max(this.#lastAt[to], this.#scheduler.now + this.path.delayMs());
    this.#lastAt[to] = at;
    this.#queued[to] += parcel.text.length;
    this.#scheduler.after(at - this.#scheduler.now, undefined, () => {
      if (this.#waiting[to].length > 0 || !this.#mayArrive(to)) this.#waiting[to].push(parcel);
      else this.#arrive(to, parcel);
    });
  }

  #mayArrive(side: Side): boolean {
    if (this.path.isCut() || this.#paused[side]) return false;
    const frozenMs = (this.#ends[side]?.owner.frozenUntil ?? 0) - this.#scheduler.now;
    if (frozenMs > 0) this.#scheduler.after(frozenMs, undefined, () => this.flush(side));
    return frozenMs <= 0;
  }

  #arrive(side: Side, parcel: Parcel): void {
    this.#queued[side] -= parcel.text.length;
    const end = this.#ends[side];
    if (this.isLost || end === undefined || !end.owner.alive) {
      // Whoever answers there knows of no such connection.
      if (parcel.kind === 'text' && !this.path.isCut()) this.#refuse(other(side));
      return;
    }
    if (parcel.kind !== 'text') return this.#end(side, parcel.kind);
    end.owner.enter(() => end.hear(parcel.text));
  }

  #refuse(side: Side): void {
    this.#scheduler.after(this.path.delayMs(), undefined, () => {
      if (!this.path.isCut()) this.#end(side, 'reset');
    });
  }

  #end(side: Side, kind: 'closed' | 'reset'): void {
    const end = this.#ends[side];
    this.#ends[side] = undefined;
    this.#waiting[side] = [];
    if (end?.owner.alive) end.owner.enter(() => end.ended(kind));
  }
}

/** What listens at the collector's address. */
export interface Listener {
  /** undefined: the machine is off. */
  owner(): Owner | undefined;
  /** False: nobody listens on the port. */
  accept(connection: Connection): boolean;
}

export class Network {
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  readonly connections = new Set<Connection>();
  listener: Listener | undefined;
  uplinkCuts = 0;

  constructor(scheduler: Scheduler, random: Random) {
    this.#scheduler = scheduler;
    this.#random = random;
  }

  /** `answered`: the connection stands; `refused`: it does not, and this is how the agent hears of it. */
  dial(path: Path, agent: End, answered: () => void, refused: () => void): Connection {
    const connection = new Connection(this.#scheduler, path);
    connection.attach('agent', agent);
    this.#sweep();
    this.connections.add(connection);
    this.#scheduler.after(path.delayMs(), undefined, () => {
      const owner = this.listener?.owner();
      if (path.isCut() || owner === undefined || !agent.owner.alive) return;
      const isTaken = owner.alive && connection.isOpen() && this.listener?.accept(connection) === true;
      this.#scheduler.after(path.delayMs(), agent.owner, isTaken ? answered : refused);
    });
    return connection;
  }

  /** A path was cut: each connection over it has a fate of its own. */
  cut(isOver: (connection: Connection) => boolean): void {
    for (const connection of this.connections) {
      if (!isOver(connection) || !connection.isOpen()) continue;
      const fate = this.#random();
      if (fate < 0.3) connection.isLost = true;
      else if (fate < 0.5)
        this.#scheduler.after(this.#random.between(0, 2_000), undefined, () => connection.reset('agent'));
      else if (fate < 0.6)
        this.#scheduler.after(this.#random.between(0, 2_000), undefined, () => connection.reset('collector'));
    }
  }

  healed(isOver: (connection: Connection) => boolean): void {
    for (const connection of this.connections) {
      if (!isOver(connection)) continue;
      const retransmitMs = this.#random.between(10, 3_000);
      this.#scheduler.after(retransmitMs, undefined, () => connection.flush('agent'));
      this.#scheduler.after(retransmitMs, undefined, () => connection.flush('collector'));
    }
  }

  #sweep(): void {
    if (this.connections.size < 64) return;
    for (const connection of this.connections) if (!connection.isOpen()) this.connections.delete(connection);
  }
}
