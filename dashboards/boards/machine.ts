// Panels about one machine's parts: processor, memory, disks, network, clock, agent. The host dashboard shows all of them, the
// outage dashboard the minutes around a failure.

import type { Panel } from '../define/board.ts';
import { CERTIFICATE, CLOCK, CPU, DISK, MEMORY } from '../define/looks.ts';
import { graph } from '../define/panels.ts';
import { influxFrom, type Query, reading, selector, written } from '../define/query.ts';
import { t } from '../define/text.ts';

const SCOPE = 'host';
const HOST = ['host'] as const;

const named = (metric: string, legend: string): Query => reading(SCOPE, { metric, by: HOST, legend });
const rate = (metric: string, by: string, legend: string): Query =>
  reading(SCOPE, { metric, rate: true, by: ['host', by], legend });

/** Sent traffic below the axis. */
const below = (metric: string, by: string, legend: string): Query => {
  const query = rate(metric, by, legend);
  return {
    ...query,
    promql: `-${query.promql}`,
    influxql: (query.influxql ?? '').replace(/^SELECT (.+?\)), 1s\)/, 'SELECT $1, 1s) * -1'),
  };
};

export const cpu = graph({
  title: t('处理器', 'Processor'),
  description: t(
    '用户、系统、等待磁盘、被宿主机占用。iowait 高：看磁盘忙碌时间；steal 高：找虚拟化平台管理员；用户态高：看下方服务占用。',
    'User, kernel, waiting for the disk, taken by the virtualisation host. High iowait: look at the disks. High steal: call whoever runs the hypervisor. High user: see the services below.',
  ),
  unit: 'percent',
  max: 100,
  isStacked: true,
  queries: [
    named('cpu_usage_user', '{host} user'),
    named('cpu_usage_system', '{host} system'),
    named('cpu_usage_iowait', '{host} iowait'),
    named('cpu_usage_steal', '{host} steal'),
  ],
});

export const memory = graph({
  title: t('内存与交换', 'Memory and swap'),
  description: t(
    '内存和交换空间使用率，虚线是告警阈值。交换持续上升：数据库内存上限过大或有泄漏，在业务空闲时重启占用异常的服务。',
    'Shares in use; dashed: the alert’s limit. Swap that keeps rising: the database’s limit is too high or something leaks; restart it at a quiet hour.',
  ),
  unit: 'percent',
  max: 100,
  thresholds: MEMORY,
  queries: [named('mem_used_percent', '{host} mem'), named('swap_used_percent', '{host} swap')],
});

export const disks = graph({
  title: t('磁盘使用率', 'Disk space'),
  description: t(
    '每个卷的使用率，虚线是告警阈值。斜率突然变陡：找最近变大的日志或备份；接近红线：先清理旧备份再扩容。',
    'Each volume’s share in use; dashed: the alert’s limits. Suddenly steeper: find the log or backup that grows. Near red: remove old backups, then enlarge.',
  ),
  unit: 'percent',
  max: 100,
  thresholds: DISK,
  queries: [reading(SCOPE, { metric: 'disk_used_percent', by: ['host', 'path'], legend: '{host} {path}' })],
});

export const diskTraffic = graph({
  title: t('磁盘读写', 'Disk traffic'),
  description: t(
    '读为正、写为负。备份时段外的持续大量写：查数据库检查点、病毒扫描或勒索加密。',
    'Reads above, writes below. Heavy writing outside the backup hours: checkpoints, a virus scan, or something that encrypts files.',
  ),
  unit: 'Bps',
  queries: [
    rate('diskio_read_bytes', 'name', '{host} {name} read'),
    below('diskio_write_bytes', 'name', '{host} {name} write'),
  ],
  isSigned: true,
});

export const network = graph({
  title: t('网络流量', 'Network traffic'),
  description: t(
    '接收为正、发送为负。归零而主机在线：查网线、交换机端口、防火墙；发送突增：查是否有大批量导出。',
    'Received above, sent below. Nothing while the host is up: cable, switch port, firewall. A burst of sending: who exports data?',
  ),
  unit: 'Bps',
  queries: [
    rate('net_bytes_recv', 'interface', '{host} {interface} recv'),
    below('net_bytes_sent', 'interface', '{host} {interface} sent'),
  ],
  isSigned: true,
});

export const load = graph({
  title: t('平均负载', 'Load'),
  description: t(
    '1、5、15 分钟平均负载，与逻辑处理器数比较。长期高于处理器数：有任务排队，看处理器与磁盘。',
    'Load over 1, 5 and 15 minutes beside the number of processors. Above it for long: work is queueing; see processor and disks.',
  ),
  unit: 'short',
  queries: [
    named('system_load1', '{host} 1m'),
    named('system_load5', '{host} 5m'),
    named('system_load15', '{host} 15m'),
    named('system_n_cpus', '{host} cpus'),
  ],
});

const details: Panel[] = [
  graph({
    title: t('inode 使用率', 'Inodes'),
    description: t(
      'inode 用尽时磁盘有空间也写不进去。接近 100%：找含大量小文件的目录（会话、队列、临时文件）清理。',
      'Without inodes nothing can be written though there is space. Near 100 %: find the folder with masses of small files.',
    ),
    unit: 'percent',
    max: 100,
    thresholds: DISK,
    queries: [
      reading(SCOPE, { metric: 'disk_inodes_used_percent', by: ['host', 'path'], legend: '{host} {path}' }),
    ],
  }),
  graph({
    title: t('磁盘忙碌比例', 'Disk busy'),
    description: t(
      '一秒内有请求在处理的毫秒数。接近 1000：磁盘饱和，把备份或报表移到夜间，或检查磁盘健康与阵列状态。',
      'Milliseconds a second with requests under way. Near 1000: saturated; move backups or reports into the night, look at the array.',
    ),
    unit: 'ms',
    queries: [rate('diskio_io_time', 'name', '{host} {name}')],
  }),
  graph({
    title: t('网络错误与丢包', 'Network errors and drops'),
    description: t(
      '每秒接收/发送错误与丢包。持续大于 0：换网线或交换机端口，检查双工与速率协商。',
      'Errors and drops a second. Above 0 for long: change the cable or the port, look at duplex and speed.',
    ),
    unit: 'short',
    queries: [
      rate('net_err_in', 'interface', '{host} {interface} err in'),
      rate('net_err_out', 'interface', '{host} {interface} err out'),
      rate('net_drop_in', 'interface', '{host} {interface} drop in'),
      rate('net_drop_out', 'interface', '{host} {interface} drop out'),
    ],
  }),
  graph({
    title: t('换入换出', 'Swapping'),
    description: t(
      '每秒换入换出的字节。持续大于 0：内存不够，业务会变慢；降低数据库内存上限或加内存。',
      'Bytes a second to and from swap. Above 0 for long: too little memory; lower the database’s limit or add memory.',
    ),
    unit: 'Bps',
    queries: [
      reading(SCOPE, { metric: 'swap_in', rate: true, by: HOST, legend: '{host} in' }),
      reading(SCOPE, { metric: 'swap_out', rate: true, by: HOST, legend: '{host} out' }),
    ],
  }),
  graph({
    title: t('时钟偏差', 'Clock offset'),
    description: t(
      '主机时钟与中心之差。超过阈值：检查 NTP 服务与上级时间源；偏差会让院感上报时间出错。',
      'The host’s clock against the collector’s. Beyond the limit: look at the NTP service; reported times would be wrong.',
    ),
    unit: 's',
    thresholds: CLOCK,
    queries: [
      written({
        promql: `abs(${selector(SCOPE, 'clock_offset_seconds')})`,
        influxql: `SELECT abs(last("offset_seconds")) ${influxFrom(SCOPE, 'clock_offset_seconds')} GROUP BY time($__interval), "host" fill(none)`,
        legend: '{host}',
      }),
    ],
  }),
  graph({
    title: t('到中心的往返时间', 'Round trip to the collector'),
    description: t(
      '握手时测得的往返时间。突然变大：专线拥塞或路由改变，联系运营商。',
      'Measured at the handshake. Suddenly larger: the line is congested or routed elsewhere; call the carrier.',
    ),
    unit: 's',
    queries: [named('clock_rtt_seconds', '{host}')],
  }),
  graph({
    title: t('探针自身', 'The agent itself'),
    description: t(
      '探针占用的内存与未送达的报告。内存持续上升：升级探针；报告堆积：查到中心的网络。',
      'The agent’s memory and what it could not deliver yet. Memory rising: update it. Reports piling up: look at the line.',
    ),
    unit: 'bytes',
    queries: [named('agent_memory_rss', '{host} rss'), named('agent_spool_bytes', '{host} spool')],
  }),
  graph({
    title: t('探针读取失败', 'Failed readings'),
    description: t(
      '每秒读取失败次数，按探针。大于 0：运行 niswatch-agent check 看原因，多为权限或路径改变。',
      'Failed readings a second by probe. Above 0: run niswatch-agent check; mostly rights or a path that changed.',
    ),
    unit: 'short',
    queries: [rate('agent_probe_errors', 'probe', '{host} {probe}')],
  }),
];

export const machineDetails: readonly Panel[] = details;

export const certificates = graph({
  title: t('证书剩余天数', 'Certificate days'),
  description: t(
    '网页证书还有多少天到期。低于 30 天：安排更换；低于 7 天：当天更换，否则上报页面打不开。',
    'Days until the certificate ends. Below 30: plan the renewal. Below 7: renew today or the page will not open.',
  ),
  unit: 'd',
  thresholds: CERTIFICATE,
  queries: [reading(SCOPE, { metric: 'http_cert_days', by: ['host', 'target'], legend: '{host} {target}' })],
});

export const responses = graph({
  title: t('网页与端口响应', 'Response times'),
  description: t(
    '网页应答与端口连接的耗时。变慢先于中断：看处理器、磁盘与数据库慢查询。',
    'Time to answer and to connect. Slow comes before down: see processor, disks, slow queries.',
  ),
  unit: 's',
  queries: [
    reading(SCOPE, {
      metric: 'http_response_seconds',
      by: ['host', 'target'],
      legend: '{host} http {target}',
    }),
    reading(SCOPE, {
      metric: 'port_connect_seconds',
      by: ['host', 'target'],
      legend: '{host} port {target}',
    }),
  ],
});

export const serviceUse: readonly Panel[] = [
  graph({
    title: t('服务占用内存', 'Memory of services'),
    description: t(
      '各服务的常驻内存。一条线持续上升不回落：该服务泄漏，安排重启并报告厂商。',
      'Resident memory. A line that only rises: it leaks; plan a restart and tell its maker.',
    ),
    unit: 'bytes',
    queries: [
      reading(SCOPE, { metric: 'service_memory_rss', by: ['host', 'name'], legend: '{host} {name}' }),
    ],
  }),
  graph({
    title: t('服务占用处理器', 'Processor use of services'),
    description: t(
      '100 为一个核。某服务长期占满：查慢查询、死循环或批处理任务。',
      '100 is one core. One service at its limit for long: slow queries, a loop, a batch job.',
    ),
    unit: 'percent',
    thresholds: CPU.slice(0, 1),
    queries: [
      reading(SCOPE, { metric: 'service_cpu_percent', by: ['host', 'name'], legend: '{host} {name}' }),
    ],
  }),
];
