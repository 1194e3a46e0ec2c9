// 采集中心: the collector itself: does it take everything, store it, and tell people.

import { outsideName } from '../../collector/store/outside/names.ts';
import type { Board, Threshold } from '../define/board.ts';
import { FEW_WANTED, NONE_WANTED, PLAIN, upTo } from '../define/looks.ts';
import { graph as anyGraph, stat as anyStat } from '../define/panels.ts';
import { type Query, reading, written } from '../define/query.ts';
import { t, type Text } from '../define/text.ts';

const SCOPE = 'collector';

const of = (metric: string, legend = '', by: readonly string[] = []): Query =>
  reading(SCOPE, { metric: `niswatch_${metric}`, by, legend });
const rate = (metric: string, legend = '', by: readonly string[] = []): Query =>
  reading(SCOPE, { metric: `niswatch_${metric}`, rate: true, by, legend });

interface Given {
  title: Text;
  description: Text;
  unit: string;
  queries: readonly Query[];
  thresholds?: readonly Threshold[];
}

const stat = (panel: Given) => anyStat({ width: 4, target: 'board', thresholds: PLAIN, ...panel });
const graph = (panel: Given) => anyGraph({ target: 'board', ...panel });

/** Mean over what was counted: growth of a sum over growth of its count. */
function mean(sum: string, count: string): Query {
  const field = (name: string): string => outsideName(`niswatch_${name}`).field;
  return written({
    promql: `rate(niswatch_${sum}[$__rate_interval]) / rate(niswatch_${count}[$__rate_interval])`,
    influxql: `SELECT non_negative_derivative(last("${field(sum)}"), 1s) / non_negative_derivative(last("${field(count)}"), 1s) FROM "niswatch" WHERE $timeFilter GROUP BY time($__interval) fill(none)`,
    legend: 'mean',
  });
}

const now = [
  stat({
    title: t('已连接探针', 'Agents connected'),
    description: t(
      '保持连接的探针数。突然减半：查中心的网络与反向代理，再看总览的判定。',
      'Agents with a connection. Suddenly half: the collector’s own network or its proxy; then the fleet dashboard.',
    ),
    unit: 'short',
    queries: [of('connected_agents')],
  }),
  stat({
    title: t('每秒存入报告', 'Reports stored a second'),
    description: t(
      '约等于主机数除以读取间隔。明显低于它：看下方拒收与积压。',
      'About the hosts divided by the interval. Clearly less: see refusals and backlog below.',
    ),
    unit: 'short',
    queries: [rate('ingest_reports_stored_total')],
  }),
  stat({
    title: t('等待落盘', 'Waiting for the disk'),
    description: t(
      '已收下、尚未落盘的报告数。持续很大：磁盘太慢，查磁盘延迟与剩余空间。',
      'Accepted, not yet durable. Large for long: the disk is slow; see its latency and free space.',
    ),
    unit: 'short',
    queries: [of('ingest_pending_reports')],
    thresholds: upTo(2000, 20_000),
  }),
  stat({
    title: t('拒绝写入', 'Store refuses'),
    description: t(
      '1 表示存储拒绝写入：磁盘将满或出错。立即腾出空间；探针会保留数据，恢复后补传。',
      '1: the store refuses, its disk is full or failing. Free space at once; agents keep their data and send it later.',
    ),
    unit: 'short',
    queries: [of('store_refusing')],
    thresholds: NONE_WANTED,
  }),
  stat({
    title: t('最久未送出的通知', 'Oldest message'),
    description: t(
      '等待最久的告警通知等了多久。超过 5 分钟：查邮件服务器或 webhook，告警可能没有人收到。',
      'How long the oldest message has waited. Over 5 minutes: the mail server or webhook; perhaps nobody was told.',
    ),
    unit: 's',
    queries: [reading(SCOPE, { metric: 'niswatch_outbox_oldest_seconds', fold: 'max', by: [] })],
    thresholds: upTo(60, 300),
  }),
  stat({
    title: t('全网待传报告', 'Backlog of all agents'),
    description: t(
      '所有探针磁盘上尚未送达的报告。持续上升：中心收不过来或网络不通。',
      'Reports that all agents still hold. Only rising: the collector cannot keep up, or cannot be reached.',
    ),
    unit: 'short',
    queries: [of('fleet_spool_reports')],
    thresholds: upTo(500, 5000),
  }),
];

const ingest = [
  graph({
    title: t('存入速率', 'Ingest'),
    description: t(
      '每秒存入的报告、样本与字节之外的提交次数。陡降：看已连接探针与拒收原因。',
      'Reports, samples and commits a second. A sharp fall: see connections and refusals.',
    ),
    unit: 'short',
    queries: [
      rate('ingest_reports_stored_total', 'reports'),
      rate('ingest_samples_stored_total', 'samples'),
      rate('ingest_commits_total', 'commits'),
    ],
  }),
  graph({
    title: t('确认耗时（平均）', 'Time to acknowledge, mean'),
    description: t(
      '从收到报告到确认已落盘的平均时间。超过 250 毫秒：查磁盘 fsync 延迟与处理器。',
      'From arrival until it is durable. Above 250 ms: the disk’s fsync, or the processor.',
    ),
    unit: 's',
    thresholds: upTo(0.25, 1),
    queries: [mean('ingest_acknowledgement_seconds_total', 'ingest_acknowledged_total')],
  }),
  graph({
    title: t('拒收与丢弃', 'Refused and dropped'),
    description: t(
      '每秒拒收的帧（按错误码）与未处理的帧。大于 0：按错误码查 docs/errors.md，多为探针版本或时钟问题。',
      'Frames refused a second by code, and frames not looked at. Above 0: find the code in docs/errors.md.',
    ),
    unit: 'short',
    queries: [
      rate('ingest_refusals_total', '{code}', ['code']),
      rate('ingest_dropped_frames_total', 'dropped'),
    ],
  }),
  graph({
    title: t('声明丢失的报告', 'Reports declared lost'),
    description: t(
      '探针声明丢失（磁盘满、稀释）的报告，每秒。大于 0：看是哪台主机，扩大其缓存或修复网络。',
      'Reports that agents declared lost. Above 0: find the host; give it a larger spool or mend its line.',
    ),
    unit: 'short',
    queries: [rate('ingest_gap_reports_total', 'lost')],
    thresholds: FEW_WANTED,
  }),
];

const rest = [
  graph({
    title: t('主机判定', 'Hosts by verdict'),
    description: t(
      '按判定计的主机数。“在线”之外的条变厚：打开机房总览看是哪些。',
      'Hosts by verdict. More beside “up”: open the fleet dashboard.',
    ),
    unit: 'short',
    queries: [of('hosts', '{verdict}', ['verdict'])],
  }),
  graph({
    title: t('未恢复告警', 'Open alerts'),
    description: t(
      '按级别与状态计的未恢复告警。pending 很多：阈值可能太紧；firing 无人确认：找值班。',
      'Open alerts by severity and state. Many pending: limits too tight? Firing and nobody acknowledges: call who is on duty.',
    ),
    unit: 'short',
    queries: [of('alerts_open', '{severity} {state}', ['severity', 'state'])],
  }),
  graph({
    title: t('通知', 'Messages'),
    description: t(
      '发件箱中按通道与状态计的通知数。waiting 上升：该通道不通，按通道文档测试。',
      'Messages by channel and state. Waiting rises: the channel does not take them; test it.',
    ),
    unit: 'short',
    queries: [of('outbox_messages', '{channel} {state}', ['channel', 'state'])],
  }),
  graph({
    title: t('存储大小', 'Size of the store'),
    description: t(
      '存储占用的磁盘。按斜率估算何时占满，提前扩容或缩短保留期。',
      'Bytes on disk. Extend the slope to see when it is full; enlarge the disk or keep less.',
    ),
    unit: 'bytes',
    queries: [of('store_disk_bytes', 'disk')],
  }),
];

const process = [
  graph({
    title: t('事件循环延迟', 'Event loop lag'),
    description: t(
      '主线程被占住的时间。p99 超过 0.2 秒：处理器不够或查询太重，看正在运行的报表与仪表盘。',
      'How long the main thread is held. p99 above 0.2 s: too little processor or too heavy queries.',
    ),
    unit: 's',
    thresholds: upTo(0.2, 1),
    queries: [of('nodejs_eventloop_lag_p99_seconds', 'p99'), of('nodejs_eventloop_lag_p50_seconds', 'p50')],
  }),
  graph({
    title: t('中心内存', 'Memory of the collector'),
    description: t(
      '进程常驻内存与堆。持续上升不回落：保存堆快照并重启，数据不会丢。',
      'Resident memory and heap. Only rising: take a heap snapshot and restart; nothing is lost.',
    ),
    unit: 'bytes',
    queries: [of('process_resident_memory_bytes', 'rss'), of('nodejs_heap_size_used_bytes', 'heap')],
  }),
  graph({
    title: t('处理器', 'Processor'),
    description: t(
      '每秒用掉的处理器秒数，1 为一个核。长期接近核数：迁到更大的机器或改用外部存储。',
      'Processor seconds a second; 1 is one core. Near the number of cores for long: a larger machine or an outside store.',
    ),
    unit: 'short',
    queries: [rate('process_cpu_seconds_total', 'cpu')],
  }),
  graph({
    title: t('距上次通道自检', 'Since the last canary'),
    description: t(
      '每日自检上次成功距今多久。超过 26 小时：该通道已坏，马上修复，否则告警送不到人。',
      'Since the daily canary last came through. Over 26 h: the channel is broken; mend it now or nobody is told.',
    ),
    unit: 's',
    thresholds: upTo(26 * 3600, 50 * 3600),
    queries: [of('canary_age_seconds', '{channel}', ['channel'])],
  }),
];

const outside = [
  graph({
    title: t('等待外部引擎的报告', 'Reports that wait for an engine'),
    description: t(
      '队列中引擎还没有收下的报告，按旁路名（空名是存储本身）。持续上升：引擎停了或连不上；恢复后自动补齐，不丢不重。',
      'Not yet taken, by outlet (no name: the store itself). Only rising: the engine is down or cannot be reached; it gets all of it later, once.',
    ),
    unit: 'short',
    queries: [of('queue_pending_rows', '{outlet}', ['outlet'])],
    thresholds: upTo(10_000, 1_000_000),
  }),
  graph({
    title: t('引擎在收', 'Engine takes'),
    description: t(
      '1 表示最近一次请求被收下，0 表示没有。为 0：看中心日志里引擎说了什么，检查地址、令牌和引擎磁盘。',
      '1: the last request was taken. At 0: see in the log what the engine said; its address, token, disk.',
    ),
    unit: 'short',
    queries: [of('queue_engine_up', '{outlet}', ['outlet'])],
  }),
  graph({
    title: t('队列大小', 'Size of the queues'),
    description: t(
      '队列占用的磁盘。接近上限（queue.limit，默认 16 GiB）会放弃最旧的报告：先修复引擎，或调大上限。',
      'Bytes of the queues. Near queue.limit (16 GiB) the oldest reports are given up: mend the engine, or raise the limit.',
    ),
    unit: 'bytes',
    queries: [of('queue_bytes', '{outlet}', ['outlet'])],
  }),
  graph({
    title: t('没有写到引擎的', 'Not written to the engine'),
    description: t(
      '累计放弃的报告与引擎永远拒收的样本。增加：队列曾满，或样本早于引擎的保留期；内嵌存储里仍有。',
      'Reports given up, and samples refused for good, in all. More: the queue was full, or older than the engine keeps; an embedded store still has them.',
    ),
    unit: 'short',
    queries: [
      of('queue_dropped_rows', '{outlet} dropped', ['outlet']),
      of('queue_refused_samples', '{outlet} refused', ['outlet']),
    ],
    thresholds: FEW_WANTED,
  }),
];

export const collector: Board = {
  name: 'collector',
  title: t('niswatch 采集中心', 'niswatch collector'),
  description: t(
    '采集中心自身：收得下、存得住、通知得到。',
    'The collector itself: does it take everything, store it, and tell people.',
  ),
  scope: SCOPE,
  time: { from: 'now-6h', to: 'now' },
  refresh: '1m',
  marks: {},
  rows: [
    { title: t('现在', 'Now'), isCollapsed: false, panels: now },
    { title: t('收', 'Taking'), isCollapsed: false, panels: ingest },
    { title: t('判断、通知、存储', 'Judging, telling, storing'), isCollapsed: false, panels: rest },
    { title: t('外部引擎', 'Engines outside'), isCollapsed: true, panels: outside },
    { title: t('进程', 'The process'), isCollapsed: true, panels: process },
  ],
};
