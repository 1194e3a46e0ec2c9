// The detection times of a run, one line per kind of outage.

import type { Detection } from './truth.ts';

function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

function threeOf(times: readonly (number | undefined)[]): string {
  const sorted = times.filter((ms) => ms !== undefined).toSorted((a, b) => a - b);
  if (sorted.length === 0) return '        –       –       –';
  return [0.5, 0.99, 1].map((share) => (percentile(sorted, share) / 1000).toFixed(1).padStart(8)).join('');
}

/** Seconds from the beginning (or, where the collector was disturbed, from when it could judge again) to the word and to the page. */
export function renderTable(detections: readonly Detection[]): string {
  const kinds = Map.groupBy(detections, (detection) => detection.kind);
  const width = Math.max(...[...kinds.keys()].map((kind) => kind.length), 20);
  const lines = [
    `${'kind of outage'.padEnd(width)}      n  word: p50     p99     max   page: p50     p99     max   (s)`,
  ];
  for (const kind of [...kinds.keys()].toSorted()) {
    const all = kinds.get(kind) ?? [];
    const word = threeOf(all.map((each) => each.verdictMs));
    const page = threeOf(all.map((each) => each.pageMs));
    lines.push(`${kind.padEnd(width)} ${String(all.length).padStart(6)} ${word}   ${page}`);
  }
  return lines.join('\n');
}
