// The restorable moments of a folder as a timeline for people, and as data for programs.

import type { Language } from '../../../shared/text.ts';
import type { Moments } from '../moments.ts';
import { type BackupSet, type Excluded, type Gap, pathsOf, type Span } from '../set.ts';
import { nameOf, renderDuration, renderMoment } from './words.ts';

export function windowsData({ sets, unassigned }: Moments, zone: string): object {
  return { zone, sets: sets.map(setData), unassigned };
}

function setData(set: BackupSet): object {
  return {
    database: set.database ?? null,
    engine: set.engine,
    method: set.method,
    server: set.server ?? null,
    family: set.family ?? null,
    windows: set.windows.map(([from, to]) => [from.text, to.text]),
    points: set.points.map((p) => ({ ...p, at: p.at.text })),
    gaps: set.gaps.map((g) => ({ ...g, from: g.from.text, to: g.to.text })),
    files: [...new Set(set.spans.flatMap(filesOfSpan))],
    excluded: set.excluded,
  };
}

function filesOfSpan(span: Span): string[] {
  return [...span.base, ...span.logs].flatMap(pathsOf);
}

export function renderWindows({ sets, unassigned }: Moments, language: Language): string {
  const zh = language === 'zh';
  if (sets.length === 0 && unassigned.length === 0)
    return zh ? '这里没有任何文件。\n' : 'There are no files here.\n';
  const blocks = sets.map((set) => renderSet(set, language));
  if (unassigned.length > 0) {
    blocks.push(
      [
        zh ? '不属于任何备份集的文件' : 'Files that belong to no set',
        ...unassigned.map((e) => leftOut(e, language)),
      ].join('\n'),
    );
  }
  return `${blocks.join('\n\n')}\n`;
}

function renderSet(set: BackupSet, language: Language): string {
  const zh = language === 'zh';
  const rows = [
    ...set.windows.map(([from, to]) => ({ us: from.us, line: windowLine(from, to, language) })),
    ...set.points.map((p) => ({
      us: p.at.us,
      line: `  ●   ${renderMoment(p.at)}  ${zh ? '仅此一刻' : 'this moment only'}`,
    })),
    ...set.gaps.map((g) => ({ us: g.from.us + 1, line: gapLine(g, language) })),
  ].sort((a, b) => a.us - b.us);
  const none = zh
    ? '  ✗   现有文件恢复不出任何时刻'
    : '  ✗   no moment can be restored from the files that are here';
  const out = set.excluded.map((e) => leftOut(e, language));
  return [
    nameOf(set, language),
    ...(set.windows.length + set.points.length === 0 ? [none] : []),
    ...rows.map((r) => r.line),
    ...(out.length > 0 ? [zh ? '  未采用的文件:' : '  left out:', ...out] : []),
  ].join('\n');
}

function windowLine(
  from: { text: string; us: number },
  to: { text: string; us: number },
  language: Language,
) {
  const length = renderDuration((to.us - from.us) / 1e6, language);
  const words = language === 'zh' ? `任意时刻（${length}）` : `any moment (${length})`;
  return `  ●━● ${renderMoment(from)}  →  ${renderMoment(to)}  ${words}`;
}

function gapLine(gap: Gap, language: Language): string {
  const missing = gap.missing.map((m) => m.words[language]).join(language === 'zh' ? ';' : '; ');
  const lost = language === 'zh' ? '无法恢复' : 'cannot be restored';
  return `  ┄✗┄ ${renderMoment(gap.from)}  →  ${renderMoment(gap.to)}  ${lost}\n        ${gap.cause[language]}: ${missing}`;
}

function leftOut({ file, reason, words }: Excluded, language: Language): string {
  return `    ${file}  ${reason}  ${words[language]}`;
}
