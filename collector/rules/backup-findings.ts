// Findings that the agent makes of a set's files or of the database's history, as alerts: the rule names the kinds and how grave they are.

import { FINDING_WORDS } from '../backups/words.ts';
import type { KeptFinding } from '../backups/kept.ts';
import type { SetDigest } from '../backups/digest.ts';
import type { ToldFinding } from '../backups/told.ts';
import type { Finding, Severity } from './rule.ts';
import type { Word } from './reading.ts';

/** Kinds that tell how the files are; the others tell how they are kept. */
export const SUSPECT = {
  'extension-changed': 'critical',
  'magic-lost': 'critical',
  shrinking: 'warning',
  identical: 'warning',
} as const;

/** The gravest open finding of these kinds; several of one set are one alert, with all of them as evidence. */
export function judgeFindings(
  set: Pick<SetDigest, 'name' | 'findings'>,
  kinds: Partial<Record<KeptFinding['kind'], Severity>>,
): Word {
  const found = set.findings.filter((finding) => kinds[finding.kind] !== undefined);
  const [first] = [...found].sort((a, b) => rank(kinds[a.kind]) - rank(kinds[b.kind]) || a.since - b.since);
  return first && tellFinding(set.name, found, first, kinds[first.kind] ?? 'warning');
}

const rank = (severity: Severity | undefined): number =>
  ['critical', 'warning', 'info'].indexOf(severity ?? 'info');

function tellFinding(
  set: string,
  all: readonly ToldFinding[],
  first: ToldFinding,
  severity: Severity,
): Finding {
  const { title, advice } = FINDING_WORDS[first.kind];
  return {
    subject: set,
    severity,
    forMs: 0,
    summary: {
      zh: `备份集 ${set}：${title.zh}（${first.told.zh}）`,
      en: `Backup set ${set}: ${title.en} (${first.told.en})`,
    },
    advice,
    evidence: Object.fromEntries(
      all.map((f) => [`${f.kind} ${f.key}`.trim(), `${f.text} since ${new Date(f.since).toISOString()}`]),
    ),
  };
}
