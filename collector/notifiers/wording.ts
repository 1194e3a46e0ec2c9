// What every channel says the same way: heads of messages, times in the hospital's zone, evidence in words.

import { renderTime } from '../../shared/local-time.ts';
import { isMetricName, METRICS, parseSeriesKey, type Unit } from '../../shared/catalogue.ts';
import type { Notice, NoticeAlert } from './notifier.ts';

const SEVERITY = { critical: '严重', warning: '警告', info: '提示' } as const;

/** `严重`, `警告`, `提示`, `恢复` or `通道自检`. */
export function headOf(notice: Notice): string {
  if (notice.kind === 'canary') return '通道自检';
  if (notice.kind === 'resolved') return '恢复';
  return SEVERITY[worstOf(notice)];
}

export function severityWord(alert: NoticeAlert): string {
  return SEVERITY[alert.severity];
}

export function worstOf(notice: Notice): 'critical' | 'warning' | 'info' {
  const words = notice.alerts.map((alert) => alert.severity);
  return words.includes('critical') ? 'critical' : words.includes('warning') ? 'warning' : 'info';
}

/** `市一院 nis-db`. */
export function placeOf(notice: Notice): string {
  return [notice.hospital.name, notice.host?.name].filter(Boolean).join(' ');
}

/** `【严重】市一院 nis-db：服务 nginx 已停止`; control characters have no place in a header. */
export function titleOf(notice: Notice): string {
  if (notice.kind === 'canary') return '【通道自检】告警通道正常';
  const worst = worstOf(notice);
  const first = notice.alerts.find((alert) => alert.severity === worst);
  const more = notice.alerts.length > 1 ? ` 等 ${notice.alerts.length} 项` : '';
  return oneLine(`【${headOf(notice)}】${placeOf(notice)}：${first?.summary.zh ?? ''}${more}`);
}

// oxlint-disable-next-line no-control-regex -- exactly these are to be taken out
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g;

export function oneLine(text: string): string {
  return text.replace(CONTROL, ' ').trim();
}

export function renderSpan(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  if (minutes < 1) return `${Math.max(0, Math.round(ms / 1000))} 秒`;
  if (minutes < 60) return `${minutes} 分钟`;
  const [days, hours, rest] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24, minutes % 60];
  if (days > 0) return hours > 0 ? `${days} 天 ${hours} 小时` : `${days} 天`;
  return rest > 0 ? `${hours} 小时 ${rest} 分钟` : `${hours} 小时`;
}

export interface EvidenceLine {
  label: string;
  value: string;
}

const LABELS: Record<string, string> = {
  readAt: '读取时间',
  limit: '阈值',
  status: '状态',
  check: '检查结果',
  since: '起始时间',
  rise: '增加次数',
  perHour: '每小时增长',
  hoursToFull: '预计写满（小时）',
  trendOver: '趋势依据时长',
  lastHeardAt: '最后一次收到数据',
  hosts: '涉及主机',
  hospitals: '涉及医院',
  expected: '应在线主机',
  failingSince: '起始时间',
  error: '错误',
};

/** The facts of a judgement as lines for people. */
export function evidenceLines(alert: NoticeAlert, timeZone: string): EvidenceLine[] {
  let unit: Unit = 'count';
  return Object.entries(alert.evidence).map(([key, value]) => {
    // A limit has the unit of the value that it limits, which stands before it.
    if (key === 'limit' && typeof value === 'number')
      return { label: '阈值', value: renderValue(value, unit) };
    const series = parseSeriesKey(key);
    if (series && isMetricName(series.name)) {
      const metric = METRICS[series.name];
      if (unit === 'count') unit = metric.unit;
      const label = Object.values(series.labels).join(' ');
      return {
        label: label ? `${metric.help.zh}（${label}）` : metric.help.zh,
        value: typeof value === 'number' ? renderValue(value, metric.unit) : value,
      };
    }
    const isTime = typeof value === 'number' && (key.endsWith('At') || key.endsWith('ince'));
    return { label: LABELS[key] ?? key, value: isTime ? renderTime(value, timeZone) : String(value) };
  });
}

function renderValue(value: number, unit: Unit): string {
  switch (unit) {
    case 'percent':
      return `${value.toFixed(1)}%`;
    case 'bytes':
      return value >= 1024 ** 3
        ? `${(value / 1024 ** 3).toFixed(1)} GB`
        : `${(value / 1024 ** 2).toFixed(1)} MB`;
    case 'bool':
      return value === 0 ? '否' : '是';
    case 'seconds':
      return Math.abs(value) >= 60 ? renderSpan(value * 1000) : `${Number(value.toFixed(3))} 秒`;
    case 'milliseconds':
      return `${Number(value.toFixed(1))} 毫秒`;
    case 'days':
      return `${Number(value.toFixed(1))} 天`;
    case 'count':
    case 'code':
      return String(value);
  }
}
