// What is found of one entry of a configured list (a page, a port, a backup set), and a reading made of many of them.

import type { NamedError } from '../../shared/errors.ts';
import type { Judgement, ProbeEvent, Reading, Sample } from './probe.ts';

export interface Outcome {
  samples: Sample[];
  check: Judgement;
  /** What is judged of it besides. */
  further?: readonly Judgement[];
  events?: ProbeEvent[];
  error?: NamedError;
}

export function joinOutcomes(outcomes: readonly Outcome[]): Reading {
  return {
    samples: outcomes.flatMap((outcome) => outcome.samples),
    checks: outcomes.flatMap((outcome) => [outcome.check, ...(outcome.further ?? [])]),
    events: outcomes.flatMap((outcome) => outcome.events ?? []),
    errors: outcomes.flatMap((outcome) => outcome.error ?? []),
  };
}
