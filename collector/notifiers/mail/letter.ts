// A notice as a mail: subject, plain text, and HTML of nested tables with inline styles, 640 px, which old mail programs and
// phones show alike. Everything that comes from a host is escaped.

import { renderTime } from '../../../shared/local-time.ts';
import { escapeMarkup } from '../../../shared/markup.ts';
import type { Notice, NoticeAlert } from '../notifier.ts';
import {
  evidenceLines,
  headOf,
  oneLine,
  placeOf,
  renderSpan,
  severityWord,
  titleOf,
  worstOf,
} from '../wording.ts';

export interface Letter {
  subject: string;
  text: string;
  html: string;
}

export function renderLetter(notice: Notice): Letter {
  return { subject: titleOf(notice), text: renderText(notice), html: renderHtml(notice) };
}

interface Line {
  label: string;
  value: string;
}

/** When it began, when it ended, how long it took. */
function timesOf(notice: Notice, alert: NoticeAlert): Line[] {
  const zone = notice.hospital.timeZone;
  const began = { label: '发生时间', value: renderTime(alert.firingAt, zone) };
  if (alert.resolvedAt === undefined)
    return [began, { label: '已持续', value: renderSpan(notice.at - alert.firingAt) }];
  return [
    began,
    { label: '恢复时间', value: renderTime(alert.resolvedAt, zone) },
    { label: '持续时长', value: renderSpan(alert.resolvedAt - alert.firingAt) },
  ];
}

/** The evidence; of an alert that is over it is what was seen while it was not. */
function factsOf(notice: Notice, alert: NoticeAlert): Line[] {
  const lines = evidenceLines(alert, notice.hospital.timeZone);
  if (alert.state !== 'resolved') return lines;
  return lines.map(({ label, value }) => ({ label: `故障时：${label}`, value }));
}

const CANARY_TEXT =
  '这是每天一次的自检消息，用来证明这条告警通道可以送达。无需处理；如果某天没有收到，请检查该通道。';

function renderText(notice: Notice): string {
  const zone = notice.hospital.timeZone;
  if (notice.kind === 'canary') return `${CANARY_TEXT}\n\n发送时间：${renderTime(notice.at, zone)}\n`;
  const parts = notice.alerts.map((alert) =>
    [
      `【${alert.state === 'resolved' ? '恢复' : severityWord(alert)}】${alert.summary.zh}`,
      ...timesOf(notice, alert).map((line) => `${line.label}：${line.value}`),
      ...factsOf(notice, alert).map((line) => `${line.label}：${line.value}`),
      ...(alert.state === 'resolved' ? [] : [`先做什么：${alert.advice.zh}`]),
    ]
      .map(oneLine)
      .join('\n'),
  );
  const link = notice.url ? `\n\n详情：${notice.url}` : '';
  return `${placeOf(notice)}\n\n${parts.join('\n\n')}${link}\n\n时间均为 ${zone}。消息编号 ${notice.key}\n`;
}

const FONT = "font-family:'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',Arial,sans-serif;";
const COLOURS = {
  critical: '#b42318',
  warning: '#b54708',
  info: '#175cd3',
  resolved: '#067647',
  canary: '#475467',
};

function renderHtml(notice: Notice): string {
  const colour = notice.kind === 'firing' ? COLOURS[worstOf(notice)] : COLOURS[notice.kind];
  const count = notice.alerts.length;
  const headline =
    notice.kind === 'canary'
      ? '告警通道正常'
      : count === 1
        ? `${notice.kind === 'resolved' ? '已恢复：' : ''}${notice.alerts[0]?.summary.zh ?? ''}`
        : notice.kind === 'resolved'
          ? `${count} 项告警已恢复`
          : `${count} 项告警`;
  const body =
    notice.kind === 'canary'
      ? cell(escapeMarkup(CANARY_TEXT), 'padding:20px 24px;font-size:15px;line-height:24px;color:#344054;')
      : notice.alerts.map((alert) => renderAlert(notice, alert, count > 1)).join('');
  const button = notice.url
    ? cell(
        `<a href="${escapeMarkup(notice.url)}" style="${FONT}display:inline-block;padding:9px 20px;background:${colour};color:#ffffff;text-decoration:none;font-size:14px;border-radius:4px;">查看详情</a>`,
        'padding:4px 24px 24px;',
      )
    : '';
  const head = cell(
    `<div style="font-size:13px;line-height:20px;color:#ffffff;">${escapeMarkup(headOf(notice))}${notice.kind === 'canary' ? '' : ` · ${escapeMarkup(placeOf(notice))}`}</div>` +
      `<div style="font-size:20px;line-height:28px;font-weight:bold;color:#ffffff;padding-top:4px;">${escapeMarkup(headline)}</div>`,
    `padding:18px 24px;background:${colour};`,
    `bgcolor="${colour}"`,
  );
  const foot = cell(
    `时间均为 ${escapeMarkup(notice.hospital.timeZone)} · 发送于 ${renderTime(notice.at, notice.hospital.timeZone)} · ${escapeMarkup(notice.key)}`,
    'padding:12px 24px;background:#f9fafb;font-size:12px;line-height:18px;color:#667085;border-top:1px solid #eaecf0;',
    'bgcolor="#f9fafb"',
  );
  return `<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${escapeMarkup(titleOf(notice))}</title></head><body style="margin:0;padding:0;background:#f2f4f7;"><table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" bgcolor="#f2f4f7" style="background:#f2f4f7;"><tr><td align="center" style="padding:24px 8px;"><table role="presentation" width="640" cellpadding="0" cellspacing="0" border="0" bgcolor="#ffffff" style="width:100%;max-width:640px;background:#ffffff;border:1px solid #eaecf0;">${head}${body}${button}${foot}</table></td></tr></table></body></html>`;
}

function renderAlert(notice: Notice, alert: NoticeAlert, titled: boolean): string {
  const resolved = alert.state === 'resolved';
  const colour = resolved ? COLOURS.resolved : COLOURS[alert.severity];
  const title = titled
    ? `<div style="font-size:16px;line-height:24px;font-weight:bold;color:#101828;padding-bottom:8px;"><span style="color:${colour};">${resolved ? '恢复' : severityWord(alert)}</span>&nbsp; ${escapeMarkup(alert.summary.zh)}</div>`
    : '';
  const lines = [...timesOf(notice, alert), ...factsOf(notice, alert)];
  const rows = lines.map(renderLine).join('');
  const table = `<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="border-collapse:collapse;border-top:1px solid #eaecf0;">${rows}</table>`;
  const advice = resolved
    ? ''
    : `<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="margin-top:14px;"><tr><td style="${FONT}padding:12px 14px;background:#f9fafb;border-left:4px solid ${colour};font-size:14px;line-height:22px;color:#344054;"><b style="color:#101828;">先做什么：</b>${escapeMarkup(alert.advice.zh)}</td></tr></table>`;
  return cell(`${title}${table}${advice}`, 'padding:20px 24px;');
}

function renderLine({ label, value }: Line): string {
  return `<tr><td width="38%" valign="top" style="${FONT}padding:8px 12px 8px 0;font-size:13px;line-height:20px;color:#667085;border-bottom:1px solid #eaecf0;overflow-wrap:anywhere;">${escapeMarkup(label)}</td><td valign="top" style="${FONT}padding:8px 0;font-size:14px;line-height:20px;color:#101828;border-bottom:1px solid #eaecf0;overflow-wrap:anywhere;">${escapeMarkup(value)}</td></tr>`;
}

function cell(content: string, style: string, attributes = ''): string {
  return `<tr><td ${attributes} style="${FONT}${style}">${content}</td></tr>`;
}
