// The words of a verdict: what a silence means, with its evidence. The judgement is the pure machine in `liveness.ts`.

import type { Text } from '../../shared/text.ts';

export const VERDICT_WORDS = [
  'never-seen',
  'up',
  'suspect',
  'stopped',
  'shutdown',
  'silent',
  'site-silent',
  'collector-away',
] as const;
export type VerdictWord = (typeof VERDICT_WORDS)[number];

/** never-seen: enrolled, not yet heard. stopped: the agent said goodbye, the host may run. shutdown: the host said that it goes down.
 * silent: nothing heard past the limit. site-silent: every host of the hospital is silent. collector-away: the collector itself was not listening. */
export const VERDICT_TEXT: Record<VerdictWord, Text> = {
  'never-seen': { zh: '尚未接入', en: 'Not yet seen' },
  up: { zh: '在线', en: 'Up' },
  suspect: { zh: '疑似失联', en: 'Suspect' },
  stopped: { zh: '探针已停止', en: 'Agent stopped' },
  shutdown: { zh: '主机已关机', en: 'Host shut down' },
  silent: { zh: '失联', en: 'Silent' },
  'site-silent': { zh: '全院失联', en: 'Site silent' },
  'collector-away': { zh: '中心未监听', en: 'Collector was away' },
};

export interface Evidence {
  at: number;
  /** Machine-readable kind, such as `last-heard`, `closed-without-goodbye`, `goodbye`, `boot-changed`, `site-picture`, `collector-started`. */
  kind: string;
  text: Text;
}

export interface Verdict {
  word: VerdictWord;
  since: number;
  evidence: readonly Evidence[];
}
