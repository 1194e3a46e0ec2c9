// The sizes of finished runs as bars, the newest on the right.

import type { BackupSetDetail } from '../../../api/backup-shapes.ts';
import { bytes, shortTime } from '../format.ts';
import { useLanguage, useWords } from '../text/text.ts';

const [STEP, BAR, HEIGHT] = [16, 12, 100];

export function Sizes({ of }: { of: BackupSetDetail }) {
  const words = useWords();
  const language = useLanguage();
  const w = words.backups;
  const runs = [...of.history].sort((a, b) => a.at - b.at).slice(-60);
  if (runs.length === 0) return null;
  const largest = Math.max(...runs.map((run) => run.bytes), 1);
  const [first, last] = [runs[0], runs.at(-1)];
  return (
    <section class="panel" aria-labelledby="sizes">
      <div class="section-head">
        <h2 id="sizes">{w.sizes}</h2>
        <span class="muted">{w.largest(bytes(largest))}</span>
      </div>
      <svg
        class="sizes"
        viewBox={`0 0 ${Math.max(runs.length, 6) * STEP} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={w.sizesText(runs.length, bytes(last?.bytes), bytes(largest))}
      >
        {runs.map((run, i) => {
          const height = Math.max(1, (HEIGHT * run.bytes) / largest);
          return (
            <rect
              key={`${run.at} ${i}`}
              x={i * STEP + (STEP - BAR) / 2}
              y={HEIGHT - height}
              width={BAR}
              height={height}
              class={i === runs.length - 1 ? 'last' : ''}
            >
              <title>{`${shortTime(run.at, of.timeZone, language)} · ${bytes(run.bytes)}`}</title>
            </rect>
          );
        })}
      </svg>
      <p class="moments-ends muted">
        <span>{first && shortTime(first.at, of.timeZone, language)}</span>
        <span>{last && shortTime(last.at, of.timeZone, language)}</span>
      </p>
    </section>
  );
}
