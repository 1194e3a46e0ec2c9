// The axes that all pictures of a report share: time across, values up.

import type { Shape } from '../../../document/picture/picture.ts';
import { textWidth } from '../../../document/picture/picture.ts';
import type { Format } from '../format.ts';
import { midnights } from '../format.ts';

/** Between the margins of A4, in points. */
export const WIDTH = 482;
export const LEFT = 56;
export const RIGHT = WIDTH - 8;
export const LABEL = 7.5;

export interface TimeScale {
  from: number;
  to: number;
  x(at: number): number;
}

export function timeScale(from: number, to: number): TimeScale {
  const span = Math.max(1, to - from);
  return { from, to, x: (at) => LEFT + ((RIGHT - LEFT) * (at - from)) / span };
}

/** A line below with as many dates as have room. */
export function timeAxis(
  scale: TimeScale,
  y: number,
  { zone, format }: { zone: string; format: Format },
): Shape[] {
  const days = midnights(scale.from, scale.to, zone).filter((at) => at >= scale.from && at <= scale.to);
  const room = textWidth('00-00', LABEL) + 8;
  const step = Math.max(1, Math.ceil((days.length * room) / (RIGHT - LEFT)));
  const shown = days.filter((_, i) => i % step === 0);
  return [
    {
      shape: 'line',
      points: [
        [LEFT, y],
        [RIGHT, y],
      ],
      stroke: 'line',
      width: 0.8,
    },
    ...shown.flatMap((at): Shape[] => {
      const x = scale.x(at);
      return [
        {
          shape: 'line',
          points: [
            [x, y],
            [x, y + 3],
          ],
          stroke: 'faint',
          width: 0.6,
        },
        {
          shape: 'text',
          x,
          y: y + 12,
          text: format.day(at).slice(5),
          size: LABEL,
          ink: 'faint',
          anchor: labelAnchor(x),
        },
      ];
    }),
  ];
}

const labelAnchor = (x: number): 'start' | 'middle' | 'end' => (x > RIGHT - 12 ? 'end' : 'middle');

/** Round steps of a scale of bytes from zero: 1, 2 or 5 times a power of ten of its unit. */
export function byteTicks(most: number, count = 4): number[] {
  const unit = 1024 ** Math.floor(Math.log2(Math.max(1, most)) / 10);
  const raw = most / unit / count;
  const power = 10 ** Math.floor(Math.log10(Math.max(raw, 1e-9)));
  const step = [1, 2, 5, 10].find((f) => f * power >= raw) ?? 10;
  const ticks: number[] = [];
  for (let i = 0; (i - 1) * step * power * unit < most; i++) ticks.push(i * step * power * unit);
  return ticks;
}

/** What the marks mean, side by side. */
export function legend(entries: readonly { shape: Shape; text: string }[], y: number): Shape[] {
  let x = LEFT;
  return entries.flatMap(({ shape, text }): Shape[] => {
    const at = x;
    x += 13 + textWidth(text, LABEL) + 12;
    return [
      moved(shape, at, y - 7),
      { shape: 'text', x: at + 13, y, text, size: LABEL, ink: 'faint', anchor: 'start' },
    ];
  });
}

function moved(shape: Shape, dx: number, dy: number): Shape {
  if (shape.shape === 'line') return { ...shape, points: shape.points.map(([x, y]) => [x + dx, y + dy]) };
  return { ...shape, x: shape.x + dx, y: shape.y + dy };
}
