// One alert: what is wrong, what to do, on what it rests, what happened so far.

import { useEffect } from 'preact/hooks';
import type { AlertDetail } from '../../../api/shapes.ts';
import { clockTime, dateTime, monthDay, span } from '../format.ts';
import { alertChanges } from '../live.ts';
import { useObservable } from '../observable.ts';
import { get } from '../request.ts';
import { Empty, Severity, SEVERITY_TONE } from '../shapes.tsx';
import { useLanguage, useWords } from '../text/text.ts';
import { useNow, useReading } from '../use.ts';
import { Acknowledge } from './row.tsx';

export function AlertPage({ id }: { id: string }) {
  const words = useWords();
  const language = useLanguage();
  const changes = useObservable(alertChanges);
  const reading = useReading(`alert ${id}`, () => get<AlertDetail>(`/alerts/${encodeURIComponent(id)}`));
  useEffect(() => {
    if (reading.data) reading.reload();
  }, [changes]);
  const alert = reading.data;
  useEffect(() => {
    document.title = `${alert?.summary[language] ?? words.nav.alerts} · niswatch`;
  }, [alert, language]);
  if (!alert)
    return reading.error ? (
      <Empty title={reading.error.status === 404 ? words.alerts.notFound : reading.error.message} />
    ) : (
      <p class="center muted">{words.loading}</p>
    );
  return (
    <div class="page narrow">
      <a class="back" href="/alerts">
        ← {words.alerts.back}
      </a>
      <Head alert={alert} />
      {alert.state === 'firing' && (
        <section class="panel" aria-labelledby="ack-title">
          <h2 id="ack-title">{words.alerts.acknowledgeTitle}</h2>
          <Acknowledge alert={alert} wide />
        </section>
      )}
      <section class="panel" aria-labelledby="advice">
        <h2 id="advice">{words.alerts.advice}</h2>
        <p class="advice">{alert.advice[language]}</p>
      </section>
      <Timeline alert={alert} />
      <Evidence alert={alert} />
    </div>
  );
}

function Head({ alert }: { alert: AlertDetail }) {
  const words = useWords();
  const language = useLanguage();
  const now = useNow(1000);
  const since = alert.firingAt ?? alert.pendingAt;
  const over = alert.state === 'resolved';
  return (
    <section class={`panel verdict-panel ${over ? 'idle' : SEVERITY_TONE[alert.severity]}`}>
      <p class="muted">
        {alert.hospital.name || words.alerts.platform}
        {alert.host && (
          <>
            {' · '}
            <a href={`/hosts/${encodeURIComponent(alert.host.id)}`}>{alert.host.name}</a>
          </>
        )}
      </p>
      <h1>{alert.summary[language]}</h1>
      <div class="verdict-now">
        <Severity of={alert.severity} quiet={over} />
        <span class={`chip ${over ? 'ok' : alert.state === 'firing' ? 'crit' : 'info'}`}>
          {alert.state === 'acknowledged'
            ? words.alerts.acknowledgedBy(alert.acknowledgedBy ?? '')
            : words.alerts[alert.state]}
        </span>
        <span>
          {words.alerts.lasted} {span((alert.resolvedAt ?? now) - since, words)}
          <small class="muted"> · {dateTime(since, alert.timeZone, language)}</small>
        </span>
      </div>
      {alert.note && <blockquote>{alert.note}</blockquote>}
    </section>
  );
}

function Timeline({ alert }: { alert: AlertDetail }) {
  const words = useWords();
  const language = useLanguage();
  const texts: Record<string, string> = words.alerts.log;
  return (
    <section class="panel" aria-labelledby="timeline">
      <h2 id="timeline">{words.alerts.timeline}</h2>
      <ol class="timeline">
        {alert.log.map((item, i) => (
          <li key={i} class={item.what}>
            <time dateTime={new Date(item.at).toISOString()}>
              {monthDay(item.at, alert.timeZone, language)} {clockTime(item.at, alert.timeZone, language)}
            </time>
            <span>
              {texts[item.what] ?? item.what}
              <small class="muted"> {item.who}</small>
              {item.note && <span class="timeline-note">{item.note}</span>}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}

function Evidence({ alert }: { alert: AlertDetail }) {
  const words = useWords();
  return (
    <section class="panel" aria-labelledby="evidence">
      <h2 id="evidence">{words.alerts.evidence}</h2>
      <dl class="pairs">
        <div>
          <dt>{words.alerts.rule}</dt>
          <dd>
            <code>{alert.rule}</code>
          </dd>
        </div>
        {Object.entries(alert.evidence).map(([name, value]) => (
          <div key={name}>
            <dt>
              <code>{name}</code>
            </dt>
            <dd>{String(value)}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
