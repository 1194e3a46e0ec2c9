// What stories ask a collector, and how: alerts, verdicts, series, in the words of the API.

import type { ParsedMail } from 'mailparser';
import type { Mailbox } from './mailbox.ts';
import { type CollectorProgram, until } from './programs.ts';

export interface AlertItem {
  id: string;
  rule: string;
  subject: string;
  state: string;
  severity: string;
  host: { id: string; name: string } | null;
  summary: { zh: string; en: string };
}

export interface HostItem {
  id: string;
  name: string;
  verdict: {
    word: string;
    since: number;
    evidence: { kind: string; at: number; text: { zh: string; en: string } }[];
  };
}

export async function alertsOf(collector: CollectorProgram, state = 'all'): Promise<AlertItem[]> {
  return (await collector.api<{ items: AlertItem[] }>(`/api/v1/alerts?state=${state}`)).items;
}

export function firing(
  collector: CollectorProgram,
  rule: string,
  subject: string,
  withinMs: number,
): Promise<AlertItem> {
  return until(`alert ${rule} ${subject} firing`, withinMs, async () =>
    (await alertsOf(collector, 'firing')).find((a) => a.rule === rule && a.subject === subject),
  );
}

export function resolved(collector: CollectorProgram, id: string, withinMs: number): Promise<AlertItem> {
  return until(`alert ${id} resolved`, withinMs, async () =>
    (await alertsOf(collector, 'resolved')).find((a) => a.id === id),
  );
}

export async function hostOf(collector: CollectorProgram, id: string): Promise<HostItem | undefined> {
  return (await collector.api<{ items: HostItem[] }>('/api/v1/hosts')).items.find((h) => h.id === id);
}

export function verdictIs(
  collector: CollectorProgram,
  id: string,
  word: string,
  withinMs: number,
): Promise<HostItem> {
  return until(`verdict ${word} for ${id}`, withinMs, async () => {
    const host = await hostOf(collector, id);
    return host?.verdict.word === word ? host : undefined;
  });
}

/** Channels of a collector that mails into this mailbox, and nothing that would make a test wait. */
export function mailTo(mailbox: Mailbox): Record<string, unknown> {
  return {
    channels: {
      mail: [
        {
          host: '127.0.0.1',
          port: mailbox.port,
          secure: 'plain',
          from: 'niswatch <watch@example.com>',
          to: ['duty@example.com'],
        },
      ],
    },
  };
}

/** Mails about alerts; the daily canary is another matter. */
export function alertMails(mailbox: Mailbox, about: string): ParsedMail[] {
  return mailbox.mails.filter((mail) => `${mail.subject}\n${mail.text}`.includes(about));
}

export interface SeriesReply {
  step: number;
  series: { key: string; points: [at: number, min: number, mean: number, max: number][] }[];
  gaps: { from: number; to: number; reason: string }[];
}

export function seriesOf(
  collector: CollectorProgram,
  host: string,
  metric: string,
  range: { from: number; to: number; step: string },
): Promise<SeriesReply> {
  const query = new URLSearchParams({
    host,
    metric,
    from: String(range.from),
    to: String(range.to),
    step: range.step,
  });
  return collector.api<SeriesReply>(`/api/v1/series?${query}`);
}
