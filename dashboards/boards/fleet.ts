// 机房总览: all hospitals on one screen: who is not heard, what is broken, what will be.

import { outsideName } from '../../collector/store/outside/names.ts';
import type { Board, Panel, Threshold } from '../define/board.ts';
import { CLOCK, CPU, DISK, FEW_WANTED, MEMORY, NONE_WANTED, upTo } from '../define/looks.ts';
import { graph } from '../define/panels.ts';
import { influxFrom, type Query, reading, selector, written } from '../define/query.ts';
import { t, type Text } from '../define/text.ts';
import { incidentTable, openIncidents, verdictTimeline } from './incidents.ts';

const SCOPE = 'fleet';
const STAT = { width: 4, height: 4 };

const verdictCount = (test: string, influxTest: string): Query =>
  written({
    promql: `count(${selector(SCOPE, 'host_verdict')} ${test}) or vector(0)`,
    influxql: `SELECT count("v") FROM (SELECT last("verdict") AS "v" ${influxFrom(SCOPE, 'host_verdict')} AND time > now() - 5m GROUP BY "hospital", "host") WHERE ${influxTest}`,
    shape: 'now',
  });

const hostsUp: Panel = {
  ...STAT,
  kind: 'stat',
  title: t('在线主机', 'Hosts up'),
  description: t(
    '正在报送的主机数。比昨天少：看下方判定时间线是哪一台，再看失联原因。',
    'Hosts that report. Fewer than yesterday: the timeline of verdicts below names the one and the reason.',
  ),
  unit: 'short',
  queries: [verdictCount('<= 1', '"v" <= 1')],
  target: 'board',
  thresholds: [{ color: 'green' }],
  noValue: t('0', '0'),
};

const hostsAway: Panel = {
  ...STAT,
  kind: 'stat',
  title: t('不在线主机', 'Hosts not up'),
  description: t(
    '宕机、关机、失联或探针停止的主机数。大于 0：看判定时间线，按判定联系医院或查专线。',
    'Hosts that are down, shut down, silent, or without their agent. Above 0: the timeline says which; call the hospital or look at the line.',
  ),
  unit: 'short',
  queries: [verdictCount('> 1', '"v" > 1')],
  target: 'board',
  thresholds: NONE_WANTED,
  noValue: t('0', '0'),
};

const oldBackups: Panel = {
  ...STAT,
  kind: 'stat',
  title: t('超过 26 小时的备份集', 'Backup sets older than 26 h'),
  description: t(
    '最新备份早于 26 小时的备份集数。大于 0：打开备份巡检，看是哪一集、任务日志写了什么。',
    'Backup sets whose newest file is older than 26 hours. Above 0: the backup dashboard names them; read the log of the job.',
  ),
  unit: 'short',
  queries: [
    written({
      promql: `count(${selector(SCOPE, 'backup_age_seconds')} > 93600) or vector(0)`,
      influxql: `SELECT count("v") FROM (SELECT last("age_seconds") AS "v" ${influxFrom(SCOPE, 'backup_age_seconds')} GROUP BY "hospital", "host", "set") WHERE "v" > 93600`,
      shape: 'now',
    }),
  ],
  target: 'board',
  thresholds: FEW_WANTED,
  noValue: t('0', '0'),
};

const spool: Panel = {
  ...STAT,
  kind: 'stat',
  title: t('待传报告', 'Reports waiting'),
  description: t(
    '各探针磁盘上尚未送达的报告总数。持续上升：中心或专线不通，数据没有丢，恢复后会补传。',
    'Reports on the agents’ disks that are not delivered yet. Rising: the collector or a line is not reachable; nothing is lost, it follows.',
  ),
  unit: 'short',
  queries: [reading(SCOPE, { metric: 'agent_spool_reports', fold: 'sum', by: [] })],
  target: 'board',
  thresholds: upTo(500, 5000),
};

interface Ranking {
  metric: string;
  by: readonly string[];
  title: Text;
  description: Text;
  unit: string;
  max?: number;
  thresholds: readonly Threshold[];
}

/** The ten highest. */
function ranking({ metric, by, ...rest }: Ranking): Panel {
  const { field } = outsideName(metric);
  const tags = by.map((label) => `"${label}"`).join(', ');
  return {
    ...rest,
    kind: 'bars',
    width: 8,
    height: 9,
    min: 0,
    decimals: 1,
    queries: [
      written({
        promql: `topk(10, ${selector(SCOPE, metric)})`,
        influxql: `SELECT top("v", ${tags}, 10) FROM (SELECT last("${field}") AS "v" ${influxFrom(SCOPE, metric)} AND time > now() - 30m GROUP BY ${tags}) GROUP BY ${tags}`,
        legend: by.map((label) => `{${label}}`).join(' '),
        shape: 'now',
      }),
    ],
    target: 'host',
  };
}

const fullest = ranking({
  metric: 'disk_used_percent',
  by: ['hospital', 'host', 'path'],
  title: t('最满的磁盘', 'Fullest volumes'),
  description: t(
    '使用率最高的 10 个卷，阈值与告警规则一致。橙色：安排清理；红色：当天清理旧备份、日志或扩容。',
    'The ten fullest volumes; colors are those of the alert rule. Orange: plan a clean-up. Red: free space today, old backups and logs first.',
  ),
  unit: 'percent',
  max: 100,
  thresholds: DISK,
});

const memoryTop = ranking({
  metric: 'mem_used_percent',
  by: ['hospital', 'host'],
  title: t('内存使用率最高', 'Most memory in use'),
  description: t(
    '内存使用率最高的 10 台。红色：查看占用最多的进程，核对数据库内存上限。',
    'The ten hosts with most memory in use. Red: see which process holds it, and the database’s limit.',
  ),
  unit: 'percent',
  max: 100,
  thresholds: MEMORY,
});

const cpuTop = ranking({
  metric: 'cpu_usage_active',
  by: ['hospital', 'host'],
  title: t('处理器占用最高', 'Busiest processors'),
  description: t(
    '处理器占用最高的 10 台。长时间红色：查看慢查询、报表任务与病毒扫描。',
    'The ten busiest hosts. Red for long: slow queries, report jobs, a virus scan.',
  ),
  unit: 'percent',
  max: 100,
  thresholds: CPU,
});

const traffic = graph({
  title: t('网络接收', 'Network received'),
  description: t(
    '每台主机每秒接收的字节。突然归零而主机在线：查网线、交换机端口与防火墙。',
    'Bytes a second each host receives. Suddenly nothing while the host is up: cable, switch port, firewall.',
  ),
  unit: 'Bps',
  queries: [reading(SCOPE, { metric: 'net_bytes_recv', rate: true, fold: 'sum', by: ['hospital', 'host'] })],
});

const clocks = graph({
  title: t('时钟偏差', 'Clock offset'),
  description: t(
    '主机时钟与中心之差。超过 2 秒：检查 NTP；偏差会让院感上报的时间出错。',
    'Each host’s clock against the collector’s. Above 2 s: look at NTP; reports of infections would carry wrong times.',
  ),
  unit: 's',
  thresholds: CLOCK,
  queries: [
    written({
      promql: `abs(${selector(SCOPE, 'clock_offset_seconds')})`,
      influxql: `SELECT abs(last("offset_seconds")) ${influxFrom(SCOPE, 'clock_offset_seconds')} GROUP BY time($__interval), "hospital", "host" fill(none)`,
      legend: '{hospital} {host}',
    }),
  ],
});

const agents = graph({
  title: t('探针内存', 'Memory of the agents'),
  description: t(
    '探针自身占用的内存。持续上升不回落：升级探针并把日志发给我们。',
    'Memory of the agents themselves. Rising without end: update the agent and send its log.',
  ),
  unit: 'bytes',
  queries: [reading(SCOPE, { metric: 'agent_memory_rss', by: ['hospital', 'host'] })],
});

const uptime = graph({
  title: t('运行时长', 'Uptime'),
  description: t(
    '距上次开机的时长。锯齿回零即重启：不是计划内的，查看事件日志与断电记录。',
    'Time since boot. A drop to zero is a restart: if nobody planned it, look at the event log and at the power.',
  ),
  unit: 's',
  queries: [reading(SCOPE, { metric: 'system_uptime', by: ['hospital', 'host'] })],
});

export const fleet: Board = {
  name: 'fleet',
  title: t('niswatch 机房总览', 'niswatch fleet'),
  description: t(
    '所有医院的院感服务器：谁失联、什么坏了、什么快要坏。',
    'All hospitals’ servers: who is not heard, what is broken, what soon will be.',
  ),
  scope: SCOPE,
  time: { from: 'now-6h', to: 'now' },
  refresh: '1m',
  marks: { incidents: true, boots: false },
  rows: [
    {
      title: t('现在', 'Now'),
      isCollapsed: false,
      panels: [
        hostsUp,
        hostsAway,
        openIncidents(SCOPE, 'critical', STAT),
        openIncidents(SCOPE, 'warning', STAT),
        oldBackups,
        spool,
        incidentTable(SCOPE, { width: 24, height: 8 }),
        verdictTimeline(SCOPE, { width: 24, height: 10 }),
      ],
    },
    {
      title: t('最紧的资源', 'Tightest resources'),
      isCollapsed: false,
      panels: [fullest, memoryTop, cpuTop],
    },
    { title: t('细节', 'Details'), isCollapsed: true, panels: [traffic, clocks, agents, uptime] },
  ],
};
