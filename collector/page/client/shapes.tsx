// Signs that carry meaning by shape as well as colour, and the small parts that many screens use.

import type { ComponentChildren } from 'preact';
import type { AlertItem, AvailabilityReply, CheckItem, HostItem } from '../../api/shapes.ts';
import { useWords } from './text/text.ts';

type VerdictWord = HostItem['verdict']['word'];
export type Tone = 'ok' | 'warn' | 'crit' | 'idle' | 'info';

export const VERDICT_TONE: Record<VerdictWord, Tone> = {
  up: 'ok',
  suspect: 'warn',
  silent: 'crit',
  down: 'crit',
  crashed: 'crit',
  'site-silent': 'crit',
  'mass-silent': 'warn',
  'agent-lost': 'warn',
  stopped: 'idle',
  shutdown: 'idle',
  'collector-away': 'info',
  'never-seen': 'idle',
};

/** Paths in a 16×16 box: disc with tick, triangle, octagon with cross, square, power ring, dashed ring. */
const SIGNS: Record<string, ComponentChildren> = {
  up: (
    <>
      <circle cx="8" cy="8" r="7" />
      <path class="cut" d="M4.8 8.2l2.2 2.3 4.2-4.7" />
    </>
  ),
  suspect: (
    <>
      <path d="M8 1.2l7.2 13H.8z" />
      <path class="cut" d="M8 6v4M8 12v.2" />
    </>
  ),
  silent: (
    <>
      <path d="M5 1h6l4 4v6l-4 4H5l-4-4V5z" />
      <path class="cut" d="M5.4 5.4l5.2 5.2M10.6 5.4l-5.2 5.2" />
    </>
  ),
  stopped: (
    <>
      <rect x="1.5" y="1.5" width="13" height="13" rx="2.5" />
      <rect class="cut-fill" x="5.2" y="5.2" width="5.6" height="5.6" />
    </>
  ),
  shutdown: <path class="line" d="M8 1.5v6M4.4 3.9a5.6 5.6 0 1 0 7.2 0" />,
  dashed: <circle class="line dashed" cx="8" cy="8" r="6" />,
  diamond: (
    <>
      <path d="M8 .8L15.2 8 8 15.2.8 8z" />
      <path class="cut" d="M8 4.6v4M8 11v.2" />
    </>
  ),
  dot: <circle cx="8" cy="8" r="4" />,
};
const VERDICT_SIGN: Record<VerdictWord, string> = {
  up: 'up',
  suspect: 'suspect',
  silent: 'silent',
  down: 'silent',
  crashed: 'silent',
  'site-silent': 'silent',
  'mass-silent': 'suspect',
  'agent-lost': 'suspect',
  stopped: 'stopped',
  shutdown: 'shutdown',
  'collector-away': 'dashed',
  'never-seen': 'dashed',
};

function Sign({ name, tone }: { name: string; tone: Tone }) {
  return (
    <svg class={`sign ${tone}`} viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      {SIGNS[name]}
    </svg>
  );
}

export function Verdict({ word, large }: { word: VerdictWord; large?: boolean }) {
  const words = useWords();
  const tone = VERDICT_TONE[word];
  return (
    <span class={`verdict ${tone} ${large ? 'large' : ''}`}>
      <Sign name={VERDICT_SIGN[word]} tone={tone} />
      <span>{words.verdict[word]}</span>
    </span>
  );
}

export type StandingWord = AvailabilityReply['spans'][number]['standing'];

export const STANDING_TONE: Record<StandingWord, Tone> = {
  up: 'ok',
  down: 'crit',
  stopped: 'warn',
  unknown: 'idle',
};
const STANDING_SIGN: Record<StandingWord, string> = {
  up: 'up',
  down: 'silent',
  stopped: 'stopped',
  unknown: 'dashed',
};

export function Standing({ word }: { word: StandingWord }) {
  const words = useWords();
  const tone = STANDING_TONE[word];
  return (
    <span class={`verdict ${tone}`}>
      <Sign name={STANDING_SIGN[word]} tone={tone} />
      <span>{words.standing[word]}</span>
    </span>
  );
}

export const SEVERITY_TONE: Record<AlertItem['severity'], Tone> = {
  critical: 'crit',
  warning: 'warn',
  info: 'info',
};

export function Severity({ of, quiet }: { of: AlertItem['severity']; quiet?: boolean }) {
  const words = useWords();
  const tone = SEVERITY_TONE[of];
  return (
    <span class={`verdict ${quiet ? 'idle' : tone}`}>
      <Sign
        name={of === 'critical' ? 'silent' : of === 'warning' ? 'suspect' : 'dot'}
        tone={quiet ? 'idle' : tone}
      />
      <span>{words.alerts[of]}</span>
    </span>
  );
}

const CHECK: Record<CheckItem['status'], { sign: string; tone: Tone }> = {
  ok: { sign: 'up', tone: 'ok' },
  warning: { sign: 'suspect', tone: 'warn' },
  critical: { sign: 'silent', tone: 'crit' },
  unknown: { sign: 'dashed', tone: 'idle' },
};

/** The state of a judged thing: sign and word. */
export function State({ status, children }: { status: CheckItem['status']; children: ComponentChildren }) {
  const { sign, tone } = CHECK[status];
  return (
    <span class={`verdict ${tone}`}>
      <Sign name={sign} tone={tone} />
      <span>{children}</span>
    </span>
  );
}

export function toneOf(value: number, warn = 80, crit = 90): Tone {
  return value >= crit ? 'crit' : value >= warn ? 'warn' : 'ok';
}

/** A bar with its number; the tone follows the limits. */
export function Meter(props: {
  value: number | null;
  label: string;
  detail?: string;
  warn?: number;
  crit?: number;
}) {
  const { value, label, detail } = props;
  if (value === null) return <span class="muted">–</span>;
  const shown = Math.max(0, Math.min(100, value));
  const text = `${value.toFixed(value < 9.95 ? 1 : 0)}%`;
  return (
    <span
      class={`meter ${toneOf(value, props.warn, props.crit)}`}
      role="meter"
      aria-label={detail ? `${label} ${detail}` : label}
      aria-valuenow={Math.round(shown)}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuetext={text}
    >
      <span class="meter-line">
        {detail && <small title={detail}>{detail}</small>}
        <b>{text}</b>
      </span>
      <span class="meter-bar">
        <i style={{ width: `${shown}%` }} />
      </span>
    </span>
  );
}

/** So many of so many; the tone is that of a missing one. */
export function Share(props: { good: number; total: number; text: string; tone: 'crit' | 'warn' }) {
  if (props.total === 0) return <span class="muted">–</span>;
  const tone = props.good === props.total ? 'ok' : props.tone;
  return (
    <span class={`share ${tone}`} title={props.text}>
      <b>{props.good}</b>
      <span>/{props.total}</span>
      <span class="sr">{props.text}</span>
    </span>
  );
}

export function Pulse() {
  return (
    <svg class="pulse" viewBox="0 0 32 32" width="26" height="26" aria-hidden="true">
      <rect width="32" height="32" rx="8" />
      <path d="M5 17h5l3-8 5 15 4-11 2 4h3" />
    </svg>
  );
}

export function Empty({ title, text }: { title: string; text?: string }) {
  return (
    <div class="empty">
      <Sign name="up" tone="idle" />
      <h2>{title}</h2>
      {text && <p>{text}</p>}
    </div>
  );
}
