// Types of the fleet workload.

export const SERIES: number;
export const STEP_MS: number;
export const START_MS: number;
/** measurement, tag (`key=value` or empty), fields. */
export const LAYOUT: readonly (readonly [measurement: string, tag: string, fields: readonly string[]])[];
export function rng(seed: number): () => number;
export function host(seed: number): { next(): number[] };
export function lines(id: number, values: readonly number[], tsMs: number): string;
