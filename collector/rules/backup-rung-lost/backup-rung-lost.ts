// A set that was proven readable to its end, or more, and no longer is. What was never proven is not lost: that is the ladder's own matter.

import type { SectionField } from '../../../shared/config/schema.ts';
import type { SetDigest } from '../../backups/digest.ts';
import { RUNG_WORDS } from '../../backups/words.ts';
import { judgeBackups } from '../backups.ts';
import { renderSpan, type Word } from '../reading.ts';
import type { RuleUnit } from '../rule.ts';

const DAY_MS = 86_400_000;

const config = {
  kind: 'section',
  help: 'A set fell on the proof ladder: it stood on rung 4 or above and stands lower now.',
  fields: {
    enabled: { kind: 'bool', help: 'Whether this rule judges at all.', default: true },
    from: { kind: 'int', help: 'A fall from this rung or above counts.', default: 4, min: 1, max: 6 },
    within: {
      kind: 'duration',
      help: 'How long a higher rung is remembered.',
      default: 30 * DAY_MS,
      min: DAY_MS,
      max: 400 * DAY_MS,
    },
    for: {
      kind: 'duration',
      help: 'How long it must hold before the alert fires: the newest file takes its time to be read.',
      default: 6 * 3_600_000,
      min: 0,
      max: 7 * DAY_MS,
    },
  },
} as const satisfies SectionField;

export const backupRungLost: RuleUnit<typeof config.fields> = {
  name: 'backup-rung-lost',
  title: { zh: '备份可信度下降', en: 'Backup proof lost' },
  config,
  evaluate: (config, picture, now) => judgeBackups(picture, (set) => judge(config, set, now)),
};

function judge(config: { from: number; within: number; for: number }, set: SetDigest, now: number): Word {
  const best = heldSince(set, now - config.within);
  if (best < config.from || set.rung >= best) return undefined;
  const since = fellAt(set, best);
  // A drill that has grown old, or a copy that is late by a day, takes nothing from what can be read.
  const severity = set.rung < 4 ? 'critical' : 'warning';
  const next = set.rungs.find((r) => r.rung === set.rung + 1);
  const [was, is] = [RUNG_WORDS[best as keyof typeof RUNG_WORDS], RUNG_WORDS[set.rung]];
  const ago = renderSpan(now - since);
  return {
    subject: set.name,
    severity,
    forMs: config.for,
    value: set.rung,
    summary: {
      zh: `备份集 ${set.name} 的可信度从第 ${best} 级（${was.zh}）降到第 ${set.rung} 级（${is.zh}），已 ${ago.zh}`,
      en: `Backup set ${set.name} fell from rung ${best} (${was.en}) to ${set.rung} (${is.en}) ${ago.en} ago`,
    },
    advice: {
      zh: '打开备份集页面，看卡在哪一级、证据是什么：文件未写完、读不到底、副本不一致，各有各的处置；此前较早的备份先不要清理。',
      en: 'Open the set’s page: it names the rung in the way and its evidence (not finished, cannot be read to its end, copy differs). Keep the earlier backups meanwhile.',
    },
    evidence: {
      rung: set.rung,
      was: best,
      since,
      ...(next?.evidence ? { inTheWay: next.evidence } : {}),
    },
  };
}

/** The highest rung that it stood on at any moment after `from`. */
function heldSince(set: SetDigest, from: number): number {
  const ended = set.trail.map((each, i) => ({ rung: each.rung, until: set.trail[i + 1]?.at ?? Infinity }));
  return Math.max(0, ...ended.filter((each) => each.until >= from).map((each) => each.rung));
}

/** When it left `best` last. */
function fellAt(set: SetDigest, best: number): number {
  const last = set.trail.findLastIndex((each) => each.rung >= best);
  return set.trail[last + 1]?.at ?? set.at;
}
