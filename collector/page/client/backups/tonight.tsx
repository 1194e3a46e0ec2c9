// "今晚的备份放得下吗": the next run's need against what will be free at its start.

import type { BackupItem, BackupSetDetail } from '../../../api/backup-shapes.ts';
import { bytes, shortTime } from '../format.ts';
import { State } from '../shapes.tsx';
import { useLanguage, useWords } from '../text/text.ts';

const STATUS = { fits: 'ok', tight: 'warning', 'too-small': 'critical' } as const;

export function FitsWord({ of }: { of: Pick<BackupItem, 'forecast'> }) {
  const w = useWords().backups;
  if (!of.forecast) return <span class="muted">–</span>;
  return <State status={STATUS[of.forecast.answer]}>{w.fits[of.forecast.answer]}</State>;
}

export function Tonight({ of }: { of: BackupSetDetail }) {
  const words = useWords();
  const language = useLanguage();
  const w = words.backups;
  const { forecast } = of;
  return (
    <section class="panel" aria-labelledby="tonight">
      <div class="section-head">
        <h2 id="tonight">{w.tonight}</h2>
        <FitsWord of={of} />
      </div>
      {forecast ? (
        <>
          <Bars need={forecast.needBytes} free={forecast.freeThenBytes} answer={forecast.answer} />
          <dl class="plan-facts">
            <div>
              <dt>{w.nextStart}</dt>
              <dd>{shortTime(forecast.startsAt, of.timeZone, language)}</dd>
            </div>
            <div>
              <dt>{w.need}</dt>
              <dd>{bytes(forecast.needBytes)}</dd>
            </div>
            <div>
              <dt>{w.freeThen(forecast.path)}</dt>
              <dd>{bytes(forecast.freeThenBytes)}</dd>
            </div>
          </dl>
          <p class="muted">
            {forecast.rule === 'largest' ? w.ruleLargest(forecast.runs) : w.ruleTrend(forecast.runs)}
          </p>
        </>
      ) : (
        <p class="muted">{w.noForecast}</p>
      )}
      {of.sameVolumeAsData && <p class="notice warn">{w.sameVolume}</p>}
    </section>
  );
}

function Bars(props: { need: number; free: number; answer: keyof typeof STATUS }) {
  const { need, free, answer } = props;
  const whole = Math.max(need, free, 1);
  const tone = answer === 'fits' ? 'ok' : answer === 'tight' ? 'warn' : 'crit';
  return (
    <svg class={`fit ${tone}`} viewBox="0 0 1000 34" preserveAspectRatio="none" aria-hidden="true">
      <rect class="free" x="0" y="0" height="14" width={(1000 * free) / whole} />
      <rect class="need" x="0" y="20" height="14" width={(1000 * need) / whole} />
    </svg>
  );
}
