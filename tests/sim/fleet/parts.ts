// A long run in worlds of their own: what each came to, kept in a file as soon as it is done, and all of them together. Promise: a
// run that was broken off goes on with the worlds that are missing.

import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { renderTable } from './table.ts';
import type { Detection, Truth } from './truth.ts';
import type { FleetOptions, FleetWorld } from './world.ts';

export interface Part {
  of: FleetOptions;
  done: FleetWorld['done'];
  counts: Truth['counts'];
  detections: readonly Detection[];
  failures: Truth['violations'];
  simulatedMs: number;
  events: number;
  cpuSeconds: number;
}

export function readParts(path: string): Part[] {
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8').split('\n').flatMap(parsePart);
}

/** A line may have been broken off. */
function parsePart(line: string): Part[] {
  try {
    return [JSON.parse(line) as Part];
  } catch {
    return [];
  }
}

export function keepPart(path: string, part: Part): void {
  appendFileSync(path, `\n${JSON.stringify(part)}\n`);
}

export function renderParts(parts: readonly Part[]): string[] {
  const sum = (pick: (part: Part) => number): number => parts.reduce((all, part) => all + pick(part), 0);
  const days = sum((part) => part.simulatedMs) / 86_400_000;
  const agents = parts[0]?.of.agents ?? 0;
  return [
    `${agents} agents, ${days.toFixed(2)} days in ${parts.length} worlds: ${sum(({ done }) => done.restarts)} restarts, ${sum(({ done }) => done.cuts)} uplink cuts, ${sum(({ done }) => done.freezes)} suspensions of the collector; ${sum(({ done }) => done.planted)} planted outages`,
    `${sum(({ counts }) => counts.verdicts)} verdicts; ${sum(({ counts }) => counts.pages)} pages, of them ${sum(({ counts }) => counts.platformPages)} of the platform, ${sum(({ counts }) => counts.ownPages)} of links that broke by themselves; false pages: ${sum(({ counts }) => counts.falsePages)}`,
    '',
    renderTable(parts.flatMap((part) => part.detections)),
    '',
    `${sum((part) => part.events)} events, ${sum((part) => part.cpuSeconds).toFixed(0)} CPU-seconds, ${sum((part) => part.failures.length)} failures`,
  ];
}
