// Planted bugs of alerts, outbox and notifiers.

import type { Notice, Notifier, Receipt } from '../../../collector/notifiers/notifier.ts';
import type { Sabotage } from '../sabotage.ts';

const sending =
  (send: (inner: Notifier, notice: Notice, signal: AbortSignal) => Promise<Receipt>) => (): Sabotage => ({
    notifier: (inner) => ({ send: (notice, signal) => send(inner, notice, signal) }),
  });

export const ALERT_BUGS: Readonly<Record<string, () => Sabotage>> = {
  'a channel that cannot be reached counts as delivered': sending((inner, notice, signal) =>
    inner.send(notice, signal).catch(() => ({ detail: 'ok' })),
  ),
  'every page is sent under a new key each time': sending(async (inner, notice, signal) => {
    await inner.send(notice, signal);
    return inner.send({ ...notice, key: `${notice.key}-again` }, signal);
  }),
  'a page is marked as sent at the start': () => ({
    async atStart(state) {
      await state
        .updateTable('outbox')
        .set({ state: 'delivered', deliveredAt: 0 })
        .where('state', '=', 'waiting')
        .execute();
    },
  }),
  'open alerts are closed at a restart': () => ({
    async atStart(state) {
      await state.deleteFrom('alerts').execute();
    },
  }),
  'the rule of silence is switched off': () => ({ rules: { silence: { enabled: false } } }),
  'a recovery is told as soon as the collector starts': () => ({
    async atStart(state) {
      await state
        .updateTable('liveness')
        .set({ word: 'up' })
        .where('word', 'in', ['silent', 'site-silent'])
        .execute();
    },
  }),
  'nothing is resolved': () => ({ alerts: { keepFiring: '1h' } }),
};
