// The Probe interface: code that reads one subject. A unit is a folder `probes/<subject>/` and one line in `probes/index.ts`.
// The scheduler owns timing, timeouts, logs and self metrics; a probe only reads. Nothing to say = empty reading.

import type { CheckStatus, EventKind, MetricName } from '../../shared/catalogue.ts';
import type { Clock } from '../../shared/clock.ts';
import type { Fields, SectionField, Values } from '../../shared/config/schema.ts';
import type { FileVerdict } from '../../shared/backup/facts.ts';
import type { NamedError } from '../../shared/errors.ts';

export interface Sample {
  metric: MetricName;
  labels?: Readonly<Record<string, string>>;
  /** In the metric's unit; not finite = leave it out. */
  value: number;
}

export interface Judgement {
  /** `kind:name`, such as `service:nginx`. */
  id: string;
  status: CheckStatus;
  /** One short sentence in Chinese for people; no file content, no arguments. */
  text?: string;
}

export interface ProbeEvent {
  kind: EventKind;
  subject?: string;
  data?: Record<string, number | string>;
}

export interface Reading {
  samples: Sample[];
  checks?: Judgement[];
  events?: ProbeEvent[];
  /** Parts that could not be read while the rest was: counted and logged as if thrown, the rest is kept. */
  errors?: NamedError[];
}

export interface Statfs {
  totalBytes: number;
  freeBytes: number;
  /** Free for ordinary users. */
  availableBytes: number;
  inodes: number;
  inodesFree: number;
}

export interface FileStat {
  size: number;
  mtimeMs: number;
  kind: 'file' | 'folder' | 'other';
  inode: number;
  /** Of the volume that it lies on; absent where the system does not say. */
  device?: number;
}

/** The machine as a probe may see it. Tests give a folder of captured files as `root` (node_exporter's way). Never a child process. */
export interface Host {
  platform: 'linux' | 'win32';
  clock: Clock;
  /** Absolute paths of the machine (`/proc/stat`); with a fixture root they are resolved below it. */
  readText(path: string, signal?: AbortSignal): Promise<string>;
  /** First `bytes` bytes only. */
  readHead(path: string, bytes: number): Promise<Uint8Array>;
  list(path: string): Promise<string[]>;
  stat(path: string): Promise<FileStat>;
  readLink(path: string): Promise<string>;
  statfs(path: string): Promise<Statfs>;
  /** What the runtime itself knows (Windows: the only source without a child process). */
  os: {
    cpuTimes(): { user: number; nice: number; sys: number; idle: number; irq: number }[];
    totalMemory(): number;
    freeMemory(): number;
    uptimeSeconds(): number;
    hostname(): string;
    loadAverage(): number[];
  };
  /** Windows only: Win32 calls by node:ffi, or undefined where they cannot be had. */
  win32?: Win32;
  /** What the link last measured: collector's clock less the host's; undefined before the first measurement. */
  clockOffset?(): ClockMeasurement | undefined;
  /** The agent's own folder; undefined where nothing is to be kept. */
  data?: DataFolder;
  /** Reads backup files outside of this process; undefined where none is to be read. */
  verifier?: Verifier;
}

/** Files of the agent's own data folder, by name. */
export interface DataFolder {
  /** undefined: there is no such file. */
  read(name: string): Promise<string | undefined>;
  append(name: string, text: string): Promise<void>;
  /** Whole or not at all. */
  replace(name: string, text: string): Promise<void>;
}

export interface VerifyTask {
  /** `judge`: what the content proves · `digest`: the SHA-256 alone. */
  of: 'judge' | 'digest';
  path: string;
  /** How many there are to read; the time that it may take goes by them. */
  bytes: number;
  bytesPerSecond: number;
  /** The folder that holds it is one backup; the file stands for it. */
  wholeFolder?: boolean;
}

export interface Verified {
  /** Of a judging. */
  verdict?: Omit<FileVerdict, 'path'>;
  sha256?: string;
  /** Size and time behind the reading: when they are not those before it, nothing was learnt. */
  bytes: number;
  modifiedAt: number;
  readBytes: number;
  seconds: number;
  /** Why the reading was given up: time, memory, a crash. */
  givenUp?: string;
}

/** One file at a time, in a process that is started for it and killed when it takes too much. */
export interface Verifier {
  /** Rejects only when the signal says so. */
  run(task: VerifyTask, signal: AbortSignal): Promise<Verified>;
  /** Nothing is left to read: the process ends. */
  rest(): void;
}

export interface ClockMeasurement {
  offsetMs: number;
  rttMs: number;
}

/** The few Win32 readings the Windows readers need; implemented once in agent/host/win32.ts, replaced by captures in tests. */
export interface Win32 {
  drives(): { path: string; kind: 'fixed' | 'removable' | 'remote' | 'cdrom' | 'other'; readOnly: boolean }[];
  memory(): {
    total: number;
    available: number;
    pageFileTotal: number;
    pageFileAvailable: number;
    commitTotal: number;
  };
  services(): {
    name: string;
    state: 'running' | 'stopped' | 'paused' | 'starting' | 'stopping';
    pid: number;
  }[];
  process(pid: number): { memoryRss: number; cpuSeconds: number } | undefined;
  interfaces(): (InterfaceCounters & { up: boolean })[];
  disks(): DiskCounters[];
}

/** Since boot, as every platform counts them. */
export interface InterfaceCounters {
  name: string;
  bytesRecv: number;
  bytesSent: number;
  packetsRecv: number;
  packetsSent: number;
  errIn: number;
  errOut: number;
  dropIn: number;
  dropOut: number;
}

/** Since boot, as every platform counts them. */
export interface DiskCounters {
  name: string;
  reads: number;
  writes: number;
  readBytes: number;
  writeBytes: number;
  readTimeMs: number;
  writeTimeMs: number;
}

export interface Probe {
  /** Throws NamedError PROBE_SUBJECT_MISSING or any world error; the scheduler counts, logs once and goes on. */
  read(signal: AbortSignal): Promise<Reading>;
  close?(): void;
}

/** What `probes/index.ts` lists. */
export interface ProbeUnit<S extends Fields = Fields> {
  name: string;
  /** Its section in agent.yaml under `probes.<name>`. Must hold `enabled` (bool) and `interval` (duration). */
  config: SectionField<S>;
  /** Every metric that it may send. */
  metrics: readonly MetricName[];
  /** Never waits on the network or the disk. */
  open(config: Values<S>, host: Host): Probe;
  /** Proposes its part of agent.yaml from what is found on this machine, each finding with its reason. May start child processes. */
  discover?(host: DiscoveryHost): Promise<Finding[]>;
}

export interface DiscoveryHost extends Host {
  /** Runs a program and returns its standard output; rejects when it cannot be had. */
  run(program: string, args: readonly string[]): Promise<string>;
}

export interface Finding {
  /** What was found, for people (zh). */
  what: string;
  /** Why it is proposed (zh). */
  why: string;
  /** Merged into `probes.<name>` of the proposed agent.yaml (lists are appended). */
  config: Record<string, unknown>;
}
