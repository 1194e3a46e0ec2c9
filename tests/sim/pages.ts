// The far end of a notification channel, and what must be true of the pages that reach it.

import { NamedError } from '../../shared/errors.ts';
import type { Channel } from '../../collector/notifiers/index.ts';
import type { Notice } from '../../collector/notifiers/notifier.ts';
import type { State } from '../../collector/state/state.ts';
import type { Checkers, Silences } from './checkers.ts';
import type { EventLog } from './log.ts';
import type { Random } from './random.ts';
import type { Sabotage } from './sabotage.ts';
import type { Scheduler } from './scheduler.ts';

/** A recovery may be told of a silence that ended so long ago. */
const RECOVERY_MS = 180_000;
/** What a channel refused may be told so much later. */
const OLD_MS = 15 * 60_000;

export class Pages {
  readonly line = { isDown: false };
  readonly channel: Channel;
  /** Keys of pages that arrived, by what they are about. */
  readonly #told = new Map<string, Set<string>>();
  #downAt = -Infinity;
  readonly #checkers: Checkers;
  readonly #silences: Silences;
  /** Alerts that a page about them reached somebody. */
  readonly #alerts = new Set<string>();

  constructor(parts: {
    scheduler: Scheduler;
    checkers: Checkers;
    silences: Silences;
    random: Random;
    sabotage: Sabotage;
    log: EventLog;
  }) {
    const { scheduler, checkers, silences, random, sabotage, log } = parts;
    this.#checkers = checkers;
    this.#silences = silences;
    const notifier = {
      send: (notice: Notice): Promise<{ detail: string }> =>
        new Promise((resolve, reject) => {
          scheduler.after(random.between(20, 3_000), undefined, () => {
            if (this.line.isDown) this.#downAt = scheduler.now;
            if (this.line.isDown) return reject(new NamedError('CHANNEL_UNREACHABLE', 'no line'));
            log.text(`page ${notice.kind} ${notice.key}`);
            this.#arrived(notice, scheduler.now);
            resolve({ detail: 'ok' });
          });
        }),
    };
    this.channel = {
      id: 'line',
      minSeverity: 'warning',
      notifier: sabotage.notifier?.(notifier) ?? notifier,
    };
  }

  #arrived(notice: Notice, now: number): void {
    if (notice.kind === 'canary') return;
    for (const alert of notice.alerts) {
      if (alert.rule !== 'silence') continue;
      const scope = notice.host?.id ?? `hospital ${notice.hospital.id}`;
      if (notice.kind === 'firing') {
        this.#alerts.add(alert.id);
        const keys = this.#told.get(scope) ?? new Set();
        this.#told.set(scope, keys.add(notice.key));
        if (notice.host && keys.size > this.#silences.episodes(notice.host.id))
          this.#checkers.fail(
            `page ${keys.size} about ${scope} after ${this.#silences.episodes(notice.host.id)} silences`,
          );
      } else if (
        notice.host &&
        now - this.#downAt > OLD_MS &&
        this.#silences.outMs(notice.host.id) > RECOVERY_MS
      )
        this.#checkers.fail(
          `a recovery of ${scope} is told, which is out for ${Math.round(this.#silences.outMs(notice.host.id) / 1000)} s`,
        );
    }
  }

  /** After healing: everything was told, nothing is open. */
  async settle(state: State): Promise<void> {
    const waiting = await state
      .selectFrom('outbox')
      .select(['key', 'kind', 'groupKey', 'attempts', 'lastError'])
      .where('state', '=', 'waiting')
      .execute();
    for (const { key, kind, groupKey } of waiting)
      this.#checkers.fail(`message ${key} (${kind}, ${groupKey}) still waits`);
    const rows = await state.selectFrom('alerts').selectAll().where('rule', '=', 'silence').execute();
    const messages = await state.selectFrom('outbox').selectAll().where('kind', '=', 'firing').execute();
    for (const host of this.#silences.owed)
      if (!rows.some((row) => row.hostId === host))
        this.#checkers.fail(`${host} was silent and no alert says so`);
    for (const row of rows) {
      const name = `alert ${row.id} (${row.hostId ?? row.hospitalId})`;
      if (row.state !== 'resolved') this.#checkers.fail(`${name} is ${row.state} although everybody is back`);
      if (row.firingAt === null || this.#alerts.has(row.id)) continue;
      const about = messages.filter((m) => (JSON.parse(m.alertIds) as string[]).includes(row.id));
      const isExplained = about.length > 0 && about.every((m) => m.state === 'dropped' && m.dropReason);
      if (!isExplained) this.#checkers.fail(`${name} fired and nobody was told`);
    }
  }
}
