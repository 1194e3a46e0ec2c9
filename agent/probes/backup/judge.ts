// What a backup set's files mean under its policy, as figures and one check. Pure. Promise: a clock fault never makes a stale set look
// fresh, and a file still being written never counts as a backup. How far the set is proven is the ladder's word (ladder.ts).

import { isFinished, type Listing, type WatchedFile } from '../file-set.ts';
import type { Judgement, ProbeEvent, Sample } from '../probe.ts';
import { renderAge, renderBytes } from '../words.ts';

export interface CheckedPolicy {
  name: string;
  engine: string;
  kind: string;
  maxAge: number;
  minSize: number;
  keep: number;
  settle: number;
}

export interface BackupState {
  hasRead: boolean;
  newestMtimeMs: number;
}

export const NEW_SET: BackupState = { hasRead: false, newestMtimeMs: -Infinity };

export interface BackupOutcome {
  state: BackupState;
  samples: Sample[];
  check: Judgement;
  further: Judgement[];
  events: ProbeEvent[];
}

interface Now {
  wallMs: number;
  monotonicMs: number;
}
export interface Problem {
  status: 'warning' | 'critical';
  text: string;
}
/** What the ladder says. */
export interface Proof {
  rung: number;
  /** A run of the schedule that did not come. */
  late: readonly Problem[];
  /** What is wrong beyond age, size and number. */
  problems: readonly Problem[];
}

/** Servers and shares differ by minutes; beyond that a time in the future is a fault of a clock. */
export const FUTURE_MS = 5 * 60_000;

export function judgeBackup(
  policy: CheckedPolicy,
  state: BackupState,
  listing: Pick<Listing, 'files' | 'more' | 'isCut'>,
  proof: Proof,
  now: Now,
): BackupOutcome {
  const finished = listing.files.filter((file) => isFinished(file, now.monotonicMs, policy.settle));
  const writing = listing.files.length - finished.length;
  const copies = finished.length + listing.more;
  const future = finished.filter((file) => file.mtimeMs - now.wallMs > FUTURE_MS);
  // A file from the future would hide every later failure, so the age is that of the newest one with a possible time.
  const newest =
    newestOf(finished.filter((file) => file.mtimeMs - now.wallMs <= FUTURE_MS)) ?? newestOf(future);
  const problems = problemsOf(policy, { copies, future, newest, writing }, now);
  problems.push(...proof.late);
  if (listing.isCut) problems.push({ status: 'warning', text: '目录文件过多，只检查了一部分' });
  return {
    state: { hasRead: true, newestMtimeMs: Math.max(state.newestMtimeMs, newest?.mtimeMs ?? -Infinity) },
    samples: samplesOf(policy, { copies, newest, writing, rung: proof.rung }, now),
    check: {
      id: `backup:${policy.name}`,
      status: statusOf(problems),
      text: renderCheck(policy.name, problems, { newest, writing, copies }, now),
    },
    further: [judgeProof(policy.name, proof)],
    events: newest ? newEvents(policy, state, newest, copies) : [],
  };
}

function statusOf(problems: readonly Problem[]): Judgement['status'] {
  if (problems.some((problem) => problem.status === 'critical')) return 'critical';
  return problems.length > 0 ? 'warning' : 'ok';
}

/** Apart from age, size and number: a fresh file may be worth nothing, and an old one may be proven. */
function judgeProof(name: string, { rung, problems }: Proof): Judgement {
  const found = problems.map((problem) => problem.text).join('；');
  const text = `备份集 ${name} 的证明${found === '' ? `：第 ${rung} 级，未见异常` : `：${found}`}`;
  return { id: `proof:${name}`, status: statusOf(problems), text };
}

function newestOf(files: readonly WatchedFile[]): WatchedFile | undefined {
  let newest: WatchedFile | undefined;
  for (const file of files) if (!newest || file.mtimeMs > newest.mtimeMs) newest = file;
  return newest;
}

function problemsOf(
  policy: CheckedPolicy,
  found: {
    copies: number;
    future: readonly WatchedFile[];
    newest: WatchedFile | undefined;
    writing: number;
  },
  now: Now,
): Problem[] {
  const { newest, copies, future, writing } = found;
  if (!newest) {
    return writing > 0
      ? [{ status: 'warning', text: `还没有已完成的备份，${writing} 个正在写入` }]
      : [{ status: 'critical', text: '没有找到备份文件' }];
  }
  const problems: Problem[] = [];
  const add = (status: Problem['status'], text: string): void => void problems.push({ status, text });
  const age = now.wallMs - newest.mtimeMs;
  if (age > policy.maxAge)
    add('critical', `最新备份已有 ${renderAge(age)}，超过 ${renderAge(policy.maxAge)}`);
  if (newest.size < Math.max(1, policy.minSize))
    add(
      'critical',
      `最新备份只有 ${renderBytes(newest.size)}，小于 ${renderBytes(Math.max(1, policy.minSize))}`,
    );
  if (copies < policy.keep) add('warning', `只有 ${copies} 份，应保留 ${policy.keep} 份`);
  const ahead = newestOf(future);
  if (ahead) {
    add(
      'warning',
      `${future.length} 个文件的时间在未来（超前 ${renderAge(ahead.mtimeMs - now.wallMs)}），请检查时钟`,
    );
  }
  return problems;
}

function samplesOf(
  policy: CheckedPolicy,
  found: { copies: number; newest: WatchedFile | undefined; writing: number; rung: number },
  now: Now,
): Sample[] {
  const { newest } = found;
  const labels = { set: policy.name };
  const samples: Sample[] = [
    { metric: 'backup_copies', labels, value: found.copies },
    { metric: 'backup_writing', labels, value: found.writing > 0 ? 1 : 0 },
    { metric: 'backup_rung', labels, value: found.rung },
  ];
  if (newest) {
    const ageSeconds = Math.max(0, now.wallMs - newest.mtimeMs) / 1000;
    samples.push({ metric: 'backup_age_seconds', labels, value: ageSeconds });
    samples.push({ metric: 'backup_size_bytes', labels, value: newest.size });
  }
  return samples;
}

function renderCheck(
  name: string,
  problems: readonly Problem[],
  found: { newest: WatchedFile | undefined; writing: number; copies: number },
  now: Now,
): string {
  if (problems.length > 0) return `备份集 ${name}：${problems.map((problem) => problem.text).join('；')}`;
  const { newest, writing, copies } = found;
  const age = newest ? renderAge(now.wallMs - newest.mtimeMs) : '';
  const size = newest ? renderBytes(newest.size) : '';
  const more = writing > 0 ? `，另有 ${writing} 个正在写入` : '';
  return `备份集 ${name} 正常：最新一份 ${age}前完成，${size}，共 ${copies} 份${more}`;
}

/** What was there at the first reading is not news. */
function newEvents(
  policy: CheckedPolicy,
  state: BackupState,
  newest: WatchedFile,
  copies: number,
): ProbeEvent[] {
  if (!state.hasRead || newest.mtimeMs <= state.newestMtimeMs) return [];
  const data = {
    file: newest.name.slice(0, 120),
    sizeBytes: newest.size,
    writtenAt: Math.round(newest.mtimeMs),
    copies,
    engine: policy.engine,
    kind: policy.kind,
  };
  return [{ kind: 'backup.new', subject: policy.name, data }];
}
