// The moments that can be restored: filled where every moment can be had, strokes where single ones can, hatched and numbered where none
// can although there were backups around.

import type { Picture, Shape } from '../../../document/picture/picture.ts';
import { textWidth } from '../../../document/picture/picture.ts';
import type { InspectedRecovery, InspectedSet } from '../input.ts';
import { LABEL, LEFT, legend, RIGHT, timeAxis, timeScale, WIDTH } from './axis.ts';
import type { PictureContext } from './runs.ts';

const TRACK = 26;
const HIGH = 20;

/** Gaps that reach into the stretch that is shown, in the order of their numbers. */
export function shownGaps(recovery: InspectedRecovery, { from, to }: { from: number; to: number }) {
  return recovery.gaps.filter((g) => g.to > from && g.from < to);
}

export function momentsPicture(set: InspectedSet, context: PictureContext): Picture {
  const { input, format, words } = context;
  const { recovery } = set;
  const [from, to] = [
    input.period.from,
    Math.max(input.period.to, Math.min(input.madeAt, recovery.last ?? 0)),
  ];
  const scale = timeScale(from, to);
  const x = (at: number): number => scale.x(Math.min(to, Math.max(from, at)));
  const inside = (a: number, b = a): boolean => b >= from && a <= to;
  const windows = recovery.windows.filter((w) => inside(w.from, w.to));
  const points = recovery.points.filter((p) => inside(p.at));
  const gaps = shownGaps(recovery, { from, to });
  const bottom = TRACK + HIGH + 5;
  const bar = { shape: 'rect', y: TRACK, height: HIGH } as const;
  return {
    width: WIDTH,
    height: bottom + 34,
    shapes: [
      { ...bar, x: LEFT, width: RIGHT - LEFT, stroke: 'line' },
      ...windows.map((w): Shape => ({
        ...bar,
        x: x(w.from),
        width: Math.max(0.8, x(w.to) - x(w.from)),
        fill: 'good',
      })),
      ...points.map((p): Shape => ({ ...bar, x: x(p.at) - 0.8, width: 1.6, fill: 'main' })),
      ...gaps.flatMap((g, i) => gapShapes(x(g.from), x(g.to), i + 1)),
      ...lastShapes(recovery.last, { x, inside, text: (at) => words.lastMoment(format.time(at)) }),
      ...timeAxis(scale, bottom, { zone: input.hospital.timeZone, format }),
      ...legend(meanings(words.legend), bottom + 29),
    ],
  };
}

function gapShapes(x0: number, x1: number, number: number): Shape[] {
  const width = Math.max(2.4, x1 - x0);
  return [
    { shape: 'rect', x: x0, y: TRACK, width, height: HIGH, fill: 'paper' },
    { shape: 'rect', x: x0, y: TRACK, width, height: HIGH, fill: 'bad', pattern: 'hatch', stroke: 'bad' },
    {
      shape: 'text',
      x: x0 + width / 2,
      y: TRACK - 3,
      text: String(number),
      size: LABEL,
      ink: 'bad',
      anchor: 'middle',
    },
  ];
}

function lastShapes(
  last: number | undefined,
  {
    x,
    inside,
    text,
  }: { x: (at: number) => number; inside: (at: number) => boolean; text: (at: number) => string },
): Shape[] {
  if (last === undefined || !inside(last)) return [];
  const at = x(last);
  const label = text(last);
  const fits = at - textWidth(label, LABEL) / 2;
  const anchor = fits < LEFT ? 'start' : at + textWidth(label, LABEL) / 2 > RIGHT ? 'end' : 'middle';
  return [
    {
      shape: 'line',
      points: [
        [at, TRACK - 13],
        [at, TRACK + HIGH],
      ],
      stroke: 'text',
      width: 1.2,
    },
    { shape: 'text', x: at, y: TRACK - 15, text: label, size: LABEL, ink: 'text', anchor },
  ];
}

function meanings(legend: { window: string; point: string; gap: string }): { shape: Shape; text: string }[] {
  const box = { shape: 'rect', x: 0, y: 0, width: 9, height: 8 } as const;
  return [
    { shape: { ...box, fill: 'good' }, text: legend.window },
    { shape: { ...box, x: 3.7, width: 1.6, fill: 'main' }, text: legend.point },
    { shape: { ...box, fill: 'bad', pattern: 'hatch', stroke: 'bad' }, text: legend.gap },
  ];
}
