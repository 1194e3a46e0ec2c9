// One pass: judge the hosts that are due, let the life cycle say what changed, commit it, tell the listeners.

import type { Clock } from '../../shared/clock.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { RuleUnit } from '../rules/rule.ts';
import type { VerdictSource } from '../services.ts';
import type { Canaries } from './canaries.ts';
import type { AlertsConfig } from './config.ts';
import { judgeFleet } from './fleet-trouble.ts';
import { judgeHost, type RulesConfig, withOrphans } from './evaluate.ts';
import type { Ledger, ScopeChanges } from './ledger.ts';
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
  fleet: Pick<Fleet, 'hosts' | 'size' | 'picture' | 'takeDirty'>;
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

  const stepScope = (
    groupKey: string,
    scope: { hospitalId: string; hostId: string | null },
    judged: readonly Judged[],
    now: number,
  ): ScopeChanges => {
    const { keepFiring, reopen } = options.config.alerts;
    const alerts = ledger.of(groupKey);
    const changes = step({
      scope,
      alerts,
      judged: withOrphans(judged, alerts),
      now,
      config: { keepFiringMs: keepFiring, reopenMs: reopen },
      newId: options.newId,
    });
    return { groupKey, changes };
  };

  const judge = (host: string, now: number): ScopeChanges => {
    const groupKey = `host:${host}`;
    const picture = fleet.picture(host);
    // Revoked: nothing judges it any more.
    if (!picture) {
      sites.set(host, undefined, []);
      return stepScope(groupKey, { hospitalId: '', hostId: host }, [], now);
    }
    const judgement = judgeHost(options.rules, options.config.rules, picture, now);
    sites.set(host, picture.host.hospitalId, judgement.hospital);
    return stepScope(groupKey, { hospitalId: picture.host.hospitalId, hostId: host }, judgement.host, now);
  };

  const wide = (now: number): ScopeChanges[] => {
    const ids = new Set(sites.changed());
    for (const group of ledger.groups()) if (group.startsWith('hospital:')) ids.add(group.slice(9));
    const scopes = [...ids].map((id) =>
      stepScope(`hospital:${id}`, { hospitalId: id, hostId: null }, sites.judged(id), now),
    );
    const judged = [options.canaries.judged(now), judgeFleet(options.verdicts.trouble?.())];
    const platform = { hospitalId: '', hostId: null };
    return [...scopes, stepScope('platform', platform, judged, now)];
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
        for (const host of hosts) scopes.push(judge(host, now));
        return sum(hosts, scopes, now);
      }
      const { breathe } = options;
      return (async () => {
        for (const host of hosts) {
          scopes.push(judge(host, now));
          if (scopes.length % BREATH === 0) await breathe();
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

function tell({ emit }: PassOptions, { kind, alert }: Change): void {
  if (!QUIET.has(kind)) emit({ alertId: alert.id, hostId: alert.hostId, hospitalId: alert.hospitalId });
}
