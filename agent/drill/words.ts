// A drill's result as people read it, in Chinese and English. Pure.

import type { Language } from '../../shared/text.ts';
import { renderBytes } from './bytes.ts';
import type { DrillOutcome } from './drill.ts';
import type { Job } from './driver.ts';

export function renderSeconds(seconds: number, language: Language): string {
  const whole = Math.round(seconds);
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const [hour, minute, second] = language === 'zh' ? [' 小时 ', ' 分 ', ' 秒'] : [' h ', ' min ', ' s'];
  if (whole === 0) return `${Math.max(0.1, seconds).toFixed(1)}${second}`;
  return `${h > 0 ? `${h}${hour}` : ''}${h > 0 || m > 0 ? `${m}${minute}` : ''}${s}${second}`;
}

const VERDICTS = {
  good: { zh: '演练成功', en: 'Drill passed' },
  bad: { zh: '演练未通过', en: 'Drill failed' },
};

const AGAINST = {
  configured: { zh: '配置的期望行数', en: 'the rows that agent.yaml expects' },
  last: { zh: '上次成功演练', en: 'the last good drill' },
  both: {
    zh: '配置的期望行数与上次成功演练',
    en: 'the rows that agent.yaml expects and the last good drill',
  },
  none: {
    zh: '没有可比对的行数，本次结果留作下次的依据',
    en: 'nothing to compare with: kept for the next drill',
  },
};

/** Tables beyond these are in `--json`. */
const SHOWN = 20;

export function renderOutcome(outcome: DrillOutcome, language: Language): string {
  const { report, comparison, tolerancePercent } = outcome;
  const zh = language === 'zh';
  const verdict = VERDICTS[report.ok ? 'good' : 'bad'][language];
  const lines = [`${verdict}: ${report.set}`, ''];
  const fact = (name: string, value: string): void => void lines.push(`  ${name}  ${value}`);
  if (outcome.failure !== undefined) fact(zh ? '原因' : 'why    ', outcome.failure);
  for (const file of outcome.job?.files.slice(0, 6) ?? [])
    fact(zh ? '备份' : 'backup ', `${file.path} (${renderBytes(file.bytes)})`);
  if (report.moment) fact(zh ? '恢复到' : 'up to  ', report.moment);
  fact(zh ? '用时' : 'took   ', renderSeconds(report.seconds, language));
  if (comparison) {
    const names =
      comparison.wrong.length > 0 ? comparison.wrong : comparison.rows.toSorted((a, b) => b.found - a.found);
    const total = comparison.rows.reduce((sum, row) => sum + row.found, 0);
    fact(
      zh ? '核对' : 'rows   ',
      zh
        ? `${comparison.rows.length} 张表，共 ${total} 行`
        : `${comparison.rows.length} tables, ${total} rows`,
    );
    const against = AGAINST[comparison.against][language];
    const tolerance =
      comparison.against === 'none'
        ? ''
        : zh
          ? `，允许偏差 ${tolerancePercent} %`
          : `, tolerance ${tolerancePercent} %`;
    fact(zh ? '对照' : 'against', `${against}${tolerance}`);
    lines.push('', ...names.slice(0, SHOWN).map((row) => rowLine(row, language)));
    if (names.length > SHOWN)
      lines.push(
        zh
          ? `    ……另有 ${names.length - SHOWN} 张表，见 --json`
          : `    … ${names.length - SHOWN} more: --json`,
      );
  }
  return `${lines.join('\n')}\n`;
}

function rowLine(
  { table, found, expected }: { table: string; found: number; expected?: number },
  language: Language,
): string {
  const zh = language === 'zh';
  const wanted = expected === undefined ? '' : zh ? `（期望 ${expected}）` : ` (expected ${expected})`;
  return `    ${table}: ${found}${wanted}`;
}

export interface DryRun {
  set: string;
  job: Job;
  scratch: string;
  freeBytes: number;
  user: string;
}

export function renderDryRun({ set, job, scratch, freeBytes, user }: DryRun, language: Language): string {
  const zh = language === 'zh';
  const lines = [
    zh
      ? `演练 ${set}(${job.driver}):只显示，不执行`
      : `Drill of ${set} (${job.driver}): shown only, nothing is done`,
    '',
    ...job.files.map((f) => `  ${zh ? '备份' : 'backup'}  ${f.path} (${renderBytes(f.bytes)})`),
    `  ${zh ? '临时目录' : 'scratch'}  ${scratch} — ${zh ? '需要约' : 'needs about'} ${renderBytes(job.needBytes)}, ${zh ? '可用' : 'free'} ${renderBytes(freeBytes)}`,
    `  ${zh ? '运行用户' : 'user'}  ${user}`,
    '',
    ...job.steps.map((step, i) => `  ${i + 1}. ${step}`),
    '',
    zh
      ? '  临时实例只监听本目录下的套接字，结束后全部删除；不连接任何正式库。'
      : '  The scratch instance listens on a socket in that folder only and is removed afterwards; no live database is connected to.',
  ];
  return `${lines.join('\n')}\n`;
}
