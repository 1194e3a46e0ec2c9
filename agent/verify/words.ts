// Verdicts as people read them.

import type { Content, FileVerdict } from '../../shared/backup/facts.ts';
import type { Language, Text } from '../../shared/text.ts';
import { renderAmount } from '../commands/amount.ts';
import { renderTable } from '../commands/table.ts';

export const CONTENT_WORDS: Record<Content, Text> = {
  VERIFIED: { zh: '已校验', en: 'verified' },
  COMPLETE: { zh: '完整', en: 'complete' },
  UNCONFIRMED: { zh: '无法确认', en: 'unconfirmed' },
  INCOMPLETE: { zh: '不完整', en: 'INCOMPLETE' },
  CORRUPT: { zh: '已损坏', en: 'CORRUPT' },
  EMPTY: { zh: '空文件', en: 'EMPTY' },
  NO_DATA: { zh: '无数据', en: 'NO DATA' },
  FOREIGN: { zh: '非备份', en: 'FOREIGN' },
};

const ORDER = Object.keys(CONTENT_WORDS) as Content[];

export function renderVerdicts(verdicts: readonly FileVerdict[], language: Language): string {
  const head =
    language === 'zh'
      ? ['结论', '格式', '大小', '文件', '依据']
      : ['verdict', 'format', 'size', 'file', 'reason'];
  const rows = verdicts.map((v) => [
    CONTENT_WORDS[v.content][language],
    v.format,
    renderAmount(v.facts.bytes ?? 0, 'bytes'),
    v.path,
    v.reason,
  ]);
  return `${renderTable([head, ...rows])}\n${renderCounts(verdicts, language)}`;
}

function renderCounts(verdicts: readonly FileVerdict[], language: Language): string {
  const parts = ORDER.flatMap((content) => {
    const count = verdicts.filter((v) => v.content === content).length;
    return count === 0 ? [] : [`${CONTENT_WORDS[content][language]} ${count}`];
  });
  const files = language === 'zh' ? `共 ${verdicts.length} 个文件` : `${verdicts.length} files`;
  return `${files}: ${parts.join(language === 'zh' ? '，' : ', ')}\n`;
}
