// Proves every channel once a day, and turns a channel that does not deliver into an alert of the platform.

import type { Evaluation, Finding } from '../rules/rule.ts';
import type { Outcome } from './deliver.ts';

/** What is known of a channel: since when nothing gets through, or why it refuses. */
export interface ChannelHealth {
  failingSince: number | null;
  refused: string | null;
  lastError: string | null;
}

export const HEALTHY: ChannelHealth = { failingSince: null, refused: null, lastError: null };

export function afterOutcome(health: ChannelHealth, outcome: Outcome): ChannelHealth {
  switch (outcome.result) {
    case 'delivered':
      return HEALTHY;
    case 'rejected':
      return {
        failingSince: health.failingSince ?? outcome.at,
        refused: outcome.detail,
        lastError: outcome.detail,
      };
    case 'unreachable':
      return { ...health, failingSince: health.failingSince ?? outcome.at, lastError: outcome.detail };
    case 'dropped':
      return health;
  }
}

export function judgeChannels(
  channels: ReadonlyMap<string, ChannelHealth>,
  now: number,
  troubleAfterMs: number,
): Evaluation {
  const findings: Finding[] = [];
  for (const [channel, health] of channels) {
    if (health.failingSince === null) continue;
    if (health.refused === null && now - health.failingSince < troubleAfterMs) continue;
    findings.push({
      subject: channel,
      severity: 'critical',
      forMs: 0,
      summary: {
        zh: health.refused ? `告警通道 ${channel} 拒收消息` : `告警通道 ${channel} 无法送达消息`,
        en: health.refused ? `Channel ${channel} refuses messages` : `Channel ${channel} does not deliver`,
      },
      advice: {
        zh: '检查该通道的地址、账号和收件人；在修复前请直接查看告警页面。',
        en: "Check the channel's address, account and recipients; until then watch the alert page itself.",
      },
      evidence: { failingSince: health.failingSince, error: health.refused ?? health.lastError ?? '' },
    });
  }
  return { findings, unknown: 'none' };
}

const clocks = new Map<string, Intl.DateTimeFormat>();

/** The newest instant at or before `now` at which the wall clock of the zone showed `HH:MM`. */
export function lastTimeOfDay(now: number, time: string, timeZone: string): number {
  let clock = clocks.get(timeZone);
  if (!clock) {
    const digits = '2-digit' as const;
    const shown = { hour: digits, minute: digits, second: digits, hourCycle: 'h23' as const };
    clock = new Intl.DateTimeFormat('en-GB', { timeZone, ...shown });
    clocks.set(timeZone, clock);
  }
  const parts = clock.formatToParts(now);
  const part = (type: string): number => Number(parts.find((p) => p.type === type)?.value ?? 0);
  const sinceMidnight = ((part('hour') * 60 + part('minute')) * 60 + part('second')) * 1000 + (now % 1000);
  const [hour = 0, minute = 0] = time.split(':').map(Number);
  const target = (hour * 60 + minute) * 60_000;
  const ago = sinceMidnight >= target ? sinceMidnight - target : sinceMidnight - target + 86_400_000;
  return now - ago;
}
