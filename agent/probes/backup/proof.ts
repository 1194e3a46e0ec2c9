// What the ladder finds wrong, as people read it in the checks of the set. Pure. Promise: age, size and number are the other check's
// matter and are not said twice; what is unknown is no problem.

import type { Content } from '../../../shared/backup/facts.ts';
import type { BackupPolicy, RungState } from '../../../shared/backup/reported.ts';
import type { KnownFile } from './known.ts';
import { nameOf, standsOn } from './ladder.ts';
import type { Problem, Proof } from './judge.ts';
import { type Sign, SPOILS } from './signs.ts';

const CONTENT: Record<Content, string> = {
  VERIFIED: '已校验',
  COMPLETE: '完整',
  UNCONFIRMED: '无法确认',
  INCOMPLETE: '不完整',
  CORRUPT: '已损坏',
  EMPTY: '是空文件',
  NO_DATA: '没有数据',
  FOREIGN: '不是备份',
};

const SIGNS: Partial<Record<Sign['kind'], Problem>> = {
  shrinking: { status: 'warning', text: '备份连续变小' },
  identical: { status: 'warning', text: '最新备份与上一份内容完全相同，可能在重复复制旧文件' },
  'extension-changed': { status: 'critical', text: '备份文件被改名或加了后缀，疑似勒索软件' },
  'magic-lost': { status: 'critical', text: '备份文件已不是原来的格式，疑似被加密或覆盖' },
  'cleanup-stopped': { status: 'warning', text: '旧备份的清理可能已停止' },
};

export interface Proven {
  rungs: readonly RungState[];
  signs: readonly Sign[];
  newest: KnownFile | undefined;
  dueAt: number | undefined;
  policy: BackupPolicy;
}

export function proofOf({ rungs, signs, newest, dueAt, policy }: Proven, now: number): Proof {
  const isNo = (rung: number): boolean => rungs[rung - 1]?.state === 'no';
  const problems: Problem[] = signs.flatMap(({ kind }) => SIGNS[kind] ?? []);
  const isStale = newest !== undefined && now - newest.modifiedAt > policy.maxAgeMs;
  const isOverdue = newest !== undefined && dueAt !== undefined && newest.modifiedAt < dueAt;
  const late: Problem[] =
    isNo(2) && isOverdue && !isStale ? [{ status: 'critical', text: '按计划应完成的备份没有出现' }] : [];
  if (isNo(3) && !signs.some(({ kind }) => SPOILS.includes(kind)))
    problems.push({ status: 'warning', text: '最新备份的大小与以往相差过大' });
  const content = newest?.verdict?.content;
  if (isNo(4) && newest && content)
    problems.push({ status: 'critical', text: `读取 ${nameOf(newest)} 发现它${CONTENT[content]}` });
  if (isNo(5) && policy.secondCopy !== '') problems.push({ status: 'warning', text: '第二副本缺失或不一致' });
  return { rung: standsOn(rungs), late, problems };
}
