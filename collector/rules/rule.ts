// The Rule interface: pure and replayable. A rule looks at one host's picture at one instant and returns what is wrong now;
// the alert life cycle (collector/alerts) decides pending, firing and resolved. A unit is a folder `rules/<name>/` and one line in `rules/index.ts`.

import type { CheckStatus, MetricName } from '../../shared/catalogue.ts';
import type { Fields, SectionField, Values } from '../../shared/config/schema.ts';
import type { Text } from '../../shared/text.ts';
import type { HostDigest } from '../backups/digest.ts';
import type { Verdict } from '../liveness/verdict.ts';

export type Severity = 'critical' | 'warning' | 'info';

export interface SeriesName {
  key: string;
  labels: Readonly<Record<string, string>>;
}

export interface HostPicture {
  host: { id: string; name: string; hospitalId: string; hospitalName: string };
  verdict: Verdict;
  /** Newest value by series key, with its corrected time; `intervalMs`: how far apart its readings come, when known. */
  latest: ReadonlyMap<string, { at: number; value: number; intervalMs?: number }>;
  /** Newest check results by check id; `since`: when it took this status, `at`: when it was last told. */
  checks: ReadonlyMap<string, { status: CheckStatus; text?: string; since: number; at?: number }>;
  /** All series of one metric, from an index; without it a rule searches `latest`. */
  series?: (metric: MetricName) => readonly SeriesName[];
  /** How much a counter rose over the past `overMs`; undefined when there is too little data. */
  rise?: (key: string, overMs: number) => number | undefined;
  /** Trend of a series over the past window, computed by the shell before evaluation; undefined when there is too little data. */
  trend: (key: string) => { perHour: number; overMs: number } | undefined;
  /** What is known of its backups; undefined: nothing was told of any; `unread`: not read yet after a start. */
  readonly backups?: HostDigest | 'unread' | undefined;
}

export interface Finding {
  /** `hospital`: the same finding of several hosts is one alert of their hospital. Default `host`. */
  scope?: 'host' | 'hospital';
  /** Stable within rule and host: the label that tells two findings apart, such as a path or a service name; '' for the host itself. */
  subject: string;
  severity: Severity;
  /** How long it must hold before it fires, ms. */
  forMs: number;
  value?: number;
  summary: Text;
  /** What the engineer should do first. */
  advice: Text;
  /** Facts the judgement rests on: series keys with values and times, thresholds. */
  evidence: Record<string, number | string>;
}

/** `unknown`: the rule cannot judge now (no data, host silent): an open alert of this subject stays as it is. */
export type Evaluation = { findings: Finding[]; unknown: 'none' | 'all' | readonly string[] };

export interface RuleUnit<S extends Fields = Fields> {
  name: string;
  title: Text;
  config: SectionField<S>;
  evaluate(config: Values<S>, picture: HostPicture, now: number): Evaluation;
}
