// uPlot's options for one chart: a line with its min–max band per series, hatched holes, axes in the hospital's time.

import type uPlot from 'uplot';
import { hourMinute, monthDay } from '../format.ts';
import type { Language } from '../text/text.ts';
import { type Grid, lonePlaces } from './series.ts';

export interface PlotWish {
  width: number;
  height: number;
  grid: Grid;
  gaps: readonly { from: number; to: number }[];
  /** Upper end of the axis when it is fixed, such as 100 for percent. */
  top?: number;
  show: (value: number) => string;
  /** Counted in 1024: the axis is divided at round sizes. */
  binary?: boolean;
  timeZone: string;
  language: Language;
  onCursor: (index: number | undefined) => void;
}

const LINES = 6;

/** Canvas knows nothing of CSS variables: they are read when the chart is made, and again when the theme changes. */
function colours() {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string) => style.getPropertyValue(name).trim();
  return {
    lines: Array.from({ length: LINES }, (_, i) => read(`--line-${i + 1}`)),
    ink: read('--ink-3'),
    grid: read('--grid'),
    hole: read('--hole'),
    font: `11px ${style.fontFamily}`,
  };
}

export function plotData(grid: Grid): uPlot.AlignedData {
  return [grid.times, ...grid.lines.flatMap((line) => [line.max, line.min, line.mean])];
}

export function plotOptions(wish: PlotWish): uPlot.Options {
  const paint = colours();
  const rangeS = (wish.grid.times.at(-1) ?? 0) - (wish.grid.times[0] ?? 0);
  const label = rangeS > 2 * 86_400 ? monthDay : hourMinute;
  const edge = (i: number): uPlot.Series => ({
    stroke: paint.lines[i % LINES] ?? '',
    width: 0,
    points: { show: false },
  });
  const line = (i: number): uPlot.Series => ({
    stroke: paint.lines[i % LINES] ?? '',
    width: 1.6,
    spanGaps: false,
    points: {
      show: false,
      size: 4,
      width: 0,
      fill: paint.lines[i % LINES] ?? '',
      filter: (u, place) => lonePlaces(u.data[place] ?? []),
    },
  });
  return {
    width: wish.width,
    height: wish.height,
    padding: [8, 16, 0, 0],
    legend: { show: false },
    cursor: { sync: { key: 'host' }, drag: { x: false, y: false }, y: false, points: { size: 6 } },
    scales: {
      x: { time: false },
      y: { range: (_u, low, high) => yRange(low, high, wish.top) },
    },
    axes: [
      {
        stroke: paint.ink,
        font: paint.font,
        size: 26,
        gap: 4,
        space: 64,
        grid: { show: false },
        ticks: { show: false },
        splits: (_u, _i, low, high) => timeSplits(low, high, wish.width, wish.timeZone),
        values: (_u, splits) => splits.map((s) => label(s * 1000, wish.timeZone, wish.language)),
      },
      {
        stroke: paint.ink,
        font: paint.font,
        size: 58,
        gap: 6,
        space: 30,
        grid: { stroke: paint.grid, width: 1 },
        ticks: { show: false },
        values: (_u, splits) => splits.map((split) => wish.show(split)),
        ...(wish.binary ? { incrs: BINARY_STEPS } : {}),
      },
    ],
    series: [{}, ...wish.grid.lines.flatMap((_line, i) => [edge(i), edge(i), line(i)])],
    bands: wish.grid.lines.map((_line, i) => ({
      series: [1 + 3 * i, 2 + 3 * i] as [number, number],
      fill: fade(paint.lines[i % LINES] ?? ''),
    })),
    hooks: {
      drawClear: [(u) => hatchHoles(u, wish.gaps, paint.hole)],
      setCursor: [(u) => wish.onCursor(u.cursor.idx ?? undefined)],
    },
  };
}

function yRange(low: number | null, high: number | null, top: number | undefined): [number, number] {
  if (top !== undefined) return [0, top];
  const most = high ?? 1;
  return [Math.min(0, low ?? 0), most <= 0 ? 1 : most * 1.1];
}

const BINARY_STEPS = [1, 1024, 1024 ** 2, 1024 ** 3, 1024 ** 4].flatMap((unit) =>
  [1, 2, 5, 10, 20, 50, 100, 200, 500].map((n) => n * unit),
);
const STEPS_S = [300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 432_000];

/** Round times of the hospital's own clock. */
function timeSplits(low: number, high: number, width: number, timeZone: string): number[] {
  const most = Math.max(2, Math.floor((width - 60) / 72));
  const step = STEPS_S.find((s) => (high - low) / s <= most) ?? 432_000;
  const offset = zoneOffsetS(low, timeZone);
  const splits: number[] = [];
  for (let at = Math.ceil((low + offset) / step) * step - offset; at <= high; at += step) splits.push(at);
  return splits;
}

function zoneOffsetS(atS: number, timeZone: string): number {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  }).formatToParts(atS * 1000);
  const part = (type: string) => Number(parts.find((p) => p.type === type)?.value ?? 0);
  const local = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'));
  return Math.round((local / 1000 - atS) / 900) * 900;
}

function fade(colour: string): string {
  return /^#[0-9a-f]{6}$/i.test(colour) ? `${colour}2e` : colour;
}

function hatchHoles(u: uPlot, gaps: readonly { from: number; to: number }[], colour: string): void {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.fillStyle = colour;
  for (const gap of gaps) {
    const left = u.valToPos(gap.from / 1000, 'x', true);
    const right = u.valToPos(gap.to / 1000, 'x', true);
    ctx.fillRect(left, bbox.top, Math.max(2, right - left), bbox.height);
  }
  ctx.restore();
}
