// InfluxDB: line protocol in by its own client library, which gathers and retries nothing here, and InfluxQL out. Promise: `send`
// resolves only when the server has answered 204 for every line (library: one writer per batch, no retries, no gathering of
// its own; its flush would otherwise resolve before that).

import { InfluxDB, setLogger, type WriteApi } from '@influxdata/influxdb-client';
import {
  type Dialect,
  EngineError,
  type Reader,
  type ReadQuery,
  type Sender,
  toColumns,
} from '../outside/engine.ts';
import { askText, authorization, isRefusal } from '../outside/http.ts';
import { identity, type OutsideSeries } from '../outside/names.ts';
import type { Bucket, SampleColumns } from '../store.ts';
import type { InfluxdbConfig } from './config.ts';

// The queue logs, once when it starts and once when it ends, and not with a stack for each batch.
setLogger({ error: () => undefined, warn: () => undefined });

/** A backslash stands for itself. */
export const INFLUXDB_DIALECT: Dialect = { escape: (text) => text.replaceAll(/[ ,=]/g, String.raw`\$&`) };

/** Points older than the retention policy: the others of the batch were taken. */
const DROPPED = /partial write: points beyond retention policy dropped=(\d+)/;
const GZIP_FROM_BYTES = 1000;

export function influxdbSender(config: InfluxdbConfig): Sender {
  const { url, version, database, org, bucket, token } = config;
  const isFirst = version === '1';
  const client = new InfluxDB({
    url,
    headers: isFirst ? authorization(token, 'Token') : {},
    ...(isFirst || token === '' ? {} : { token }),
  });
  return {
    async send(lines) {
      const writer = client.getWriteApi(org, isFirst ? database : bucket, 'ms', {
        batchSize: lines.length + 1,
        maxBatchBytes: Infinity,
        flushInterval: 0,
        maxRetries: 0,
        maxBufferLines: 0,
        gzipThreshold: GZIP_FROM_BYTES,
      });
      if (isFirst)
        (writer as WriteApi & { path: string }).path =
          `/write?db=${encodeURIComponent(database)}&precision=ms`;
      return await sendOnce(writer, lines);
    },
  };
}

async function sendOnce(writer: WriteApi, lines: readonly string[]): Promise<number> {
  writer.writeRecords(lines as string[]);
  try {
    await writer.flush();
    return 0;
  } catch (error) {
    const {
      statusCode = 0,
      body = '',
      message,
    } = error as { statusCode?: number; body?: string; message: string };
    const dropped = DROPPED.exec(body)?.[1];
    if (dropped !== undefined) return Number(dropped);
    const said = statusCode === 0 ? message : `${statusCode}: ${body.trim().slice(0, 300) || message}`;
    throw new EngineError(isRefusal(statusCode) ? 'split' : 'retry', said, { cause: error });
  }
}

interface QueryAnswer {
  results: { error?: string; series?: QuerySeries[] }[];
}
interface QuerySeries {
  name: string;
  tags?: Record<string, string>;
  columns: string[];
  values: (number | null)[][];
}

export function influxdbReader(config: InfluxdbConfig): Reader {
  const database = config.database === '' ? config.bucket : config.database;
  const address = `${config.url.replace(/\/+$/, '')}/query`;
  const headers = authorization(config.token, 'Token');
  const query = async (statements: string[]): Promise<QuerySeries[]> => {
    const form = new URLSearchParams({ db: database, epoch: 'ms', q: statements.join(';') });
    const { results } = JSON.parse(
      await askText(address, { method: 'POST', headers, body: form }),
    ) as QueryAnswer;
    const failed = results.find((r) => r.error !== undefined);
    if (failed) throw new EngineError('retry', `InfluxDB: ${failed.error}`);
    return results.flatMap((r) => r.series ?? []);
  };
  return {
    async samples(asked) {
      const found = new Map<string, [number, number][]>();
      const series = await query(statements(asked, (fields) => fields.map(name).join(','), ''));
      each(asked, series, (key, _tags, at, value) => {
        const list = found.get(key);
        if (list) list.push([at, value]);
        else found.set(key, [[at, value]]);
      });
      return new Map<string, SampleColumns>([...found].map(([key, list]) => [key, toColumns(list)]));
    },
    async buckets(asked) {
      const { from, to, stepMs } = asked;
      const whole = {
        ...asked,
        from: Math.floor(from / stepMs) * stepMs,
        to: Math.ceil(to / stepMs) * stepMs,
      };
      return bucketsOf(
        whole,
        await query(statements(whole, aggregates, `time(${stepMs}ms),`, ' fill(none)')),
      );
    },
  };
}

const AGGREGATES = ['min', 'max', 'mean', 'last', 'count'] as const;

const aggregates = (fields: readonly string[]): string =>
  fields
    .flatMap((field) => AGGREGATES.map((a) => `${a}(${name(field)}) AS ${name(`${a} ${field}`)}`))
    .join(',');

/** One statement per measurement; all tag sets of the host apart. */
function statements(
  { series, host, from, to }: ReadQuery,
  select: (fields: readonly string[]) => string,
  by: string,
  fill = '',
): string[] {
  const groups = Map.groupBy(series, (s) => s.measurement);
  const where = `host_id=${text(host)} AND time>=${from}ms AND time<${to}ms`;
  return [...groups].map(([measurement, list]) => {
    const fields = [...new Set(list.map((s) => s.field))];
    return `SELECT ${select(fields)} FROM ${name(measurement)} WHERE ${where} GROUP BY ${by}*${fill}`;
  });
}

/** Hands out every value of a series that was asked for; `column` is the field, or aggregate and field. */
function each(
  asked: ReadQuery,
  found: readonly QuerySeries[],
  take: (key: string, whose: string, at: number, value: number, aggregate: string) => void,
): void {
  const byIdentity = new Map(
    asked.series.map((s: OutsideSeries) => [identity(`${s.measurement} ${s.field}`, s.tags), s.key]),
  );
  for (const { name: measurement, tags = {}, columns, values } of found) {
    const whose = JSON.stringify([tags.hospital, tags.host]);
    columns.forEach((column, c) => {
      const cut = column.indexOf(' ');
      const key = byIdentity.get(identity(`${measurement} ${column.slice(cut + 1)}`, tags));
      if (c === 0 || key === undefined) return;
      for (const row of values) {
        const value = row[c];
        if (typeof value === 'number')
          take(key, whose, row[0] as number, value, column.slice(0, Math.max(0, cut)));
      }
    });
  }
}

function bucketsOf(
  asked: ReadQuery,
  series: readonly QuerySeries[],
): { found: Map<string, Bucket[]>; mixed: string[] } {
  const byKey = new Map<string, { whose: string; byTime: Map<number, Record<string, number>> }>();
  const mixed = new Set<string>();
  each(asked, series, (key, whose, at, value, aggregate) => {
    let known = byKey.get(key);
    if (!known) byKey.set(key, (known = { whose, byTime: new Map() }));
    if (known.whose !== whose) mixed.add(key);
    const bucket = known.byTime.get(at) ?? {};
    bucket[aggregate] = value;
    known.byTime.set(at, bucket);
  });
  const found = new Map<string, Bucket[]>();
  for (const [key, { byTime }] of byKey) {
    if (mixed.has(key)) continue;
    const rows = [...byTime].sort(([a], [b]) => a - b);
    found.set(
      key,
      rows
        .filter(([, b]) => (b.count ?? 0) > 0)
        .map(([at, { min = 0, max = 0, mean = 0, last = 0, count = 0 }]) => ({
          at,
          min,
          max,
          mean,
          last,
          count,
        })),
    );
  }
  return { found, mixed: [...mixed] };
}

const name = (word: string): string => `"${word.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
const text = (word: string): string => `'${word.replaceAll(/['\\]/g, String.raw`\$&`)}'`;
