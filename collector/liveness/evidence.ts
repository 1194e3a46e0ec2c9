// The sentences behind a verdict, in both languages, each with its time as the hospital's clock shows it.

import type { GoodbyeReason } from '../../shared/frame.ts';
import type { CloseKind } from '../services.ts';
import type { DoubtReason, Evidence, Past, WitnessAnswer } from './verdict.ts';

interface Zone {
  format: Intl.DateTimeFormat;
  /** Of a fleet that turns quiet or comes back, many are told of the same second. */
  shown: Map<number, string>;
}

const zones = new Map<string, Zone>();
const SHOWN_MAX = 1_000;

export function showTime(at: number, timeZone: string): string {
  let zone = zones.get(timeZone);
  if (!zone) zones.set(timeZone, (zone = openZone(timeZone)));
  const { format, shown } = zone;
  const second = Math.floor(at / 1_000);
  let text = shown.get(second);
  if (text === undefined) {
    if (shown.size >= SHOWN_MAX) shown.clear();
    shown.set(second, (text = format.format(at)));
  }
  return text;
}

function openZone(timeZone: string): Zone {
  const parts = { year: 'numeric', month: '2-digit', day: '2-digit' } as const;
  const clock = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' } as const;
  return { format: new Intl.DateTimeFormat('sv-SE', { timeZone, ...parts, ...clock }), shown: new Map() };
}

export function showSpan(ms: number): { zh: string; en: string } {
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return { zh: `${seconds} 秒`, en: `${seconds} s` };
  const minutes = Math.round(seconds / 60);
  if (minutes < 120) return { zh: `${minutes} 分钟`, en: `${minutes} min` };
  return { zh: `${(minutes / 60).toFixed(1)} 小时`, en: `${(minutes / 60).toFixed(1)} h` };
}

const say = (at: number, kind: string, zh: string, en: string): Evidence => ({ at, kind, text: { zh, en } });

export function lastHeard(at: number, now: number, zone: string): Evidence {
  const span = showSpan(now - at);
  const time = showTime(at, zone);
  return say(
    at,
    'last-heard',
    `最后一次收到数据：${time}，已过去${span.zh}`,
    `Last heard at ${time}, ${span.en} ago`,
  );
}

export function firstHello(at: number, zone: string): Evidence {
  const time = showTime(at, zone);
  return say(at, 'first-hello', `${time} 首次接入`, `First seen at ${time}`);
}

export function heardAgain(at: number, zone: string, quietFrom: number): Evidence {
  const time = showTime(at, zone);
  const span = showSpan(at - quietFrom);
  return say(
    at,
    'heard-again',
    `${time} 恢复通信，此前 ${span.zh}没有收到数据`,
    `Heard again at ${time} after ${span.en} without data`,
  );
}

const CLOSED: Record<CloseKind, readonly [kind: string, zh: string, en: string]> = {
  goodbye: ['goodbye', '连接在告别之后关闭', 'closed after a goodbye'],
  closed: [
    'closed-without-goodbye',
    '连接被对端关闭而没有告别：对端系统有应答，可能是探针进程退出',
    'the far end closed the connection without a goodbye: its system answered, the agent may have ended',
  ],
  reset: [
    'reset-without-goodbye',
    '连接被对端重置而没有告别：对端系统有应答，可能是探针进程退出或主机重启',
    'the far end reset the connection without a goodbye: its system answered, the agent ended or the host restarted',
  ],
  timeout: [
    'no-answer',
    '连接超时，对端没有任何应答：主机或网络不通',
    'nothing answered on the connection: the host or the network is gone',
  ],
  replaced: ['replaced', '被同一主机的新连接取代', 'replaced by a newer connection of the same host'],
  refused: [
    'closed-by-collector',
    '中心因数据格式错误关闭了连接',
    'the collector closed the connection because of bad frames',
  ],
  collector: ['collector-stopping', '中心停止时关闭了连接', 'the collector closed the connection to stop'],
};

export function closedHow(at: number, zone: string, how: CloseKind): Evidence {
  const [kind, zh, en] = CLOSED[how];
  const time = showTime(at, zone);
  return say(at, kind, `${time} ${zh}`, `${time}: ${en}`);
}

export function noFrame(now: number, zone: string, ms: number): Evidence {
  const span = showSpan(ms);
  const time = showTime(now, zone);
  return say(
    now,
    'no-frame',
    `截至 ${time} 已有${span.zh}没有任何数据，连接未关闭`,
    `No frame for ${span.en} at ${time}, though the connection was not closed`,
  );
}

const REASONS: Record<GoodbyeReason, readonly [zh: string, en: string]> = {
  stop: ['探针被正常停止', 'the agent was stopped on purpose'],
  shutdown: ['主机正在关机', 'the host shuts down'],
  restart: ['探针正在重启', 'the agent restarts'],
  update: ['探针正在升级', 'the agent is being updated'],
};

export function saidGoodbye(at: number, zone: string, reason: GoodbyeReason): Evidence {
  const [zh, en] = REASONS[reason];
  const time = showTime(at, zone);
  return say(at, 'goodbye', `${time} 收到告别：${zh}`, `Goodbye at ${time}: ${en}`);
}

export function sitePicture(now: number, zone: string, hosts: number): Evidence {
  const time = showTime(now, zone);
  return say(
    now,
    'site-picture',
    `${time} 该院全部 ${hosts} 台主机都没有数据，疑为医院网络或出口中断`,
    `At ${time} none of the hospital's ${hosts} hosts is heard: its network or uplink is likely cut`,
  );
}

export function siblingHeard(now: number, zone: string): Evidence {
  const time = showTime(now, zone);
  return say(
    now,
    'sibling-heard',
    `${time} 同院其他主机已恢复，本机仍无数据`,
    `At ${time} another host of the hospital is heard again, this one is not`,
  );
}

export function collectorAway(from: number, to: number, zone: string): Evidence {
  const [a, b] = [showTime(from, zone), showTime(to, zone)];
  return say(
    to,
    'collector-started',
    `中心自 ${a} 至 ${b} 未在监听，这段时间不作判断`,
    `The collector was not listening from ${a} to ${b}: nothing is judged for that time`,
  );
}

export function ranOn(at: number, zone: string): Evidence {
  const time = showTime(at, zone);
  return say(
    at,
    'ran-on',
    `${time} 重新连接：开机标识与进程未变，其间一直在运行`,
    `Back at ${time}: same boot and same process, it ran on meanwhile`,
  );
}

const PAST: Record<Past, readonly [zh: string, en: string]> = {
  'host-crashed': [
    '主机恢复后上报：开机标识已变，且上次没有正常结束，判为主机异常重启或断电',
    'Told on return: the host booted anew and the last run had no orderly end, so it crashed or lost power',
  ],
  'host-shut-down': [
    '主机恢复后上报：上次为正常关机，随后重新开机',
    'Told on return: the host was shut down in order and booted anew',
  ],
  'agent-crashed': [
    '主机恢复后上报：主机没有重启，探针进程异常退出后重新启动',
    'Told on return: the host had not rebooted; the agent ended without order and was started again',
  ],
  'agent-stopped': [
    '主机恢复后上报：主机没有重启，探针被正常停止后重新启动',
    'Told on return: the host had not rebooted; the agent was stopped in order and started again',
  ],
  'agent-paused': [
    '主机恢复后上报：主机没有重启，探针进程曾被挂起，其间没有运行',
    'Told on return: the host had not rebooted; the agent was held up and did not run meanwhile',
  ],
  'agent-late': [
    '主机恢复后上报：主机开机后探针没有随即启动',
    'Told on return: the agent was not started with the host',
  ],
  'link-cut': [
    '主机恢复后上报：主机与探针一直在运行，仅与中心的网络中断',
    'Told on return: host and agent ran on; only the link to the collector was cut',
  ],
};

/** What the host tells of its past when it comes back; the link alone is worth a word only when nothing else happened. */
export function pastTold(at: number, past: Past): Evidence {
  const [zh, en] = PAST[past];
  return say(at, past, zh, en);
}

/** No hello came, so it is the same connection and the same process. */
export function sameConnection(at: number, zone: string): Evidence {
  const time = showTime(at, zone);
  return say(
    at,
    'same-connection',
    `${time} 原连接恢复：探针进程未中断，只是没有发出数据`,
    `At ${time} the same connection goes on: the agent did not end, it was held up`,
  );
}

const ANSWERS: Record<WitnessAnswer, readonly [zh: string, en: string]> = {
  accepts: ['端口可连接，主机在运行', 'the port accepts, so the host runs'],
  refuses: [
    '端口拒绝连接：系统有应答，但服务没有在监听（服务停止，或主机正在重启）',
    'the port refuses: its system answers but nothing listens (the service ended, or the host boots)',
  ],
  nothing: ['多次连接均无应答', 'it did not answer repeated tries'],
};

export function witnessed(at: number, zone: string, witness: string, answer: WitnessAnswer): Evidence {
  const [zh, en] = ANSWERS[answer];
  const time = showTime(at, zone);
  return say(
    at,
    `witness-${answer}`,
    `${time} 同院主机 ${witness} 探测本机：${zh}`,
    `${time}: probed by ${witness} of the same hospital: ${en}`,
  );
}

export function massPicture(now: number, zone: string, quiet: number, expected: number): Evidence {
  const time = showTime(now, zone);
  return say(
    now,
    'mass-picture',
    `${time} 全平台 ${quiet}/${expected} 台主机几乎同时没有数据：疑为运营商、区域网络或中心自身网络问题，不判为本机故障`,
    `At ${time} ${quiet} of all ${expected} hosts turned quiet together: the carrier, the region or the collector's own network, not this host`,
  );
}

export function ownTrouble(now: number, zone: string): Evidence {
  const time = showTime(now, zone);
  return say(
    now,
    'own-trouble',
    `${time} 中心自身网络中断，收不到任何主机的数据，不作判断`,
    `At ${time} the collector itself was cut off and could hear nobody: nothing is judged`,
  );
}

export function doubts(at: number, reason: DoubtReason, quiet: number, fleet: number): Evidence {
  const time = showTime(at, 'Asia/Shanghai');
  const texts = {
    'mass-silence': [
      `${quiet}/${fleet} 台主机几乎同时没有数据，先怀疑中心自身网络，暂停失联判定`,
      `${quiet} of ${fleet} hosts turned quiet at once: the collector doubts itself, no host is called silent`,
    ],
    'whole-fleet': [
      `全部 ${fleet} 台主机都没有数据，先怀疑中心自身网络，暂停失联判定`,
      `None of all ${fleet} hosts is heard: the collector doubts itself, no host is called silent`,
    ],
    'own-trouble': [
      '中心自检发现自身网络中断，暂停失联判定',
      'The collector found its own network cut: no host is called silent',
    ],
    'own-lag': [
      '中心自身处理滞后（超过 1 秒），暂停失联判定',
      'The collector itself lags by more than a second: no host is called silent',
    ],
  } as const;
  const [zh, en] = texts[reason];
  return say(at, `self-doubt-${reason}`, `${time} ${zh}`, `${time}: ${en}`);
}
