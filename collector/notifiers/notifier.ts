// The Notifier interface: pure `render`, then `send`, which throws NamedError CHANNEL_UNREACHABLE (retry) or CHANNEL_REJECTED
// (permanent). Retry, grouping and the outbox are stages of collector/alerts; a dropped message has a reason.

import type { Fields, SectionField, Values } from '../../shared/config/schema.ts';
import type { Text } from '../../shared/text.ts';
import type { Severity } from '../rules/rule.ts';

export interface NoticeAlert {
  id: string;
  rule: string;
  subject: string;
  severity: Severity;
  state: 'firing' | 'acknowledged' | 'resolved';
  summary: Text;
  advice: Text;
  evidence: Record<string, number | string>;
  firingAt: number;
  resolvedAt?: number;
}

/** What one message tells: all alerts of one group (a host, or a hospital) that changed together. */
export interface Notice {
  /** Idempotency key: the same notice is never two messages at a well-behaved channel. */
  key: string;
  kind: 'firing' | 'resolved' | 'canary';
  hospital: { id: string; name: string; timeZone: string };
  host?: { id: string; name: string };
  alerts: readonly NoticeAlert[];
  /** Page of the host or alert list, when a public address is configured. */
  url?: string;
  at: number;
}

export interface Receipt {
  /** What the channel answered, for the audit trail. */
  detail: string;
}

export interface Notifier {
  send(notice: Notice, signal: AbortSignal): Promise<Receipt>;
  close?(): Promise<void>;
}

export interface NotifierUnit<S extends Fields = Fields> {
  name: string;
  config: SectionField<S>;
  open(config: Values<S>): Notifier;
}
