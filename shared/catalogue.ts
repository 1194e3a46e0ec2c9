// Everything that may cross the wire by name: metrics, kinds of checks, kinds of events. No text of a patient can be expressed here:
// values are numbers, labels are bounded names that the hospital wrote into agent.yaml or that the system gives its own parts.
// Names follow Telegraf's measurement_field wherever it has one (DESIGN: names of metrics).

export type Unit = 'percent' | 'bytes' | 'count' | 'bool' | 'seconds' | 'milliseconds' | 'days' | 'code';
export type MetricKind = 'gauge' | 'counter';

export interface Metric {
  unit: Unit;
  kind: MetricKind;
  /** Label keys besides hospital and host, which every series carries at the collector. */
  labels: readonly string[];
  help: { en: string; zh: string };
}

const metric = (unit: Unit, kind: MetricKind, label: string, en: string, zh: string): Metric => ({
  unit,
  kind,
  labels: label === '' ? [] : [label],
  help: { en, zh },
});

export const METRICS = {
  cpu_usage_user: metric('percent', 'gauge', '', 'Processor time in user programs', '处理器用户态占用'),
  cpu_usage_system: metric('percent', 'gauge', '', 'Processor time in the kernel', '处理器内核态占用'),
  cpu_usage_iowait: metric(
    'percent',
    'gauge',
    '',
    'Processor time waiting for the disk',
    '处理器等待磁盘的时间',
  ),
  cpu_usage_steal: metric(
    'percent',
    'gauge',
    '',
    'Processor time taken by the virtualisation host',
    '被虚拟化宿主机占用的处理器时间',
  ),
  cpu_usage_active: metric('percent', 'gauge', '', 'Processor time in use', '处理器占用率'),
  mem_total: metric('bytes', 'gauge', '', 'Physical memory', '物理内存总量'),
  mem_available: metric('bytes', 'gauge', '', 'Memory that programs can still get', '可用内存'),
  mem_used: metric('bytes', 'gauge', '', 'Memory in use (total less available)', '已用内存'),
  mem_used_percent: metric('percent', 'gauge', '', 'Share of memory in use', '内存使用率'),
  mem_cached: metric('bytes', 'gauge', '', 'File cache', '文件缓存'),
  mem_committed_as: metric('bytes', 'gauge', '', 'Memory that has been promised to programs', '已承诺内存'),
  swap_total: metric('bytes', 'gauge', '', 'Swap space or page file', '交换空间总量'),
  swap_used: metric('bytes', 'gauge', '', 'Swap in use', '已用交换空间'),
  swap_used_percent: metric('percent', 'gauge', '', 'Share of swap in use', '交换空间使用率'),
  swap_in: metric('bytes', 'counter', '', 'Read back from swap since boot', '换入量'),
  swap_out: metric('bytes', 'counter', '', 'Written to swap since boot', '换出量'),
  disk_total: metric('bytes', 'gauge', 'path', 'Size of the volume', '磁盘容量'),
  disk_used: metric('bytes', 'gauge', 'path', 'Used on the volume', '磁盘已用'),
  disk_free: metric('bytes', 'gauge', 'path', 'Free for ordinary programs', '磁盘可用'),
  disk_used_percent: metric('percent', 'gauge', 'path', 'Share used, as df counts it', '磁盘使用率'),
  disk_inodes_total: metric('count', 'gauge', 'path', 'Inodes of the volume', 'inode 总数'),
  disk_inodes_used: metric('count', 'gauge', 'path', 'Inodes in use', '已用 inode'),
  disk_inodes_used_percent: metric('percent', 'gauge', 'path', 'Share of inodes in use', 'inode 使用率'),
  disk_read_only: metric('bool', 'gauge', 'path', '1 when the volume is mounted read-only', '磁盘是否只读'),
  diskio_reads: metric('count', 'counter', 'name', 'Reads completed', '读次数'),
  diskio_writes: metric('count', 'counter', 'name', 'Writes completed', '写次数'),
  diskio_read_bytes: metric('bytes', 'counter', 'name', 'Bytes read', '读字节数'),
  diskio_write_bytes: metric('bytes', 'counter', 'name', 'Bytes written', '写字节数'),
  diskio_read_time: metric('milliseconds', 'counter', 'name', 'Time spent reading', '读耗时'),
  diskio_write_time: metric('milliseconds', 'counter', 'name', 'Time spent writing', '写耗时'),
  diskio_io_time: metric('milliseconds', 'counter', 'name', 'Time with requests under way', '磁盘忙碌时间'),
  diskio_weighted_io_time: metric(
    'milliseconds',
    'counter',
    'name',
    'Busy time weighted by requests under way',
    '加权忙碌时间',
  ),
  net_bytes_recv: metric('bytes', 'counter', 'interface', 'Bytes received', '接收字节数'),
  net_bytes_sent: metric('bytes', 'counter', 'interface', 'Bytes sent', '发送字节数'),
  net_packets_recv: metric('count', 'counter', 'interface', 'Packets received', '接收包数'),
  net_packets_sent: metric('count', 'counter', 'interface', 'Packets sent', '发送包数'),
  net_err_in: metric('count', 'counter', 'interface', 'Receive errors', '接收错误数'),
  net_err_out: metric('count', 'counter', 'interface', 'Send errors', '发送错误数'),
  net_drop_in: metric('count', 'counter', 'interface', 'Received packets dropped', '接收丢包数'),
  net_drop_out: metric('count', 'counter', 'interface', 'Sent packets dropped', '发送丢包数'),
  system_load1: metric('count', 'gauge', '', 'Load average over 1 minute', '1 分钟平均负载'),
  system_load5: metric('count', 'gauge', '', 'Load average over 5 minutes', '5 分钟平均负载'),
  system_load15: metric('count', 'gauge', '', 'Load average over 15 minutes', '15 分钟平均负载'),
  system_n_cpus: metric('count', 'gauge', '', 'Logical processors', '逻辑处理器数'),
  system_n_users: metric('count', 'gauge', '', 'Sessions logged in', '登录会话数'),
  system_uptime: metric('seconds', 'gauge', '', 'Time since boot', '运行时长'),
  host_boot_time_seconds: metric('seconds', 'gauge', '', 'When the host booted (Unix time)', '开机时刻'),
  service_up: metric('bool', 'gauge', 'name', '1 when the service runs', '服务是否运行'),
  service_restarts: metric(
    'count',
    'counter',
    'name',
    'Restarts seen or counted by the service manager',
    '服务重启次数',
  ),
  service_memory_rss: metric('bytes', 'gauge', 'name', 'Resident memory of the service', '服务占用内存'),
  service_cpu_percent: metric(
    'percent',
    'gauge',
    'name',
    'Processor use of the service, 100 = one core',
    '服务占用处理器',
  ),
  service_processes: metric('count', 'gauge', 'name', 'Processes of the service', '服务进程数'),
  port_up: metric('bool', 'gauge', 'target', '1 when the port accepts a connection', '端口是否可连'),
  port_connect_seconds: metric('seconds', 'gauge', 'target', 'Time to connect', '端口连接耗时'),
  http_up: metric('bool', 'gauge', 'target', '1 when status and text are as configured', '网页是否正常'),
  http_response_seconds: metric(
    'seconds',
    'gauge',
    'target',
    'Time until the answer was read',
    '网页响应耗时',
  ),
  http_status_code: metric(
    'code',
    'gauge',
    'target',
    'HTTP status, 0 = no answer',
    'HTTP 状态码，0 表示没有应答',
  ),
  http_cert_days: metric('days', 'gauge', 'target', 'Days until the certificate ends', '证书剩余天数'),
  backup_age_seconds: metric(
    'seconds',
    'gauge',
    'set',
    'Age of the newest finished file',
    '最新备份距今时间',
  ),
  backup_size_bytes: metric('bytes', 'gauge', 'set', 'Size of the newest finished file', '最新备份大小'),
  backup_copies: metric('count', 'gauge', 'set', 'Finished files kept', '保留份数'),
  backup_writing: metric(
    'bool',
    'gauge',
    'set',
    '1 while a file of the set is still being written',
    '备份是否正在写入',
  ),
  backup_rung: metric('count', 'gauge', 'set', 'Rung of the proof ladder', '备份可信阶梯级别'),
  feed_age_seconds: metric(
    'seconds',
    'gauge',
    'name',
    'Age of the newest file or row marker',
    '数据接口最新数据距今时间',
  ),
  feed_up: metric('bool', 'gauge', 'name', "1 when the feed's source can be read", '数据接口是否可读'),
  witness_answer: metric(
    'code',
    'gauge',
    'target',
    "Another host's port as seen from here: 2 accepts, 1 its system refuses, 0 no answer to three tries",
    '从本机探测同院主机端口：2 可连接，1 被拒绝（系统有应答），0 三次均无应答',
  ),
  clock_offset_seconds: metric('seconds', 'gauge', '', "Collector's clock less the host's", '与中心的时钟差'),
  clock_rtt_seconds: metric('seconds', 'gauge', '', 'Round trip to the collector', '到中心的往返时间'),
  clock_synchronized: metric(
    'bool',
    'gauge',
    '',
    '1 when the host says that its clock is disciplined',
    '时钟是否已同步',
  ),
  agent_memory_rss: metric('bytes', 'gauge', '', 'Resident memory of the agent', '探针程序占用内存'),
  agent_cpu_seconds: metric('seconds', 'counter', '', 'Processor time of the agent', '探针程序处理器时间'),
  agent_spool_bytes: metric('bytes', 'gauge', '', 'Reports waiting on disk', '断网缓存大小'),
  agent_spool_reports: metric('count', 'gauge', '', 'Reports waiting', '待传报告数'),
  agent_spool_lost: metric(
    'count',
    'counter',
    '',
    'Reports dropped or thinned since start, all declared',
    '缓存丢弃或稀释的报告数',
  ),
  agent_probe_errors: metric('count', 'counter', 'probe', 'Failed readings since start', '探针读取失败次数'),
} as const satisfies Record<string, Metric>;

export type MetricName = keyof typeof METRICS;

export function isMetricName(name: string): name is MetricName {
  return Object.hasOwn(METRICS, name);
}

/** Kinds of checks: what a judged thing is. A check's id is `kind:name`, such as `service:nginx`. */
export const CHECK_KINDS = [
  'disk',
  'service',
  'port',
  'http',
  'backup',
  'proof',
  'feed',
  'clock',
  'mem',
  'probe',
  'witness',
] as const;
export type CheckKind = (typeof CHECK_KINDS)[number];

/** ok 0, warning 1, critical 2 (the exit codes of `niswatch-agent check`); unknown: it could not be read. */
export const CHECK_STATUSES = ['ok', 'warning', 'critical', 'unknown'] as const;
export type CheckStatus = (typeof CHECK_STATUSES)[number];

/** Kinds of events that an agent may send. `data` holds numbers and short words only. */
export const EVENT_KINDS = {
  'agent.start': { en: 'Agent started', zh: '探针程序启动' },
  'agent.stop': { en: 'Agent stopped on purpose', zh: '探针程序正常停止' },
  'agent.config': { en: 'Agent configuration changed', zh: '探针配置变更' },
  'host.boot': { en: 'Host booted', zh: '主机开机' },
  'service.down': { en: 'Service stopped', zh: '服务停止' },
  'service.up': { en: 'Service started', zh: '服务启动' },
  'service.restart': { en: 'Service restarted', zh: '服务重启' },
  'clock.step': { en: 'Clock stepped', zh: '时钟跳变' },
  'backup.new': { en: 'New backup file', zh: '新备份文件' },
  'backup.set': { en: 'State of a backup set', zh: '备份集状态' },
  'backup.file': { en: 'A backup file was judged', zh: '备份文件判定' },
  'backup.run': { en: 'A backup run by the database’s own record', zh: '数据库自身的备份记录' },
  'backup.drill': { en: 'A restore drill', zh: '恢复演练' },
  'backup.finding': { en: 'A finding on backups', zh: '备份问题' },
  'probe.failed': { en: 'A probe cannot read its subject', zh: '探针读取失败' },
  'probe.recovered': { en: 'A probe reads its subject again', zh: '探针恢复读取' },
} as const satisfies Record<string, { en: string; zh: string }>;
export type EventKind = keyof typeof EVENT_KINDS;

/** `disk_used_percent` + {path:'/'} → `disk_used_percent{path="/"}`: the series key used on the wire, in the store and by the API. Labels in key order. */
export function seriesKey(name: string, labels: Readonly<Record<string, string>> = {}): string {
  const keys = Object.keys(labels).sort();
  if (keys.length === 0) return name;
  return `${name}{${keys.map((k) => `${k}=${JSON.stringify(labels[k])}`).join(',')}}`;
}

/** The reverse of `seriesKey`; undefined when the text is not such a key. */
export function parseSeriesKey(key: string): { name: string; labels: Record<string, string> } | undefined {
  const match = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})?$/s.exec(key);
  if (!match?.[1]) return undefined;
  const labels: Record<string, string> = {};
  let rest = match[2] ?? '';
  while (rest !== '') {
    const pair = /^([a-zA-Z_][a-zA-Z0-9_]*)=("(?:[^"\\]|\\.)*")(?:,(?=.)|$)/s.exec(rest);
    if (!pair?.[1] || pair[2] === undefined) return undefined;
    try {
      labels[pair[1]] = JSON.parse(pair[2]) as string;
    } catch {
      return undefined;
    }
    rest = rest.slice(pair[0].length);
  }
  return { name: match[1], labels };
}
