// The words of a verdict: what a silence means, with its evidence. The judgement is the pure machine in `liveness.ts`.

import type { Text } from '../../shared/text.ts';

export const VERDICT_WORDS = [
  'never-seen',
  'up',
  'suspect',
  'stopped',
  'agent-lost',
  'shutdown',
  'down',
  'crashed',
  'silent',
  'site-silent',
  'mass-silent',
  'collector-away',
] as const;
export type VerdictWord = (typeof VERDICT_WORDS)[number];

/**
 * never-seen: enrolled, not yet heard. stopped: the agent said goodbye, the host may run. agent-lost: the agent is not heard although
 * its host answers a witness, or ran on as it told later. shutdown: the host said that it goes down. down: a witness in the hospital
 * finds that the host answers no more. crashed: told on return, never while it lasts. silent: nothing heard past the limit, and nobody
 * knows more. site-silent: every host of the hospital is silent. mass-silent: many hospitals fell silent at once. collector-away: the
 * collector itself was not listening.
 */
export const VERDICT_TEXT: Record<VerdictWord, Text> = {
  'never-seen': { zh: '尚未接入', en: 'Not yet seen' },
  up: { zh: '在线', en: 'Up' },
  suspect: { zh: '疑似失联', en: 'Suspect' },
  stopped: { zh: '探针已停止', en: 'Agent stopped' },
  'agent-lost': { zh: '探针失联', en: 'Agent lost' },
  shutdown: { zh: '主机已关机', en: 'Host shut down' },
  down: { zh: '主机宕机', en: 'Host down' },
  crashed: { zh: '主机异常中断', en: 'Host crashed' },
  silent: { zh: '失联', en: 'Silent' },
  'site-silent': { zh: '全院失联', en: 'Hospital cut off' },
  'mass-silent': { zh: '多院同时失联', en: 'Many hospitals cut off' },
  'collector-away': { zh: '中心未监听', en: 'Collector was away' },
};

export interface Evidence {
  at: number;
  /** Machine-readable kind, such as `last-heard`, `closed-without-goodbye`, `goodbye`, `witness-nothing`, `site-picture`, `host-crashed`. */
  kind: string;
  text: Text;
}

export interface Verdict {
  word: VerdictWord;
  since: number;
  evidence: readonly Evidence[];
}

/** What a time of silence was, as the host tells on its return. */
export type Past =
  | 'host-crashed'
  | 'host-shut-down'
  | 'agent-crashed'
  | 'agent-stopped'
  | 'agent-paused'
  | 'agent-late'
  | 'link-cut';

/** What a witness found at the port of a host: it accepts, the machine refuses, or nothing answers. */
export type WitnessAnswer = 'accepts' | 'refuses' | 'nothing';

/** Why the collector calls nobody silent for now. */
export type DoubtReason = 'mass-silence' | 'whole-fleet' | 'own-trouble' | 'own-lag';

/** What is wrong with the fleet as a whole. */
export interface FleetTrouble {
  reason: DoubtReason | 'many-cut-off';
  since: number;
  /** Hosts that are neither heard nor judged, of how many, and of how many hospitals. */
  quiet: number;
  expected: number;
  hospitals: number;
}
