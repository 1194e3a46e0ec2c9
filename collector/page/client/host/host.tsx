// The page of one host: the verdict with its evidence, charts, what it runs and keeps, its alerts, the trail of verdicts.

import { Pairs } from '../table.tsx';
import { useEffect } from 'preact/hooks';
import type { AlertItem, CheckItem, HostItem, LatestValues, VerdictItem } from '../../../api/shapes.ts';
import { AlertRow } from '../alerts/row.tsx';
import { ago, clockTime, dateTime, shortTime, span } from '../format.ts';
import { hosts as hostStore, openAlerts, watchedValues } from '../live.ts';
import { useObservable } from '../observable.ts';
import { get } from '../request.ts';
import { Empty, Meter, Share, VERDICT_TONE, Verdict } from '../shapes.tsx';
import { useLanguage, useWords } from '../text/text.ts';
import { useNow, useReading } from '../use.ts';
import { Availability } from './availability.tsx';
import { Charts } from './charts.tsx';
import { Tables } from './tables.tsx';

export function HostPage({ id }: { id: string }) {
  const words = useWords();
  const known = useObservable(hostStore);
  const host = known?.get(id);
  useEffect(() => {
    document.title = `${host?.name ?? id} · niswatch`;
  }, [host?.name]);
  if (!known) return <p class="center muted">{words.loading}</p>;
  if (!host) return <Empty title={words.host.notFound} />;
  return (
    <div class="page">
      <a class="back" href="/">
        ← {words.host.back}
      </a>
      <Head host={host} />
      <HostAlerts host={host} />
      <Charts host={id} timeZone={host.timeZone} />
      <Details host={host} />
    </div>
  );
}

function Head({ host }: { host: HostItem }) {
  const words = useWords();
  const language = useLanguage();
  const now = useNow(1000);
  const tone = VERDICT_TONE[host.verdict.word];
  return (
    <div class="host-head">
      <section class={`panel verdict-panel ${tone}`}>
        <p class="muted">{host.hospital.name}</p>
        <h1>{host.name}</h1>
        <div class="verdict-now">
          <Verdict word={host.verdict.word} large />
          <span>
            {words.since(span(now - host.verdict.since, words))}
            <small class="muted"> · {dateTime(host.verdict.since, host.timeZone, language)}</small>
          </span>
        </div>
        <h2 class="sr">{words.host.evidence}</h2>
        <ul class="evidence">
          {host.verdict.evidence.map((item) => (
            <li key={`${item.at} ${item.kind}`}>
              <time dateTime={new Date(item.at).toISOString()}>
                {clockTime(item.at, host.timeZone, language)}
              </time>
              <span>{item.text[language]}</span>
            </li>
          ))}
        </ul>
        <Figures host={host} />
      </section>
      <Facts host={host} now={now} />
    </div>
  );
}

/** The same figures as on the board, so that the page answers at a glance. */
function Figures({ host }: { host: HostItem }) {
  const words = useWords();
  const language = useLanguage();
  const w = words.board;
  const fullest = host.disks[0];
  if (host.at === null) return null;
  return (
    <div class="figures">
      {host.verdict.word !== 'up' && (
        <p class="muted">{words.host.asOf(shortTime(host.at, host.timeZone, language))}</p>
      )}
      <dl>
        <div>
          <dt>{w.cpu}</dt>
          <dd>
            <Meter value={host.cpu} label={w.cpu} />
          </dd>
        </div>
        <div>
          <dt>{w.mem}</dt>
          <dd>
            <Meter value={host.mem} label={w.mem} warn={85} crit={95} />
          </dd>
        </div>
        <div>
          <dt>
            {w.disk} {fullest?.path}
          </dt>
          <dd>
            <Meter value={fullest?.usedPercent ?? null} label={w.disk} />
          </dd>
        </div>
        <div>
          <dt>{w.services}</dt>
          <dd>
            <Share
              good={host.services.up}
              total={host.services.total}
              text={w.servicesUp(host.services.up, host.services.total)}
              tone="crit"
            />
          </dd>
        </div>
        <div>
          <dt>{w.backups}</dt>
          <dd>
            <Share
              good={host.backups.ok}
              total={host.backups.total}
              text={w.backupsOk(host.backups.ok, host.backups.total)}
              tone="warn"
            />
          </dd>
        </div>
      </dl>
    </div>
  );
}

function Facts({ host, now }: { host: HostItem; now: number }) {
  const words = useWords();
  const language = useLanguage();
  const w = words.host;
  const facts: [string, string][] = [
    [w.hostname, host.hostname],
    [w.os, host.os],
    [w.boot, host.bootAt === null ? '–' : dateTime(host.bootAt, host.timeZone, language)],
    [w.uptime, host.bootAt === null || host.verdict.word !== 'up' ? '–' : span(now - host.bootAt, words)],
    [w.agent, host.agentVersion],
    [w.clock, host.offsetMs === null ? '–' : `${Math.round(host.offsetMs)} ms`],
    [w.heard, host.lastHeardAt === null ? '–' : ago(now - host.lastHeardAt, words)],
  ];
  return (
    <section class="panel facts" aria-labelledby="facts">
      <h2 id="facts">{w.facts}</h2>
      <Pairs of={facts} />
    </section>
  );
}

function HostAlerts({ host }: { host: HostItem }) {
  const words = useWords();
  const alerts = [...(useObservable(openAlerts)?.values() ?? [])].filter((a) => a.host?.id === host.id);
  if (alerts.length === 0) return null;
  return (
    <section class="panel" aria-labelledby="host-alerts">
      <h2 id="host-alerts">{words.host.alerts}</h2>
      <ul class="alert-list">
        {alerts.map((alert: AlertItem) => (
          <AlertRow key={alert.id} alert={alert} />
        ))}
      </ul>
    </section>
  );
}

/** Checks and verdicts are read again when the board's line of this host says that something changed. */
function Details({ host }: { host: HostItem }) {
  const words = useWords();
  const language = useLanguage();
  const path = `/hosts/${encodeURIComponent(host.id)}`;
  const latest = useReading(`${path} latest`, () => get<LatestValues>(`${path}/latest`));
  const checks = useReading(`${path} checks`, () => get<{ items: CheckItem[] }>(`${path}/checks`));
  const live = useObservable(watchedValues);
  const changed = JSON.stringify([host.services, host.backups, host.alerts]);
  useEffect(() => {
    if (checks.data) checks.reload();
  }, [changed, Math.floor((live?.at ?? 0) / 60_000)]);
  const values = live?.host === host.id ? live : latest.data;
  // What ran when the host was last heard says nothing about now: it must not look like now.
  const old = host.verdict.word !== 'up' && host.verdict.word !== 'suspect';
  if (latest.error) return <p class="error">{latest.error.message}</p>;
  return (
    <>
      {values ? (
        <>
          {old && values.at !== null && (
            <p class="notice">{words.host.asOf(dateTime(values.at, host.timeZone, language))}</p>
          )}
          <div class={`tables ${old ? 'old' : ''}`}>
            <Tables host={host.id} latest={values} checks={checks.data?.items ?? []} />
          </div>
        </>
      ) : (
        <p class="muted">{words.loading}</p>
      )}
      <Availability host={host} />
      <Trail host={host} />
    </>
  );
}

function Trail({ host }: { host: HostItem }) {
  const words = useWords();
  const language = useLanguage();
  const path = `/hosts/${encodeURIComponent(host.id)}/verdicts?limit=30`;
  const trail = useReading(`${path} ${host.verdict.word} ${host.verdict.since}`, () =>
    get<{ items: VerdictItem[] }>(path),
  );
  const time = (at: number) => shortTime(at, host.timeZone, language);
  if (!trail.data || trail.data.items.length === 0) return null;
  return (
    <section class="panel" aria-labelledby="trail">
      <h2 id="trail">{words.host.trail}</h2>
      <ol class="trail">
        {trail.data.items.map((item) => (
          <li key={item.id} class={VERDICT_TONE[item.word]}>
            <Verdict word={item.word} />
            <span class="trail-time">
              {time(item.since)}
              {item.until !== null && ` – ${time(item.until)} · ${span(item.until - item.since, words)}`}
              {item.revises !== null && <span class="chip info">{words.host.corrected}</span>}
            </span>
            <span class="muted">{item.evidence.at(-1)?.text[language]}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}
