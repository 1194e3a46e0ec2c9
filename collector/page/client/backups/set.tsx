// One backup set: how far it is proven, which moments it brings back, the plan for one, its sizes, files, runs and drills.

import { Pairs } from '../table.tsx';
import { useEffect, useState } from 'preact/hooks';
import type { BackupSetDetail } from '../../../api/backup-shapes.ts';
import { ago, bytes, dateTime, shortTime, span } from '../format.ts';
import { get } from '../request.ts';
import { Empty, State } from '../shapes.tsx';
import { useLanguage, useWords } from '../text/text.ts';
import { useNow, useReading } from '../use.ts';
import { Findings } from './findings.tsx';
import { Drills, Files, Runs } from './files.tsx';
import { Rungs } from './ladder.tsx';
import { localInput, PlanForm } from './plan.tsx';
import { Sizes } from './sizes.tsx';
import { Timeline } from './timeline.tsx';
import { Tonight } from './tonight.tsx';

export function BackupSetPage({ host, set }: { host: string; set: string }) {
  const words = useWords();
  const path = `/hosts/${encodeURIComponent(host)}/backups/${encodeURIComponent(set)}`;
  const reading = useReading(path, () => get<BackupSetDetail>(path));
  const minute = Math.floor(useNow(60_000) / 60_000);
  useEffect(() => {
    if (reading.data) reading.reload();
  }, [minute]);
  useEffect(() => {
    document.title = `${set} · niswatch`;
  }, [set]);
  if (reading.error?.status === 404) return <Empty title={words.backups.notFound} />;
  if (reading.error) return <p class="error">{reading.error.message}</p>;
  if (!reading.data) return <p class="center muted">{words.loading}</p>;
  return <Told of={reading.data} />;
}

function Told({ of }: { of: BackupSetDetail }) {
  const words = useWords();
  const [at, setAt] = useState(localInput(of.lastAt ?? Date.now(), of.timeZone));
  return (
    <div class="page">
      <a class="back" href={`/hosts/${encodeURIComponent(of.host.id)}`}>
        ← {of.host.name}
      </a>
      <Head of={of} />
      <Findings items={of.findings} />
      <div class="two">
        <Rungs of={of} />
        <Tonight of={of} />
      </div>
      <Timeline of={of} choose={(moment) => setAt(localInput(moment, of.timeZone))} />
      <PlanForm of={of} at={at} setAt={setAt} />
      <Sizes of={of} />
      <Files of={of} />
      <Drills of={of} />
      <Runs of={of} />
      {of.known === 'some' && <p class="muted">{words.backups.someKnown}</p>}
    </div>
  );
}

function Head({ of }: { of: BackupSetDetail }) {
  const words = useWords();
  const language = useLanguage();
  const w = words.backups;
  const now = useNow(5_000);
  const { lastAt, rto, policy } = of;
  const facts: [string, string][] = [
    [w.databases, of.databases.join(w.comma) || '–'],
    [w.last, lastAt === undefined ? '–' : dateTime(lastAt, of.timeZone, language)],
    [w.rpo, `${lastAt === undefined ? '–' : span(now - lastAt, words)}${promised(of.rpoPromisedMs, words)}`],
    [
      w.rto,
      `${rto ? `${span(rto.fromSeconds * 1000, words)} – ${span(rto.toSeconds * 1000, words)}` : '–'}${promised(of.rtoPromisedMs, words)}`,
    ],
    [w.schedule, policy.schedule || '–'],
    [w.copies, w.copiesOf(of.copies, bytes(of.bytes))],
    [w.folder, `${of.folder} ${of.pattern}`],
    [w.secondCopy, policy.secondCopy || w.noSecondCopy],
  ];
  return (
    <section class="panel facts" aria-labelledby="set-name">
      <p class="muted">
        {of.hospital.name} · {of.host.name}
      </p>
      <div class="section-head">
        <h1 id="set-name">{of.set}</h1>
        <State status={of.standing}>{w.standing[of.standing]}</State>
      </div>
      {of.told !== 'fresh' && (
        <p class="notice warn">
          {of.told === 'never' ? w.neverTold : w.oldTold(shortTime(of.at, of.timeZone, language))}
        </p>
      )}
      <Pairs of={facts} />
      {of.at > 0 && <p class="muted told-at">{w.toldAt(ago(now - of.at, words))}</p>}
    </section>
  );
}

function promised(ms: number, words: ReturnType<typeof useWords>): string {
  return ms > 0 ? ` ${words.backups.promised(span(ms, words))}` : '';
}
