// The charts of a host over a chosen range. They are read again as often as a new point can appear, so they move by themselves.

import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { SeriesReply } from '../../../api/shapes.ts';
import { count, dateTime, percent, perSecond, shortRate, shortTime } from '../format.ts';
import { watchedValues } from '../live.ts';
import { useObservable } from '../observable.ts';
import { get } from '../request.ts';
import { useLanguage, useWords } from '../text/text.ts';
import type { Words } from '../text/zh.ts';
import { usePlace } from '../router.ts';
import { useReading } from '../use.ts';
import { Chart } from './chart.tsx';
import { givenTime, type Line, linesOf } from './series.ts';

const RANGES = ['15m', '1h', '6h', '24h', '7d', '30d'] as const;
const GAUGES = [
  'cpu_usage_active',
  'cpu_usage_iowait',
  'mem_used_percent',
  'swap_used_percent',
  'disk_used_percent',
  'system_load1',
  'system_load5',
  'system_load15',
];
const COUNTERS = ['diskio_read_bytes', 'diskio_write_bytes', 'net_bytes_recv', 'net_bytes_sent'];
const FASTEST_MS = 15_000;

interface Both {
  gauges: SeriesReply;
  rates: SeriesReply;
}

/** `time`: `from=-1h`, or `from=…&to=…` of a link that led here. */
async function readBoth(host: string, time: string): Promise<Both> {
  const query = (metrics: readonly string[]) =>
    `/series?host=${encodeURIComponent(host)}&${time}&${metrics.map((m) => `metric=${m}`).join('&')}`;
  const [gauges, rates] = await Promise.all([
    get<SeriesReply>(query(GAUGES)),
    get<SeriesReply>(`${query(COUNTERS)}&rate=true`),
  ]);
  return { gauges, rates };
}

export function Charts({ host, timeZone }: { host: string; timeZone: string }) {
  const words = useWords();
  const given = givenTime(usePlace().query);
  const [range, setRange] = useState<(typeof RANGES)[number] | 'given'>(given ? 'given' : '1h');
  const switched = useRef(false);
  const time = range === 'given' && given ? `from=${given.from}&to=${given.to}` : `from=-${range}`;
  const reading = useReading(`${host} ${time}`, () => readBoth(host, time));
  useEffect(() => {
    // A host that was enrolled just now would otherwise show an hour of emptiness.
    if (range === '1h' && !switched.current && reading.data && isYoung(reading.data.gauges)) setRange('15m');
    if (reading.data) switched.current = true;
  }, [reading.data]);
  const step = range === 'given' ? undefined : reading.data?.gauges.step;
  useRefresh(reading.reload, step, reading.data?.gauges.to);
  const charts = useMemo(() => (reading.data ? arrange(reading.data, words) : []), [reading.data, words]);
  return (
    <section aria-labelledby="trends">
      <div class="section-head">
        <h2 id="trends">{words.host.trends}</h2>
        <div class="segments" role="group" aria-label={words.host.range}>
          {given && (
            <button type="button" aria-pressed={range === 'given'} onClick={() => setRange('given')}>
              <GivenTime {...given} timeZone={timeZone} />
            </button>
          )}
          {RANGES.map((name) => (
            <button type="button" key={name} aria-pressed={name === range} onClick={() => setRange(name)}>
              {name}
            </button>
          ))}
        </div>
      </div>
      {reading.error && <p class="error">{reading.error.message}</p>}
      {!reading.data && !reading.error && <p class="charts-wait muted">{words.loading}</p>}
      <div class="charts">
        {charts.map((chart) => (
          <Chart key={chart.title} timeZone={timeZone} {...chart} />
        ))}
      </div>
      {reading.data && <Gaps gaps={reading.data.gauges.gaps} timeZone={timeZone} />}
    </section>
  );
}

function GivenTime({ from, to, timeZone }: { from: number; to: number; timeZone: string }) {
  const language = useLanguage();
  return (
    <>
      {shortTime(from, timeZone, language)} – {shortTime(to, timeZone, language)}
    </>
  );
}

function isYoung({ series, gaps, to }: SeriesReply): boolean {
  const first = Math.min(...series.map((s) => s.points[0]?.[0] ?? Infinity));
  return gaps.length === 0 && first >= to - 15 * 60_000 && first <= to;
}

/** A new report makes the charts read again, at most once per step. */
function useRefresh(reload: () => void, stepMs: number | undefined, readTo: number | undefined): void {
  const values = useObservable(watchedValues);
  useEffect(() => {
    if (stepMs === undefined || readTo === undefined || !values?.at) return;
    if (values.at - readTo >= Math.max(FASTEST_MS, stepMs) - 5000) reload();
  }, [values]);
}

interface Arranged {
  title: string;
  reply: SeriesReply;
  lines: readonly Line[];
  show: (value: number) => string;
  axis: (value: number) => string;
  binary?: boolean;
  top?: number;
}

function arrange({ gauges, rates }: Both, words: Words): Arranged[] {
  const w = words.host;
  const one = (metric: string, label: string) => linesOf(gauges.series, metric, () => label);
  const two = (first: string, firstWord: string, second: string, secondWord: string, key: string) => [
    ...linesOf(rates.series, first, (l) => `${l[key]} ${firstWord}`, 3),
    ...linesOf(rates.series, second, (l) => `${l[key]} ${secondWord}`, 3),
  ];
  const whole = (value: number) => percent(value, value < 10 ? 1 : 0);
  return [
    {
      title: w.cpuChart,
      reply: gauges,
      lines: [...one('cpu_usage_active', w.active), ...one('cpu_usage_iowait', w.iowait)],
      show: whole,
      axis: percent,
      top: 100,
    },
    {
      title: w.memChart,
      reply: gauges,
      lines: [...one('mem_used_percent', w.used), ...one('swap_used_percent', w.swap)],
      show: whole,
      axis: percent,
      top: 100,
    },
    {
      title: w.diskChart,
      reply: gauges,
      lines: linesOf(gauges.series, 'disk_used_percent', (l) => l.path ?? ''),
      show: whole,
      axis: percent,
      top: 100,
    },
    {
      title: w.diskioChart,
      reply: rates,
      lines: two('diskio_read_bytes', w.read, 'diskio_write_bytes', w.write, 'name'),
      show: perSecond,
      axis: shortRate,
      binary: true,
    },
    {
      title: w.netChart,
      reply: rates,
      lines: two('net_bytes_recv', w.received, 'net_bytes_sent', w.sent, 'interface'),
      show: perSecond,
      axis: shortRate,
      binary: true,
    },
    {
      title: w.loadChart,
      reply: gauges,
      lines: [
        ...one('system_load1', w.load1),
        ...one('system_load5', w.load5),
        ...one('system_load15', w.load15),
      ],
      show: (value) => count(value, 2),
      axis: (value) => String(Number(value.toFixed(2))),
    },
  ];
}

function Gaps({ gaps, timeZone }: { gaps: SeriesReply['gaps']; timeZone: string }) {
  const words = useWords();
  const language = useLanguage();
  if (gaps.length === 0) return null;
  const why = (reason: string): string =>
    ({ ...words.gap, ...words.verdict })[reason as keyof Words['gap'] | keyof Words['verdict']] ?? reason;
  return (
    <div class="gaps">
      <h3>{words.host.gaps}</h3>
      <ul>
        {gaps.slice(-8).map((gap) => (
          <li key={`${gap.from} ${gap.reason}`}>
            <i class="swatch hole" />
            {dateTime(gap.from, timeZone, language)} – {dateTime(gap.to, timeZone, language)} ·{' '}
            {why(gap.reason)}
          </li>
        ))}
      </ul>
    </div>
  );
}
