// What the HTTP side needs from the rest of the collector. collector.ts joins the implementations; tests give small ones.

import type { HostDigest, SetDigest } from '../backups/digest.ts';
import type { Forecast } from '../backups/forecast.ts';
import type { Verdict } from '../liveness/verdict.ts';
import type { Renderer } from '../reports/renderer.ts';
import type { StoredReport } from '../services.ts';

/** Ends a subscription. */
export type Unsubscribe = () => void;

export interface NewestValues {
  at: number;
  values: ReadonlyMap<string, { at: number; value: number }>;
}

export interface AlertChange {
  alertId: string;
  hostId: string | null;
  hospitalId: string;
}

export interface Services {
  fleet: {
    /** Newest value of every series of the host, from memory. */
    latest(host: string): NewestValues | undefined;
    /** After each stored report. */
    subscribe(listener: (report: StoredReport) => void): Unsubscribe;
  };
  verdicts: {
    verdict(host: string): Verdict;
    /** Collector's clock; undefined: never in this run, the state's row counts. */
    lastHeardAt(host: string): number | undefined;
    /** Hosts with a live connection now. */
    connected(): number;
    subscribe(listener: (host: string, verdict: Verdict) => void): Unsubscribe;
  };
  alerts: {
    /** Throws NamedError NOT_FOUND or CONFLICT (already resolved). */
    acknowledge(alertId: string, who: string, note: string): Promise<void>;
    subscribe(listener: (change: AlertChange) => void): Unsubscribe;
  };
  backups: {
    /** From memory; undefined: the host told of none. */
    digest(host: string): HostDigest | undefined;
    /** Whether the next run will fit; undefined where that cannot be told. */
    forecast(host: string, set: SetDigest, timeZone: string): Forecast | undefined;
  };
  enrolment: {
    /** The code's text, shown once; the implementation leaves the audit row. Throws NamedError NOT_FOUND. */
    createCode(request: {
      hospitalId: string;
      hostName?: string;
      /** Gives a rebuilt machine the identity of this host. */
      hostId?: string;
      ttlMs?: number;
      who: string;
      now: number;
    }): Promise<string>;
  };
  /** Sets what was gathered for a report as a file. */
  reports: Pick<Renderer, 'render'>;
  /** Counters and gauges of ingest for /metrics; names without prefix, such as `reports_stored_total`. */
  ingestStats(): Readonly<Record<string, number>>;
  /** What keeps this process from its work now; empty: ready. */
  notReady(): Promise<readonly string[]>;
}

export interface PageFile {
  body: Buffer;
  gzip: Buffer | undefined;
  type: string;
  etag: string;
  /** The address contains a hash of the content. */
  immutable: boolean;
}

/** The built page. */
export interface PageFiles {
  /** `sha256-…` of the inline scripts (the import map), for the content security policy. */
  scriptHashes: readonly string[];
  /** A file below `/assets/`, by its path. */
  asset(path: string): PageFile | undefined;
  /** What every address of the page answers. */
  index: PageFile;
}

/** Before the page is built, or without it. */
export const NO_PAGE: PageFiles = {
  scriptHashes: [],
  asset: () => undefined,
  index: {
    body: Buffer.from('<!doctype html><title>niswatch</title><p>niswatch: the page is not built.'),
    gzip: undefined,
    type: 'text/html; charset=utf-8',
    etag: '"none"',
    immutable: false,
  },
};
