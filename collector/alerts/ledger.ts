// Alerts in memory and in the state, kept the same. Promise: a change, its log line and its messages are one transaction;
// memory follows only after the commit.

import type { State } from '../state/state.ts';
import { type Message, plan, type PlanInput } from './grouping.ts';
import type { Change, ChangeKind } from './lifecycle.ts';
import { readMessages, writeMessages } from './messages.ts';
import { type Alert, fromRow, isOpen, toRow } from './record.ts';

export interface ScopeChanges {
  groupKey: string;
  changes: readonly Change[];
}

export interface Ledger {
  /** Open alerts of a scope, and those resolved so lately that they may open again. */
  of(groupKey: string): readonly Alert[];
  /** Whether there is anything `of` the host. */
  concerns(hostId: string): boolean;
  find(alertId: string): Alert | undefined;
  /** Scopes in which time alone may change something: pending, or about to be resolved. */
  waiting(): Iterable<string>;
  groups(): Iterable<string>;
  /** True: there are messages about it. */
  commit(scopes: readonly ScopeChanges[], now: number): Promise<boolean>;
  /** Writes a taken-over alert with its log line. */
  acknowledge(groupKey: string, alert: Alert, who: string, note: string, now: number): Promise<void>;
  forget(before: number): void;
}

export interface LedgerOptions {
  state: State;
  channels: PlanInput['channels'];
  config: PlanInput['config'];
  newKey: () => string;
  /** Alerts resolved after this instant are loaded as well. */
  since: number;
}

const NONE: readonly Alert[] = [];
const HOST = 'host:';
const PER_COMMIT = 200;

export function groupKeyOf(alert: Pick<Alert, 'hospitalId' | 'hostId'>): string {
  if (alert.hostId !== null) return `host:${alert.hostId}`;
  return alert.hospitalId === '' ? 'platform' : `hospital:${alert.hospitalId}`;
}

export async function openLedger(options: LedgerOptions): Promise<Ledger> {
  const { state } = options;
  const groups = new Map<string, Alert[]>();
  const waiting = new Set<string>();
  const concerned = new Set<string>();
  const put = (groupKey: string, alerts: Alert[]): void => {
    const isGone = alerts.length === 0;
    if (isGone) groups.delete(groupKey);
    else groups.set(groupKey, alerts);
    if (groupKey.startsWith(HOST)) concerned[isGone ? 'delete' : 'add'](groupKey.slice(HOST.length));
    if (alerts.some((a) => a.state === 'pending' || a.clearingAt !== null)) waiting.add(groupKey);
    else waiting.delete(groupKey);
  };
  const rows = await state
    .selectFrom('alerts')
    .where((eb) => eb.or([eb('open', '=', 1), eb('resolvedAt', '>=', options.since)]))
    .selectAll()
    .execute();
  for (const alert of rows.map(fromRow)) {
    const key = groupKeyOf(alert);
    put(key, [...(groups.get(key) ?? NONE), alert]);
  }

  const commitSome = async (scopes: readonly ScopeChanges[], now: number): Promise<boolean> => {
    const after = new Map<string, Alert[]>();
    let tells = false;
    await state.transaction().execute(async (tx) => {
      for (const { groupKey, changes } of scopes) {
        for (const change of changes) await writeChange(tx, change, now);
        const alerts = applied(groups.get(groupKey) ?? NONE, changes);
        after.set(groupKey, alerts);
        const messages = await planFor(tx, options, groupKey, changes, alerts, now);
        await writeMessages(tx, messages);
        if (messages.length > 0) tells = true;
      }
    });
    for (const [groupKey, alerts] of after) put(groupKey, alerts);
    return tells;
  };

  return {
    of: (groupKey) => groups.get(groupKey) ?? NONE,
    concerns: (hostId) => concerned.has(hostId),
    find(alertId) {
      for (const alerts of groups.values()) {
        const found = alerts.find((alert) => alert.id === alertId);
        if (found) return found;
      }
      return undefined;
    },
    waiting: () => waiting,
    groups: () => groups.keys(),
    async commit(scopes, now) {
      let tells = false;
      for (let i = 0; i < scopes.length; i += PER_COMMIT)
        if (await commitSome(scopes.slice(i, i + PER_COMMIT), now)) tells = true;
      return tells;
    },
    async acknowledge(groupKey, alert, who, note, now) {
      await state.transaction().execute(async (tx) => {
        await writeChange(tx, { kind: 'noted', alert }, now);
        const line = {
          alertId: alert.id,
          at: now,
          what: 'acknowledged' as const,
          who,
          note: note === '' ? null : note,
        };
        await tx.insertInto('alertLog').values(line).execute();
      });
      put(groupKey, applied(groups.get(groupKey) ?? NONE, [{ kind: 'noted', alert }]));
    },
    forget(before) {
      for (const [groupKey, alerts] of groups) {
        const kept = alerts.filter((alert) => isOpen(alert) || (alert.resolvedAt ?? 0) >= before);
        if (kept.length < alerts.length) put(groupKey, kept);
      }
    },
  };
}

function applied(alerts: readonly Alert[], changes: readonly Change[]): Alert[] {
  const byId = new Map(alerts.map((alert) => [alert.id, alert]));
  for (const { kind, alert } of changes) {
    if (kind === 'withdrawn') byId.delete(alert.id);
    else byId.set(alert.id, alert);
  }
  return [...byId.values()];
}

const LOGGED: Partial<Record<ChangeKind, 'pending' | 'firing' | 'resolved' | 'inhibited'>> = {
  pending: 'pending',
  fired: 'firing',
  reopened: 'firing',
  raised: 'firing',
  resolved: 'resolved',
  relapsed: 'resolved',
  inhibited: 'inhibited',
};

async function writeChange(tx: State, { kind, alert, note }: Change, now: number): Promise<void> {
  if (kind === 'withdrawn') {
    await tx.deleteFrom('alertLog').where('alertId', '=', alert.id).execute();
    await tx.deleteFrom('alerts').where('id', '=', alert.id).execute();
    return;
  }
  const row = toRow(alert);
  const { id: _id, ...changed } = row;
  await tx
    .insertInto('alerts')
    .values(row)
    .onConflict((conflict) => conflict.column('id').doUpdateSet(changed))
    .execute();
  const what = LOGGED[kind];
  if (!what) return;
  const said = note ?? (kind === 'reopened' || kind === 'relapsed' ? kind : null);
  await tx
    .insertInto('alertLog')
    .values({ alertId: alert.id, at: now, what, who: 'niswatch', note: said })
    .execute();
}

async function planFor(
  tx: State,
  options: LedgerOptions,
  groupKey: string,
  changes: readonly Change[],
  alerts: readonly Alert[],
  now: number,
): Promise<Message[]> {
  const told = changes.flatMap(({ kind, alert }) =>
    kind === 'fired' || kind === 'reopened' || kind === 'raised' || kind === 'resolved'
      ? [{ alertId: alert.id, kind }]
      : [],
  );
  if (told.length === 0 || options.channels.length === 0) return [];
  const byId = new Map(alerts.map((alert) => [alert.id, alert]));
  const oldest = Math.min(now, ...alerts.map((alert) => alert.firingAt ?? now));
  return plan({
    groupKey,
    told,
    alert: (id) => {
      const alert = byId.get(id);
      // Pending again after a resolution is not open to the people who were told.
      return (
        alert && {
          open: alert.state === 'firing' || alert.state === 'acknowledged',
          severity: alert.severity,
        }
      );
    },
    messages: await readMessages(tx, groupKey, Math.min(oldest, now - options.config.groupIntervalMs)),
    channels: options.channels,
    now,
    config: options.config,
    newKey: options.newKey,
  });
}
