// What the agent would judge at an instant, in the words that it uses.

import type { CheckResult } from '../../../shared/frame.ts';
import { episodeAt } from './episodes.ts';
import { HOUR } from './rhythm.ts';
import { stateOfSet } from './sets.ts';
import { clockOffset, diskUsed, feedAge, PAGE, portOf } from './values.ts';
import { type DemoHost, type DemoSet, GIB, type World } from './shape.ts';

export function checksAt(world: World, host: DemoHost, at: number): CheckResult[] {
  return [
    ...host.disks.map((disk): CheckResult => {
      const used = diskUsed(world, host, disk, at);
      const percent = (100 * used) / disk.totalBytes;
      const free = `${((disk.totalBytes - used) / GIB).toFixed(1)} GiB`;
      const status = percent >= 95 ? 'critical' : percent >= 85 ? 'warning' : 'ok';
      return { id: `disk:${disk.path}`, status, text: `已用 ${percent.toFixed(1)}%，剩余 ${free}` };
    }),
    ...host.services.flatMap((service) => serviceChecks(host, service, at)),
    ...host.feeds.map((feed): CheckResult => {
      const age = feedAge(host, feed.name, feed.everyMs, at);
      const limit = `上限 ${hours(feed.maxAgeMs)}`;
      return age > feed.maxAgeMs
        ? {
            id: `feed:${feed.name}`,
            status: 'critical',
            text: `数据接口 ${feed.name} 已 ${hours(age)}没有新数据（${limit}）`,
          }
        : {
            id: `feed:${feed.name}`,
            status: 'ok',
            text: `数据接口 ${feed.name} 正常，最新数据 ${hours(age)}前`,
          };
    }),
    ...host.sets.flatMap((set) => setChecks(world, host, set, at)),
    clockCheck(host, at),
  ];
}

function serviceChecks(host: DemoHost, service: DemoHost['services'][number], at: number): CheckResult[] {
  const { name } = service;
  const isDown = episodeAt(host, 'service-down', name, at) !== undefined;
  const own: CheckResult = isDown
    ? { id: `service:${name}`, status: 'critical', text: `服务 ${name} 已停止：进程不存在` }
    : { id: `service:${name}`, status: 'ok', text: `服务 ${name} 运行中` };
  if (service.port === undefined) return [own];
  const target = portOf(service);
  const port: CheckResult = isDown
    ? { id: `port:${target}`, status: 'critical', text: `端口 ${target} 无法连接：连接被拒绝` }
    : { id: `port:${target}`, status: 'ok', text: `端口 ${target} 可连接` };
  if (service.port !== 8080) return [own, port];
  const app = episodeAt(host, 'service-down', host.services[1]?.name ?? '', at) !== undefined;
  const page: CheckResult =
    isDown || app
      ? {
          id: `http:${PAGE}`,
          status: 'critical',
          text: `网页 ${PAGE} ${isDown ? '没有应答' : '返回 HTTP 502'}`,
        }
      : { id: `http:${PAGE}`, status: 'ok', text: `网页 ${PAGE} 正常（HTTP 200）` };
  return [own, port, page];
}

function setChecks(world: World, host: DemoHost, set: DemoSet, at: number): CheckResult[] {
  const { newestAt, newestBytes, copies, rung } = stateOfSet(world, host, set, at);
  const age = at - newestAt;
  const size = `${(newestBytes / GIB).toFixed(1)} GiB`;
  const isOld = age > set.maxAgeMs;
  const ransom = host.episodes.find((e) => e.kind === 'ransom' && e.subject === set.name && at >= e.from);
  const proof = ransom
    ? '：备份文件被改名或加了后缀，疑似勒索软件；备份文件已不是原来的格式，疑似被加密或覆盖'
    : `：第 ${rung} 级，未见异常`;
  return [
    {
      id: `backup:${set.name}`,
      status: isOld ? 'critical' : 'ok',
      text: isOld
        ? `备份集 ${set.name} 最新备份已有 ${hours(age)}，超过 ${hours(set.maxAgeMs)}`
        : `备份集 ${set.name} 正常：最新备份 ${hours(age)}前，${size}，共 ${copies} 份`,
    },
    {
      id: `proof:${set.name}`,
      status: ransom ? 'critical' : 'ok',
      text: `备份集 ${set.name} 的证明${proof}`,
    },
  ];
}

function clockCheck(host: DemoHost, at: number): CheckResult {
  const offset = clockOffset(host, at);
  const seconds = (Math.abs(offset) / 1000).toFixed(1);
  if (seconds === '0.0') return { id: 'clock:host', status: 'ok', text: '时钟与中心一致' };
  const status = Math.abs(offset) >= 60_000 ? 'critical' : Math.abs(offset) >= 2_000 ? 'warning' : 'ok';
  return { id: 'clock:host', status, text: `时钟比中心${offset >= 0 ? '慢' : '快'} ${seconds} 秒` };
}

/** `26 小时`, `35 分钟`, as the agent writes ages. */
function hours(ageMs: number): string {
  const minutes = Math.round(ageMs / 60_000);
  if (minutes < 60) return `${Math.max(1, minutes)} 分钟`;
  const whole = Math.round(ageMs / HOUR);
  return whole < 72 ? `${whole} 小时` : `${Math.round(whole / 24)} 天`;
}
