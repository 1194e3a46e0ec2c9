// Which verdicts may carry a restore at all, and why the others may not. Promise: only content that stands (VERIFIED, COMPLETE)
// is built upon; what an engine can use in spite of its verdict (a live binary log) the engine takes by itself.

import type { Content, FileVerdict } from '../../shared/backup/facts.ts';
import type { Text } from '../../shared/text.ts';
import type { Excluded, ExclusionReason, Part, PartFile } from './set.ts';

const WORDS: Record<Exclude<Content, 'VERIFIED' | 'COMPLETE'>, Text> = {
  UNCONFIRMED: { zh: '无法证实完整', en: 'cannot be confirmed' },
  INCOMPLETE: { zh: '文件不完整', en: 'ends early' },
  CORRUPT: { zh: '文件已损坏', en: 'is damaged' },
  EMPTY: { zh: '文件为空', en: 'is empty' },
  NO_DATA: { zh: '没有数据行', en: 'holds no rows' },
  FOREIGN: { zh: '不是备份文件', en: 'is not a backup' },
};

export function stands(content: Content): boolean {
  return content === 'VERIFIED' || content === 'COMPLETE';
}

export function exclude(file: string, reason: ExclusionReason, words: Text): Excluded {
  return { file, reason, words };
}

/** For a verdict that does not stand. */
export function excludeByContent(verdict: FileVerdict): Excluded {
  const reason = verdict.content as Exclude<Content, 'VERIFIED' | 'COMPLETE'>;
  const words = WORDS[reason];
  return exclude(verdict.path, reason, {
    zh: `${words.zh}:${verdict.reason}`,
    en: `${words.en}: ${verdict.reason}`,
  });
}

export function fileOf(verdict: FileVerdict): PartFile {
  const { bytes, sha256 } = verdict.facts;
  return {
    path: verdict.path,
    format: verdict.format,
    ...(bytes === undefined ? {} : { bytes }),
    ...(sha256 === undefined ? {} : { sha256 }),
  };
}

/** A part that is one file. */
export function partOf(verdict: FileVerdict, kind: Part['kind'] = verdict.facts.kind ?? 'copy'): Part {
  return { files: [fileOf(verdict)], kind, content: verdict.content, facts: verdict.facts };
}

const RANK: readonly Content[] = ['VERIFIED', 'COMPLETE', 'UNCONFIRMED', 'INCOMPLETE'];

/** Orders verdicts of the same backup: the better proven first, then by path. */
export function byProof(
  a: { content: Content; path: string },
  b: { content: Content; path: string },
): number {
  const rank = (content: Content) => (RANK.includes(content) ? RANK.indexOf(content) : RANK.length);
  return rank(a.content) - rank(b.content) || (a.path < b.path ? -1 : 1);
}
