// The shell of the link: feeds the pure machine with frames, ends and ticks, and does what it asks for. It decides nothing.

import type { Clock, Timer } from '../../shared/clock.ts';
import type { GoodbyeReason, Hello } from '../../shared/frame.ts';
import { NamedError } from '../../shared/errors.ts';
import type { Log } from '../log.ts';
import type { Spool } from '../spool/spool.ts';
import type { DialOptions } from './dial.ts';
import type { Link, LinkStatus } from './link.ts';
import { nextTickAt, step } from './machine.ts';
import { isStepped } from './offset.ts';
import { type Effect, initialState, type Input, type TransportKind } from './state.ts';
import type { OpenTransport, Transport } from './transport.ts';

export interface LinkOptions {
  collector: string;
  urls: readonly string[];
  /** The host's id. */
  agent: string;
  spool: Spool;
  clock: Clock;
  random: () => number;
  log: Log;
  dial: DialOptions;
  transports: Readonly<Record<TransportKind, OpenTransport>>;
  /** Signs the challenge and tells of this run. */
  hello(nonce: string, collector: string): Hello;
}

export interface CollectorLink extends Link {
  /** Collector's clock less ours as last measured, or null. */
  offsetMs(): number | null;
}

export function openLink(options: LinkOptions): CollectorLink {
  return new LinkShell(options);
}

class LinkShell implements CollectorLink {
  readonly #options: LinkOptions;
  readonly #inputs: Input[] = [];
  readonly #whenClosed: (() => void)[] = [];
  #state;
  #busy = false;
  #failing = false;
  #transport: Transport | undefined;
  /** Told to close, not yet ended. */
  #ending: Transport | undefined;
  #url = '';
  #tick: Timer | undefined;
  #tickAt = Infinity;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#state = initialState({ collector: options.collector, urls: options.urls });
  }

  start(): void {
    this.#drive({ kind: 'start' });
  }

  wake(): void {
    if (this.#state.phase === 'open') this.#drive({ kind: 'pump' });
  }

  async stop(reason: GoodbyeReason, withinMs: number): Promise<void> {
    const { clock } = this.#options;
    const end = new Promise<void>((resolve) => {
      this.#whenClosed.push(resolve);
    });
    this.#drive({ kind: 'stop', reason, withinMs });
    // The machine gives up at withinMs; the transport gets a moment more to say so.
    const late = clock.after(withinMs + 500, () => this.#closed());
    if (!this.#transport && !this.#ending) this.#closed();
    await end;
    late.cancel();
    this.#tick?.cancel();
  }

  status(): LinkStatus {
    const s = this.#state;
    return {
      state: s.phase,
      collector: this.#url,
      transport: s.transport,
      since: s.since,
      ...(s.lastAckAt === undefined ? {} : { lastAckAt: s.lastAckAt }),
      ...(s.offsetMs === undefined ? {} : { offsetMs: s.offsetMs }),
      ...(s.rttMs === undefined ? {} : { rttMs: s.rttMs }),
      ...(s.lastError === undefined ? {} : { lastError: s.lastError }),
    };
  }

  offsetMs(): number | null {
    const { clock } = this.#options;
    // A report of a clock that was set just now must not carry the offset of before.
    const isSet = (): boolean => isStepped(this.#state, { wall: clock.now(), mono: clock.monotonic() });
    // Noticed here, the machine knows exactly which reports came before.
    if (isSet()) this.#drive({ kind: 'tick' });
    return isSet() ? null : (this.#state.offsetMs ?? null);
  }

  /** Effects may cause further inputs: they wait in line, so that each step sees the world that the last one left. */
  #drive(input: Input): void {
    this.#inputs.push(input);
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (let next = this.#inputs.shift(); next; next = this.#inputs.shift()) this.#step(next);
    } finally {
      this.#busy = false;
    }
    this.#arm();
  }

  #step(input: Input): void {
    const { clock, random, spool } = this.#options;
    const before = this.#state.phase;
    const view = { wall: clock.now(), mono: clock.monotonic(), random, spool };
    const { state, effects } = step(this.#state, input, view);
    this.#state = state;
    for (const effect of effects) this.#apply(effect);
    if (state.phase !== before) this.#logPhase();
  }

  /** A link that fails for hours is told once when that starts and once when it ends. */
  #logPhase(): void {
    const { log } = this.#options;
    const { phase, transport, lastError } = this.#state;
    const fields = { collector: this.#url, transport, ...(lastError ? { reason: lastError } : {}) };
    const failed = phase === 'waiting' || phase === 'refused';
    if (phase === 'open') log.info('link open', fields);
    else if (failed && !this.#failing) log.warn('no link to the collector, reports are kept', fields);
    else log.debug(`link ${phase}`, fields);
    if (phase === 'open') this.#failing = false;
    else if (failed) this.#failing = true;
  }

  #apply(effect: Effect): void {
    const { spool, log } = this.#options;
    switch (effect.kind) {
      case 'connect':
        return this.#connect(effect.url, effect.transport);
      case 'hello':
        return this.#transport?.send(this.#options.hello(effect.nonce, effect.collector));
      case 'send':
        return this.#transport?.send(effect.frame);
      case 'close':
        return this.#close();
      case 'acknowledge':
        log.debug('reports acknowledged', { stream: effect.stream, seq: effect.seq });
        return spool.acknowledge(effect.stream, effect.seq);
      case 'reject':
        return spool.reject(effect.stream, effect.seq);
      case 'rotate':
        return spool.rotate();
      case 'restored':
        return spool.restored(effect.seq, effect.salt);
      case 'pump':
        this.#inputs.push({ kind: 'pump' });
        return;
      case 'note':
        return log[effect.level](effect.message, effect.fields);
    }
  }

  #connect(url: string, kind: TransportKind): void {
    const { agent, clock, collector, dial, hello, transports } = this.#options;
    this.#url = url;
    const options = { url, agent, dial, clock, hello: (nonce: string) => hello(nonce, collector) };
    // A transport that was given up may still speak: only the current one is heard.
    const transport: Transport = transports[kind](options, {
      frame: (frame) => {
        if (this.#transport === transport) this.#drive({ kind: 'frame', frame });
      },
      closed: (end) => {
        if (this.#ending === transport) this.#ending = undefined;
        if (this.#transport === transport) {
          this.#transport = undefined;
          this.#drive({ kind: 'closed', ...end });
        }
        this.#closed();
      },
    });
    this.#transport = transport;
  }

  #close(): void {
    if (!this.#transport) return;
    this.#ending = this.#transport;
    this.#transport = undefined;
    this.#ending.close();
  }

  #closed(): void {
    if (this.#state.phase !== 'closed') return;
    for (const done of this.#whenClosed.splice(0)) done();
  }

  #arm(): void {
    const { clock } = this.#options;
    const at = this.#state.phase === 'closed' ? Infinity : nextTickAt(this.#state);
    if (at === this.#tickAt) return;
    this.#tick?.cancel();
    this.#tickAt = at;
    if (at === Infinity) return;
    this.#tick = clock.after(Math.max(1, at - clock.monotonic()), () => {
      this.#tickAt = Infinity;
      this.#drive({ kind: 'tick' });
    });
  }
}

/** Refuses an address that cannot be a collector's. */
export function checkUrl(url: string): void {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed && ['http:', 'https:', 'ws:', 'wss:'].includes(parsed.protocol)) return;
  throw new NamedError('CONFIG_BAD_VALUE', `${url} is not an address such as https://collector.example.com`);
}
