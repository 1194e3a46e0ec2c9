// The seams inside the collector: what its parts need of each other, as small interfaces. Only collector.ts joins implementations.

import type { AgentEvent, CheckResult, GoodbyeReason, Hello } from '../shared/frame.ts';
import type { FleetTrouble, Verdict } from './liveness/verdict.ts';

/** Why a connection ended, as far as the collector can see. */
export type CloseKind = 'goodbye' | 'closed' | 'reset' | 'timeout' | 'replaced' | 'refused' | 'collector';

/** What ingest tells about presence; `at` is the collector's clock. */
export interface PresenceSink {
  hello(host: string, hello: Hello, at: number): void;
  /** Any frame arrived. Called often: must be cheap. */
  heard(host: string, at: number): void;
  goodbye(host: string, reason: GoodbyeReason, at: number): void;
  closed(host: string, kind: CloseKind, at: number): void;
}

/** A report that is durably stored, with its time corrected. */
export interface StoredReport {
  host: string;
  at: number;
  arrivedAt: number;
  columns: readonly string[];
  /** NaN where nothing was read. The list is used again after the call: keep a copy, not it. */
  values: ArrayLike<number>;
  /** None of them is NaN; not said: not known. */
  isWhole?: boolean;
  checks?: readonly CheckResult[];
  events?: readonly AgentEvent[];
}

/** Where stored reports go next: newest values, rules, the live page. Called after the commit. */
export interface ReportSink {
  stored(report: StoredReport): void;
  /** A clock offset was measured at the handshake, ms. */
  clockOffset(host: string, offsetMs: number, rttMs: number, at: number): void;
}

export interface VerdictSource {
  verdict(host: string): Verdict;
  /** Hosts with a live connection now. */
  connected(): number;
  /** What is wrong with the fleet as a whole; `unsure` after a start, before the fleet is back. */
  trouble?(): FleetTrouble | 'unsure' | undefined;
}

export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
