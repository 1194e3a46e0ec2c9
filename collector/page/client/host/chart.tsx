// One chart: title, legend with the values under the cursor (else the newest), canvas, and the same in words for those who
// do not see the canvas.

import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import type { SeriesReply } from '../../../api/shapes.ts';
import { useLanguage, useWords } from '../text/text.ts';
import { useLook } from '../theme.ts';
import { plotData, plotOptions } from './plot.ts';
import { type Line, summaryOf, toGrid } from './series.ts';

const HEIGHT = 170;

export interface ChartProps {
  title: string;
  reply: SeriesReply;
  lines: readonly Line[];
  show: (value: number) => string;
  /** For the axis, where round numbers need no fraction. */
  axis: (value: number) => string;
  binary?: boolean;
  top?: number;
  timeZone: string;
}

export function Chart(props: ChartProps) {
  const words = useWords();
  const { reply, lines, show, title } = props;
  const grid = useMemo(() => toGrid(reply, lines), [reply, lines]);
  const [cursor, setCursor] = useState<number | undefined>(undefined);
  const holder = useRef<HTMLDivElement>(null);
  usePlot(holder, props, grid, setCursor);
  const summaries = grid.lines.map(summaryOf);
  const text = (value: number | null | undefined) =>
    value === null || value === undefined ? '–' : show(value);
  return (
    <figure class="chart panel" aria-label={title}>
      <figcaption>
        <h3>{title}</h3>
        <ul class="legend">
          {grid.lines.map((line, i) => (
            <li key={line.label}>
              <i class={`swatch line-${(i % 6) + 1}`} />
              <span>{line.label}</span>
              <b>{text(cursor === undefined ? summaries[i]?.last : line.mean[cursor])}</b>
            </li>
          ))}
        </ul>
      </figcaption>
      <div class="plot" ref={holder} role="img" aria-label={title} />
      {grid.lines.length === 0 && <p class="plot-empty muted">{words.host.noData}</p>}
      <ul class="sr">
        {grid.lines.map((line, i) => (
          <li key={line.label}>
            {words.host.chartText(
              line.label,
              text(summaries[i]?.last),
              text(summaries[i]?.min),
              text(summaries[i]?.max),
            )}
          </li>
        ))}
      </ul>
    </figure>
  );
}

function usePlot(
  holder: { readonly current: HTMLDivElement | null },
  props: ChartProps,
  grid: ReturnType<typeof toGrid>,
  onCursor: (index: number | undefined) => void,
): void {
  const look = useLook();
  const language = useLanguage();
  const plot = useRef<uPlot | undefined>(undefined);
  const shape = `${grid.lines.map((l) => l.label).join('\n')}|${props.reply.step}|${look}|${language}`;
  const gaps = useRef(props.reply.gaps);
  gaps.current = props.reply.gaps;
  useEffect(() => {
    const element = holder.current;
    if (!element) return undefined;
    const made = new uPlot(
      plotOptions({
        width: element.clientWidth,
        height: HEIGHT,
        grid,
        // Read when drawn: newer data keep this plot but bring their own holes.
        get gaps() {
          return gaps.current;
        },
        show: props.axis,
        timeZone: props.timeZone,
        language,
        onCursor,
        ...(props.top === undefined ? {} : { top: props.top }),
        ...(props.binary ? { binary: true } : {}),
      }),
      plotData(grid),
      element,
    );
    plot.current = made;
    const resize = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT }));
    resize.observe(element);
    return () => {
      resize.disconnect();
      made.destroy();
      plot.current = undefined;
    };
  }, [shape]);
  useEffect(() => plot.current?.setData(plotData(grid)), [grid]);
}
