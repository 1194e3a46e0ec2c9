// A picture as PNG, for Word and mail. Promise: the same picture gives the same bytes; only the reports' own fonts are used. Typst turns
// the text into outlines first: the rasteriser would read a font of 10 MB again for every picture (measured: 0.3 to 0.9 s each).

import { Resvg } from '@resvg/resvg-js';
import { typeset } from '../typst/compiler.ts';
import type { Picture } from './picture.ts';

/** Pixels for each point: 2.2 is 160 per inch, sharp enough on paper and small in the file. */
const SCALE = 2.2;

const TEMPLATE = `#import "picture.typ": drawn
#let picture = json(bytes(sys.inputs.picture))
#set page(width: picture.width * 1pt, height: picture.height * 1pt, margin: 0pt)
#set text(font: "Noto Sans SC", fallback: false)
#drawn(picture)`;

export function renderPng(picture: Picture): Buffer {
  const outlines = typeset(TEMPLATE, { picture: JSON.stringify(picture) }, (compiler, made) =>
    compiler.plainSvg(made),
  );
  const drawn = new Resvg(outlines, {
    fitTo: { mode: 'width', value: Math.round(picture.width * SCALE) },
    background: '#ffffff',
    font: { loadSystemFonts: false },
  });
  return drawn.render().asPng();
}
