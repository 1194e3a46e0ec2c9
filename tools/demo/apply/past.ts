// Plays the episodes of history to the collector's own machines: liveness judges the silences, the rules and the life cycle of alerts
// judge the rest, and somebody on duty takes things over. Promise: what is written is what the collector would have written.

import { openCanaries } from '../../../collector/alerts/canaries.ts';
import { openLedger } from '../../../collector/alerts/ledger.ts';
import { newName } from '../../../collector/alerts/ids.ts';
import { openPass } from '../../../collector/alerts/pass.ts';
import { digestOf, type HostDigest } from '../../../collector/backups/digest.ts';
import { readBackups } from '../../../collector/backups/state/read.ts';
import { collectorConfig } from '../../../collector/config.ts';
import { step } from '../../../collector/liveness/liveness.ts';
import { addHost, type Effect, openFleet } from '../../../collector/liveness/model.ts';
import { openTrail } from '../../../collector/liveness/trail.ts';
import { RULES } from '../../../collector/rules/index.ts';
import type { HostPicture } from '../../../collector/rules/rule.ts';
import type { State } from '../../../collector/state/state.ts';
import { manualClock } from '../../../shared/clock.ts';
import { readConfig } from '../../../shared/config/schema.ts';
import { openDraw, seedOf } from '../world/draw.ts';
import { type Scene, scenesOf } from '../world/scenes.ts';
import { silenceAt } from '../world/episodes.ts';
import { HOUR } from '../world/rhythm.ts';
import type { World } from '../world/shape.ts';
import { writeEvents } from './events.ts';
import { openPictures } from './pictures.ts';

/** Digests of backups are as of now: before this they would speak of what had not happened. */
const DIGEST_MS = HOUR;
const ON_DUTY = ['值班甲', '值班乙', '值班丙'];
const NOTES = [
  '已电话联系信息科',
  '远程处理中',
  '已重启服务，观察',
  '与院方确认为计划内操作',
  '等待院方现场检查',
  '',
];

/** How many alerts there were. */
export async function writePast(state: State, world: World, say: (share: number) => void): Promise<number> {
  const play = await openPlay(state, world);
  const scenes = scenesOf(world);
  for (const [i, scene] of scenes.entries()) {
    if (i % 500 === 0) say(i / scenes.length);
    await play.run(scene);
  }
  await play.end();
  await writeEvents(state, world);
  const { count } = await state
    .selectFrom('alerts')
    .select((e) => e.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return Number(count);
}

async function openPlay(state: State, world: World) {
  const config = readConfig(collectorConfig, {});
  const clock = manualClock(world.startAt);
  const draw = openDraw(seedOf(world.seed, 'duty'));
  const fleet = openFleet(config.liveness, world.startAt);
  for (const host of world.hosts) {
    const { id, name, hospital } = host;
    addHost(fleet, { host: id, name, hospital: hospital.id, timeZone: hospital.timeZone }, world.startAt);
  }
  const { id } = await state
    .insertInto('runs')
    .values({ startedAt: world.startAt, aliveAt: world.endAt, endedAt: null })
    .returning('id')
    .executeTakeFirstOrThrow();
  const run = { id, endedAt: null };
  const trail = await openTrail(state);
  const verdicts = {
    verdict: (host: string) => (fleet.hosts.get(host) as { verdict: HostPicture['verdict'] }).verdict,
  };
  const digests = new Map<string, HostDigest>();
  const pictures = openPictures(world, { clock, verdicts, digest: (host) => digests.get(host) });
  const newKey = (): string => newName('n', draw.unit);
  const ledger = await openLedger({
    state,
    channels: [],
    config: { groupWaitMs: 0, groupIntervalMs: 0 },
    newKey,
    since: 0,
  });
  const canaries = await openCanaries({ state, channels: [], clock, config: config.alerts, newKey });
  /** Alerts that somebody will take over, when. */
  const waiting: { at: number; alertId: string }[] = [];
  const seen = new Set<string>();
  const pass = openPass({
    fleet: pictures,
    verdicts,
    clock,
    rules: RULES,
    config: { alerts: config.alerts, rules: config.rules as never },
    ledger,
    canaries,
    newId: () => newName('a', draw.unit),
    emit({ alertId }) {
      if (seen.has(alertId)) return;
      seen.add(alertId);
      if (draw.chance(0.62)) waiting.push({ at: clock.now() + draw.between(2, 26) * 60_000, alertId });
    },
  });

  const acknowledgeDue = async (now: number): Promise<void> => {
    for (const due of waiting.filter((each) => each.at <= now)) {
      waiting.splice(waiting.indexOf(due), 1);
      const alert = ledger.find(due.alertId);
      if (alert?.state !== 'firing') continue;
      const [who, note] = [draw.pick(ON_DUTY), draw.pick(NOTES)];
      const taken = {
        state: 'acknowledged' as const,
        acknowledgedAt: due.at,
        acknowledgedBy: who,
        updatedAt: due.at,
      };
      const scope = alert.hostId === null ? `hospital:${alert.hospitalId}` : `host:${alert.hostId}`;
      await ledger.acknowledge(
        scope,
        { ...alert, ...taken, note: note === '' ? null : note },
        who,
        note,
        due.at,
      );
    }
  };
  const readDigests = async (): Promise<void> => {
    for (const host of world.hosts)
      digests.set(host.id, digestOf(await readBackups(state, host.id, world.endAt)));
  };

  return {
    async run({ at, inputs, hosts }: Scene): Promise<void> {
      clock.step(at - clock.now());
      if (digests.size === 0 && at > world.endAt - DIGEST_MS) await readDigests();
      const effects: Effect[] = [];
      // Who speaks for itself in this scene is not heard before it.
      const speaking = new Set(inputs.flatMap((input) => ('host' in input ? [input.host] : [])));
      for (const host of world.hosts)
        if (!silenceAt(host, at) && !speaking.has(host.id))
          effects.push(...step(fleet, { kind: 'heard', host: host.id }, at));
      for (const input of inputs) effects.push(...step(fleet, input, at));
      const told = new Set(effects.flatMap((e) => (e.kind === 'self-doubt' ? [] : [e.host])));
      if (told.size > 0)
        await trail.write(
          effects,
          [...told].flatMap((host) => fleet.hosts.get(host) ?? []),
          run,
          at,
        );
      await acknowledgeDue(at);
      for (const host of [...hosts, ...told]) pass.touch(host);
      const judgement = await pass.judge(at);
      if (judgement) await pass.commit(judgement);
    },
    async end(): Promise<void> {
      await acknowledgeDue(world.endAt);
      await trail.write([], [...fleet.hosts.values()], run, world.endAt);
    },
  };
}
