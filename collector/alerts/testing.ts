// A small world for tests of alerts: two hosts of one hospital in a real state database, a clock that is moved by hand, and
// channels that can be broken.

import { manualClock, type ManualClock } from '../../shared/clock.ts';
import { readConfig } from '../../shared/config/schema.ts';
import { NamedError } from '../../shared/errors.ts';
import { openFleet, type Fleet } from '../fleet/fleet.ts';
import type { Verdict, VerdictWord } from '../liveness/verdict.ts';
import type { Channel } from '../notifiers/index.ts';
import type { Notice } from '../notifiers/notifier.ts';
import { rulesConfig } from '../rules/index.ts';
import type { Log } from '../services.ts';
import { openState, type State } from '../state/state.ts';
import { type Alerts, openAlerts } from './alerts.ts';
import { alertsConfig } from './config.ts';
import type { RulesConfig } from './evaluate.ts';

const quiet: Log = { info() {}, warn() {}, error() {} };
export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;

export interface World {
  state: State;
  clock: ManualClock;
  fleet: Fleet;
  alerts: Alerts;
  sent: (Notice & { channel: string })[];
  /** Channels that cannot be reached, or refuse. */
  broken: Map<string, 'CHANNEL_UNREACHABLE' | 'CHANNEL_REJECTED'>;
  say(host: string, word: VerdictWord): void;
  report(host: string, values: Record<string, number>): void;
  /** Lets time pass second by second, reporting `values` of hosts every 5 s. */
  pass(ms: number, hosts?: Record<string, Record<string, number>>): Promise<void>;
  restart(): Promise<void>;
}

export function fakeChannel(world: Pick<World, 'sent' | 'broken'>, id: string): Channel {
  return {
    id,
    minSeverity: 'warning',
    notifier: {
      async send(notice) {
        const broken = world.broken.get(id);
        if (broken) throw new NamedError(broken, `${id} is broken`);
        world.sent.push({ ...notice, channel: id });
        return { detail: 'ok' };
      },
    },
  };
}

/** One hospital with two hosts. */
async function seed(state: State): Promise<void> {
  await state
    .insertInto('hospitals')
    .values({ id: 'p1', name: '市一院', timeZone: 'Asia/Shanghai', createdAt: 1 })
    .execute();
  for (const [id, name] of [
    ['h1', 'nis-db'],
    ['h2', 'nis-app'],
  ] as const) {
    await state
      .insertInto('hosts')
      .values({
        id,
        hospitalId: 'p1',
        name,
        publicKey: '',
        fingerprint: '',
        enrolledAt: 1,
        revokedAt: null,
        hostname: name,
        os: 'linux',
        arch: 'x64',
        agentVersion: '1',
        boot: null,
        bootAt: null,
        offsetMs: null,
      })
      .execute();
  }
}

type Parts = Pick<World, 'fleet' | 'alerts'>;

/** Fleet and alerts over one state: closed and opened again, they are a restarted collector whose store came up empty. */
function opener(
  state: State,
  clock: ManualClock,
  channels: readonly Channel[],
  words: ReadonlyMap<string, Verdict>,
): () => Promise<Parts> {
  const verdicts = {
    verdict: (host: string): Verdict => words.get(host) ?? { word: 'up', since: 0, evidence: [] },
  };
  const store = { latest: async () => undefined, buckets: async () => new Map(), keys: async () => [] };
  const rules = readConfig(rulesConfig, {}) as RulesConfig;
  const config = { alerts: readConfig(alertsConfig, {}), rules };
  let lottery = 7;
  const random = (): number => (lottery = (lottery * 16_807) % 2_147_483_647) / 2_147_483_647;
  return async () => {
    const fleet = await openFleet({ state, store, verdicts, clock, log: quiet });
    const alerts = await openAlerts({ state, fleet, verdicts, channels, clock, random, config, log: quiet });
    return { fleet, alerts };
  };
}

export interface WorldOptions {
  channels?: Channel[];
  startAt?: number;
  sent?: World['sent'];
  broken?: World['broken'];
}

export async function startWorld(
  t: { after(run: () => unknown): void },
  options: WorldOptions = {},
): Promise<World> {
  const clock = manualClock(options.startAt ?? Date.UTC(2026, 10, 22, 4));
  const state = await openState(':memory:');
  await seed(state);
  const words = new Map<string, Verdict>();
  const { sent = [], broken = new Map() } = options;
  const channels = options.channels ?? [fakeChannel({ sent, broken }, 'a')];
  const open = opener(state, clock, channels, words);
  const stop = async (): Promise<void> => {
    await world.alerts.close();
    await world.fleet.close();
  };
  const world: World = {
    ...(await open()),
    state,
    clock,
    sent,
    broken,
    say(host, word) {
      words.set(host, { word, since: clock.now(), evidence: [] });
      world.alerts.touch(host);
    },
    report(host, byKey) {
      const at = clock.now();
      const [columns, values] = [Object.keys(byKey), Object.values(byKey)];
      world.fleet.stored({ host, at, arrivedAt: at, columns, values });
    },
    async pass(ms, hosts = {}) {
      for (let passed = 0; passed < ms; passed += SECOND) {
        clock.advance(SECOND);
        if (passed % (5 * SECOND) === 0) {
          for (const [host, values] of Object.entries(hosts)) world.report(host, values);
        }
        await world.alerts.run();
      }
    },
    async restart() {
      await stop();
      Object.assign(world, await open());
    },
  };
  t.after(async () => {
    await stop();
    await state.destroy();
  });
  return world;
}

/** `firing nginx`: what was told, in order. */
export function told(world: World): string[] {
  return world.sent.map((n) => `${n.kind} ${n.alerts.map((a) => a.subject).join()}`);
}
