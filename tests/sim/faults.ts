// What goes wrong in a seed: each draws which faults are on and how often they strike. Every fault heals by itself; after `endsAt`
// none strikes any more.

import type { SimCollector } from './collector.ts';
import type { Checkers } from './checkers.ts';
import type { SimHost } from './host.ts';
import type { Network } from './network.ts';
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';
import type { StoreDisk } from './store.ts';

export interface FaultWorld {
  scheduler: Scheduler;
  network: Network;
  checkers: Checkers;
  hosts: readonly SimHost[];
  sites: readonly { cuts: number }[];
  collector: SimCollector;
  storeDisk: StoreDisk;
  channels: { isDown: boolean };
  isWhole: boolean;
  /** How slowly things happen: faults are so many times rarer, and the long ones longer. */
  pace: number;
  changed(): void;
  note(fault: string, host: number): void;
}

interface Fault {
  name: string;
  /** How rare: the mean time between two strikes, minutes. */
  everyMin: number;
  strike(world: FaultWorld, random: Random): void;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** How long the longest fault lasts. */
export const longestMs = (pace: number): number => 12 * MINUTE * Math.min(pace, 6);

/** Short ones are common, long ones must exceed every limit. */
const lasting = ({ pace }: FaultWorld, random: Random): number =>
  random.chance(0.5) ? random.between(SECOND, 60 * SECOND) : random.between(MINUTE, longestMs(pace));

function cutLink(world: FaultWorld, host: SimHost, ms: number): void {
  host.linkCuts++;
  world.network.cut((c) => c.path === host);
  world.changed();
  world.scheduler.after(ms, undefined, () => {
    host.linkCuts--;
    world.network.healed((c) => c.path === host);
    world.changed();
  });
}

/** The agent, or its machine, dies and is back within half a minute. */
function restartSoon(world: FaultWorld, host: SimHost, random: Random): void {
  if (random.chance(0.5)) host.kill();
  else host.powerCut();
  world.scheduler.after(random.between(0, 30 * SECOND), undefined, () =>
    host.isOn ? host.start() : host.boot(),
  );
}

export const FAULTS: readonly Fault[] = [
  {
    name: 'agent killed',
    everyMin: 8,
    strike(world, random) {
      const host = random.pick(world.hosts);
      if (random.chance(0.5)) host.dieAt(random.int(0, 12), 'kill');
      else host.kill();
      world.scheduler.after(
        random.chance(0.8) ? random.between(0, 20 * SECOND) : lasting(world, random),
        undefined,
        () => host.start(),
      );
    },
  },
  {
    name: 'power cut of a host',
    everyMin: 12,
    strike(world, random) {
      const host = random.pick(world.hosts);
      if (random.chance(0.6)) host.dieAt(random.int(0, 12), 'power');
      else host.powerCut();
      world.scheduler.after(
        random.between(20 * SECOND, 30 * SECOND) + lasting(world, random),
        undefined,
        () => {
          if (host.isOn) host.start();
          else host.boot();
        },
      );
    },
  },
  {
    name: 'agent stopped in order',
    everyMin: 15,
    strike(world, random) {
      const host = random.pick(world.hosts);
      const reason = random.pick(['stop', 'shutdown', 'restart', 'update'] as const);
      const awayMs =
        reason === 'restart' || reason === 'update' ? random.between(SECOND, MINUTE) : lasting(world, random);
      host.stop(reason, () => world.scheduler.after(awayMs, undefined, () => host.start()));
    },
  },
  {
    name: 'agent frozen',
    everyMin: 15,
    strike: (world, random) => random.pick(world.hosts).freeze(lasting(world, random)),
  },
  {
    name: 'link cut',
    everyMin: 6,
    strike: (world, random) => cutLink(world, random.pick(world.hosts), lasting(world, random)),
  },
  {
    name: 'link flaps',
    everyMin: 15,
    strike(world, random) {
      const host = random.pick(world.hosts);
      let at = 0;
      for (let i = 0; i < 12; i++) {
        at += random.between(SECOND, 20 * SECOND);
        const ms = random.between(SECOND, 15 * SECOND);
        world.scheduler.after(at, undefined, () => cutLink(world, host, ms));
        at += ms;
      }
    },
  },
  {
    name: 'hospital cut',
    everyMin: 20,
    strike(world, random) {
      const site = random.pick(world.sites);
      const over = (path: unknown): boolean => path instanceof Object && (path as SimHost).site === site;
      site.cuts++;
      world.network.cut((c) => over(c.path));
      world.changed();
      world.scheduler.after(lasting(world, random), undefined, () => {
        site.cuts--;
        world.network.healed((c) => over(c.path));
        world.changed();
      });
    },
  },
  {
    name: 'uplink of the collector cut',
    everyMin: 20,
    strike(world, random) {
      world.network.uplinkCuts++;
      world.network.cut(() => true);
      world.changed();
      world.scheduler.after(lasting(world, random), undefined, () => {
        world.network.uplinkCuts--;
        world.network.healed(() => true);
        world.changed();
      });
    },
  },
  {
    name: 'collector killed',
    everyMin: 10,
    strike(world, random) {
      const how = random.chance(0.6) ? 'kill' : 'power';
      const crash = (): void => {
        world.collector.crash(how);
        const awayMs = random.chance(0.7) ? random.between(SECOND, 30 * SECOND) : lasting(world, random);
        world.scheduler.after(awayMs, undefined, () => world.collector.start());
      };
      // In the middle of a commit, or whenever.
      if (random.chance(0.5)) crash();
      else {
        world.storeDisk.onCommit = () =>
          void world.scheduler.after(random() * world.storeDisk.syncMs(), undefined, crash);
      }
    },
  },
  {
    name: 'collector stopped in order',
    everyMin: 20,
    strike(world, random) {
      world.collector.stop();
      world.scheduler.after(10 * SECOND + random.between(0, 20 * SECOND), undefined, () =>
        world.collector.start(),
      );
    },
  },
  {
    name: 'collector frozen',
    everyMin: 20,
    strike: (world, random) => world.collector.freeze(random.between(SECOND, 3 * MINUTE)),
  },
  {
    name: 'store refuses',
    everyMin: 10,
    strike(world, random) {
      world.storeDisk.failing = true;
      world.scheduler.after(random.between(SECOND, MINUTE), undefined, () => {
        world.storeDisk.failing = false;
      });
    },
  },
  {
    name: 'bad hour of the store',
    everyMin: 20,
    strike(world, random) {
      const wholeMs = random.between(MINUTE, 6 * MINUTE);
      const somewhen = (run: () => void): void =>
        void world.scheduler.after(random.between(0, wholeMs), undefined, run);
      world.storeDisk.failing = true;
      somewhen(() => {
        world.storeDisk.failing = random.chance(0.5);
      });
      // Agents that are refused end and start meanwhile.
      for (let i = 0; i < 4; i++) somewhen(() => restartSoon(world, random.pick(world.hosts), random));
      world.scheduler.after(wholeMs, undefined, () => {
        world.storeDisk.failing = false;
      });
    },
  },
  {
    name: 'disk of a host fails',
    everyMin: 12,
    strike(world, random) {
      const host = random.pick(world.hosts);
      const calls = random.pick([['sync'], ['append'], ['append', 'replace'], ['append', 'replace', 'sync']]);
      host.diskFault = { code: calls[0] === 'sync' ? 'EIO' : random.pick(['EIO', 'ENOSPC']), calls };
      world.checkers.mayLose(host.id);
      if (random.chance(0.4)) {
        world.scheduler.after(random.between(SECOND, 6 * MINUTE), undefined, () => {
          host.powerCut();
          world.scheduler.after(20 * SECOND, undefined, () => host.isOn || host.boot());
        });
      }
      world.scheduler.after(random.between(SECOND, 5 * MINUTE), undefined, () => {
        host.diskFault = undefined;
      });
    },
  },
  {
    name: 'bad hour of a host',
    everyMin: 15,
    strike(world, random) {
      const host = random.pick(world.hosts);
      const wholeMs = random.between(MINUTE, 8 * MINUTE);
      const somewhen = (run: () => void): void =>
        void world.scheduler.after(random.between(0, wholeMs), undefined, run);
      cutLink(world, host, wholeMs);
      world.checkers.mayLose(host.id);
      for (let i = 0; i < 3; i++) {
        somewhen(() => {
          const calls = random.pick([['sync'], ['append'], ['append', 'replace', 'sync']]);
          host.diskFault = { code: calls[0] === 'sync' ? 'EIO' : random.pick(['EIO', 'ENOSPC']), calls };
        });
        somewhen(() => {
          host.diskFault = undefined;
        });
        somewhen(() => restartSoon(world, host, random));
      }
      world.scheduler.after(wholeMs, undefined, () => {
        host.diskFault = undefined;
      });
    },
  },
  {
    name: 'disk of a host is short',
    everyMin: 15,
    strike(world, random) {
      const host = random.pick(world.hosts);
      world.checkers.mayLose(host.id);
      host.disk.totalBytes = random.int(4_000, 40_000);
      world.scheduler.after(lasting(world, random), undefined, () => {
        host.disk.totalBytes = 1024 ** 3;
      });
    },
  },
  {
    name: 'snapshot restored',
    everyMin: 20,
    strike(world, random) {
      const host = random.pick(world.hosts);
      host.takeSnapshot();
      world.scheduler.after(random.between(MINUTE, 10 * MINUTE), undefined, () => {
        host.restore();
        world.scheduler.after(random.between(SECOND, 30 * SECOND), undefined, () => host.isOn || host.boot());
      });
    },
  },
  {
    name: 'clock of a host set',
    everyMin: 20,
    strike(world, random) {
      const far = random.pick([5_000, 3 * MINUTE, 86_400_000, 3 * 365 * 86_400_000]);
      random.pick(world.hosts).setClock(random.chance(0.5) ? far : -far);
    },
  },
  {
    name: 'clock of the collector set',
    everyMin: 40,
    strike(world, random) {
      for (const host of world.hosts) world.checkers.mayLose(host.id);
      const far = random.pick([2_000, MINUTE, 3_600_000, 30 * 86_400_000]);
      const isBack = random.chance(0.5);
      if (!isBack) world.checkers.mayDoubtTime = true;
      world.collector.setClock(isBack ? -far : far);
    },
  },
  {
    name: 'channel unreachable',
    everyMin: 12,
    strike(world, random) {
      world.channels.isDown = true;
      world.scheduler.after(random.between(10 * SECOND, 6 * MINUTE), undefined, () => {
        world.channels.isDown = false;
      });
    },
  },
];

/** Lets the drawn faults strike until `endsAt`; returns their names. */
export function unleash(world: FaultWorld, random: Random, endsAt: number): string[] {
  const share = random.pick([0.15, 0.35, 0.7]);
  const drawn = FAULTS.filter(() => random.chance(share));
  for (const fault of drawn) {
    const own = random.split(fault.name);
    const meanMs = fault.everyMin * MINUTE * world.pace * random.pick([0.3, 1, 2]);
    const next = (): void => {
      const waitMs = own.wait(meanMs);
      if (world.scheduler.now + waitMs >= endsAt) return;
      world.scheduler.after(waitMs, undefined, () => {
        world.note(fault.name, 0);
        fault.strike(world, own);
        next();
      });
    };
    next();
  }
  return drawn.map((fault) => fault.name);
}
