// Series of `/prom` as line protocol, under the names that the readings have outside. Promise: the same sample gives the same line.

import { METRIC_NAME, toRecord } from '../prom/labels.ts';
import type { RawSeries } from '../prom/source.ts';
import type { Dialect } from '../store/outside/engine.ts';
import { renderTags } from '../store/outside/lines.ts';
import { outsideName } from '../store/outside/names.ts';

/** Samples whose instant (UTC ms) is wanted; what is no number has no line. */
export function linesOf(
  series: readonly RawSeries[],
  dialect: Dialect,
  isWanted: (at: number) => boolean = () => true,
): string[] {
  return series.flatMap(({ labels, at, value }) => {
    const { [METRIC_NAME]: name = '', ...tags } = toRecord(labels);
    const { measurement, field } = outsideName(name);
    const head = `${dialect.escape(measurement)}${renderTags(tags, dialect)} ${dialect.escape(field)}=`;
    const lines: string[] = [];
    for (const [i, instant] of at.entries()) {
      const said = value[i] ?? NaN;
      if (Number.isFinite(said) && isWanted(instant)) lines.push(`${head}${said} ${Math.round(instant)}`);
    }
    return lines;
  });
}
