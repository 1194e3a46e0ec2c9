// What a rung of the proof ladder rests on, as a kind with its data, and the sentence of it in both languages. Promise: the agent sends
// both the data and the English sentence; whoever knows the kind words it for its reader, whoever does not shows the sentence.

import type { Content } from './facts.ts';

export interface Proof {
  kind: string;
  data: Record<string, string | number>;
}

/** How the reader writes sizes and instants. */
export interface ProofFormat {
  bytes(value: number): string;
  time(at: number): string;
  duration(ms: number): string;
}

const PLAIN: ProofFormat = {
  bytes: (value) => `${value} bytes`,
  time: (at) => new Date(at).toISOString(),
  duration: (ms) => `${ms / 1000} s`,
};

/** `undefined`: the sentence as it was told says more. */
type Say = (data: Proof['data'], format: ProofFormat) => string | undefined;

const n = (value: string | number | undefined): number => Number(value ?? 0);

const CONTENT_ZH: Record<Content, string> = {
  VERIFIED: '校验和重算一致',
  COMPLETE: '结构和结尾完整',
  UNCONFIRMED: '无法确认',
  INCOMPLETE: '不完整',
  CORRUPT: '已损坏',
  EMPTY: '空文件',
  NO_DATA: '没有数据行',
  FOREIGN: '不是备份文件',
};

const SENTENCES = {
  none: { en: () => 'no finished file', zh: () => '没有已完成的文件' },
  exists: {
    en: (d, f) => `${d.file}, ${f.bytes(n(d.bytes))}`,
    zh: (d, f) => `${d.file}，${f.bytes(n(d.bytes))}`,
  },
  future: {
    en: (d) => `${d.file} is written in the future: a clock is wrong`,
    zh: (d) => `${d.file} 的时间在未来：时钟有误`,
  },
  fresh: {
    en: (d, f) => `${d.file} of ${f.time(n(d.at))}`,
    zh: (d, f) => `${d.file}，${f.time(n(d.at))} 完成`,
  },
  small: {
    en: (d, f) => `${d.file} of ${f.time(n(d.at))} has ${f.bytes(n(d.bytes))}, less than ${n(d.least)}`,
    zh: (d, f) => `${d.file}（${f.time(n(d.at))}）只有 ${f.bytes(n(d.bytes))}，小于 ${f.bytes(n(d.least))}`,
  },
  overdue: {
    en: (d, f) => `${d.file} of ${f.time(n(d.at))} is older than the start planned for ${f.time(n(d.dueAt))}`,
    zh: (d, f) =>
      `计划于 ${f.time(n(d.dueAt))} 开始的备份没有出现；最近一份是 ${d.file}（${f.time(n(d.at))}）`,
  },
  old: {
    en: (d, f) => `${d.file} of ${f.time(n(d.at))} is older than allowed`,
    zh: (d, f) => `${d.file}（${f.time(n(d.at))}）早于允许的最长间隔`,
  },
  'nothing-to-judge': { en: () => 'no file to judge', zh: () => '没有可判断的文件' },
  'few-runs': {
    en: (d) => `${d.runs} earlier runs to compare its size with; ${d.needed} are needed`,
    zh: (d) => `可比较的历史备份 ${d.runs} 次，至少需要 ${d.needed} 次`,
  },
  size: {
    en: (d, f) => `${f.bytes(n(d.bytes))}, median of ${d.runs} runs before it ${f.bytes(n(d.median))}`,
    zh: (d, f) => `${f.bytes(n(d.bytes))}，此前 ${d.runs} 次的中位数 ${f.bytes(n(d.median))}`,
  },
  shrinking: {
    en: (d) => `the last five backups shrink: ${d.sizes} bytes`,
    zh: () => '最近五次备份连续变小',
  },
  identical: {
    en: (d) =>
      `the newest backup has the SHA-256 of the one before it, ${d.sha256}…: the job copies an old file`,
    zh: (d) => `最新备份与上一份的 SHA-256 相同（${d.sha256}…）：任务在复制旧文件`,
  },
  renamed: {
    en: (d) =>
      `${d.count} files bear an ending behind the backup's name, the backup itself being gone: ${d.file}`,
    zh: (d) => `${d.count} 个备份文件被加了后缀，原文件已不在：${d.file}`,
  },
  'magic-lost': {
    en: (d) => `${d.file} is of no known format; it, or those before it, were ${d.was}`,
    zh: (d) => `${d.file} 已不是任何已知的备份格式；它或此前的文件是 ${d.was}`,
  },
  'cleanup-stopped': {
    en: (d, f) =>
      `${d.copies} files where ${d.keep} should be kept; ${d.added} came and none was removed since ${f.time(n(d.since))}`,
    zh: (d, f) =>
      `应保留 ${d.keep} 份，现有 ${d.copies} 份；${f.time(n(d.since))} 以来新增 ${d.added} 份，没有删除过旧文件`,
  },
  'same-volume': {
    en: (d) => `the backups lie on the volume of ${d.data}: one broken disk takes both`,
    zh: (d) => `备份与 ${d.data} 在同一个卷上：一块盘损坏，两者都会丢失`,
  },
  'no-set': {
    en: (d) => `${d.engine} runs here as ${d.name}, and no set in agent.yaml backs it up`,
    zh: (d) => `本机运行着 ${d.engine}（${d.name}），agent.yaml 中没有任何备份集保护它`,
  },
  // Worded by the agent itself, in both languages: each engine complains of something else.
  complaint: { en: (d) => String(d.en ?? ''), zh: (d) => String(d.zh ?? '') },
  'folder-unreadable': {
    en: (d) => `the folder cannot be read (${d.code})`,
    zh: (d) => `目录无法读取（${d.code}）`,
  },
  'reading-off': {
    en: () => 'reading is switched off in agent.yaml',
    zh: () => 'agent.yaml 中关闭了读取检查',
  },
  'no-reader': { en: () => 'nothing is read in this run', zh: () => '本次运行不读取文件内容' },
  'nothing-to-read': { en: () => 'no file to read', zh: () => '没有可读取的文件' },
  unread: { en: (d) => `${d.file} is not read yet`, zh: (d) => `${d.file} 尚未读取` },
  read: {
    en: (d) => (d.reason === undefined ? undefined : `${d.file}: ${d.content}: ${d.reason}`),
    zh: (d) => `${d.file}：${CONTENT_ZH[d.content as Content] ?? d.content}`,
  },
  'no-copy': { en: () => 'no second copy is promised', zh: () => '没有约定第二副本' },
  'copy-equal': {
    en: (d) => `${d.file}: size and SHA-256 are equal in ${d.folder}`,
    zh: (d) => `${d.file} 与 ${d.folder} 中的副本一致（大小、SHA-256）`,
  },
  'copy-differs': {
    en: (d) => `${d.file} differs in ${d.folder}`,
    zh: (d) => `${d.file} 与 ${d.folder} 中的副本不一致`,
  },
  'copy-missing': {
    en: (d) => `${d.file} is missing in ${d.folder}`,
    zh: (d) => `${d.folder} 中没有 ${d.file}`,
  },
  'copy-open': {
    en: (d) => `${d.file} is not compared with ${d.folder} yet`,
    zh: (d) => `${d.file} 尚未与 ${d.folder} 中的副本比对`,
  },
  'nothing-to-compare': { en: () => 'no file to compare', zh: () => '没有可比对的文件' },
  'copy-not-due': { en: () => 'no copy is due yet', zh: () => '还没到应有副本的时间' },
  'no-drill': { en: () => 'never restored in a drill', zh: () => '从未做过恢复演练' },
  'drill-failed': {
    en: (d, f) => `drill of ${f.time(n(d.at))} failed: ${d.text}`,
    zh: (d, f) => `${f.time(n(d.at))} 的恢复演练失败：${d.text}`,
  },
  'drill-old': {
    en: (d, f) => `drill of ${f.time(n(d.at))} is more than half a year ago`,
    zh: (d, f) => `${f.time(n(d.at))} 的恢复演练已超过半年`,
  },
  drill: {
    en: (d, f) =>
      `drill of ${f.time(n(d.at))}: ${f.duration(1000 * n(d.seconds))}${n(d.tables) > 0 ? `, ${d.tables} tables counted` : ''}`,
    zh: (d, f) =>
      `${f.time(n(d.at))} 恢复演练成功，用时 ${f.duration(1000 * n(d.seconds))}${n(d.tables) > 0 ? `，核对 ${d.tables} 张表` : ''}`,
  },
} as const satisfies Record<string, { en: Say; zh: Say }>;

export type ProofKind = keyof typeof SENTENCES;

export function proofOf(kind: ProofKind, data: Proof['data'] = {}): { evidence: string; proof: Proof } {
  const { en }: { en: Say } = SENTENCES[kind];
  return { evidence: en(data, PLAIN) ?? kind, proof: { kind, data } };
}

/** `undefined`: of a later agent, whose sentence stands for itself. */
export function sayProof(
  proof: Proof | undefined,
  language: 'zh' | 'en',
  format: ProofFormat,
): string | undefined {
  if (!proof || !Object.hasOwn(SENTENCES, proof.kind)) return undefined;
  const say: Say = SENTENCES[proof.kind as ProofKind][language];
  return say(proof.data, format);
}
