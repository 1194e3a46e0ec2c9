// A picture as a list of shapes in points (1/72 inch), with named inks instead of colours: paper, dark screens and black-and-white
// printers each have their own. Promise: plain data; what an ink means is also told by its pattern.

/** `hatch` and `dots` stay apart from `solid` when printed black and white. */
export type Ink = 'text' | 'faint' | 'line' | 'paper' | 'good' | 'attention' | 'bad' | 'unknown' | 'main';

export interface RectShape {
  shape: 'rect';
  x: number;
  y: number;
  width: number;
  height: number;
  fill?: Ink;
  stroke?: Ink;
  pattern?: 'hatch';
}

export interface LineShape {
  shape: 'line';
  points: [x: number, y: number][];
  stroke: Ink;
  width: number;
  dash?: boolean;
}

export interface TextShape {
  shape: 'text';
  x: number;
  /** Of the base line. */
  y: number;
  text: string;
  size: number;
  ink: Ink;
  anchor: 'start' | 'middle' | 'end';
}

export type Shape = RectShape | LineShape | TextShape;

export interface Picture {
  width: number;
  height: number;
  shapes: Shape[];
}

/** How wide a text is, roughly: an ideograph is as wide as it is high. For choosing labels that do not run into each other. */
export function textWidth(text: string, size: number): number {
  let units = 0;
  for (const character of text) units += (character.codePointAt(0) ?? 0) > 0x2e80 ? 1 : 0.56;
  return units * size;
}
