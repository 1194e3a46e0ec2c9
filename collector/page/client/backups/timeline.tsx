// The moments that can be restored, as a picture: green is any moment, a mark is that moment only, red is lost for good, hatched is what
// would be lost now. A click chooses the moment for the plan.

import { useState } from 'preact/hooks';
import type { BackupSetDetail } from '../../../api/backup-shapes.ts';
import { dateTime, shortTime, span } from '../format.ts';
import { useLanguage, useWords } from '../text/text.ts';
import { useNow } from '../use.ts';

const DAY_MS = 86_400_000;
const RANGES = ['all', 30, 7] as const;
const [WIDTH, HEIGHT] = [1000, 40];

export function Timeline({ of, choose }: { of: BackupSetDetail; choose: (at: number) => void }) {
  const words = useWords();
  const w = words.backups;
  const now = useNow(60_000);
  const [range, setRange] = useState<(typeof RANGES)[number]>('all');
  const first = firstMoment(of);
  const to = Math.max(now, of.lastAt ?? 0);
  const from =
    first === undefined ? to - 7 * DAY_MS : range === 'all' ? first : Math.max(first, to - range * DAY_MS);
  return (
    <section class="panel" aria-labelledby="moments">
      <div class="section-head">
        <h2 id="moments">{w.moments}</h2>
        <div class="segments" role="group" aria-label={words.host.range}>
          {RANGES.map((each) => (
            <button type="button" key={each} aria-pressed={each === range} onClick={() => setRange(each)}>
              {each === 'all' ? w.all : words.host.days(each)}
            </button>
          ))}
        </div>
      </div>
      {of.trouble && <p class="error">{of.trouble}</p>}
      {first === undefined ? (
        <p class="notice crit">{w.nothingRestorable}</p>
      ) : (
        <Picture of={of} from={from - (to - from) * 0.01} to={to} choose={choose} />
      )}
      <Gaps of={of} />
    </section>
  );
}

function firstMoment(of: BackupSetDetail): number | undefined {
  const all = [...of.windows.map((each) => each.from.at), ...of.points.map((each) => each.at.at)];
  return all.length === 0 ? undefined : Math.min(...all);
}

interface PictureProps {
  of: BackupSetDetail;
  from: number;
  to: number;
  choose: (at: number) => void;
}

function Picture({ of, from, to, choose }: PictureProps) {
  const words = useWords();
  const language = useLanguage();
  const w = words.backups;
  const x = (at: number) => (WIDTH * (Math.min(to, Math.max(from, at)) - from)) / (to - from);
  const time = (at: number) => shortTime(at, of.timeZone, language);
  const box = (a: number, b: number, least: number) => ({
    x: x(a),
    width: Math.max(least, x(b) - x(a)),
    y: 6,
    height: HEIGHT - 12,
  });
  const pick = (event: MouseEvent) => {
    const area = (event.currentTarget as SVGElement).getBoundingClientRect();
    choose(from + ((event.clientX - area.left) / area.width) * (to - from));
  };
  return (
    <>
      <svg
        class="moments"
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={w.momentsText(of.windows.length, of.points.length, of.gapList.length)}
        onClick={pick}
      >
        <defs>
          <pattern id="lost" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
            <rect width="4" height="8" />
          </pattern>
        </defs>
        <rect class="ground" x="0" y="6" width={WIDTH} height={HEIGHT - 12} rx="2" />
        {of.lastAt !== undefined && of.lastAt < to && (
          <rect class="tail" {...box(of.lastAt, to, 0)}>
            <title>{w.wouldBeLost(span(to - of.lastAt, words))}</title>
          </rect>
        )}
        {of.gapList.map((gap) => (
          <rect key={`g${gap.from.at}`} class="gap" {...box(gap.from.at, gap.to.at, 3)}>
            <title>{`${w.gap} ${time(gap.from.at)} – ${time(gap.to.at)}`}</title>
          </rect>
        ))}
        {of.windows.map((each) => (
          <rect
            key={`w${each.from.at} ${each.database}`}
            class="window"
            {...box(each.from.at, each.to.at, 3)}
          >
            <title>{`${w.anyMoment} ${time(each.from.at)} – ${time(each.to.at)}`}</title>
          </rect>
        ))}
        {of.points.map((each) => (
          <rect
            key={`p${each.at.at}`}
            class="point"
            x={x(each.at.at) - 1.5}
            width="3"
            y="1"
            height={HEIGHT - 2}
          >
            <title>{`${w.thisMoment} ${time(each.at.at)}`}</title>
          </rect>
        ))}
      </svg>
      <p class="moments-ends muted">
        {[0, 1, 2, 3, 4].map((i) => (
          <span key={i}>{shortTime(from + ((to - from) * i) / 4, of.timeZone, language)}</span>
        ))}
      </p>
      <Legend of={of} />
    </>
  );
}

function Legend({ of }: { of: BackupSetDetail }) {
  const w = useWords().backups;
  return (
    <ul class="moments-legend muted">
      {of.windows.length > 0 && (
        <li>
          <i class="window" />
          {w.anyMoment}
        </li>
      )}
      {of.points.length > 0 && (
        <li>
          <i class="point" />
          {w.thisMoment}
        </li>
      )}
      {of.gapList.length > 0 && (
        <li>
          <i class="gap" />
          {w.gap}
        </li>
      )}
      <li>
        <i class="tail" />
        {w.notSaved}
      </li>
      <li>{w.clickHint}</li>
    </ul>
  );
}

function Gaps({ of }: { of: BackupSetDetail }) {
  const words = useWords();
  const language = useLanguage();
  if (of.gapList.length === 0) return null;
  return (
    <ul class="gap-list">
      {of.gapList.map((gap) => (
        <li key={`${gap.from.at} ${gap.database}`}>
          <b>
            {dateTime(gap.from.at, of.timeZone, language)} – {dateTime(gap.to.at, of.timeZone, language)}
          </b>{' '}
          ({span(gap.to.at - gap.from.at, words)}) {gap.cause[language]}
          <span class="muted">
            {gap.missing.length > 0 &&
              ` · ${gap.missing.map((m) => m[language]).join(language === 'zh' ? '；' : '; ')}`}
          </span>
        </li>
      ))}
    </ul>
  );
}
