// What an agent told of a rung or a finding, as its readers say it, in both languages. Promise: pure; what only the agent can word,
// such as a system's own error, stays as it was sent.

import { type Proof, type ProofFormat, sayProof } from '../../shared/backup/proof.ts';
import type { RungState } from '../../shared/backup/reported.ts';
import { renderBytes } from '../../shared/bytes.ts';
import { renderTime } from '../../shared/local-time.ts';
import type { Text } from '../../shared/text.ts';
import type { KeptFinding } from './kept.ts';

export function toldOf({ text, proof }: { text: string; proof?: Proof | undefined }, timeZone: string): Text {
  const say = (language: keyof Text): string => sayProof(proof, language, formatOf(timeZone)) ?? text;
  return { zh: say('zh'), en: say('en') };
}

export interface ToldRung extends RungState {
  told: Text;
}

export const toldRung = (rung: RungState, timeZone: string): ToldRung => ({
  ...rung,
  told: toldOf({ text: rung.evidence, proof: rung.proof }, timeZone),
});

export interface ToldFinding extends KeptFinding {
  told: Text;
}

export const toldFinding = (finding: KeptFinding, timeZone: string): ToldFinding => ({
  ...finding,
  told: toldOf(finding, timeZone),
});

const formatOf = (timeZone: string): ProofFormat => ({
  bytes: renderBytes,
  time: (at) => renderTime(at, timeZone),
  duration: (ms) => `${Math.round(ms / 1000)} s`,
});
