// One alert in a list, with taking it over.

import { useState } from 'preact/hooks';
import type { AlertItem } from '../../../api/shapes.ts';
import { ago, dateTime } from '../format.ts';
import { applyAlert } from '../live.ts';
import { useObservable } from '../observable.ts';
import { post, RequestError, session } from '../request.ts';
import { Severity, SEVERITY_TONE } from '../shapes.tsx';
import { useLanguage, useWords } from '../text/text.ts';
import { useNow } from '../use.ts';

export function AlertRow({ alert }: { alert: AlertItem }) {
  const words = useWords();
  const language = useLanguage();
  const now = useNow();
  const at = alert.firingAt ?? alert.pendingAt;
  const over = alert.state === 'resolved';
  return (
    <li class={`alert-row tone-${over ? 'idle' : SEVERITY_TONE[alert.severity]} ${alert.state}`}>
      <div class="alert-sign">
        <Severity of={alert.severity} quiet={over} />
      </div>
      <div class="alert-text">
        <a class="row-link" href={`/alerts/${encodeURIComponent(alert.id)}`}>
          {alert.summary[language]}
        </a>
        <small class="muted">
          {alert.hospital.name || words.alerts.platform}
          {alert.host ? ` · ${alert.host.name}` : ''}
        </small>
      </div>
      <div class="alert-time">
        <time dateTime={new Date(at).toISOString()} title={dateTime(at, alert.timeZone, language)}>
          {ago(now - at, words)}
        </time>
        <small class="muted">
          {alert.state === 'acknowledged'
            ? words.alerts.acknowledgedBy(alert.acknowledgedBy ?? '')
            : words.alerts[alert.state]}
        </small>
      </div>
      <div class="alert-act">{alert.state === 'firing' && <Acknowledge alert={alert} />}</div>
    </li>
  );
}

/** The button opens a small form, because a note written now is worth more than one remembered tomorrow. */
export function Acknowledge({ alert, wide }: { alert: AlertItem; wide?: boolean }) {
  const words = useWords();
  const who = useObservable(session);
  const [open, setOpen] = useState(wide ?? false);
  const [note, setNote] = useState('');
  const [error, setError] = useState('');
  if (typeof who !== 'object' || who.user.role === 'viewer') return null;
  if (!open)
    return (
      <button type="button" class="primary" onClick={() => setOpen(true)}>
        {words.alerts.acknowledge}
      </button>
    );
  const send = async (event: Event) => {
    event.preventDefault();
    try {
      applyAlert(await post<AlertItem>(`/alerts/${encodeURIComponent(alert.id)}/ack`, { note }));
      setOpen(false);
    } catch (failure) {
      setError(failure instanceof RequestError ? failure.message : String(failure));
    }
  };
  return (
    <form class="ack" onSubmit={send}>
      <label>
        <span>{words.alerts.note}</span>
        <textarea
          rows={2}
          maxLength={2000}
          placeholder={words.alerts.notePlaceholder}
          value={note}
          onInput={(event) => setNote(event.currentTarget.value)}
        />
      </label>
      {error && (
        <p class="error" role="alert">
          {error}
        </p>
      )}
      <div class="form-end">
        {!wide && (
          <button type="button" onClick={() => setOpen(false)}>
            {words.cancel}
          </button>
        )}
        <button type="submit" class="primary">
          {words.alerts.acknowledge}
        </button>
      </div>
    </form>
  );
}
