// 主机: one host: does it run, what is tight, what changed.

import type { Board } from '../define/board.ts';
import { CPU, DISK, MEMORY, PLAIN, VERDICTS } from '../define/looks.ts';
import { stat } from '../define/panels.ts';
import { reading } from '../define/query.ts';
import { t } from '../define/text.ts';
import { incidentTimeline } from './incidents.ts';
import {
  certificates,
  cpu,
  disks,
  diskTraffic,
  load,
  machineDetails,
  memory,
  network,
  responses,
  serviceUse,
} from './machine.ts';
import { services } from './services.ts';

const SCOPE = 'host';

const now = [
  stat({
    title: t('判定', 'Verdict'),
    description: t(
      '中心对该主机的判定。不是“在线”：先看判定，再联系医院或查专线，不要只看旧数据。',
      'The collector’s verdict. Anything but “up”: act on that first; the values below are old then.',
    ),
    unit: 'short',
    mappings: VERDICTS,
    queries: [reading(SCOPE, { metric: 'host_verdict', by: ['hospital', 'host'], shape: 'now' })],
  }),
  stat({
    title: t('运行时长', 'Uptime'),
    description: t(
      '距上次开机的时长。很短而无人安排重启：查断电、蓝屏或内核崩溃记录。',
      'Time since boot. Short and nobody planned it: power, crash dumps, event log.',
    ),
    unit: 's',
    thresholds: PLAIN,
    queries: [reading(SCOPE, { metric: 'system_uptime', by: ['hospital', 'host'], shape: 'now' })],
  }),
  stat({
    title: t('处理器', 'Processor'),
    description: t(
      '处理器占用率。长时间红色：看下方是哪个服务，查慢查询与批处理任务。',
      'Processor in use. Red for long: see below which service; slow queries, batch jobs.',
    ),
    unit: 'percent',
    decimals: 0,
    thresholds: CPU,
    queries: [reading(SCOPE, { metric: 'cpu_usage_active', by: ['hospital', 'host'] })],
  }),
  stat({
    title: t('内存', 'Memory'),
    description: t(
      '内存使用率。红色：看占用最多的服务，核对数据库内存上限。',
      'Memory in use. Red: see which service holds it, and the database’s limit.',
    ),
    unit: 'percent',
    decimals: 0,
    thresholds: MEMORY,
    queries: [reading(SCOPE, { metric: 'mem_used_percent', by: ['hospital', 'host'] })],
  }),
  stat({
    title: t('最满的卷', 'Fullest volume'),
    description: t(
      '使用率最高的卷。橙色安排清理，红色当天处理：先清理旧备份与日志。',
      'The fullest volume. Orange: plan a clean-up. Red: today; old backups and logs first.',
    ),
    unit: 'percent',
    decimals: 1,
    thresholds: DISK,
    queries: [reading(SCOPE, { metric: 'disk_used_percent', fold: 'max', by: ['hospital', 'host'] })],
  }),
  stat({
    title: t('开机时刻', 'Booted'),
    description: t(
      '上次开机的时刻。与计划不符：对照事件日志与断电记录，看是否异常中断。',
      'When it booted. Not as planned: compare with the event log and the power.',
    ),
    unit: 'dateTimeAsIso',
    thresholds: PLAIN,
    queries: [
      reading(SCOPE, {
        metric: 'host_boot_time_seconds',
        by: ['hospital', 'host'],
        scale: '* 1000',
        shape: 'now',
      }),
    ],
  }),
];

export const host: Board = {
  name: 'host',
  title: t('niswatch 主机', 'niswatch host'),
  description: t(
    '一台主机：在不在、哪里紧、变了什么。',
    'One host: does it run, what is tight, what changed.',
  ),
  scope: SCOPE,
  isOneHost: true,
  time: { from: 'now-24h', to: 'now' },
  refresh: '1m',
  marks: { incidents: true, boots: true, updates: true, backups: false },
  rows: [
    { title: t('现在', 'Now'), isCollapsed: false, panels: now },
    {
      title: t('运行什么', 'What it runs'),
      isCollapsed: false,
      panels: [services, incidentTimeline(SCOPE, { width: 24, height: 5 })],
    },
    {
      title: t('资源', 'Resources'),
      isCollapsed: false,
      panels: [cpu, memory, disks, diskTraffic, network, load],
    },
    {
      title: t('服务细节', 'Services in detail'),
      isCollapsed: true,
      panels: [...serviceUse, responses, certificates],
    },
    { title: t('系统细节', 'The system in detail'), isCollapsed: true, panels: machineDetails },
  ],
};
