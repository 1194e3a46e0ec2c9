// Draws a picture as SVG. Promise: the same picture gives the same text; numbers have at most two decimals; no ids but those that the
// caller's `prefix` makes its own.

import { escapeMarkup } from '../../../shared/markup.ts';
import type { Ink, Picture, Shape } from './picture.ts';

/** On white paper. Light and dark inks differ enough to be told apart in grey, too. */
export const PAPER: Readonly<Record<Ink, string>> = {
  text: '#1c2733',
  faint: '#5f6b78',
  line: '#c9d1d9',
  paper: '#ffffff',
  good: '#2e7d5b',
  attention: '#b7791f',
  bad: '#b3261e',
  unknown: '#7a8794',
  main: '#24527a',
};

export interface SvgOptions {
  /** Makes ids unique where several pictures share a page. */
  prefix: string;
  /** The value of an attribute for an ink; default the colours of paper. */
  ink?: (ink: Ink) => string;
  /** Text for people who do not see it. */
  title?: string;
  family?: string;
}

export function renderSvg(picture: Picture, options: SvgOptions): string {
  const ink = options.ink ?? ((name: Ink) => PAPER[name]);
  const { width, height } = picture;
  const title = options.title === undefined ? '' : `<title>${escapeMarkup(options.title)}</title>`;
  const role = options.title === undefined ? '' : ' role="img"';
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${round(width)} ${round(height)}" width="${round(width)}" height="${round(height)}"${role}` +
    ` font-family="${options.family ?? 'Noto Sans SC'}">${title}${hatches(picture, options.prefix, ink)}` +
    `${picture.shapes.map((shape) => element(shape, options.prefix, ink)).join('')}</svg>`
  );
}

function hatches(picture: Picture, prefix: string, ink: (ink: Ink) => string): string {
  const used = new Set(
    picture.shapes.flatMap((s) => (s.shape === 'rect' && s.pattern === 'hatch' && s.fill ? [s.fill] : [])),
  );
  if (used.size === 0) return '';
  const patterns = [...used].map(
    (fill) =>
      `<pattern id="${prefix}-${fill}" width="4" height="4" patternUnits="userSpaceOnUse">` +
      `<path d="M-1 1L1 -1M0 4L4 0M3 5L5 3" stroke="${ink(fill)}" stroke-width="1.1"/></pattern>`,
  );
  return `<defs>${patterns.join('')}</defs>`;
}

function element(shape: Shape, prefix: string, ink: (ink: Ink) => string): string {
  switch (shape.shape) {
    case 'rect': {
      const fill = !shape.fill ? 'none' : shape.pattern ? `url(#${prefix}-${shape.fill})` : ink(shape.fill);
      const stroke = shape.stroke ? ` stroke="${ink(shape.stroke)}" stroke-width="0.8"` : '';
      return `<rect x="${round(shape.x)}" y="${round(shape.y)}" width="${round(shape.width)}" height="${round(shape.height)}" fill="${fill}"${stroke}/>`;
    }
    case 'line': {
      const d = shape.points.map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${round(x)} ${round(y)}`).join('');
      const dash = shape.dash ? ' stroke-dasharray="3 2"' : '';
      return `<path d="${d}" fill="none" stroke="${ink(shape.stroke)}" stroke-width="${round(shape.width)}"${dash}/>`;
    }
    case 'text':
      return `<text x="${round(shape.x)}" y="${round(shape.y)}" font-size="${round(shape.size)}" fill="${ink(shape.ink)}" text-anchor="${shape.anchor}">${escapeMarkup(shape.text)}</text>`;
  }
}

const round = (value: number): string => String(Math.round(value * 100) / 100);
