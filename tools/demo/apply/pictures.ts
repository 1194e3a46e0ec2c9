// What a rule sees of a host of the world at the clock's instant.

import type { HostDigest } from '../../../collector/backups/digest.ts';
import type { PassOptions } from '../../../collector/alerts/pass.ts';
import type { HostPicture } from '../../../collector/rules/rule.ts';
import type { VerdictSource } from '../../../collector/services.ts';
import { parseSeriesKey } from '../../../shared/catalogue.ts';
import type { Clock } from '../../../shared/clock.ts';
import { checksAt } from '../world/checks.ts';
import { HOUR } from '../world/rhythm.ts';
import { diskUsed, openValues } from '../world/values.ts';
import type { DemoHost, World } from '../world/shape.ts';

export interface PictureSources {
  clock: Clock;
  verdicts: Pick<VerdictSource, 'verdict'>;
  digest(host: string): HostDigest | undefined;
}

export function openPictures(world: World, sources: PictureSources): PassOptions['fleet'] {
  const painters = new Map(world.hosts.map((host) => [host.id, openPainter(world, host, sources)]));
  return {
    hosts: () => painters.keys(),
    picture: (host) => painters.get(host)?.(),
    takeDirty: () => [],
  };
}

function openPainter(
  world: World,
  host: DemoHost,
  { clock, verdicts, digest }: PictureSources,
): () => HostPicture {
  const { columns, read } = openValues(world, host);
  const parsed = columns.map((key) => ({ key, ...parseSeriesKey(key) }));
  const byMetric = Map.groupBy(parsed, (column) => column.name ?? '');
  const row = new Float64Array(columns.length);
  const { id, name, hospital } = host;
  const named = { id, name, hospitalId: hospital.id, hospitalName: hospital.name };
  return () => {
    const at = clock.now();
    read(at, row);
    const latest = new Map<string, { at: number; value: number; intervalMs: number }>();
    columns.forEach((key, i) => {
      const value = row[i] as number;
      if (!Number.isNaN(value)) latest.set(key, { at, value, intervalMs: 15_000 });
    });
    const checks = checksAt(world, host, at).map(
      (c) => [c.id, { ...c, since: sinceOf(host, c.id, at), at }] as const,
    );
    return {
      host: named,
      verdict: verdicts.verdict(id),
      latest,
      checks: new Map(checks),
      series: (metric) =>
        (byMetric.get(metric) ?? []).map(({ key, labels }) => ({ key, labels: labels ?? {} })),
      trend: (key) => trendOf(world, host, key, at),
      rise: () => undefined,
      backups: digest(id),
    };
  };
}

/** Since when a check stands as it does: since the last beginning or end of what concerns its subject. */
export function sinceOf(host: DemoHost, checkId: string, at: number): number {
  const subject = checkId.slice(checkId.indexOf(':') + 1);
  let since = host.bootAt;
  for (const episode of host.episodes) {
    if (episode.subject !== subject && !(checkId === 'clock:host' && episode.kind === 'clock-off')) continue;
    for (const edge of [episode.from, episode.to]) if (edge <= at) since = Math.max(since, edge);
  }
  return since;
}

function trendOf(
  world: World,
  host: DemoHost,
  key: string,
  at: number,
): { perHour: number; overMs: number } | undefined {
  const { name, labels } = parseSeriesKey(key) ?? {};
  const disk = host.disks.find((each) => each.path === labels?.path);
  if (name !== 'disk_used' || !disk) return undefined;
  const over = (ms: number): number =>
    (diskUsed(world, host, disk, at) - diskUsed(world, host, disk, at - ms)) / (ms / HOUR);
  const [long, short] = [over(6 * HOUR), over(HOUR)];
  // As the collector does: the calmer of the two.
  const perHour = Math.sign(long) !== Math.sign(short) ? 0 : Math.abs(long) < Math.abs(short) ? long : short;
  return { perHour, overMs: 6 * HOUR };
}
