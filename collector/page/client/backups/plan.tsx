// The plan for one moment: a form, and the answer: files in order, commands, what is lost, checks; or why not and the nearest moments.

import { Pairs } from '../table.tsx';
import { useEffect, useState } from 'preact/hooks';
import type { BackupSetDetail, PlansReply } from '../../../api/backup-shapes.ts';
import { bytes, dateTime, span } from '../format.ts';
import { get, RequestError } from '../request.ts';
import { useLanguage, useWords } from '../text/text.ts';

type Plan = PlansReply['plans'][number];

/** `YYYY-MM-DDTHH:MM:SS` in the hospital's zone: what the field holds and the API takes. */
export function localInput(at: number, timeZone: string): string {
  const parts = new Intl.DateTimeFormat('sv-SE', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  }).format(at);
  return parts.replace(' ', 'T');
}

export function PlanForm({
  of,
  at,
  setAt,
}: {
  of: BackupSetDetail;
  at: string;
  setAt: (at: string) => void;
}) {
  const w = useWords().backups;
  const [reply, setReply] = useState<PlansReply | RequestError | 'reading'>();
  const ask = (moment: string) => {
    setReply('reading');
    const path = `/hosts/${encodeURIComponent(of.host.id)}/backups/${encodeURIComponent(of.set)}/plan`;
    get<PlansReply>(`${path}?at=${encodeURIComponent(moment)}`)
      .then(setReply)
      .catch((error: unknown) =>
        setReply(error instanceof RequestError ? error : new RequestError('INTERNAL', String(error), 0)),
      );
  };
  useEffect(() => setReply(undefined), [of.set, of.host.id]);
  const choose = (moment: string) => {
    setAt(localInput(Date.parse(moment), of.timeZone));
    ask(moment);
  };
  return (
    <section class="panel" aria-labelledby="plan">
      <h2 id="plan">{w.plan}</h2>
      <form
        class="plan-form"
        onSubmit={(event) => {
          event.preventDefault();
          ask(at);
        }}
      >
        <label>
          <span>{w.planAt(of.timeZone)}</span>
          <input
            type="datetime-local"
            step="1"
            required
            value={at}
            onInput={(event) => setAt(event.currentTarget.value)}
          />
        </label>
        <button type="submit" class="primary" disabled={reply === 'reading'}>
          {w.makePlan}
        </button>
      </form>
      <div aria-live="polite">
        {reply instanceof RequestError && <p class="error">{reply.message}</p>}
        {typeof reply === 'object' &&
          !(reply instanceof RequestError) &&
          reply.plans.map((plan) => (
            <Answer
              key={`${plan.method} ${plan.database}`}
              plan={plan}
              timeZone={of.timeZone}
              choose={choose}
            />
          ))}
      </div>
    </section>
  );
}

function Answer(props: { plan: Plan; timeZone: string; choose: (moment: string) => void }) {
  const { plan, choose, timeZone } = props;
  const words = useWords();
  const language = useLanguage();
  const w = words.backups;
  const { before, after } = plan.nearest;
  if (plan.possible) return <Runbook plan={plan} timeZone={timeZone} />;
  return (
    <div class="plan-answer">
      <p class="notice crit">
        <b>{w.impossible}</b> {language === 'zh' ? plan.whyZh : plan.why}
      </p>
      <p class="nearest">
        {[before, after].map(
          (moment, i) =>
            moment !== null && (
              <button type="button" key={moment} onClick={() => choose(moment)}>
                {i === 0 ? w.nearestBefore : w.nearestAfter}{' '}
                {dateTime(Date.parse(moment), timeZone, language)}
              </button>
            ),
        )}
      </p>
    </div>
  );
}

function Runbook({ plan, timeZone }: { plan: Plan; timeZone: string }) {
  const words = useWords();
  const language = useLanguage();
  const w = words.backups;
  const { loses, rto } = plan;
  const facts: [string, string][] = [
    [w.target, dateTime(Date.parse(plan.at), timeZone, language)],
    [w.lost, loses ? span(Date.parse(loses.to) - Date.parse(loses.from), words) : '–'],
    [w.toRead, bytes(plan.readBytes)],
    [w.space, bytes(plan.spaceBytes)],
    [w.rto, rto ? `${span(rto.fromSeconds * 1000, words)} – ${span(rto.toSeconds * 1000, words)}` : '–'],
  ];
  return (
    <div class="plan-answer">
      <h3>{plan.database ?? plan.engine}</h3>
      <Pairs of={facts} kind="plan-facts" />
      <p class="notice">{w.neverRun}</p>
      {(plan.cautions ?? []).map((caution) => (
        <p key={caution.en} class="notice warn">
          {caution[language]}
        </p>
      ))}
      <Checks title={w.before} of={plan.before ?? []} />
      <ol class="plan-steps">
        {plan.steps.map((step) => (
          <li key={step.number}>
            <p>{step.words[language]}</p>
            <Command text={step.command} />
            <ul class="plan-files">
              {step.files.map((file) => (
                <li key={file.path}>
                  <code>{file.path}</code>{' '}
                  <span class="muted">
                    {bytes(file.bytes)}
                    {file.sha256 && ` · sha256 ${file.sha256.slice(0, 16)}…`}
                  </span>
                </li>
              ))}
            </ul>
            <p class="muted">
              {w.expect}
              {step.expect[language]} · {w.stopIf}
              {step.stopIf[language]}
            </p>
          </li>
        ))}
      </ol>
      <Checks title={w.after} of={plan.after ?? []} />
      <CopyButton text={plan.text[language]} label={w.copyAll} />
    </div>
  );
}

function Checks({ title, of }: { title: string; of: NonNullable<Plan['before']> }) {
  const language = useLanguage();
  if (of.length === 0) return null;
  return (
    <>
      <h3>{title}</h3>
      <ul class="plan-checks">
        {of.map((check) => (
          <li key={check.words.en}>
            {check.words[language]}
            {check.command && <Command text={check.command} />}
          </li>
        ))}
      </ul>
    </>
  );
}

function Command({ text }: { text: string }) {
  return (
    <div class="command">
      <pre tabIndex={0}>
        <code>{text}</code>
      </pre>
      <CopyButton text={text} />
    </div>
  );
}

function CopyButton({ text, label }: { text: string; label?: string }) {
  const words = useWords();
  const [copied, setCopied] = useState(false);
  return (
    <button
      type="button"
      class="quiet"
      onClick={() => {
        navigator.clipboard.writeText(text).then(
          () => setCopied(true),
          () => setCopied(false),
        );
      }}
    >
      {copied ? words.copied : (label ?? words.copy)}
    </button>
  );
}
