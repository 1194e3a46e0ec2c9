// How long the host was up over a period: a share, the hours behind it, and the time itself as a line. What is not known is drawn as
// such and enters no share.

import { useState } from 'preact/hooks';
import type { AvailabilityReply, HostItem } from '../../../api/shapes.ts';
import { dateTime, shortTime, span } from '../format.ts';
import { get } from '../request.ts';
import { Standing, type StandingWord, STANDING_TONE } from '../shapes.tsx';
import { useLanguage, useWords } from '../text/text.ts';
import { useReading } from '../use.ts';

const DAYS = [7, 30, 90] as const;
const STANDINGS: readonly StandingWord[] = ['up', 'down', 'stopped', 'unknown'];

export function Availability({ host }: { host: HostItem }) {
  const words = useWords();
  const [days, setDays] = useState<(typeof DAYS)[number]>(30);
  const path = `/hosts/${encodeURIComponent(host.id)}/availability?from=-${days}d`;
  const { word, since } = host.verdict;
  const reading = useReading(`${path} ${word} ${since}`, () => get<AvailabilityReply>(path));
  return (
    <section class="panel" aria-labelledby="availability">
      <div class="section-head">
        <h2 id="availability">{words.host.availability}</h2>
        <div class="segments" role="group" aria-label={words.host.range}>
          {DAYS.map((each) => (
            <button type="button" key={each} aria-pressed={each === days} onClick={() => setDays(each)}>
              {words.host.days(each)}
            </button>
          ))}
        </div>
      </div>
      {reading.error && <p class="error">{reading.error.message}</p>}
      {reading.data ? <Told reply={reading.data} host={host} /> : <p class="muted">{words.loading}</p>}
    </section>
  );
}

function Told({ reply, host }: { reply: AvailabilityReply; host: HostItem }) {
  const words = useWords();
  const language = useLanguage();
  const shown = STANDINGS.filter((standing) => reply.hours[standing] > 0);
  return (
    <div class="availability">
      <p class="availability-share">
        <b>{share(reply.availability)}</b>
        <span class="muted">{words.host.knownShare(share(reply.known))}</span>
      </p>
      <dl>
        {shown.map((standing) => (
          <div key={standing}>
            <dt>
              <Standing word={standing} />
            </dt>
            <dd>{span(reply.hours[standing] * 3_600_000, words)}</dd>
          </div>
        ))}
      </dl>
      <Line reply={reply} host={host} />
      <p class="availability-ends muted">
        <span>{dateTime(reply.from, host.timeZone, language)}</span>
        <span>{dateTime(reply.to, host.timeZone, language)}</span>
      </p>
    </div>
  );
}

/** Never rounded up to a whole that was not reached. */
function share(value: number | null): string {
  return value === null ? '–' : `${(Math.floor(value * 10_000) / 100).toFixed(2)}%`;
}

function Line({ reply, host }: { reply: AvailabilityReply; host: HostItem }) {
  const words = useWords();
  const language = useLanguage();
  const time = (at: number) => shortTime(at, host.timeZone, language);
  const wholeMs = reply.to - reply.from;
  return (
    <div class="availability-line" role="img" aria-label={words.host.availability}>
      {reply.spans.map((each) => (
        <i
          key={each.from}
          class={STANDING_TONE[each.standing]}
          style={{
            left: `${(100 * (each.from - reply.from)) / wholeMs}%`,
            width: `${(100 * (each.to - each.from)) / wholeMs}%`,
          }}
          title={`${words.verdict[each.word]} · ${time(each.from)} – ${time(each.to)}${each.corrected ? ` · ${words.host.corrected}` : ''}`}
        />
      ))}
    </div>
  );
}
