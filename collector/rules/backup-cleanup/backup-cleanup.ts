// Retention clean-up that stopped: old files used to be removed, new ones still come, and none has gone for long. Found before the disk
// is full.

import type { SectionField } from '../../../shared/config/schema.ts';
import type { SetDigest } from '../../backups/digest.ts';
import { median } from '../../../shared/median.ts';
import { FINDING_WORDS } from '../../backups/words.ts';
import { judgeFindings } from '../backup-findings.ts';
import { judgeBackups } from '../backups.ts';
import { renderBytes, renderSpan, type Word } from '../reading.ts';
import type { RuleUnit } from '../rule.ts';

const DAY_MS = 86_400_000;

const config = {
  kind: 'section',
  help: 'Old backups are no longer removed, though new ones come.',
  fields: {
    enabled: { kind: 'bool', help: 'Whether this rule judges at all.', default: true },
    times: {
      kind: 'number',
      help: 'No file has gone for this many times the usual distance between removals.',
      default: 3,
      min: 1.5,
      max: 100,
    },
    least: {
      kind: 'duration',
      help: 'And for at least so long.',
      default: 2 * DAY_MS,
      min: 3_600_000,
      max: 100 * DAY_MS,
    },
  },
} as const satisfies SectionField;

export const backupCleanup: RuleUnit<typeof config.fields> = {
  name: 'backup-cleanup',
  title: { zh: '旧备份不再清理', en: 'Clean-up stopped' },
  config,
  evaluate: (config, picture, now) =>
    judgeBackups(
      picture,
      (set) => judgeFindings(set, { 'cleanup-stopped': 'warning' }) ?? judge(config, set, now),
    ),
};

const REMOVALS = 4;
const NEW_FILES = 3;

function judge(config: { times: number; least: number }, set: SetDigest, now: number): Word {
  const rounds = roundsOf(set.deletions);
  const [last] = rounds;
  if (last === undefined || rounds.length < REMOVALS) return undefined;
  const usualMs = median(rounds.slice(1).map((at, i) => (rounds[i] ?? at) - at));
  const came = set.history.filter((run) => run.at > last).length;
  const quietMs = now - last;
  if (came < NEW_FILES || quietMs < Math.max(config.least, config.times * usualMs)) return undefined;
  const { title, advice } = FINDING_WORDS['cleanup-stopped'];
  const [quiet, usual] = [renderSpan(quietMs), renderSpan(usualMs)];
  return {
    subject: set.name,
    severity: 'warning',
    forMs: 0,
    value: set.copies,
    summary: {
      zh: `备份集 ${set.name}：${title.zh}，已 ${quiet.zh} 没有文件被清理（平时每 ${usual.zh}），现有 ${set.copies} 个共 ${renderBytes(set.bytes)}`,
      en: `Backup set ${set.name}: ${title.en}; none has gone for ${quiet.en} (usually every ${usual.en}), ${set.copies} files of ${renderBytes(set.bytes)} are there`,
    },
    advice,
    evidence: {
      lastRemoval: last,
      usual: usual.en,
      newSince: came,
      copies: set.copies,
      keep: set.policy.keep,
    },
  };
}

/** Files that go within an hour go in one round. Newest first. */
function roundsOf(deletions: readonly number[]): number[] {
  const rounds: number[] = [];
  for (const at of deletions) {
    const before = rounds.at(-1);
    if (before === undefined || before - at > 3_600_000) rounds.push(at);
  }
  return rounds;
}
