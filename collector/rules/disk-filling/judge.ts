// The judgements about one volume. Between a limit and a little below it nothing is sure: what is open stays, nothing new fires.

import type { Text } from '../../../shared/text.ts';
import { seriesKey } from '../../../shared/catalogue.ts';
import { freshValue, renderBytes, renderPercent, renderSpan, type Reading, type Word } from '../reading.ts';
import type { Finding, HostPicture, Severity } from '../rule.ts';

export interface DiskLimits {
  warning: number;
  critical: number;
  hysteresis: number;
  for: number;
  hoursWarning: number;
  hoursCritical: number;
  forecastFrom: number;
  forecastOver: number;
  forecastFor: number;
}

/** A forecast that is a little better than its limit is not good news yet. */
const FORECAST_SLACK = 1.25;

const ADVICE: Text = {
  zh: '先清理可安全删除的文件（旧日志、临时文件、已异地保存的旧备份），再查增长来源；数据库所在卷请勿直接删除数据文件。',
  en: 'Delete what is safe to delete (old logs, temporary files, backups that exist elsewhere), then find what grows; never delete database files.',
};

export function judgeSpace(
  limits: DiskLimits,
  picture: HostPicture,
  reading: Reading,
  path: string,
  now: number,
): Word {
  const { value } = reading;
  const severity = value >= limits.critical ? 'critical' : value >= limits.warning ? 'warning' : undefined;
  const forecast = foresee(limits, picture, reading, now);
  // A forecast that is worse than the present speaks; otherwise the present does.
  if (
    forecast &&
    forecast !== 'unsure' &&
    (severity === undefined || (severity === 'warning' && forecast.severity === 'critical'))
  )
    return tellForecast(limits, forecast, reading, path);
  if (severity) return tellSpace(limits, picture, reading, path, severity, now);
  return forecast === 'unsure' || value >= limits.warning - limits.hysteresis ? 'unsure' : undefined;
}

function tellSpace(
  limits: DiskLimits,
  picture: HostPicture,
  reading: Reading,
  path: string,
  severity: Severity,
  now: number,
): Finding {
  const free = freshValue(picture, 'disk_free', reading.labels, now);
  const percent = renderPercent(reading.value);
  return {
    subject: path,
    severity,
    forMs: limits.for,
    value: reading.value,
    summary: {
      zh: `磁盘 ${path} 已用 ${percent}${free ? `，剩余 ${renderBytes(free.value)}` : ''}`,
      en: `Volume ${path} is ${percent} full${free ? `, ${renderBytes(free.value)} left` : ''}`,
    },
    advice: ADVICE,
    evidence: {
      [reading.key]: reading.value,
      ...(free ? { [free.key]: free.value } : {}),
      readAt: reading.at,
      limit: severity === 'critical' ? limits.critical : limits.warning,
    },
  };
}

interface Forecast {
  hours: number;
  severity: Severity;
  perHour: number;
  overMs: number;
  free: Reading;
}

function foresee(
  limits: DiskLimits,
  picture: HostPicture,
  reading: Reading,
  now: number,
): Forecast | 'unsure' | undefined {
  if (reading.value < limits.forecastFrom) return undefined;
  const trend = picture.trend(seriesKey('disk_used', reading.labels));
  const free = freshValue(picture, 'disk_free', reading.labels, now);
  if (!trend || !free || trend.overMs < limits.forecastOver || trend.perHour <= 0) return undefined;
  const hours = free.value / trend.perHour;
  const found = { hours, perHour: trend.perHour, overMs: trend.overMs, free };
  if (hours < limits.hoursCritical) return { ...found, severity: 'critical' };
  if (hours < limits.hoursWarning) return { ...found, severity: 'warning' };
  return hours < limits.hoursWarning * FORECAST_SLACK ? 'unsure' : undefined;
}

function tellForecast(limits: DiskLimits, forecast: Forecast, reading: Reading, path: string): Finding {
  const span = renderSpan(forecast.hours * 3_600_000);
  const free = renderBytes(forecast.free.value);
  return {
    subject: path,
    severity: forecast.severity,
    forMs: limits.forecastFor,
    value: reading.value,
    summary: {
      zh: `磁盘 ${path} 预计 ${span.zh}后写满，现已用 ${renderPercent(reading.value)}，剩余 ${free}`,
      en: `Volume ${path} will be full in ${span.en}; ${renderPercent(reading.value)} used, ${free} left`,
    },
    advice: ADVICE,
    evidence: {
      [reading.key]: reading.value,
      [forecast.free.key]: forecast.free.value,
      perHour: renderBytes(forecast.perHour),
      trendOver: renderSpan(forecast.overMs).zh,
      hoursToFull: Number(forecast.hours.toFixed(1)),
      readAt: reading.at,
      limit: `${forecast.severity === 'critical' ? limits.hoursCritical : limits.hoursWarning} h`,
    },
  };
}

export function judgeInodes(limits: DiskLimits, reading: Reading, path: string, subject: string): Word {
  const { value } = reading;
  if (value < limits.warning) return value >= limits.warning - limits.hysteresis ? 'unsure' : undefined;
  const critical = value >= limits.critical;
  const percent = renderPercent(value);
  return {
    subject,
    severity: critical ? 'critical' : 'warning',
    forMs: limits.for,
    value,
    summary: {
      zh: `磁盘 ${path} 的 inode 已用 ${percent}`,
      en: `Volume ${path} has ${percent} of its inodes used`,
    },
    advice: {
      zh: '查找文件数量异常多的目录（会话、缓存、邮件队列、旧日志），清理后确认数量不再上涨。',
      en: 'Find the folder with very many files (sessions, caches, mail queue, old logs), clear it and see that the number stays down.',
    },
    evidence: {
      [reading.key]: value,
      readAt: reading.at,
      limit: critical ? limits.critical : limits.warning,
    },
  };
}

/** The agent knows which volumes are read-only on purpose: where its own check is content, so is this rule. */
export function judgeReadOnly(
  limits: DiskLimits,
  picture: HostPicture,
  reading: Reading,
  subject: string,
): Word {
  const path = reading.labels.path ?? '';
  const check = picture.checks.get(`disk:${path}`);
  if (reading.value !== 1 || (check && check.status !== 'critical')) return undefined;
  return {
    subject,
    severity: 'critical',
    forMs: limits.for,
    value: 1,
    summary: { zh: `磁盘 ${path} 变为只读`, en: `Volume ${path} is read-only` },
    advice: {
      zh: '多为文件系统或磁盘故障：先看系统日志中的磁盘错误，尽快把最新备份拷到别处，再安排检查修复；不要反复重启。',
      en: 'Usually a file system or disk fault: read the kernel log, copy the newest backup elsewhere, then plan the repair; do not reboot again and again.',
    },
    evidence: { [reading.key]: 1, readAt: reading.at },
  };
}

/** A volume that is to be there and can no longer be read sends no figures; only its check tells of it. */
export function judgeMissing(
  limits: DiskLimits,
  picture: HostPicture,
  check: { status: string; text?: string; since: number },
  path: string,
): Word {
  const newest = picture.latest.get(seriesKey('disk_used_percent', { path }));
  if (check.status !== 'critical' || (newest && newest.at >= check.since)) return undefined;
  return {
    subject: `${path} missing`,
    severity: 'critical',
    forMs: limits.for,
    summary: {
      zh: `磁盘 ${path} 读取不到${check.text ? `：${check.text}` : ''}`,
      en: `Volume ${path} cannot be read`,
    },
    advice: {
      zh: '先确认该磁盘或网络共享是否仍然挂载、连接是否正常；数据库或备份在该盘上时，先停止写入再处理。',
      en: 'See whether the disk or share is still mounted and connected; if a database or backups live there, stop writing before mending.',
    },
    evidence: {
      [`disk:${path}`]: check.status,
      since: check.since,
      ...(check.text ? { check: check.text } : {}),
    },
  };
}
