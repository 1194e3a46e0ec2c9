// What there is to look at, for people: one line each, with its address.

import type { Logins } from './apply/names.ts';
import { silenceAt } from './world/episodes.ts';
import type { EpisodeKind, World } from './world/shape.ts';

const SIGHTS: Partial<Record<EpisodeKind, string>> = {
  'disk-full': '磁盘将满        a disk is filling',
  'service-down': '服务停止        a service is down',
  'backup-missed': '备份过期        a backup is too old',
  ransom: '疑似勒索软件    signs of ransomware on backups',
  'clock-off': '时钟偏差        a clock is off',
  'link-cut': '全院失联        a hospital is cut off',
};

export function renderSights(world: World, url: string, login: string, logins: Logins): string {
  const going = world.hosts.flatMap((host) =>
    host.episodes.flatMap(({ kind, to }) =>
      to === Infinity && SIGHTS[kind] ? [{ host, what: SIGHTS[kind] }] : [],
    ),
  );
  const seen = new Set<string>();
  const lines = going
    .filter(({ what }) => !seen.has(what) && seen.add(what))
    .map(
      ({ host, what }) => `  ${what.padEnd(34)} ${host.hospital.name} ${host.name}  ${url}/hosts/${host.id}`,
    );
  const silent = world.hosts.filter((host) => silenceAt(host, world.endAt)).length;
  return `
${world.list.length} 家虚构医院，${world.hosts.length} 台主机（${silent} 台失联），${world.days} 天历史
${world.list.length} invented hospitals, ${world.hosts.length} hosts (${silent} cut off), ${world.days} days of history

正在发生 Going on now:
${lines.join('\n')}

其他 More:
  看板 board ${url}/   告警 alerts ${url}/alerts   备份 backups ${url}/backups   巡检报告 reports ${url}/reports

登录 Log in:
  一次性管理员链接 one-time link    ${login}
  工程师 engineer                  ${logins.user} / ${logins.password}
  只看一家医院 one hospital only    ${logins.viewer} / ${logins.password}   (${world.list[0]?.name ?? ''})

Grafana (数据源 data source: Prometheus)
  URL     ${url}/prom
  Header  Authorization: Bearer ${logins.token}
`;
}
