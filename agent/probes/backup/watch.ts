// One set under watch: what its files look like now, what is known of each, on which rung it stands, what is to be told and what is to
// be read. Joins the pure parts; of the disk it sees listings and looks from outside, nothing of a file's content.

import type {
  BackupDrillReport,
  BackupPolicy,
  BackupRecord,
  BackupSetReport,
} from '../../../shared/backup/reported.ts';
import type { ProofKind } from '../../../shared/backup/proof.ts';
import { fingerprintOf } from '../../../shared/backup/fingerprint.ts';
import { type FileSet, isFinished, type Listing, openFileSet, type WatchedFile } from '../file-set.ts';
import type { Outcome } from '../outcome.ts';
import type { Host, Verified } from '../probe.ts';
import { type Calendar, dueAt, openCalendar } from './calendar.ts';
import { policyOf, type SetConfig } from './config.ts';
import { lookAtCopies } from './copies.ts';
import { type BackupState, FUTURE_MS, judgeBackup, NEW_SET } from './judge.ts';
import { inOrder, type Known, type KnownFile, LISTED, observeKnown, withLearnt } from './known.ts';
import { judgeLadder, unknownLadder } from './ladder.ts';
import { remember } from './memory.ts';
import { proofOf } from './proof.ts';
import { learntFrom, type NextTask, taskFor } from './reading.ts';
import { findSigns, judgePlausible, type Picture, type Sign } from './signs.ts';
import { NOTHING_REMEMBERED, type Remembered, type Store } from './store.ts';
import { type Volume, volumeOf } from './volume.ts';

const VOLUME_EVERY_MS = 10 * 60_000;
const DRILLS_TOLD = 20;
/** Of a small file its opening is measured, not the disk. */
const MEASURED_BYTES = 4 * 1024 ** 2;

export interface WatchOptions {
  config: SetConfig;
  /** Where it stands in agent.yaml. */
  key: string;
  host: Host;
  store: Store;
}

/** What is to be told of a set as it stood at its last reading. */
export interface Standing {
  /** Newest first. */
  files: readonly KnownFile[];
  report: BackupSetReport | undefined;
  /** Findings and drills. */
  others: readonly BackupRecord[];
}

export class WatchedSet {
  readonly config: SetConfig;
  readonly policy: BackupPolicy;
  remembered: Remembered = NOTHING_REMEMBERED;
  /** Left, and not told yet. */
  gone: ReadonlySet<string> = new Set();
  standing: Standing = { files: [], report: undefined, others: [] };
  readonly #host: Host;
  readonly #store: Store;
  readonly #calendar: Calendar | undefined;
  readonly #set: FileSet;
  readonly #unread: ProofKind | undefined;
  #state: BackupState = NEW_SET;
  #known: Known = new Map();
  #hasLoaded = false;
  #volume: { value: Volume | undefined; at: number } | undefined;
  /** Signs that stood since the start and no longer do. */
  readonly #ended = new Map<Sign['kind'], Sign>();

  /** Throws CONFIG_BAD_VALUE for a schedule that is none. Touches no disk. */
  constructor({ config, key, host, store }: WatchOptions) {
    this.config = config;
    this.#host = host;
    this.#store = store;
    this.#calendar = config.schedule === '' ? undefined : openCalendar(config.schedule, `${key}.schedule`);
    this.policy = policyOf(config, this.#calendar?.longestGapMs(host.clock.now()));
    this.#set = openFileSet(host, config, { listed: LISTED });
    this.#unread = unreadWhy(config, host);
  }

  /** As the host writes paths. */
  render(path: string): string {
    return this.#host.platform === 'win32' ? path.replaceAll('/', '\\') : path;
  }

  /** Rejects with what the system says of the folder. */
  async read(drills: readonly BackupDrillReport[]): Promise<Outcome> {
    this.#load();
    const listing = await this.#set.read();
    const change = await this.#observe(listing);
    const now = this.#host.clock.now();
    const files = inOrder(this.#known);
    const past = files.filter((file) => file.modifiedAt - now <= FUTURE_MS);
    const volume = await this.#readVolume();
    this.remembered = remember(this.remembered, past, change, now);
    const copies = files.length + listing.more;
    const picture = this.#pictureOf({ files: past, copies, renamed: listing.renamed, volume }, now);
    const signs = findSigns(picture);
    const due = this.#calendar && dueAt(this.#calendar, this.config.grace, now);
    const rungs = judgeLadder(
      {
        policy: this.policy,
        files: past,
        future: files.slice(0, files.length - past.length),
        dueAt: due,
        plausible: judgePlausible(picture, signs),
        unread: this.#unread,
        copyWithinMs: this.config.secondCopyWithin,
        drill: drills.at(-1),
      },
      now,
      this.remembered.rungs,
    );
    this.#noteSigns(signs);
    this.remembered = { ...this.remembered, rungs, signs };
    this.standing = { files, report: this.#report(volume), others: this.#others(signs, drills) };
    const proof = proofOf({ rungs, signs, newest: past[0], dueAt: due, policy: this.policy }, now);
    const clocks = { wallMs: now, monotonicMs: this.#host.clock.monotonic() };
    const checked = { ...this.config, maxAge: this.policy.maxAgeMs };
    const outcome = judgeBackup(checked, this.#state, listing, proof, clocks);
    this.#state = outcome.state;
    return outcome;
  }

  /** The folder cannot be read: what was known of its files stays, how it stands is unknown. */
  unread(code: string): void {
    const rungs = unknownLadder(code, this.#host.clock.now(), this.remembered.rungs);
    this.remembered = { ...this.remembered, rungs };
    this.standing = { ...this.standing, report: this.#report(undefined) };
  }

  next(now: number): NextTask | undefined {
    if (this.#unread !== undefined) return undefined;
    return taskFor({ config: this.config, files: inOrder(this.#known) }, now);
  }

  async learn({ file, task }: NextTask, found: Verified): Promise<void> {
    this.#known = withLearnt(this.#known, file, learntFrom(file, task, found, this.#host.clock.now()));
    if (found.readBytes >= MEASURED_BYTES && found.seconds > 0) {
      const readBytesPerSecond = Math.round(found.readBytes / found.seconds);
      this.remembered = { ...this.remembered, readBytesPerSecond };
    }
    const learnt = this.#known.get(file.path);
    if (learnt) await this.#store.keepFiles(this.config.name, [learnt], []);
  }

  /** These were told as gone. */
  async forget(told: readonly string[]): Promise<void> {
    if (told.length === 0) return;
    this.gone = new Set([...this.gone].filter((path) => !told.includes(path)));
    await this.#store.keepFiles(this.config.name, [], told);
  }

  #load(): void {
    if (this.#hasLoaded) return;
    this.#hasLoaded = true;
    this.#known = this.#store.known(this.config.name);
    this.remembered = this.#store.remembered(this.config.name);
  }

  async #observe(listing: Listing): Promise<{ added: number; removed: number }> {
    const isDone = (file: WatchedFile): boolean =>
      isFinished(file, this.#host.clock.monotonic(), this.config.settle);
    const former = this.#known;
    const writing = listing.files.filter((file) => !isDone(file));
    const change = observeKnown(former, listing.files.filter(isDone), writing);
    const copied = await lookAtCopies(this.#host, this.config, change.known);
    // What was learnt while the copies were looked at must not be lost.
    this.#known = mergeLearnt(copied.known, this.#known);
    this.gone = new Set([...this.gone, ...change.gone].filter((path) => !this.#known.has(path)));
    const touched = [...new Set([...change.changed, ...copied.changed])];
    const lines = touched.flatMap((path) => this.#known.get(path) ?? []);
    await this.#store.keepFiles(this.config.name, lines, []);
    // What was written before it was watched did not come: at the first look much may have been still settling.
    const watchedSince = this.remembered.retention?.removedAt ?? Number.POSITIVE_INFINITY;
    const isNew = ({ path, modifiedAt }: KnownFile): boolean =>
      !former.has(path) && modifiedAt > watchedSince;
    const added = lines.filter(isNew).length;
    return { added, removed: change.gone.length };
  }

  async #readVolume(): Promise<Volume | undefined> {
    const now = this.#host.clock.monotonic();
    if (!this.#volume || now - this.#volume.at >= VOLUME_EVERY_MS)
      this.#volume = { value: await volumeOf(this.#host, this.config), at: now };
    return this.#volume.value;
  }

  #pictureOf(
    seen: Pick<Picture, 'files' | 'copies' | 'renamed'> & { volume: Volume | undefined },
    now: number,
  ): Picture {
    const { volume, ...rest } = seen;
    const { history, digests, retention = { added: 0, removedAt: now } } = this.remembered;
    const data = volume?.data;
    return {
      ...rest,
      policy: this.policy,
      history,
      digests,
      retention,
      sameVolume: data?.isSame === true ? { data: data.folder } : undefined,
    };
  }

  #noteSigns(signs: readonly Sign[]): void {
    for (const sign of this.remembered.signs) this.#ended.set(sign.kind, sign);
    for (const { kind } of signs) this.#ended.delete(kind);
  }

  #others(signs: readonly Sign[], drills: readonly BackupDrillReport[]): BackupRecord[] {
    const { name } = this.config;
    const finding = (sign: Sign): BackupRecord => ({ of: 'finding', set: name, key: name, ...sign });
    const ended = [...this.#ended.values()].map((sign) => ({ ...finding(sign), gone: true }) as BackupRecord);
    return [...signs.map(finding), ...ended, ...drills.slice(-DRILLS_TOLD)];
  }

  #counted(): BackupSetReport['files'] {
    const files = [...this.#known.values()].map((file) => ({ ...file, path: this.render(file.path) }));
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    return { count: files.length, bytes, fingerprint: fingerprintOf(files) };
  }

  #report(volume: Volume | undefined): BackupSetReport {
    const { folder, name, pattern } = this.config;
    const { rungs, history, readBytesPerSecond } = this.remembered;
    return {
      of: 'set',
      set: name,
      folder,
      pattern,
      policy: this.policy,
      rungs,
      files: this.#counted(),
      ...(volume && {
        volume: { path: folder, freeBytes: volume.freeBytes, totalBytes: volume.totalBytes },
        ...(volume.data && { sameVolumeAsData: volume.data.isSame }),
      }),
      history,
      ...(readBytesPerSecond !== undefined && { readBytesPerSecond }),
    };
  }
}

function unreadWhy(config: SetConfig, host: Host): ProofKind | undefined {
  if (!config.verify.enabled) return 'reading-off';
  return host.verifier ? undefined : 'no-reader';
}

/** `newer` looks at the same files and may know more of their content. */
function mergeLearnt(looked: Known, newer: Known): Known {
  const merged = new Map(looked);
  for (const [path, file] of looked) {
    const other = newer.get(path);
    if (!other || other.bytes !== file.bytes || other.modifiedAt !== file.modifiedAt) continue;
    const { verdict, judgedAt, givenUp } = other;
    if (judgedAt === file.judgedAt) continue;
    merged.set(path, {
      ...file,
      ...(verdict && { verdict }),
      ...(judgedAt && { judgedAt }),
      ...(givenUp && { givenUp }),
    });
  }
  return merged;
}
