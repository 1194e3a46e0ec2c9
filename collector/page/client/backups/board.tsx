// All backup sets of all hospitals, the worst first: how far proven, up to when they can be restored, whether the next run fits.

import { Heads } from '../table.tsx';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { BackupItem, BackupList } from '../../../api/backup-shapes.ts';
import { bytes, shortTime, span } from '../format.ts';
import { get } from '../request.ts';
import { Empty, State } from '../shapes.tsx';
import { useLanguage, useWords } from '../text/text.ts';
import { useKeys, useNow, useReading } from '../use.ts';
import { Ladder } from './ladder.tsx';
import { FitsWord } from './tonight.tsx';

const RANK = { critical: 0, warning: 1, unknown: 2, ok: 3 } as const;

export function BackupBoard() {
  const words = useWords();
  const w = words.backups;
  const [filter, setFilter] = useState('');
  const field = useRef<HTMLInputElement>(null);
  const reading = useReading('backups', () => get<BackupList>('/backups'));
  const minute = Math.floor(useNow(60_000) / 60_000);
  useEffect(() => {
    if (reading.data) reading.reload();
  }, [minute]);
  useEffect(() => {
    document.title = `${words.nav.backups} · niswatch`;
  }, [words]);
  useKeys({
    '/': (event) => {
      event.preventDefault();
      field.current?.focus();
    },
  });
  const items = (reading.data?.items ?? []).filter((item) => matches(item, filter));
  const sorted = [...items].sort((a, b) => RANK[a.standing] - RANK[b.standing] || a.rung - b.rung);
  return (
    <div class="page">
      <h1>{w.title}</h1>
      <div class="tools">
        {reading.data && <Tally items={reading.data.items} />}
        <a class="button" href="/reports">
          {words.reports.title}
        </a>
        <input
          ref={field}
          type="search"
          placeholder={w.filter}
          aria-label={w.filter}
          value={filter}
          onInput={(event) => setFilter(event.currentTarget.value)}
        />
      </div>
      {reading.error && <p class="error">{reading.error.message}</p>}
      {!reading.data && !reading.error && <p class="muted">{words.loading}</p>}
      {reading.data && <HostFindings items={reading.data.findings} />}
      {reading.data && sorted.length === 0 && <Empty title={w.none} text={w.noneText} />}
      {sorted.length > 0 && <Sets items={sorted} />}
    </div>
  );
}

function matches(item: BackupItem, filter: string): boolean {
  const text = [item.set, item.host.name, item.hospital.name, item.engine, ...item.databases].join(' ');
  return text.toLowerCase().includes(filter.trim().toLowerCase());
}

function Tally({ items }: { items: readonly BackupItem[] }) {
  const w = useWords().backups;
  return (
    <p class="backup-tally">
      {(['critical', 'warning', 'unknown', 'ok'] as const).map((standing) => (
        <State key={standing} status={standing}>
          {w.standing[standing]} <b>{items.filter((item) => item.standing === standing).length}</b>
        </State>
      ))}
    </p>
  );
}

function HostFindings({ items }: { items: BackupList['findings'] }) {
  const words = useWords();
  const language = useLanguage();
  if (items.length === 0) return null;
  return (
    <section class="panel" aria-labelledby="host-findings">
      <h2 id="host-findings">{words.backups.findings}</h2>
      <ul class="findings">
        {items.map((finding) => (
          <li key={`${finding.host.id} ${finding.kind} ${finding.key}`}>
            <State status="warning">{finding.title[language]}</State>
            <p>
              <a href={`/hosts/${encodeURIComponent(finding.host.id)}`}>
                {finding.hospital.name} · {finding.host.name}
              </a>{' '}
              {finding.told[language]}
            </p>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Sets({ items }: { items: readonly BackupItem[] }) {
  const words = useWords();
  const w = words.backups;
  const heads = [
    words.host.state,
    w.set,
    w.ladder,
    w.last,
    w.rpo,
    w.rto,
    w.tonightShort,
    w.newest,
    w.findings,
  ];
  return (
    <section class="panel table" aria-label={w.title}>
      <div class="scroll" tabIndex={0} role="group" aria-label={w.title}>
        <table class="backup-board">
          <Heads of={heads} />
          <tbody>
            {items.map((item) => (
              <Row key={`${item.host.id} ${item.set}`} item={item} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Row({ item }: { item: BackupItem }) {
  const words = useWords();
  const language = useLanguage();
  const w = words.backups;
  const { lastAt, rto, rpoMs, newest } = item;
  const late = rpoMs !== undefined && item.rpoPromisedMs > 0 && rpoMs > item.rpoPromisedMs;
  return (
    <tr>
      <td>
        <State status={item.standing}>{w.standing[item.standing]}</State>
      </td>
      <th scope="row">
        <a class="row-link" href={setPath(item.host.id, item.set)}>
          {item.set}
        </a>
        <small class="muted place">
          {item.hospital.name} · {item.host.name}
          {item.databases.length > 0 && ` · ${item.databases.join(w.comma)}`}
        </small>
      </th>
      <td>
        <Ladder rung={item.told === 'never' ? undefined : item.rung} />
      </td>
      <td class="number">{lastAt === undefined ? '–' : shortTime(lastAt, item.timeZone, language)}</td>
      <td class={`number ${late ? 'late' : ''}`}>
        {rpoMs === undefined ? '–' : span(rpoMs, words)}
        {item.rpoPromisedMs > 0 && <small class="muted"> / {span(item.rpoPromisedMs, words)}</small>}
      </td>
      <td class="number">{rto ? `≤ ${span(rto.toSeconds * 1000, words)}` : '–'}</td>
      <td>
        <FitsWord of={item} />
      </td>
      <td class="number">
        {newest ? (
          <>
            {bytes(newest.bytes)}
            <small class="muted place">{shortTime(newest.modifiedAt, item.timeZone, language)}</small>
          </>
        ) : (
          '–'
        )}
      </td>
      <td class="note">
        {item.gaps > 0 && <span class="chip warn">{w.gaps(item.gaps)}</span>}
        {item.findings.map((finding) => (
          <span key={`${finding.kind} ${finding.key}`} class="chip warn" title={finding.told[language]}>
            {finding.title[language]}
          </span>
        ))}
      </td>
    </tr>
  );
}

export function setPath(host: string, set: string): string {
  return `/hosts/${encodeURIComponent(host)}/backups/${encodeURIComponent(set)}`;
}
