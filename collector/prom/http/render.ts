// Answers as text. Promise: `resultType` stands before `result`, because Grafana otherwise keeps the whole answer in memory first.

import { showPlain, showValue } from '../evaluate/show.ts';
import type { StepSeries } from '../evaluate/step-series.ts';
import { type Labels, toRecord } from '../labels.ts';
import { Bytes } from './bytes.ts';
import type { InstantAnswer, RangeAnswer } from '../query.ts';

export const success = (data: string, warnings: readonly string[] = []): string =>
  warnings.length === 0
    ? `{"status":"success","data":${data}}`
    : `{"status":"success","data":${data},"warnings":${JSON.stringify(warnings)}}`;

export function renderInstant(answer: InstantAnswer): string {
  switch (answer.type) {
    case 'scalar':
      return result('scalar', `[${showTime(answer.at)},"${showPlain(answer.value)}"]`);
    case 'string':
      return result('string', `[${showTime(answer.at)},${JSON.stringify(answer.value)}]`);
    case 'vector': {
      const time = showTime(answer.at);
      const samples = answer.series.map(
        ({ labels, values }) =>
          `{"metric":${metric(labels)},"value":[${time},"${showValue(values[0] as number)}"]}`,
      );
      return result('vector', `[${samples.join(',')}]`);
    }
    case 'matrix': {
      const series = answer.series.map(({ labels, at, value }) => {
        const points = Array.from(at, (t, i) => `[${showTime(t)},"${showValue(value[i] as number)}"]`);
        return `{"metric":${metric(labels)},"values":[${points.join(',')}]}`;
      });
      return result('matrix', `[${series.join(',')}]`);
    }
  }
}

/** The whole answer. */
export function renderRange({ times, series }: RangeAnswer): Buffer {
  const out = new Bytes();
  out.text('{"status":"success","data":{"resultType":"matrix","result":[');
  // The times are the same for all series: written once.
  const heads = Array.from(times, (t) => Buffer.from(`[${showTime(t)},`, 'latin1'));
  series.forEach((s, i) => {
    if (i > 0) out.byte(COMMA);
    writeSteps(out, s, heads);
  });
  out.text(']}}');
  return out.done();
}

const COMMA = 44;
const CLOSE = 93;

function writeSteps(out: Bytes, { labels, values, has }: StepSeries, heads: readonly Uint8Array[]): void {
  out.text(`{"metric":${metric(labels)},"values":[`);
  let isFirst = true;
  for (let i = 0; i < heads.length; i++) {
    if (!has[i]) continue;
    if (!isFirst) out.byte(COMMA);
    isFirst = false;
    out.raw(heads[i] as Uint8Array);
    out.quoted(values[i] as number);
    out.byte(CLOSE);
  }
  out.text(']}');
}

const result = (type: string, body: string): string => `{"resultType":"${type}","result":${body}}`;
const metric = (labels: Labels): string => JSON.stringify(toRecord(labels));

/** Seconds with milliseconds where there are any. */
function showTime(at: number): string {
  const whole = Math.trunc(at / 1000);
  const rest = Math.abs(at % 1000);
  const sign = at < 0 && whole === 0 ? '-' : '';
  return rest === 0 ? String(whole) : `${sign}${whole}.${String(rest).padStart(3, '0')}`;
}
