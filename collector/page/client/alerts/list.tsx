// The list of alerts, what needs somebody first.

import { useEffect, useRef, useState } from 'preact/hooks';
import type { AlertItem } from '../../../api/shapes.ts';
import { alertChanges } from '../live.ts';
import { useObservable } from '../observable.ts';
import { get } from '../request.ts';
import { Empty } from '../shapes.tsx';
import { useWords } from '../text/text.ts';
import { useKeys, useReading } from '../use.ts';
import { AlertRow } from './row.tsx';

const STATES = ['open', 'firing', 'acknowledged', 'pending', 'resolved', 'all'] as const;

export function AlertList() {
  const words = useWords();
  const [state, setState] = useState<(typeof STATES)[number]>('open');
  const [filter, setFilter] = useState('');
  const field = useRef<HTMLInputElement>(null);
  const chosen = useRef(-1);
  const changes = useObservable(alertChanges);
  const reading = useReading(`alerts ${state}`, () =>
    get<{ items: AlertItem[] }>(`/alerts?state=${state}&limit=500`),
  );
  useEffect(() => {
    if (reading.data) reading.reload();
  }, [changes]);
  useEffect(() => {
    document.title = `${words.nav.alerts} · niswatch`;
  }, [words]);
  const move = (step: number) => {
    const links = document.querySelectorAll<HTMLAnchorElement>('.alert-list .row-link');
    chosen.current = Math.max(0, Math.min(links.length - 1, chosen.current + step));
    links[chosen.current]?.focus();
  };
  useKeys({
    '/': (event) => {
      event.preventDefault();
      field.current?.focus();
    },
    j: () => move(1),
    k: () => move(-1),
  });
  const shown = (reading.data?.items ?? []).filter((alert) => matches(alert, filter));
  return (
    <div class="page">
      <h1>{words.alerts.title}</h1>
      <div class="tools">
        <div class="segments" role="group" aria-label={words.host.state}>
          {STATES.map((name) => (
            <button type="button" key={name} aria-pressed={name === state} onClick={() => setState(name)}>
              {words.alerts[name]}
            </button>
          ))}
        </div>
        <input
          ref={field}
          type="search"
          placeholder={words.alerts.filter}
          aria-label={words.alerts.filter}
          value={filter}
          onInput={(event) => setFilter(event.currentTarget.value)}
        />
      </div>
      {reading.error && <p class="error">{reading.error.message}</p>}
      {!reading.data && !reading.error && <p class="muted">{words.loading}</p>}
      {reading.data && shown.length === 0 && (
        <Empty
          title={words.alerts.none}
          {...(state === 'open' && filter === '' ? { text: words.alerts.noneText } : {})}
        />
      )}
      {shown.length > 0 && (
        <ul class="alert-list panel">
          {shown.map((alert) => (
            <AlertRow key={alert.id} alert={alert} />
          ))}
        </ul>
      )}
    </div>
  );
}

function matches(alert: AlertItem, filter: string): boolean {
  const text = [
    alert.summary.zh,
    alert.summary.en,
    alert.hospital.name,
    alert.host?.name,
    alert.rule,
    alert.subject,
  ]
    .join(' ')
    .toLowerCase();
  return filter
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
