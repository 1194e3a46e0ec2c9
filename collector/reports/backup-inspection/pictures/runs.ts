// The calendar of runs: a row for each kind of backup, a field for each day; what a field means is told by its fill and by its sign.

import type { Picture, Shape } from '../../../document/picture/picture.ts';
import type { Format } from '../format.ts';
import { midnights } from '../format.ts';
import type { InspectedHost, InspectedSet, InspectionInput } from '../input.ts';
import type { Run, RunsSeen } from '../runs.ts';
import type { Words } from '../words/words.ts';
import { LABEL, LEFT, legend, timeAxis, timeScale, WIDTH } from './axis.ts';

interface Field {
  from: number;
  to: number;
  runs: Run[];
  missed: number;
  /** The host was not heard for this whole field. */
  silent: boolean;
}

const ROW = 19;
const TOP = 4;

export interface PictureContext {
  input: InspectionInput;
  host: InspectedHost;
  format: Format;
  words: Words;
}

export function runsPicture(set: InspectedSet, seen: RunsSeen, context: PictureContext): Picture {
  const { input, words } = context;
  const { period } = input;
  const { runs } = seen;
  const kinds = [...new Set(runs.map((r) => r.kind))];
  if (kinds.length === 0) kinds.push(set.policy.kind);
  const scale = timeScale(period.from, period.to);
  const rows = kinds.flatMap((kind, row): Shape[] => {
    const y = TOP + row * ROW;
    const label = { x: LEFT - 6, y: y + 11, text: words.kind(kind), size: LABEL + 0.5, ink: 'text' } as const;
    // The calendar belongs to the set, not to a kind: what was missed stands in the first row.
    const missed = row === 0 ? seen.missed : [];
    const fields = fieldsOf({ ...context, missed, runs: runs.filter((r) => r.kind === kind) });
    return [
      { shape: 'text', anchor: 'end', ...label },
      ...fields.flatMap((field) => fieldShapes(field, scale.x(field.from), scale.x(field.to), y)),
    ];
  });
  const bottom = TOP + kinds.length * ROW + 3;
  return {
    width: WIDTH,
    height: bottom + 34,
    shapes: [
      ...rows,
      ...timeAxis(scale, bottom, { zone: input.hospital.timeZone, format: context.format }),
      ...legend(meanings(words), bottom + 29),
    ],
  };
}

function fieldsOf({
  input,
  host,
  runs,
  missed,
}: PictureContext & Pick<RunsSeen, 'runs' | 'missed'>): Field[] {
  const { period, hospital } = input;
  const edges = midnights(period.from, period.to, hospital.timeZone);
  return edges.slice(0, -1).flatMap((start, i) => {
    const [from, to] = [Math.max(start, period.from), Math.min(edges[i + 1] ?? period.to, period.to)];
    if (to <= from) return [];
    const within = (at: number): boolean => at >= from && at < to;
    return [
      {
        from,
        to,
        runs: runs.filter((r) => within(r.at)),
        missed: missed.filter(within).length,
        silent: host.silences.some((s) => s.from <= from && s.to >= to),
      },
    ];
  });
}

function fieldShapes(field: Field, x0: number, x1: number, y: number): Shape[] {
  const box = { shape: 'rect', x: x0 + 0.8, y, width: Math.max(1.2, x1 - x0 - 1.6), height: 15 } as const;
  const middle = (x0 + x1) / 2;
  const sign = (text: string, ink: 'paper' | 'text' | 'bad'): Shape[] =>
    x1 - x0 < 7 ? [] : [{ shape: 'text', x: middle, y: y + 10.4, text, size: 7, ink, anchor: 'middle' }];
  const count = field.runs.length > 1 ? String(field.runs.length) : '';
  if (field.runs.some((r) => r.tone === 'bad'))
    return [{ ...box, fill: 'bad', pattern: 'hatch', stroke: 'bad' }];
  if (field.runs.some((r) => r.tone === 'unknown'))
    return [{ ...box, stroke: 'unknown' }, ...(count ? sign(count, 'text') : [])];
  if (field.runs.length > 0) return [{ ...box, fill: 'good' }, ...(count ? sign(count, 'paper') : [])];
  if (field.silent) return [{ ...box, fill: 'line', pattern: 'hatch' }];
  if (field.missed > 0) return [{ ...box, stroke: 'bad' }, ...sign('×', 'bad')];
  return [{ shape: 'rect', x: middle - 0.8, y: y + 6.7, width: 1.6, height: 1.6, fill: 'line' }];
}

function meanings(words: Words): { shape: Shape; text: string }[] {
  const box = { shape: 'rect', x: 0, y: 0, width: 9, height: 8 } as const;
  const { legend } = words;
  return [
    { shape: { ...box, fill: 'good' }, text: legend.good },
    { shape: { ...box, stroke: 'unknown' }, text: legend.unjudged },
    { shape: { ...box, fill: 'bad', pattern: 'hatch', stroke: 'bad' }, text: legend.bad },
    { shape: { ...box, stroke: 'bad' }, text: legend.missed },
    { shape: { ...box, fill: 'line', pattern: 'hatch' }, text: legend.silent },
  ];
}
