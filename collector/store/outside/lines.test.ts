// Names and lines as engines read them.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { INFLUXDB_DIALECT } from '../influxdb/influxdb.ts';
import { VICTORIAMETRICS_DIALECT } from '../victoriametrics/victoriametrics.ts';
import { LineRenderer } from './lines.ts';
import { mergeBuckets, mergeSamples } from './merge.ts';
import { outsideSeries } from './names.ts';

const columns = [
  'cpu_usage_active',
  'disk_used_percent{path="C:\\\\"}',
  'disk_total{path="C:\\\\"}',
  'service_up{name="检验 接口,一=1"}',
];

function render(
  dialect: typeof INFLUXDB_DIALECT,
  values: number[],
  at = 1_793_491_200_000.4,
): [string[], number] {
  const renderer = new LineRenderer(dialect);
  const lines: string[] = [];
  const tags = renderer.hostTags('id-1', { hospital: '市一院 东区', host: '' });
  return [lines, renderer.addRow(lines, columns, tags, at, Float64Array.from(values))];
}

describe('names outside', () => {
  it('cuts a metric into measurement and field at its first underscore', () => {
    assert.deepEqual(outsideSeries('diskio_read_bytes{name="sda"}'), {
      key: 'diskio_read_bytes{name="sda"}',
      metric: 'diskio_read_bytes',
      measurement: 'diskio',
      field: 'read_bytes',
      tags: { name: 'sda' },
    });
    assert.equal(outsideSeries('load')?.metric, 'load_value');
  });

  it('takes no series that would pass for another host', () => {
    assert.equal(outsideSeries('cpu_usage_active{host_id="h2"}'), undefined);
    assert.equal(outsideSeries('not a key'), undefined);
  });
});

describe('lines', () => {
  it('puts fields of one measurement and tag set into one line, each dialect with its own escapes', () => {
    const host = String.raw`hospital=市一院\ 东区,host_id=id-1`;
    assert.deepEqual(render(INFLUXDB_DIALECT, [1.5, 2e-7, Number.NaN, 0])[0], [
      `cpu,${host} usage_active=1.5 1793491200000`,
      `disk,${host},path=C:/ used_percent=2e-7 1793491200000`,
      String.raw`service,${host},name=检验\ 接口\,一\=1 up=0 1793491200000`,
    ]);
    const [, disk] = render(VICTORIAMETRICS_DIALECT, [1.5, 2, 3, 0])[0];
    assert.equal(disk, `disk,${host},path=C:/ used_percent=2,total=3 1793491200000`);
  });

  it('counts what cannot be said', () => {
    const [lines, untold] = render(INFLUXDB_DIALECT, [Infinity, 2, Number.NaN, 0], 9.3e15);
    assert.deepEqual([lines, untold], [[], 3]);
  });
});

describe('what waits over what the engine answers', () => {
  const columnsOf = (...pairs: [number, number][]) => ({
    at: Float64Array.from(pairs, ([at]) => at),
    value: Float64Array.from(pairs, ([, value]) => value),
  });

  it('has one sample a time, the waiting one', () => {
    const merged = mergeSamples(
      new Map([['a', columnsOf([1, 10], [2, 20])]]),
      new Map([['a', columnsOf([2, 21], [3, 30])]]),
    );
    assert.deepEqual(merged.get('a'), columnsOf([1, 10], [2, 21], [3, 30]));
  });

  it('makes whole buckets anew and leaves the others', () => {
    const known = [0, 10, 20].map((at) => ({ at, min: 1, max: 1, mean: 1, last: 1, count: 1 }));
    const made = mergeBuckets(known, columnsOf([11, 2], [12, 4]), { from: 10, to: 20, stepMs: 10 });
    assert.deepEqual(made, [known[0], { at: 10, min: 2, max: 4, mean: 3, last: 4, count: 2 }, known[2]]);
  });
});
