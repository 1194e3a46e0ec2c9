// Reports: make one for a hospital and a period, and have those that were made, with who made them and when.

import type { Static } from 'typebox';
import { useEffect, useState } from 'preact/hooks';
import type { ReportItem } from '../../../api/report-shapes.ts';
import type { HospitalItem } from '../../../api/shapes.ts';
import { shortTime } from '../format.ts';
import { useObservable } from '../observable.ts';
import { get, nowAt, post, session } from '../request.ts';
import { Field, Form } from '../settings/form.tsx';
import { State } from '../shapes.tsx';
import { useLanguage, useWords } from '../text/text.ts';
import { useReading } from '../use.ts';

type Report = Static<typeof ReportItem>;

const FORMATS = ['pdf', 'docx', 'html'] as const;
const STATUS = { good: 'ok', attention: 'warning', bad: 'critical', unknown: 'unknown' } as const;

export function Reports() {
  const words = useWords();
  const w = words.reports;
  const who = useObservable(session);
  const made = useReading('reports', () => get<{ items: Report[] }>('/reports'));
  useEffect(() => {
    document.title = `${w.title} · niswatch`;
  }, [words]);
  const mayMake = typeof who === 'object' && who.user.role !== 'viewer';
  return (
    <div class="page narrow">
      <h1>{w.title}</h1>
      {mayMake && <MakeReport made={made.reload} />}
      <section class="panel" aria-labelledby="made-reports">
        <h2 id="made-reports">{w.made}</h2>
        {made.error && <p class="error">{made.error.message}</p>}
        {made.data?.items.length === 0 && <p class="muted">{w.none}</p>}
        <ul class="lines">
          {(made.data?.items ?? []).map((report) => (
            <Made key={report.id} report={report} />
          ))}
        </ul>
      </section>
    </div>
  );
}

function Made({ report }: { report: Report }) {
  const words = useWords();
  const language = useLanguage();
  const w = words.reports;
  const time = (at: number): string => shortTime(at, report.hospital.timeZone, language);
  const period = `${time(report.from)} – ${time(report.to)}`;
  return (
    <li>
      <b>{report.hospital.name}</b>
      {report.tone && <State status={STATUS[report.tone]}>{w.tone[report.tone]}</State>}
      <span>{period}</span>
      <span class="muted">
        {report.number} · {report.madeBy} · {time(report.madeAt)}
      </span>
      <span class="downloads">
        {FORMATS.map((format) => (
          <a
            key={format}
            class="button"
            href={`/api/v1/reports/${report.id}/file?format=${format}`}
            download={`${report.number}.${format}`}
            aria-label={`${w.download} ${report.number} ${format.toUpperCase()}`}
          >
            {format.toUpperCase()}
          </a>
        ))}
      </span>
    </li>
  );
}

const DAY_MS = 86_400_000;

/** The day, as a date field wants it, in this browser's zone. */
function dayText(at: number): string {
  const day = new Date(at);
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
}

const midnight = (day: string): number => new Date(`${day}T00:00:00`).getTime();

function MakeReport({ made }: { made: () => void }) {
  const words = useWords();
  const language = useLanguage();
  const w = words.reports;
  const hospitals = useReading('hospitals', () =>
    get<{ items: Static<typeof HospitalItem>[] }>('/hospitals'),
  );
  const [hospital, setHospital] = useState('');
  const [from, setFrom] = useState(dayText(nowAt() - 30 * DAY_MS));
  const [last, setLast] = useState(dayText(nowAt()));
  const chosen = hospital || (hospitals.data?.items[0]?.id ?? '');
  const send = async () => {
    // The last day belongs to the period; what has not happened yet does not.
    const to = Math.min(nowAt(), new Date(midnight(last)).setHours(24));
    const body = { kind: 'backup-inspection', hospital: chosen, from: midnight(from), to, language };
    await post<Report>('/reports', body);
    made();
  };
  return (
    <section class="panel">
      <h2>{w.inspection}</h2>
      <Form submit={w.make} send={send}>
        <Field label={w.hospital}>
          <select required value={chosen} onChange={(e) => setHospital(e.currentTarget.value)}>
            {(hospitals.data?.items ?? []).map((h) => (
              <option key={h.id} value={h.id}>
                {h.name}
              </option>
            ))}
          </select>
        </Field>
        <Field label={w.from}>
          <input type="date" required value={from} onInput={(e) => setFrom(e.currentTarget.value)} />
        </Field>
        <Field label={w.to}>
          <input type="date" required value={last} onInput={(e) => setLast(e.currentTarget.value)} />
        </Field>
      </Form>
    </section>
  );
}
