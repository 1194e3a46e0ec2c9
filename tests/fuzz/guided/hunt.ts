// One target's campaign with its kept inputs, on disk: what it finds goes into the corpus as `found-…`, and, when asked, what it
// bred replaces what was bred before. Promise: a finding is on disk before it is told of.

import { corpusOf, keepFinding, replaceKept, sortedCorpus } from '../corpus.ts';
import { campaign, type CampaignResult } from './campaign.ts';
import type { Figures } from './worker.ts';

const MODULE = new URL('../targets/index.ts', import.meta.url).href;

export interface HuntOptions {
  seed: number;
  cpuSeconds: number;
  executions?: number;
  /** The bred inputs of this run take the place of the former ones. */
  keep: boolean;
  onFigures?(figures: Figures): void;
}

export interface Hunted extends CampaignResult {
  /** Where each finding was written, and what it does. */
  places: string[];
}

export async function hunt(name: string, { keep, ...options }: HuntOptions): Promise<Hunted> {
  const result = await campaign({ module: MODULE, name, mode: 'guided', ...sortedCorpus(name), ...options });
  const places = result.findings.map(({ input, verdict }) => {
    const known = [...corpusOf(name)].find(([, bytes]) => bytes.equals(input))?.[0];
    const place = known === undefined ? keepFinding(name, input) : `tests/fuzz/corpus/${name}/${known}`;
    return `${place}: ${verdict.what}`;
  });
  if (keep && result.kept.length > 0) replaceKept(name, result.kept);
  return { ...result, places };
}

export function figuresLine({ figures, findings, cleared, kept }: CampaignResult): string {
  const { executions, cpuSeconds, branches, branchesInAll, features, inputs } = figures;
  return [
    `${executions} inputs in ${cpuSeconds.toFixed(0)} CPU-seconds`,
    `${branches} of ${branchesInAll} branches`,
    `${features} features from ${inputs} inputs`,
    `${kept.length} worth keeping`,
    `${findings.length} found, ${cleared} cleared`,
  ].join(', ');
}
