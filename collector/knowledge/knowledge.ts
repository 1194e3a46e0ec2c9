// Tells engines outside what the collector itself knows: incidents, verdicts, events, its own metrics, so that dashboards that read an
// engine directly show them too. The state is the queue: what is told is read from it again, up to a mark that moves only when the
// engine has taken everything before it. Promise: every sample once, however often the engine or the collector is killed, as long as
// they are not apart for longer than LONGEST_MS.
//
//   mark ──(a piece of at most PIECE_MS)──▶ read ──▶ send ──▶ taken: mark moves ──▶ next piece, until now
//     ▲                                               └── no answer: the same piece again at the next turn
//     └── another process of the engine answers than at the last turn, or it was away: it may have lost what it took then, and is
//         told it again
//
// A verdict that is corrected later stays there as it was told; `/prom`, the page and the reports have the correction.

import type { Clock } from '../../shared/clock.ts';
import { describeError } from '../../shared/errors.ts';
import { DERIVED } from '../prom/derived/catalogue.ts';
import { METRIC_NAME, getLabel } from '../prom/labels.ts';
import type { Matcher } from '../prom/language/ast.ts';
import type { RawSeries, SeriesSource } from '../prom/source.ts';
import type { Log } from '../services.ts';
import type { State } from '../state/state.ts';
import type { Dialect, Sender } from '../store/outside/engine.ts';
import { sendByHalves } from '../store/outside/halves.ts';
import { linesOf } from './lines.ts';

export interface KnowledgeOptions {
  state: State;
  /** What the state says, as of `now` (UTC ms), of the platform and these hosts; default all. */
  derived(now: number, hosts?: ReadonlySet<string>): SeriesSource;
  own: SeriesSource;
  engines: readonly KnowledgeEngine[];
  clock: Clock;
  log: Log;
}

export interface KnowledgeEngine {
  /** Of its mark, and in the log. */
  name: string;
  sender: Pick<Sender, 'send' | 'generation'>;
  dialect: Dialect;
}

export interface Knowledge {
  /** Tells every engine all that there is, as happens every minute. Never throws: what was not taken is told at the next turn. */
  tell(): Promise<void>;
  stop(): Promise<void>;
}

const FIRST_TURN_MS = 1000;
const EVERY_MS = 60_000;
/** The collector itself has 12 s to stop; what was under way is told again after the next start. */
const STOP_WITHIN_MS = 3000;
/** What happens now is in the state, and among the own metrics, by then. */
const SETTLE_MS = 15_000;
/** One read: of 5,000 hosts some 100,000 samples. */
const PIECE_MS = 600_000;
/** An engine that is told for the first time, or was away for longer, is told so much of the past. */
const FIRST_MS = 3_600_000;
const LONGEST_MS = 7 * 86_400_000;
const LINES_AT_ONCE = 5000;
/** Events reach back: an agent brings those of an outage when it is over. */
const EVENTS_MS = 40 * 86_400_000;
const EVENTS = 'event_time_seconds';

export function openKnowledge(options: KnowledgeOptions): Knowledge {
  const { engines, clock } = options;
  const tellers = engines.map((engine) => new Teller(options, engine));
  const tell = async (): Promise<void> => void (await Promise.all(tellers.map((teller) => teller.tell())));
  const turn = (): void => void tell();
  const timers = engines.length > 0 ? [clock.after(FIRST_TURN_MS, turn), clock.every(EVERY_MS, turn)] : [];
  return {
    tell,
    async stop() {
      for (const timer of timers) timer.cancel();
      for (const teller of tellers) teller.isStopped = true;
      const { promise, resolve } = Promise.withResolvers<void>();
      const limit = clock.after(STOP_WITHIN_MS, resolve);
      await Promise.race([Promise.all(tellers.map((teller) => teller.running)), promise]);
      limit.cancel();
    },
  };
}

/** Up to where the engine took all, and up to where it did before its last turn, when this process of it answered. */
interface Mark {
  at: number;
  before: number;
  generation?: string;
}

class Teller {
  readonly #options: KnowledgeOptions;
  readonly #engine: KnowledgeEngine;
  running: Promise<void> | undefined;
  isStopped = false;
  #isFailing = false;

  constructor(options: KnowledgeOptions, engine: KnowledgeEngine) {
    this.#options = options;
    this.#engine = engine;
  }

  tell(): Promise<void> {
    this.running ??= this.#tellAll()
      .then(
        () => this.#note(undefined),
        (error: unknown) => this.#note(error),
      )
      .finally(() => {
        this.running = undefined;
      });
    return this.running;
  }

  /** An engine that is away is told of once when that starts and once when it ends. */
  #note(error: unknown): void {
    const { log } = this.#options;
    const engine = this.#engine.name;
    if (error !== undefined && !this.#isFailing)
      log.warn({ engine, error: describeError(error) }, 'incidents and verdicts wait for the engine');
    if (error === undefined && this.#isFailing)
      log.info({ engine }, 'incidents and verdicts are told to the engine again');
    this.#isFailing = error !== undefined;
  }

  async #tellAll(): Promise<void> {
    const to = this.#options.clock.now() - SETTLE_MS;
    const mark = await this.#mark(to);
    const generation = await this.#engine.sender.generation?.();
    // Who did not answer may have ended; engines tell their start in whole seconds, and may be back within one.
    const isSame = generation === mark.generation && !this.#isFailing;
    let from = isSame ? mark.at : mark.before;
    const before = from;
    while (from < to && !this.isStopped) {
      const until = Math.min(to, from + PIECE_MS);
      await this.#send(await this.#read(from, until));
      await this.#setMark({ at: until, before, ...(generation === undefined ? {} : { generation }) });
      from = until;
    }
  }

  /** Lines of (from, to]. */
  async #read(from: number, to: number): Promise<string[]> {
    const { own, derived } = this.#options;
    const source = derived(to);
    const isDerived = ({ labels }: RawSeries): boolean => getLabel(labels, METRIC_NAME) in DERIVED;
    const but: Matcher = { name: METRIC_NAME, type: '!=', value: EVENTS };
    const during = (at: number): boolean => at > from && at <= to;
    const { dialect } = this.#engine;
    return [
      ...linesOf((await source.select([but], { from, to })).filter(isDerived), dialect, during),
      ...linesOf(await own.select([], { from, to }), dialect, during),
      ...(await this.#readEvents(from, to)),
    ];
  }

  /** Events that arrived in (from, to], whenever they happened. */
  async #readEvents(from: number, to: number): Promise<string[]> {
    const rows = await this.#options.state
      .selectFrom('events')
      .select(['at', 'hostId'])
      .where('arrivedAt', '>', from)
      .where('arrivedAt', '<=', to)
      .where('at', '>', from - EVENTS_MS)
      .where('at', '<=', to)
      .execute();
    if (rows.length === 0) return [];
    const arrived = new Set(rows.map(({ at }) => at));
    const window = { from: Math.min(...arrived), to: Math.max(...arrived) };
    const source = this.#options.derived(to, new Set(rows.map(({ hostId }) => hostId)));
    const series = await source.select([{ name: METRIC_NAME, type: '=', value: EVENTS }], window);
    return linesOf(series, this.#engine.dialect, (at) => arrived.has(at));
  }

  async #send(lines: readonly string[]): Promise<void> {
    const { sender, name } = this.#engine;
    const refused = (line: string, { message }: Error): void =>
      this.#options.log.error({ engine: name, line, error: message }, 'the engine refuses a line for good');
    for (let i = 0; i < lines.length; i += LINES_AT_ONCE)
      await sendByHalves(sender, lines.slice(i, i + LINES_AT_ONCE), refused);
  }

  get #key(): string {
    return `knowledge:${this.#engine.name}`;
  }

  /** A mark of the future is that of a clock that was set back. */
  async #mark(now: number): Promise<Mark> {
    const row = await this.#options.state
      .selectFrom('meta')
      .select('value')
      .where('key', '=', this.#key)
      .executeTakeFirst();
    const first = now - FIRST_MS;
    const mark = row === undefined ? { at: first, before: first } : (JSON.parse(row.value) as Mark);
    const within = (at: number): number => (at > now ? now : Math.max(at, now - LONGEST_MS));
    return { ...mark, at: within(mark.at), before: within(mark.before) };
  }

  async #setMark(mark: Mark): Promise<void> {
    const value = JSON.stringify(mark);
    await this.#options.state
      .insertInto('meta')
      .values({ key: this.#key, value })
      .onConflict((conflict) => conflict.column('key').doUpdateSet({ value }))
      .execute();
  }
}
