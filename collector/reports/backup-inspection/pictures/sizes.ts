// The sizes of a set's runs over time, from zero, with their median. `undefined` where there are too few to show a trend.

import { median } from '../../../../shared/median.ts';
import type { Picture, Shape } from '../../../document/picture/picture.ts';
import { bytes } from '../format.ts';
import type { InspectedSet } from '../input.ts';
import { byteTicks, LABEL, LEFT, RIGHT, timeAxis, timeScale, WIDTH } from './axis.ts';
import type { PictureContext } from './runs.ts';

const TOP = 12;
const HEIGHT = 52;
const FEWEST = 2;

export function sizesPicture(set: InspectedSet, context: PictureContext): Picture | undefined {
  const { input, format, words } = context;
  const runs = set.history.filter((h) => h.at < input.period.to);
  if (runs.length < FEWEST) return undefined;
  const first = Math.min(input.period.from, ...runs.map((r) => r.at));
  const scale = timeScale(first, input.period.to);
  const ticks = byteTicks(Math.max(...runs.map((r) => r.bytes)), 3);
  const top = ticks.at(-1) || 1;
  const y = (value: number): number => TOP + HEIGHT - (HEIGHT * value) / top;
  const middle = median(runs.map((r) => r.bytes));
  const width = Math.min(7, Math.max(0.8, closest(runs.map((r) => scale.x(r.at))) * 0.7));
  const bars = runs.map((run): Shape => {
    const x = Math.min(RIGHT - width, Math.max(LEFT, scale.x(run.at) - width / 2));
    return {
      shape: 'rect',
      x,
      y: y(run.bytes),
      width,
      height: Math.max(0.6, TOP + HEIGHT - y(run.bytes)),
      fill: 'main',
    };
  });
  return {
    width: WIDTH,
    height: TOP + HEIGHT + 16,
    shapes: [
      ...ticks.flatMap((tick) => tickShapes(tick, y(tick))),
      ...bars,
      {
        shape: 'line',
        points: [
          [LEFT, y(middle)],
          [RIGHT, y(middle)],
        ],
        stroke: 'text',
        width: 0.8,
        dash: true,
      },
      {
        shape: 'text',
        x: RIGHT,
        y: TOP - 4,
        text: words.median(bytes(middle)),
        size: LABEL,
        ink: 'text',
        anchor: 'end',
      },
      ...timeAxis(scale, TOP + HEIGHT, { zone: input.hospital.timeZone, format }),
    ],
  };
}

/** The usual distance between neighbours: one that ran twice does not make all bars thin. */
function closest(xs: readonly number[]): number {
  return median(xs.slice(1).map((x, i) => x - (xs[i] ?? x)));
}

function tickShapes(value: number, y: number): Shape[] {
  return [
    {
      shape: 'line',
      points: [
        [LEFT, y],
        [RIGHT, y],
      ],
      stroke: 'line',
      width: 0.4,
    },
    {
      shape: 'text',
      x: LEFT - 6,
      y: y + 2.6,
      text: value === 0 ? '0' : bytes(value).replace(/\.0+ /, ' '),
      size: LABEL,
      ink: 'faint',
      anchor: 'end',
    },
  ];
}
