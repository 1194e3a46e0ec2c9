// What the hosts of a hospital say together: the same finding of several hosts is one alert of their hospital.

import type { Finding } from '../rules/rule.ts';
import type { Judged } from './lifecycle.ts';

export interface Sites {
  set(host: string, hospital: string | undefined, findings: { rule: string; finding: Finding }[]): void;
  changed(): string[];
  judged(hospital: string): Judged[];
}

export function openSites(): Sites {
  const hospitals = new Map<string, Map<string, { rule: string; finding: Finding }[]>>();
  const homes = new Map<string, string>();
  const changed = new Set<string>();
  return {
    set(host, hospital, findings) {
      const home = homes.get(host);
      if (home !== undefined && (home !== hospital || findings.length === 0)) {
        hospitals.get(home)?.delete(host);
        homes.delete(host);
        changed.add(home);
      }
      if (hospital === undefined || findings.length === 0) return;
      const hosts = hospitals.get(hospital) ?? new Map<string, { rule: string; finding: Finding }[]>();
      hospitals.set(hospital, hosts.set(host, findings));
      homes.set(host, hospital);
      changed.add(hospital);
    },
    changed() {
      const ids = [...changed];
      changed.clear();
      return ids;
    },
    judged(hospital) {
      const byRule = new Map<string, Finding[]>();
      for (const findings of hospitals.get(hospital)?.values() ?? []) {
        for (const { rule, finding } of findings) byRule.set(rule, [...(byRule.get(rule) ?? []), finding]);
      }
      return [...byRule].map(([rule, findings]) => ({ rule, evaluation: { findings, unknown: 'none' } }));
    },
  };
}
