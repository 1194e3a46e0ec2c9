// Carries groups from the queue to the engine, one batch at a time. Promise: a batch is marked as sent only when the engine has
// acknowledged all of it; after any failure everything that is not settled is sent again, the same lines.
//
//   idle ─(kick)─▶ sending ─▶ acknowledged ─▶ next batch, or idle until more has gathered
//                     └─ failed ─▶ waiting (backoff) ─▶ sending, from the last settled group on
//
// An engine that acknowledges before its own disk has the data is given `keepMs` to bring it there; what it acknowledged less
// long ago is sent again when it was away or answers as another process.

import { backoffMs } from '../../../shared/backoff.ts';
import type { Clock, Timer } from '../../../shared/clock.ts';
import type { Log } from '../engine.ts';
import { readGroup } from '../group.ts';
import type { Dialect, EngineError, Sender } from './engine.ts';
import { sendByHalves } from './halves.ts';
import { LineRenderer } from './lines.ts';
import type { Queue, QueueBatch } from './queue.ts';

export interface ShipperOptions {
  queue: Queue;
  sender: Sender;
  dialect: Dialect;
  /** Named in the log. */
  name: string;
  clock: Clock;
  random: () => number;
  log: Log;
  config: { batchBytes: number; sendEvery: number; keepMs: number };
}

/** The collector itself has 12 s to stop. */
const STOP_WITHIN_MS = 3000;
const BACKOFF = { baseMs: 1000, capMs: 15_000 };

export class Shipper {
  private readonly options: ShipperOptions;
  private readonly renderer: LineRenderer;
  private running: Promise<void> | undefined;
  private timer: Timer | undefined;
  private failures = 0;
  private isStopped = false;
  private generation: string | undefined;
  /** Since when and why nothing is taken. */
  trouble: { since: number; why: string } | undefined;

  constructor(options: ShipperOptions) {
    this.options = options;
    this.renderer = new LineRenderer(options.dialect);
  }

  /** There is something to send: now, or when what has gathered is worth a batch. */
  kick(): void {
    if (this.isStopped || this.running || this.timer) return;
    this.timer = this.options.clock.after(this.options.config.sendEvery, () => {
      this.timer = undefined;
      void this.alone(() => this.sendAll());
    });
  }

  /** Sends everything now and forgets it. Throws what the engine said when it does not take it. */
  async drain(): Promise<void> {
    const { queue, sender } = this.options;
    while (this.running) await this.running;
    this.cancel();
    await this.alone(async () => {
      await this.wasRestarted();
      do {
        await this.sendAll();
        await sender.flush?.();
      } while (await this.wasRestarted());
      queue.settle(0);
      queue.compact();
    });
    if (this.trouble) throw new Error(`${this.options.name}: ${this.trouble.why}`);
  }

  /** Settles what has been safe for long enough; the thread calls it now and then. */
  async housekeep(): Promise<void> {
    const { queue, config } = this.options;
    if (this.running || this.failures > 0 || !queue.canSettle(config.keepMs)) return;
    await this.alone(async () => {
      if (!(await this.wasRestarted())) queue.settle(config.keepMs);
    });
  }

  /** What an engine that does not answer has not acknowledged by then is sent again at the next start. */
  async stop(): Promise<void> {
    this.isStopped = true;
    this.cancel();
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = this.options.clock.after(STOP_WITHIN_MS, resolve);
    await Promise.race([this.running, promise]);
    timer.cancel();
  }

  private cancel(): void {
    this.timer?.cancel();
    this.timer = undefined;
  }

  /** One piece of work at a time: what is marked as sent must follow on what was. */
  private alone(work: () => Promise<void>): Promise<void> {
    this.running = work()
      .catch((error: unknown) => this.failed(error))
      .finally(() => {
        this.running = undefined;
        if (!this.options.queue.isEmpty) this.kick();
      });
    return this.running;
  }

  private async sendAll(): Promise<void> {
    const { queue, config } = this.options;
    if (this.generation === undefined) await this.wasRestarted();
    let batch = queue.next(config.batchBytes);
    while (batch) {
      await this.sendGroups(batch.groups);
      queue.sent(batch.to);
      if (this.failures > 0) this.recovered();
      if (this.isStopped) return;
      batch = queue.next(config.batchBytes);
    }
  }

  private async sendGroups(groups: QueueBatch['groups']): Promise<void> {
    const { queue, sender } = this.options;
    const lines: string[] = [];
    let untold = 0;
    for (const { group, buffer, from, to } of groups)
      readGroup(buffer, from, to, {
        row: (_stream, series, _seq, at, _arrivedAt, values) => {
          const record = queue.series.get(series);
          if (!record) return;
          const tags = this.renderer.hostTags(queue.hostName(record.host), queue.placeAt(record.host, group));
          untold += this.renderer.addRow(lines, record.columns, tags, at, values);
        },
        gap: () => undefined,
      });
    const refused = (line: string, { message }: EngineError): void => {
      untold += fieldCount(line);
      this.options.log.error(
        { engine: this.options.name, error: message },
        'the engine refuses a line for good; it is left out and counted',
      );
    };
    const tooOld = lines.length > 0 ? await sendByHalves(sender, lines, refused) : 0;
    queue.refuse(untold + tooOld);
  }

  /** Whether another process answers than before: then it may have lost what it acknowledged, and that is sent again. */
  private async wasRestarted(): Promise<boolean> {
    const now = await this.options.sender.generation?.();
    const before = this.generation;
    this.generation = now;
    const isAnother = before !== undefined && now !== before;
    if (isAnother) this.options.queue.rewind();
    return isAnother;
  }

  private failed(error: unknown): void {
    const { queue, clock, random, log, name } = this.options;
    const why = error instanceof Error ? error.message : String(error);
    queue.rewind();
    this.generation = undefined;
    if (this.failures === 0)
      log.warn({ engine: name, error: why }, 'the engine takes nothing; the queue keeps it');
    this.trouble ??= { since: clock.now(), why };
    this.trouble.why = why;
    const waitMs = BACKOFF.baseMs + backoffMs(BACKOFF, this.failures++, random);
    if (this.isStopped) return;
    this.cancel();
    this.timer = clock.after(waitMs, () => {
      this.timer = undefined;
      void this.alone(() => this.sendAll());
    });
  }

  private recovered(): void {
    this.failures = 0;
    this.trouble = undefined;
    this.options.log.info({ engine: this.options.name }, 'the engine takes reports again');
  }
}

/** Of one line: fields are separated by commas behind the first space that is not escaped. */
const fieldCount = (line: string): number => line.slice(line.search(/[^\\] /) + 1).split(',').length;
