// A fleet in virtual time for the tests of liveness: who beats, who falls, what the machine says.

import { readConfig } from '../../shared/config/schema.ts';
import type { RunJournal } from '../../shared/frame.ts';
import { livenessConfig } from './config.ts';
import { step } from './liveness.ts';
import { addHost, type Effect, type Input, openFleet } from './model.ts';
import type { VerdictWord } from './verdict.ts';

export const START = Date.UTC(2026, 5, 1, 2);

/** A fleet in virtual time: hosts in `beating` send a frame every 10 s; every second is a tick. */
export function sim(hospitals: Record<string, string[]>) {
  const fleet = openFleet(readConfig(livenessConfig, { wayBack: '30s' }), START);
  const effects: Effect[] = [];
  const beating = new Set<string>();
  let now = START;
  for (const [hospital, hosts] of Object.entries(hospitals)) {
    for (const host of hosts) addHost(fleet, { host, hospital, timeZone: 'Asia/Shanghai' }, now);
  }
  const give = (input: Input): void => void effects.push(...step(fleet, input, now));
  const hello = (
    host: string,
    more: {
      boot?: string;
      bootAt?: number;
      /** After the start of the story less a minute, ms. */
      startedAt?: number;
      end?: 'orderly' | 'unknown';
      journal?: Partial<RunJournal>;
    } = {},
  ) => {
    const startedAt = START - 60_000 + (more.startedAt ?? 0);
    const journal = { startedAt, ...(more.end ? { previousEnd: more.end } : {}), ...more.journal };
    const bootAt = more.bootAt ?? startedAt - 20_000;
    give({ kind: 'hello', host, hello: { boot: more.boot ?? 'b1', bootAt, at: now, journal } });
    beating.add(host);
  };
  return {
    fleet,
    effects,
    give,
    hello,
    now: () => now,
    all: [...fleet.hosts.keys()],
    greetAll: () => [...fleet.hosts.keys()].forEach((host) => hello(host)),
    fall: (...hosts: string[]) => hosts.forEach((host) => beating.delete(host)),
    /** The link ends as the collector sees it. */
    drop(host: string, how: 'closed' | 'reset' | 'timeout') {
      beating.delete(host);
      give({ kind: 'closed', host, how });
    },
    /** The collector does not run for `seconds`. */
    sleep(seconds: number, restart: boolean) {
      const from = now;
      now += seconds * 1000;
      if (restart) beating.clear();
      give({ kind: 'away', from, restart });
    },
    pass(seconds: number) {
      for (let i = 0; i < seconds; i++) {
        now += 1000;
        // Every host has a second of its own; the first ones beat together.
        for (const host of beating) {
          const second = Math.max(0, (fleet.hosts.get(host)?.order ?? 0) - 5);
          if ((now / 1000 - second) % 10 === 0) give({ kind: 'heard', host });
        }
        give({ kind: 'tick' });
      }
    },
    word: (host: string): VerdictWord => fleet.hosts.get(host)?.verdict.word ?? 'never-seen',
    kinds: (host: string) => (fleet.hosts.get(host)?.verdict.evidence ?? []).map((e) => e.kind),
    downs: () =>
      effects.filter(
        (e) => e.kind === 'verdict' && (e.verdict.word === 'silent' || e.verdict.word === 'site-silent'),
      ),
    records: () => effects.filter((e) => e.kind === 'record'),
  };
}

/** `up 10-20`: seconds since the start. */
export const show = (effect: Effect): string =>
  effect.kind === 'record'
    ? `${effect.word} ${Math.round((effect.since - START) / 1000)}-${Math.round((effect.until - START) / 1000)}`
    : '';

export const many = (count: number, perHospital: number): Record<string, string[]> => {
  const all: Record<string, string[]> = {};
  for (let i = 0; i < count; i++) (all[`h${Math.floor(i / perHospital)}`] ??= []).push(`a${i}`);
  return all;
};
