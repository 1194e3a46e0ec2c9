// The proof ladder as a small sign (how far) and as a list (each rung with its evidence).

import type { BackupSetDetail } from '../../../api/backup-shapes.ts';
import { shortTime } from '../format.ts';
import { State, type Tone } from '../shapes.tsx';
import { useLanguage, useWords } from '../text/text.ts';

export const RUNGS = 6;

function toneOfRung(rung: number): Tone {
  if (rung >= 4) return 'ok';
  return rung >= 2 ? 'info' : rung === 1 ? 'warn' : 'crit';
}

export function Ladder({ rung }: { rung: number | undefined }) {
  const words = useWords();
  if (rung === undefined) return <span class="muted">–</span>;
  return (
    <span class={`ladder ${toneOfRung(rung)}`}>
      <span class="steps" aria-hidden="true">
        {Array.from({ length: RUNGS }, (_, i) => (
          <i key={i} class={i < rung ? 'on' : ''} />
        ))}
      </span>
      <b>
        {rung}/{RUNGS}
      </b>
      <small class="muted">{words.host.rungs[rung] ?? ''}</small>
    </span>
  );
}

const STATUS = { yes: 'ok', no: 'warning', unknown: 'unknown' } as const;

export function Rungs({ of }: { of: BackupSetDetail }) {
  const words = useWords();
  const language = useLanguage();
  const w = words.backups;
  return (
    <section class="panel" aria-labelledby="rungs">
      <div class="section-head">
        <h2 id="rungs">{w.ladder}</h2>
        <Ladder rung={of.rung} />
      </div>
      {of.rungs.length === 0 && <p class="muted">{w.neverTold}</p>}
      <ol class="rungs">
        {of.rungs.map((each) => (
          <li key={each.rung} class={each.rung <= of.rung ? 'ok' : each.state === 'no' ? 'warn' : 'idle'}>
            <b aria-hidden="true">{each.rung}</b>
            <span class="rung-name">{each.name[language]}</span>
            <State status={STATUS[each.state]}>{w.states[each.state]}</State>
            <span class="rung-evidence">
              {each.told[language] || <span class="muted">–</span>}
              {each.at > 0 && (
                <small class="muted"> · {w.sinceTime(shortTime(each.at, of.timeZone, language))}</small>
              )}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}
