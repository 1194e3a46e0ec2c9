// 备份巡检: every backup set: how old, how large, how much of it is proven.

import type { Board, Column } from '../define/board.ts';
import { FEW_WANTED, NONE_WANTED, PLAIN, RUNG, UP_DOWN, upTo } from '../define/looks.ts';
import { graph, stat, table, timeline } from '../define/panels.ts';
import { influxFrom, type Query, reading, selector, written } from '../define/query.ts';
import { t } from '../define/text.ts';

const SCOPE = 'host';
const SET = ['hospital', 'host', 'set'] as const;
const TAGS = SET.map((label) => `"${label}"`).join(', ');
const LEGEND = '{host} {set}';
const WIDE = { width: 6, height: 4, target: 'board' } as const;
const DAY_S = 86_400;

const setCount = (metric: string, field: string, test: string, or = ' or vector(0)'): Query =>
  written({
    promql: `count(${selector(SCOPE, metric)} ${test})${or}`,
    influxql: `SELECT count("v") FROM (SELECT last("${field}") AS "v" ${influxFrom(SCOPE, metric)} GROUP BY ${TAGS}) WHERE "v" ${test}`,
    shape: 'now',
  });

const now = [
  stat({
    ...WIDE,
    title: t('备份集', 'Backup sets'),
    description: t(
      '被监视的备份集数。比合同少：在该主机的 agent.yaml 里补上缺少的备份集。',
      'Sets that are watched. Fewer than the contract says: add the missing ones to agent.yaml of the host.',
    ),
    unit: 'short',
    thresholds: PLAIN,
    queries: [setCount('backup_age_seconds', 'age_seconds', '>= 0')],
    noValue: t('0', '0'),
  }),
  stat({
    ...WIDE,
    title: t('超过 26 小时', 'Older than 26 h'),
    description: t(
      '最新备份早于 26 小时的备份集。大于 0：看下表是哪一集，检查任务是否运行、磁盘是否已满，修复后手动执行一次。',
      'Sets whose newest file is older than 26 h. Above 0: the table names them; did the job run, is the disk full? Run it once by hand.',
    ),
    unit: 'short',
    thresholds: NONE_WANTED,
    queries: [setCount('backup_age_seconds', 'age_seconds', '> 93600')],
    noValue: t('0', '0'),
  }),
  stat({
    ...WIDE,
    title: t('未证实完整可读', 'Not proven readable'),
    description: t(
      '可信阶梯低于“完整可读”的备份集。大于 0：在 niswatch 打开该集，看卡在哪一级以及证据。',
      'Sets below “readable to the end”. Above 0: open the set in niswatch and see which rung it misses, and why.',
    ),
    unit: 'short',
    thresholds: FEW_WANTED,
    queries: [setCount('backup_rung', 'rung', '< 4')],
    noValue: t('0', '0'),
  }),
  stat({
    ...WIDE,
    title: t('正在写入', 'Being written'),
    description: t(
      '此刻正在写的备份集。长时间不归零：任务卡住，看数据库的备份会话与磁盘。',
      'Sets that are being written. Never back to 0: a job hangs; see the database’s session and the disk.',
    ),
    unit: 'short',
    thresholds: PLAIN,
    queries: [
      written({
        promql: `sum(${selector(SCOPE, 'backup_writing')})`,
        influxql: `SELECT sum("v") FROM (SELECT last("writing") AS "v" ${influxFrom(SCOPE, 'backup_writing')} GROUP BY ${TAGS})`,
        shape: 'now',
      }),
    ],
    noValue: t('0', '0'),
  }),
];

const column = (name: string, title: Column['title'], more: Partial<Column> = {}): Column => ({
  name,
  title,
  ...more,
});

const newest = (metric: string, field: string): Query => ({
  ...written({
    promql: `max by (hospital, host, set) (${selector(SCOPE, metric)})`,
    influxql: `SELECT last("${field}") AS "${metric}" ${influxFrom(SCOPE, metric)} GROUP BY ${TAGS}`,
  }),
  shape: 'table',
});

const sets = table({
  height: 10,
  title: t('备份集一览', 'All sets'),
  description: t(
    '每个备份集的最新备份距今时间、大小、份数和可信阶梯。点任一行在 niswatch 打开该集，看证据和恢复方案。',
    'Age, size, copies and rung of each set. A click opens the set in niswatch with its evidence and its recovery plan.',
  ),
  unit: 'short',
  target: 'backup',
  queries: [
    newest('backup_age_seconds', 'age_seconds'),
    newest('backup_size_bytes', 'size_bytes'),
    newest('backup_copies', 'copies'),
    newest('backup_rung', 'rung'),
  ],
  columns: [
    column('hospital', t('医院', 'Hospital'), { width: 200 }),
    column('host', t('主机', 'Host'), { width: 160 }),
    column('set', t('备份集', 'Set')),
    column('Value #A', t('距今', 'Age'), { unit: 's', thresholds: upTo(26 * 3600, 50 * 3600) }),
    column('Value #B', t('大小', 'Size'), { unit: 'bytes' }),
    column('Value #C', t('份数', 'Copies'), { unit: 'short' }),
    column('Value #D', t('可信阶梯', 'Rung'), { unit: 'short', mappings: RUNG }),
  ],
  sortBy: { column: t('距今', 'Age'), desc: true },
});

const set = (metric: string): Query => reading(SCOPE, { metric, by: SET, legend: LEGEND });

export const backup: Board = {
  name: 'backup',
  title: t('niswatch 备份巡检', 'niswatch backups'),
  description: t(
    '每个备份集：多旧、多大、证实到哪一级。存在不等于可用。',
    'Each backup set: how old, how large, how much is proven. To exist is not to be usable.',
  ),
  scope: SCOPE,
  time: { from: 'now-7d', to: 'now' },
  refresh: '5m',
  marks: { incidents: false, boots: false, backups: true },
  rows: [
    { title: t('现在', 'Now'), isCollapsed: false, panels: [...now, sets] },
    {
      title: t('历程', 'Over time'),
      isCollapsed: false,
      panels: [
        timeline({
          title: t('可信阶梯', 'Proof ladder'),
          description: t(
            '每个备份集站在哪一级。颜色变差：打开该集看哪一条证据没有了（校验失败、异地副本缺失、演练过期）。',
            'The rung of each set. A worse color: open the set and see which proof is gone.',
          ),
          unit: 'short',
          target: 'backup',
          mappings: RUNG,
          queries: [set('backup_rung')],
        }),
        graph({
          title: t('备份距今时间', 'Age of the newest file'),
          description: t(
            '锯齿回零即有新备份。锯齿不再回零：任务没有产生新文件，查任务日志。',
            'A saw tooth: each fall is a new backup. No fall any more: the job makes no file; read its log.',
          ),
          unit: 's',
          target: 'backup',
          thresholds: [{ color: 'green' }, { at: 1.1 * DAY_S, color: 'orange' }],
          queries: [set('backup_age_seconds')],
        }),
        graph({
          title: t('备份大小', 'Size of the newest file'),
          description: t(
            '最新备份的大小。突然变小：导出中断或库被清空；突然变大：先确认磁盘放得下。不要在弄清之前删除旧备份。',
            'Suddenly smaller: a dump that broke off or an emptied database. Suddenly larger: does it still fit? Delete no old backup before you know.',
          ),
          unit: 'bytes',
          target: 'backup',
          isStepped: true,
          queries: [set('backup_size_bytes')],
        }),
      ],
    },
    {
      title: t('细节', 'Details'),
      isCollapsed: true,
      panels: [
        graph({
          title: t('保留份数', 'Copies kept'),
          description: t(
            '每个备份集保留的份数。只增不减：旧备份不再清理，磁盘会满；突然减少：查谁删除了备份。',
            'Files kept. Only rising: the clean-up stopped and the disk will fill. Suddenly fewer: who deleted them?',
          ),
          unit: 'short',
          target: 'backup',
          isStepped: true,
          queries: [set('backup_copies')],
        }),
        timeline({
          width: 12,
          title: t('写入时段', 'When it is written'),
          description: t(
            '备份正在写入的时段（1）。与业务高峰重叠：调整计划时间；越来越长：看磁盘与数据量。',
            'When a set is being written. Overlaps the busy hours: move the schedule. Longer every week: see the disk and the amount.',
          ),
          unit: 'short',
          target: 'backup',
          mappings: [
            { ...UP_DOWN[0], value: 1, text: t('写入', 'writing'), color: 'blue' },
            { value: 0, text: t('空闲', 'idle'), color: 'gray' },
          ],
          queries: [set('backup_writing')],
        }),
      ],
    },
  ],
};
