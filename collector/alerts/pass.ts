// One pass: judge the hosts that are due, let the life cycle say what changed, commit it, tell the listeners.

import type { Clock } from '../../shared/clock.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { RuleUnit } from '../rules/rule.ts';
import type { VerdictSource } from '../services.ts';
import type { Canaries } from './canaries.ts';
import type { AlertsConfig } from './config.ts';
import { judgeFleet } from './fleet-trouble.ts';
import { isClear, judgeHost, type RulesConfig, withOrphans } from './evaluate.ts';
import { groupKeyOf, type Ledger, type ScopeChanges } from './ledger.ts';
import { type Change, type Judged, step } from './lifecycle.ts';
import { openRound } from './round.ts';
import { openSites } from './sites.ts';

/** An alert that people can see changed. */
export interface AlertChange {
  alertId: string;
  hostId: string | null;
  hospitalId: string;
}

export interface PassOptions {
  fleet: Pick<Fleet, 'hosts' | 'picture' | 'takeDirty'>;
  verdicts: Pick<VerdictSource, 'verdict' | 'trouble'>;
  clock: Clock;
  rules: readonly RuleUnit[];
  config: { alerts: AlertsConfig; rules: RulesConfig };
  ledger: Ledger;
  canaries: Canaries;
  newId: () => string;
  breathe?: () => Promise<unknown>;
  emit(change: AlertChange): void;
}

export interface Pass {
  touch(hostId: string): void;
  /**
   * Judges who is due, in one piece unless they are many; undefined: nothing changed, as in nearly every second. What is returned must
   * be committed before the next.
   */
  judge(now: number): Judgement | undefined | Promise<Judgement | undefined>;
  /** True: there are messages about what changed. */
  commit(judgement: Judgement): Promise<boolean>;
}

export interface Judgement {
  readonly hosts: ReadonlySet<string>;
  readonly changed: readonly ScopeChanges[];
  readonly now: number;
}

/** Hosts judged in one piece. */
const BREATH = 50;
const QUIET: ReadonlySet<string> = new Set(['pending', 'withdrawn', 'noted', 'inhibited', 'relapsed']);

export function openPass(options: PassOptions): Pass {
  const { fleet, ledger } = options;
  const round = openRound(options);
  const sites = openSites();

  const stepScope = (scope: Scope, judged: readonly Judged[], now: number): ScopeChanges =>
    stepOf(options, scope, judged, now);

  /** Undefined in nearly all cases: then nothing is made of it. */
  const judge = (host: string, now: number): ScopeChanges | undefined => {
    const { rules, config } = options;
    const picture = fleet.picture(host);
    // Revoked: nothing judges it any more.
    if (!picture) {
      sites.set(host, undefined, []);
      return stepScope({ hospitalId: '', hostId: host }, [], now);
    }
    const { hospitalId } = picture.host;
    if (!ledger.concerns(host) && isClear(rules, config.rules, picture, now)) {
      sites.set(host, hospitalId, []);
      return undefined;
    }
    const judgement = judgeHost(rules, config.rules, picture, now);
    sites.set(host, hospitalId, judgement.hospital);
    return stepScope({ hospitalId, hostId: host }, judgement.host, now);
  };

  const wide = (now: number): ScopeChanges[] => {
    const ids = new Set(sites.changed());
    for (const group of ledger.groups()) if (group.startsWith('hospital:')) ids.add(group.slice(9));
    const scopes = [...ids].map((id) => stepScope({ hospitalId: id, hostId: null }, sites.judged(id), now));
    const judged = [options.canaries.judged(now), judgeFleet(options.verdicts.trouble?.())];
    const platform = { hospitalId: '', hostId: null };
    return [...scopes, stepScope(platform, judged, now)];
  };

  const sum = (hosts: Set<string>, scopes: readonly ScopeChanges[], now: number): Judgement | undefined => {
    const changed = [...scopes, ...wide(now)].filter((scope) => scope.changes.length > 0);
    ledger.forget(now - options.config.alerts.reopen);
    return changed.length === 0 ? undefined : { hosts, changed, now };
  };

  return {
    touch: (hostId) => round.touch(hostId),
    judge(now) {
      const hosts = round.due();
      const scopes: ScopeChanges[] = [];
      if (!options.breathe || hosts.size < BREATH) {
        for (const host of hosts) take(scopes, judge(host, now));
        return sum(hosts, scopes, now);
      }
      const { breathe } = options;
      return (async () => {
        let done = 0;
        for (const host of hosts) {
          take(scopes, judge(host, now));
          if (++done % BREATH === 0) await breathe();
        }
        return sum(hosts, scopes, now);
      })();
    },
    async commit({ hosts, changed, now }) {
      let tells: boolean;
      try {
        tells = await ledger.commit(changed, now);
      } catch (error) {
        for (const host of hosts) round.touch(host);
        throw error;
      }
      for (const { changes } of changed) for (const change of changes) tell(options, change);
      return tells;
    },
  };
}

interface Scope {
  hospitalId: string;
  hostId: string | null;
}

function stepOf(options: PassOptions, scope: Scope, judged: readonly Judged[], now: number): ScopeChanges {
  const { keepFiring, reopen } = options.config.alerts;
  const groupKey = groupKeyOf(scope);
  const alerts = options.ledger.of(groupKey);
  const changes = step({
    scope,
    alerts,
    judged: withOrphans(judged, alerts),
    now,
    config: { keepFiringMs: keepFiring, reopenMs: reopen },
    newId: options.newId,
  });
  return { groupKey, changes };
}

function take(scopes: ScopeChanges[], scope: ScopeChanges | undefined): void {
  if (scope && scope.changes.length > 0) scopes.push(scope);
}

function tell({ emit }: PassOptions, { kind, alert }: Change): void {
  if (!QUIET.has(kind)) emit({ alertId: alert.id, hostId: alert.hostId, hospitalId: alert.hospitalId });
}
